"""fuzz — a fuzzer finds nothing in the answers, and what is planted in wrecks.

Every run begins with the same seed and has the same length, so it is the
same run every time: `make frame.fuzz` is the one that goes looking.
"""
import shutil

from . import course
from .answers import folder_of
from .run import Case
from .setup import script
from .shell import (ROOT, Fail, Skip, environment, make, must, need, run,
                    temporary)

FUZZED = {
    "frame": {
        "runs": 30000,
        # What is planted, and what has to be said of it.
        "finds": {
            "trusts_the_length": "Bad address",
            "one_byte_too_many": "Bad address",
            "negative_passes_cap": "Bad address",
            "memory_for_the_skipped": "requested allocation size 0x7fffffff",
            "reads_on": "the number of bytes not yet read",
            "not_skipped": "frame_recv, at byte",
            "one_read_of_the_length": "Protocol error",
        },
    },
}


def exercise(stem):
    return next(e for e in course.listed() if e.stem == stem)


def fuzz(stem, impl):
    """One run of libFuzzer; skipped where there is none."""
    runs = FUZZED[stem]["runs"]
    ran = make(f"IMPL={impl}", f"{stem}.fuzz",
               f"ARGS=-seed=1 -runs={runs}")
    if "fuzz: this needs" in ran.out or "fuzz: clang is here" in ran.out:
        raise Skip(ran.out.strip().splitlines()[0])
    return ran


def finds_nothing(stem):
    ran = must(fuzz(stem, "solutions"))
    if "every answer was right" not in ran.out:
        raise Fail(f"it does not say what it has done:\n{ran}")


def finds(stem, wreck, phrase):
    """The planted mistake, with the input that shows it, and once more."""
    source = exercise(stem).wreck_folder / f"{wreck}.patch"
    ran = must(fuzz(stem, folder_of(exercise(stem), source,
                                    f"fuzz/{wreck}")), None)
    if phrase not in ran.out:
        raise Fail(f"it does not say “{phrase}”:\n{ran}")
    again = ran.out.strip().splitlines()[-1].split()
    if len(again) != 2:
        raise Fail(f"the last line should be a command:\n{ran}")
    must(run(*again), None)


def plain(stem):
    """What afl-cc compiles: files, or standard input."""
    need("gcc")
    folder = temporary(f"plain-{stem}")
    program, sources = folder / "plain", exercise(stem)
    corpus = sorted((ROOT / "tests/fuzz" / f"{stem}.corpus").iterdir())
    must(run("gcc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-iquote",
             sources.contract.parent, f"tests/fuzz/{stem}_fuzz.c",
             sources.solution, "-o", program))
    must(run(program, *corpus))
    must(run(program, stdin=corpus[0].read_bytes().decode("latin-1")))


def says_what_is_missing(stem):
    """Without clang, and with a clang that has no libFuzzer."""
    tools = temporary(f"tools-{stem}")
    for tool in ("sh", "make", "mkdir", "rm", "uname", "nproc", "gcc",
                 "grep", "kill", "cksum", "cut", "realpath", "ln"):
        if shutil.which(tool):
            (tools / tool).symlink_to(shutil.which(tool))
    env = environment(PATH=str(tools))
    ran = must(make("IMPL=solutions", f"{stem}.fuzz", env=env), None)
    if "clang is not here" not in ran.out:
        raise Fail(f"it does not say that clang is missing:\n{ran}")
    script(tools / "clang", "exit 1")
    ran = must(make("IMPL=solutions", f"{stem}.fuzz", env=env), None)
    if "compiler-rt" not in ran.out:
        raise Fail(f"it does not name the package of libFuzzer:\n{ran}")


def cases():
    for stem, what in FUZZED.items():
        yield Case(f"{stem}: nothing in the answer", finds_nothing, stem)
        for wreck, phrase in what["finds"].items():
            yield Case(f"{stem}: {wreck}", finds, stem, wreck, phrase)
        yield Case(f"{stem} as a plain program", plain, stem)
        yield Case(f"{stem}: what is missing", says_what_is_missing, stem)
