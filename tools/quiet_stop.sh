#!/bin/sh
# quiet_stop.sh STATUS MAKE — after a recipe that did not pass.
#
# make has no way to end with status 1 and without "*** Error" but SIGQUIT,
# which it takes as "stop, clean up, say nothing". Its handler has to begin
# while this recipe still runs, or make finds nobody to wait for. Any other
# status is a real error, V=1 shows make's own words, and a make that ignores
# SIGQUIT (one started with & from a script does) can only fail aloud.
status=$1
make=$2
if [ "$status" -ne 1 ] || [ "${V:-0}" = 1 ]; then
    exit "$status"
fi
# SIGQUIT is bit 2 of a mask: the last digit tells.
if ! grep -q '^SigCgt:.*[4-7c-f]$' "/proc/$make/status" 2>/dev/null; then
    exit "$status"
fi
kill -QUIT "$make"
while grep -q '^ShdPnd:.*[4-7c-f]$' "/proc/$make/status" 2>/dev/null; do
    :
done
