#!/bin/sh
# hint.sh STEM FOLDER — prints the next hint of an exercise.
#
# Hints are the <details> in the section "### `STEM` …" of the chapter's
# README, in the language of the locale. FOLDER keeps how far each one went.
set -eu
stem=$1 folder=$2

readme=README.md
no_hint="There is no hint for $stem."
last_hint="That was the last hint. The next call begins with the first again."
more_hints="For the next one: make $stem.hint"
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
zh*)
    readme=README.zh-CN.md
    no_hint="$stem 没有提示。"
    last_hint="这是最后一条提示，下次从第一条重新开始。"
    more_hints="下一条提示：make $stem.hint"
    ;;
esac

# hints WANTED: prints that hint, or for 0 how many there are.
hints() {
    cat chapters/*/"$readme" 2>/dev/null | awk -v stem="$stem" -v wanted="$1" '
        /^(```|~~~)/ { fence = !fence }
        !fence && /^###? / { inside = 0 }
        !fence && /^### / {
            sub(/^### +([0-9.]+ +)?`?/, "")
            split($0, word, /[^A-Za-z0-9_]/)
            inside = word[1] == stem
        }
        !inside { next }
        !fence && /^<\/details>/ { open = 0 }
        open && n == wanted { print }
        !fence && /^<details>/ {
            n++
            open = 1
            gsub(/<[^>]*>/, "")
            if (n == wanted) print $0
        }
        END { if (wanted == 0) print n + 0 }'
}

count=$(hints 0)
if [ "$count" -eq 0 ]; then
    readme=README.md
    count=$(hints 0)
fi
if [ "$count" -eq 0 ]; then
    echo "$no_hint" >&2
    exit 1
fi

mkdir -p "$folder"
seen=0
if [ -r "$folder/$stem" ]; then
    read -r seen <"$folder/$stem" || seen=0
fi
case $seen in '' | *[!0-9]*) seen=0 ;; esac
[ "$seen" -lt "$count" ] || seen=0
seen=$((seen + 1))

printf '%s\n\n' "$(hints "$seen")"
if [ "$seen" -lt "$count" ]; then echo "$more_hints"; else echo "$last_hint"; fi
echo "$seen" >"$folder/$stem"
