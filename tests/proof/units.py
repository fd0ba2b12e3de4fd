"""units — the tests of the support library and of the grader itself."""
import json
import re

from . import course
from .run import Case
from .shell import ROOT, Fail, Skip, fold, make, must, run

PASSED = re.compile(r"\[  PASSED  \] (\d+) test")
SKIPPED = re.compile(r"\[  SKIPPED \] (\d+) test")


def unit(binary):
    ran = run(binary, timeout=150)
    passed = PASSED.search(ran.out)
    if ran.status != 0 or not passed:
        ran.out = re.sub(r"\[ RUN      \].*\n\[       OK \].*\n", "", ran.out)
        raise Fail(str(ran))
    skipped = SKIPPED.search(ran.out)
    if skipped and int(passed.group(1)) == 0:
        raise Skip(fold(ran.out)[-200:])
    return int(passed.group(1))


def unit_cases():
    sources = sorted((ROOT / "tests" / "support").glob("*_test.c")) + \
        sorted((ROOT / "tests" / "grader").glob("*_test.c"))
    must(make("units", timeout=300))
    for source in sources:
        yield Case(source.stem, unit, ROOT / "build" / "units" / source.stem)


def judged(binary, seconds=120, fact=None):
    """What the grader makes of one test binary's tests, or of one test."""
    words = [ROOT / "build" / "grader", "--json", binary]
    ran = run(*words, *([fact] if fact else []), merge=False, timeout=seconds)
    try:
        return course.entries(json.loads(ran.out))[0]["tests"]
    except (ValueError, LookupError) as error:
        raise Fail(f"no report: {error}\n{ran}") from error


def specimen(source):
    """A program that misbehaves in one way, and what must be said of it."""
    head = course.header(source)
    for key in ("Specimen", "Verdict"):
        if key not in head:
            raise Fail(f"it does not begin with {key}:")
    binary = ROOT / "build" / "specimens" / f"{source.stem}_test"
    tests = judged(binary)
    if not tests:
        raise Fail("the grader ran no test of it")
    for test in tests:
        shown = f"{test['verdict']}: {test['headline']}\n{test['message']}"
        if test["verdict"] != head["Verdict"]:
            raise Fail(f"{test['name']} should be \"{head['Verdict']}\":\n"
                       f"{shown}")
        said = fold(test["headline"] + "\n" + test["message"])
        if fold(head.get("Saying", "")) not in said:
            raise Fail(f"{test['name']} does not say “{head['Saying']}”:\n"
                       f"{shown}")
    within(binary, tests, float(head.get("Within", 60)))
    return len(tests)


def within(binary, tests, limit):
    """Quick enough, at least in one of three runs: the machine has others."""
    for _ in range(3):
        slow = max(t["seconds"] for t in tests)
        if slow <= limit:
            return
        tests = judged(binary)
    raise Fail(f"it took {slow:.2f} s, and may take {limit:.2f} s")


def specimen_cases():
    folder = ROOT / "tests" / "grader" / "specimens"
    must(make("specimens", timeout=300))
    for source in sorted(folder.glob("*.c")):
        yield Case(source.stem, specimen, source)
