#!/bin/sh
# bench.sh BENCH SOURCE STEM… — runs a bench, or says why there is none.
#
# BENCH is the binary, empty where it could not be built, - where there is
# none; SOURCE the learner's file; STEM… all that have a bench.
set -u
bench=$1
source=$2
shift 2
stem=$(basename "$source" .c)

say() { # say ENGLISH CHINESE
    case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
    zh*) echo "$2" ;;
    *) echo "$1" ;;
    esac >&2
    exit 1
}

if [ "$bench" = - ]; then
    for one; do
        [ "$one" != "$stem" ] ||
            say "There is no $source to measure." \
                "没有 $source，无从测起。"
    done
    with=$(printf ' %s.bench' "$@")
    say "Speed is no lesson of $stem, so it has no bench. These do:$with" \
        "$stem 不讲速度，没有基准测试。有的是：$with"
fi
# …/build/solutions/2_pipes/capture_bench: the object is in bench/. One bench
# may measure several answers, and leaves out those that do not compile.
chapter=$(dirname "$bench")
object=$(dirname "$chapter")/bench/$(basename "$chapter")/$stem.o
if [ ! -s "$bench" ] || [ ! -s "$object" ]; then
    cat "$object.log" >&2
    say "$source cannot be built, so it cannot be measured." \
        "$source 编译不过，无从测起。"
fi
exec "$bench" "$stem"
