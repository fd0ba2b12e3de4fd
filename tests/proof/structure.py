"""structure — every exercise has all its files, and no file is stray."""
import re

from . import course
from .run import Case
from .shell import ROOT, Fail, shipped

TOP = 14  # entries of the top level that a visitor sees
LIBC_NAMES = {"wait", "system", "popen", "pipe", "send", "recv", "select"}


def complete(exercise):
    lack = [str(p.relative_to(ROOT)) for p in
            (exercise.contract, exercise.skeleton, exercise.solution,
             exercise.test) if not p.is_file()]
    if len(exercise.wrecks()) < 5:
        lack.append(f"five wrecks (there are {len(exercise.wrecks())})")
    if len(exercise.others()) < 1:
        lack.append("one other right answer")
    for readme in ("README.md", "README.zh-CN.md"):
        path = exercise.contract.parent / readme
        text = path.read_text() if path.exists() else ""
        if not re.search(rf"^### .*\b{exercise.stem}\b", text, re.M):
            lack.append(f"a heading in {path.relative_to(ROOT)}")
    if lack:
        raise Fail("missing: " + "; ".join(lack))


def well_named(exercise):
    stem = exercise.stem
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,15}", stem) or stem in LIBC_NAMES:
        raise Fail(f"{stem}: at most 16 characters of snake_case, and no "
                   "name of the C library")
    text = exercise.contract.read_text()
    first = re.match(r"/\*\n \* (\w+) — ", text)
    if not first or first.group(1) != stem:
        raise Fail(f"the contract should begin with “{stem} — what it does”")
    for word in ("Returns", "See also"):
        if word not in text:
            raise Fail(f"the contract does not speak of {word}")


def facts(exercise):
    """The test, and what it shares with other tests of its chapter."""
    test = exercise.test
    text = test.read_text() if test.exists() else ""
    for name in re.findall(r'^#include "(\w+\.h)"', text, re.M):
        if (test.parent / name).exists():
            text += (test.parent / name).read_text()
    return text


def headers(exercise):
    """Wrecks say mistake, fact and phrase; others say their technique."""
    wrong = []
    test = facts(exercise)
    for path in exercise.wrecks():
        name = path.relative_to(ROOT)
        head = course.header(path)
        for key in ("Mistake", "Caught by", "Saying"):
            if not head.get(key):
                wrong.append(f"{name}: no line “{key}: …”")
        fact = head.get("Caught by", "")
        if fact and not re.search(rf"\b{re.escape(fact)}\b", test):
            wrong.append(f"{name}: there is no fact {fact}")
    for path in exercise.others():
        if not course.header(path).get("Technique"):
            wrong.append(f"{path.relative_to(ROOT)}: no line “Technique: …”")
    for folder in (exercise.wreck_folder, exercise.other_folder):
        for path in folder.iterdir() if folder.is_dir() else ():
            if not re.fullmatch(r"\w+\.(c|patch)", path.name):
                wrong.append(f"{path.relative_to(ROOT)}: not a snake_case "
                             ".c or .patch")
    if wrong:
        raise Fail("\n".join(wrong))


def stray():
    """Files below the chapters that belong to no exercise of the lists."""
    stems = {(e.chapter, e.stem) for e in course.listed()}
    found = []
    for name in shipped(r"^(chapters|solutions|tests/\d)"):
        parts = name.split("/")
        chapter = parts[2 if parts[0] == "tests" else 1]
        chapter = next((p for p in parts if re.match(r"\d_", p)), chapter)
        stem = re.split(r"_(?:test|bench|ways)\.|\.", parts[-1])[0]
        if parts[0] == "tests" and len(parts) > 3:
            stem = parts[2].split(".")[0]
        if (chapter, stem) in stems:
            continue
        # One bench of several answers has the chapter's name.
        if (parts[0] == "tests" and parts[-1].endswith("_bench.c") and
                stem == chapter.split("_", 1)[1]):
            continue
        # Facts that several tests of a chapter share.
        if parts[0] == "tests" and len(parts) == 3 and name.endswith(".h"):
            continue
        # Pictures, programs and texts of a chapter are the prose's to check.
        if parts[0] == "chapters" and (parts[-1].startswith("README") or
                                       len(parts) > 3):
            continue
        found.append(name)
    if found:
        raise Fail("of no exercise in the Makefile's lists: " +
                   ", ".join(found))


def lists_are_folders():
    listed = {e.chapter for e in course.listed()}
    for tree in ("chapters", "solutions"):
        there = {p.name for p in (ROOT / tree).iterdir() if p.is_dir()}
        if there != listed:
            raise Fail(f"{tree}/ holds {sorted(there)}, the Makefile's lists "
                       f"{sorted(listed)}")
    stems = [e.stem for e in course.listed()]
    twice = {s for s in stems if stems.count(s) > 1}
    if twice:
        raise Fail(f"two exercises are called {twice}")


def small_top():
    top = sorted({n.split("/")[0] for n in shipped()})
    seen = [n for n in top if not n.startswith(".")]
    if len(seen) > TOP:
        raise Fail(f"{len(seen)} entries, at most {TOP}: {', '.join(seen)}")


def short_texts():
    for name, most in (("README.md", 90), ("README.zh-CN.md", 90),
                       ("CONTRIBUTING.md", 90)):
        lines = len((ROOT / name).read_text().splitlines())
        if lines > most:
            raise Fail(f"{name} has {lines} lines, and may have {most}")


def cases():
    for exercise in course.listed():
        yield Case(f"{exercise.stem} has all its files", complete, exercise)
        yield Case(f"{exercise.stem} and its contract", well_named, exercise)
        yield Case(f"{exercise.stem}'s headers", headers, exercise)
    yield Case("no stray files", stray)
    yield Case("the Makefile's lists are the folders", lists_are_folders)
    yield Case("the top level is small", small_top)
    yield Case("README and CONTRIBUTING are short", short_texts)
