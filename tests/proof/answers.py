"""answers — blank fails, solved passes; wrecks are caught, others pass."""
import collections
import json
import shutil
import threading
from pathlib import Path

from . import course
from .run import Case
from .shell import ROOT, SCRATCH, Fail, fold, make, must, need, run
from .units import judged


def prebuilt():
    """What every answer shares is built once, before many makes at once."""
    must(make("IMPL=solutions", timeout=300))
    if shutil.which("clang"):
        must(make("CC=clang", "IMPL=solutions", timeout=300))


def folder_of(exercise, source, name):
    """A folder of the shape of chapters/ that holds one answer."""
    folder = SCRATCH / name
    target = folder / exercise.chapter / f"{exercise.stem}.c"
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".patch":
        shutil.copy(exercise.solution, target)
        need("patch")
        must(run("patch", "-s", "--fuzz=0", "--no-backup-if-mismatch",
                 target, source, cwd=folder))
    else:
        shutil.copy(source, target)
    return folder


_locks = collections.defaultdict(threading.Lock)


def graded(exercise, impl, *, cwd=ROOT, variables=()):
    """Grade one exercise of a folder: its entry of report.json."""
    words = [*variables, f"IMPL={impl}"]
    # The report of a folder is that of the last make that graded it.
    with _locks[(cwd, *words)]:
        ran = make(*words, exercise.stem, cwd=cwd)
        path = must(make(*words, "report-path", cwd=cwd)).out.strip()
        try:
            report = json.loads((cwd / path / "report.json").read_text())
        except (OSError, ValueError) as error:
            raise Fail(f"no report after\n{ran}\n{error}") from error
    for entry in course.entries(report):
        if entry["name"] == exercise.stem:
            return entry, ran
    raise Fail(f"{exercise.stem} is not in report.json after\n{ran}")


def bad_tests(tests):
    """What is said of each test that does not pass."""
    return "\n".join(
        f"{t['name']}: {t['verdict']}: {t['headline']}\n{t['message']}"
        for t in tests if t["verdict"] not in ("passed", "skipped"))


# ------------------------------------------------------- blank and solved

def blank(exercise, *variables):
    entry, ran = graded(exercise, "chapters", variables=variables)
    if entry["verdict"] != "not started":
        raise Fail(f"expected every fact to be \"not started\":\n{ran}")
    if entry.get("warnings"):
        raise Fail(f"the skeleton has warnings:\n{entry['warnings']}")
    must(ran, None)


def clang_blank(exercise):
    need("clang")
    blank(exercise, "CC=clang")


def passes(exercise, impl, *variables):
    entry, ran = graded(exercise, impl, variables=variables)
    bad = bad_tests(entry["tests"])
    if bad or not entry["tests"]:
        raise Fail(bad or str(ran))
    if entry.get("warnings"):
        raise Fail(f"it has warnings:\n{entry['warnings']}")
    must(ran)


def clang_passes(exercise, impl):
    need("clang")
    passes(exercise, impl, "CC=clang")


def blank_cases():
    exercises = course.listed()
    yield from (Case(e.stem, blank, e) for e in exercises)
    yield from (Case(f"{e.stem} with clang", clang_blank, e)
                for e in exercises)


def solved_cases():
    prebuilt()
    exercises = course.listed()
    yield from (Case(e.stem, passes, e, "solutions") for e in exercises)
    yield from (Case(f"{e.stem} with clang", clang_passes, e, "solutions")
                for e in exercises)


# ------------------------------------------------------ wrecks and others

class Batch:
    """A folder of answers with one of each exercise, built by one make."""

    def __init__(self, name, *variables):
        self.name, self.variables = name, variables
        self.answers, self.lock, self.build = {}, threading.Lock(), None

    def binary(self, exercise):
        """The test binary of its answer; the first to ask builds them all."""
        with self.lock:
            if not self.build:
                for one, source in self.answers.items():
                    folder = folder_of(one, source, self.name)
                words = [*self.variables, f"IMPL={folder}"]
                ran = must(make(*words, "report-path"))
                self.build = ROOT / ran.out.strip()
                make(*words, *(self.path(e).relative_to(ROOT)
                               for e in self.answers))
        binary = self.path(exercise)
        if not binary.exists() or binary.stat().st_size == 0:
            logs = "".join(p.read_text() for p in
                           binary.parent.glob(f"{exercise.stem}*.log"))
            raise Fail(f"it does not compile:\n{logs}")
        return binary

    def path(self, exercise):
        return self.build / exercise.chapter / f"{exercise.stem}_test"


def batches(name, sources_of, *variables):
    """(exercise, source, batch) of all answers, batch after batch."""
    exercises = course.listed()
    answers = {e: sources_of(e) for e in exercises}
    for number in range(max(len(a) for a in answers.values())):
        batch = Batch(f"{name}/{number}", *variables)
        batch.answers = {e: a[number] for e, a in answers.items()
                         if number < len(a)}
        for exercise, source in batch.answers.items():
            yield exercise, source, batch


# A mistake that is a race does not show in every run. It has to in one of
# these; a right answer has no such second chance.
ATTEMPTS = 5


def caught(exercise, source, batch):
    """The named fact fails, and its explanation holds the phrase."""
    for attempt in range(ATTEMPTS):
        try:
            return caught_once(exercise, source, batch)
        except Fail:
            if attempt == ATTEMPTS - 1:
                raise


def caught_once(exercise, source, batch):
    """The same, in one run."""
    head = course.header(source)
    fact, phrase = head.get("Caught by"), head.get("Saying")
    if not fact or not phrase or not head.get("Mistake"):
        raise Fail("it does not begin with Mistake:, Caught by:, Saying:")
    binary = batch.binary(exercise)
    test = judged(binary, fact=fact)[0]
    said = f"{test['verdict']}: {test['headline']}\n{test['message']}"
    if test["name"] != fact:
        raise Fail(f"there is no fact {fact}\n{said}")
    if test["verdict"] == "grader's fault":
        raise Fail(said)
    if test["verdict"] in ("passed", "skipped"):
        by = [t["name"] for t in judged(binary) if t["verdict"] != "passed"]
        raise Fail(f"{fact} does not catch it: {test['verdict']}. "
                   f"Caught by: {', '.join(by) or 'none'}")
    if fold(phrase) not in fold(said):
        raise Fail(f"{fact} fails, but does not say “{phrase}”:\n{said}")


def wreck_cases():
    prebuilt()
    for exercise, source, batch in batches("wrecks", course.Exercise.wrecks):
        yield Case(f"{exercise.stem}/{source.stem}", caught, exercise, source,
                   batch)


def holds(exercise, batch):
    """Every fact holds for another right answer."""
    bad = bad_tests(judged(batch.binary(exercise)))
    if bad:
        raise Fail(bad)


def other_cases():
    prebuilt()
    compilers = [("others", "", ())]
    if shutil.which("clang"):
        compilers.append(("clang", " with clang", ("CC=clang",)))
    for name, suffix, variables in compilers:
        for exercise, source, batch in batches(name, course.Exercise.others,
                                               *variables):
            yield Case(f"{exercise.stem}/{source.stem}{suffix}", holds,
                       exercise, batch)


def binary_folder(impl, cwd=ROOT):
    """Where the test binaries and reports of an IMPL are."""
    path = must(make(f"IMPL={impl}", "report-path", cwd=cwd)).out.strip()
    return Path(cwd) / path
