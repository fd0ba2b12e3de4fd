#!/bin/sh
# debug.sh BINARY FACT — gdb in one fact of a test, following the children.
#
# Stops where the learner's function begins and where a check fails. All
# processes stay under gdb: 'info inferiors' lists them, 'inferior 2' goes
# to one, and each fork stops nobody.
set -u
binary=$1 fact=${2:-}

if ! command -v gdb >/dev/null 2>&1; then
    echo "debug: this needs gdb, which is not here." \
        "'make setup' installs it." >&2
    exit 1
fi
if ! [ -x "$binary" ]; then
    echo "debug: $binary has not been built; it does not compile yet." >&2
    exit 1
fi
if [ -z "$fact" ]; then
    fact=$("$binary" --list | head -n 1)
    echo "debug: nothing fails; here is the first fact, $fact."
fi
stem=$(basename "$binary" _test)

# LeakSanitizer cannot work under a debugger, and a sanitizer's report should
# stop there rather than end the program.
export ASAN_OPTIONS="detect_leaks=0:abort_on_error=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:abort_on_error=1:${UBSAN_OPTIONS:-}"
export DEBUGINFOD_URLS=

echo "debug: $fact. It stops in your functions and at the first failing" \
    "check; 'c' goes on, 'bt' shows how you came here, 'info inferiors'" \
    "lists the processes."
exec gdb -q \
    -ex 'set print inferior-events off' \
    -ex "source $(dirname "$0")/debug.py" \
    -ex 'set confirm off' \
    -ex 'set detach-on-fork off' \
    -ex 'set follow-fork-mode child' \
    -ex 'set schedule-multiple on' \
    -ex "rbreak $stem.c:." \
    -ex 'break check_failed' \
    -ex 'run' \
    --args "$binary" "$fact"
