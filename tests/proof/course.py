"""course — which exercises there are, and where their files stand."""
import re
from pathlib import Path

from .shell import ROOT, make, must

HEADER = re.compile(r"^(?: ?\*|//|#)? ?([A-Z][a-z]+(?: [a-z]+)?): (.*)$")


class Exercise:
    """All the files of one stem."""

    def __init__(self, chapter, stem):
        self.chapter, self.stem = chapter, stem
        self.contract = ROOT / "chapters" / chapter / f"{stem}.h"
        self.skeleton = ROOT / "chapters" / chapter / f"{stem}.c"
        self.solution = ROOT / "solutions" / chapter / f"{stem}.c"
        self.test = ROOT / "tests" / chapter / f"{stem}_test.c"
        self.wreck_folder = ROOT / "tests" / chapter / f"{stem}.wrecks"
        self.other_folder = ROOT / "tests" / chapter / f"{stem}.others"

    def wrecks(self):
        return sorted(p for p in self.wreck_folder.glob("*")
                      if p.suffix in (".c", ".patch"))

    def others(self):
        return sorted(self.other_folder.glob("*.c"))


def listed():
    """The course in its order, as the Makefile's lists have it."""
    text = must(make("list")).out
    found = []
    for line in text.splitlines():
        chapter, _, stem = line.strip().partition("/")
        found.append(Exercise(chapter, stem))
    return found


def entries(report):
    """The exercises of a report.json, in their order."""
    return [e for chapter in report["chapters"] for e in chapter["exercises"]]


def chapters():
    return sorted(p.name for p in (ROOT / "chapters").iterdir() if p.is_dir())


def header(path):
    """The "Key: text" lines a file opens with; a text may go on, indented."""
    fields, key = {}, None
    for line in Path(path).read_text().splitlines()[:24]:
        if re.match(r"^(---|diff |@@|#include|\s*\*/)", line):
            break
        match = HEADER.match(line)
        bare = re.sub(r"^ ?(\*|//) ?", "", line)
        if match:
            key = match.group(1)
            fields[key] = match.group(2).strip()
        elif key and bare.startswith("  ") and bare.strip():
            fields[key] += " " + bare.strip()
        else:
            key = None
    return fields
