#!/bin/sh
# compile_commands.sh 'CC FLAGS…' CHAPTER/STEM… — for editors, on stdout.
#
# How each C file is compiled, as clangd wants to know it.
set -eu
compiler=$1
shift

quoted() { # quoted WORDS…: as JSON strings, a comma after each
    for word; do
        printf '"%s", ' "$(printf %s "$word" | sed 's/[\\"]/\\&/g')"
    done
}

here=$(quoted "$(pwd)")
# Flags are words without spaces.
# shellcheck disable=SC2086
flags=$(quoted $compiler)
comma=

entry() { # entry FILE INCLUDES: names of our own need no quoting
    [ -e "$1" ] || return 0
    printf '%s{"directory": %s"file": "%s", "arguments": [%s%s"-c", "%s"]}' \
        "$comma" "$here" "$1" "$flags" "$2" "$1"
    comma=',
'
}

support='"-iquote", "tests/support", "-iquote", "grader", '
printf '[\n'
for exercise; do
    contract="\"-iquote\", \"chapters/${exercise%/*}\", "
    entry "chapters/$exercise.c" "$contract"
    entry "solutions/$exercise.c" "$contract"
    entry "tests/${exercise}_test.c" "$support$contract"
    entry "tests/${exercise}_bench.c" "$support$contract"
done
for file in chapters/*/programs/*.c; do entry "$file" ''; done
for file in tests/support/*.c tests/grader/*.c tests/grader/specimens/*.c \
    grader/*.c; do
    entry "$file" "$support"
done
printf '\n]\n'
