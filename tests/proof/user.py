"""user — everything works for an ordinary user as well as for root."""
import json
import os
import shutil

from . import course
from .answers import binary_folder
from .run import Case
from .shell import (ROOT, Fail, Skip, clone, environment, fold, make, must,
                    need, run, temporary)

NOBODY = "65534"


def become_nobody(home):
    """What has to stand before a command, so that nobody runs it."""
    must(run("chown", "-R", f"{NOBODY}:{NOBODY}", home))
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
            "--clear-groups", "--no-new-privs"]


def possible():
    if os.geteuid() != 0:
        raise Skip("an ordinary user cannot become another one; "
                   "all the other cases have run as one")
    need("setpriv")


def judged(home, binary):
    """What the grader, run by nobody in its own folder, says of a binary."""
    possible()
    folder = home / binary.stem
    folder.mkdir()
    shutil.copy(binary, folder)
    ran = run(*become_nobody(folder), home / "grader", "--json",
              folder / binary.name, cwd=folder, merge=False,
              env=environment(HOME=str(folder), TMPDIR=str(folder)))
    try:
        tests = course.entries(json.loads(ran.out))[0]["tests"]
    except (ValueError, LookupError) as error:
        raise Fail(f"no report: {error}\n{ran}") from error
    left = [p.name for p in folder.iterdir() if p.name != binary.name]
    if left:
        raise Fail(f"it left in its folder: {', '.join(left)}")
    if not tests:
        raise Fail(f"no tests ran\n{ran}")
    return tests


def as_nobody(home, binary, verdict, phrase=""):
    for test in judged(home, binary):
        said = f"{test['verdict']}: {test['headline']}\n{test['message']}"
        if test["verdict"] not in (verdict, "skipped"):
            raise Fail(f"{test['name']} should be \"{verdict}\":\n{said}")
        if fold(phrase) not in fold(said):
            raise Fail(f"{test['name']} does not say “{phrase}”:\n{said}")


def clone_of_nobody():
    possible()
    tree = clone(temporary("nobody.clone"))
    stem = course.listed()[0].stem
    who = become_nobody(tree)
    env = environment(HOME=str(tree), TMPDIR=str(tree))
    must(run(*who, "make", "-s", "IMPL=solutions", stem, cwd=tree, env=env))
    must(run(*who, "make", "-s", stem, cwd=tree, env=env), None)


def cases():
    must(make("IMPL=solutions", timeout=300))
    must(make("specimens", timeout=300))
    home = temporary("nobody")
    os.chmod(home.parent, 0o711)
    os.chmod(home, 0o711)
    shutil.copy(ROOT / "build" / "grader", home)
    yield Case("a fresh clone", clone_of_nobody)
    for exercise in course.listed():
        binary = binary_folder("solutions") / exercise.chapter / \
            f"{exercise.stem}_test"
        yield Case(f"solution {exercise.stem}", as_nobody, home, binary,
                   "passed")
    # A few will do: what root sees in /proc that others do not.
    for source in sorted((ROOT / "tests/grader/specimens").glob("*.c"))[::6]:
        head = course.header(source)
        binary = ROOT / "build" / "specimens" / f"{source.stem}_test"
        yield Case(f"specimen {source.stem}", as_nobody, home, binary,
                   head.get("Verdict"), head.get("Saying", ""))
