#!/bin/sh
# fuzz.sh STEM CHAPTER ANSWERS BUILD SECONDS FLAGS [OPTION…] — libFuzzer
# against one function of the answers; OPTIONs are libFuzzer's.
set -eu
stem=$1 chapter=$2 answers=$3 build=$4 seconds=$5 flags=$6
shift 6
out=$build/fuzz/$stem
target=$out/${stem}_fuzz

if ! command -v clang >/dev/null 2>&1; then
    echo "fuzz: this needs clang and its libFuzzer; clang is not here." >&2
    exit 1
fi
mkdir -p "$out"
if ! echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void)
    { return 0; }' | clang -fsanitize=fuzzer,address,undefined -x c - \
    -o "$out/try" 2>/dev/null; then
    echo "fuzz: clang is here, but not its libFuzzer: the package is called" \
        "compiler-rt, on Debian and Ubuntu libclang-rt-NN-dev with NN the" \
        "version of clang." >&2
    exit 1
fi
rm -f "$out/try"

# shellcheck disable=SC2086 # flags are several words
if ! clang $flags -O1 -no-pie -DLIBFUZZER \
    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
    -iquote "chapters/$chapter" "tests/fuzz/${stem}_fuzz.c" \
    "$answers/$chapter/$stem.c" -o "$target"; then
    echo "fuzz: $answers/$chapter/$stem.c does not compile." >&2
    exit 1
fi

# What was found is the next run's beginning, unless the run is to be the
# same every time.
found=$out/corpus
if [ $# -eq 0 ]; then
    set -- "-max_total_time=$seconds"
else
    found=$out/once
    rm -rf "$found"
fi
mkdir -p "$found"
if "$target" -artifact_prefix="$out/" -timeout=10 \
    -detect_leaks=0 -print_final_stats=1 "$@" "$found" \
    "tests/fuzz/$stem.corpus" 2>"$out/log"; then
    sed -n 's/^stat::number_of_executed_units: *\(.*\)/'"$stem"\
': \1 inputs, every answer was right/p' "$out/log"
    exit 0
fi

# Of a sanitizer's report the headline and the lines of the answer itself.
grep -E "^${stem}_|ERROR: |runtime error|/$stem\.c:" "$out/log" |
    grep -v 'libFuzzer: deadly signal' | head -n 12 |
    sed 's/ (BuildId.*//; s/^==[0-9]*== *//'
input=$(sed -n 's/.*Test unit written to //p' "$out/log")
if [ -n "$input" ]; then
    printf '\nThis input did it, and does it again:\n\n'
    od -An -tx1 "$input" | head -n 8
    printf '\n    %s %s\n' "$target" "$input"
fi
exit 1
