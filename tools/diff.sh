#!/bin/sh
# diff.sh YOURS REFERENCE SOLVED — your answer beside the reference.
#
# SOLVED is 1 when the exercise has passed. Otherwise it asks first: an
# answer that has been read can no longer be found.
set -u
yours=$1 reference=$2 solved=${3:-0}

if [ "$solved" != 1 ]; then
    if ! [ -t 0 ]; then
        echo "You have not solved it yet, and there is no terminal here to" \
            "ask whether you really want to look." >&2
        exit 1
    fi
    printf 'You have not solved it yet. Really look? [y/N] '
    read -r reply || reply=
    case $reply in
    [yY]*) ;;
    *)
        echo "Good. A hint gives less away: make $(basename "$yours" .c).hint"
        exit 1
        ;;
    esac
fi

set -- -u "$yours" "$reference"
# busybox and old diffs know no colours.
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] &&
    diff --color=always /dev/null /dev/null 2>/dev/null; then
    set -- --color=always "$@"
fi
diff "$@"
status=$?
[ "$status" -ne 0 ] || echo "Yours is the reference, word for word."
# That they differ is what was asked for; only trouble is a failure.
[ "$status" -le 1 ]
