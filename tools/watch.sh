#!/bin/sh
# watch.sh FOLDER — checks again at every save.
set -u
folder=${1:-chapters}

if ! command -v entr >/dev/null 2>&1; then
    echo "watch: this needs entr, which is not here." \
        "'make setup' installs it." >&2
    exit 1
fi
# Not as a part of the make that called us: it would share its jobs.
unset MAKEFLAGS MFLAGS MAKELEVEL
# entr ends with 2 when a file appears (-d); then the list is made again.
# -c clears the screen, which only a terminal has; -n lets it run without one.
if [ -t 1 ]; then flags=-cd; else flags=-dn; fi
while :; do
    find -L "$folder" -name '*.[ch]' | entr "$flags" make -s IMPL="$folder"
    [ $? -eq 2 ] || break
done
