"""classics — what tests/support/interleave finds in algorithms that are known.

tests/interleave/<algorithm>.c lists its variants in its opening comment:

    Right:  -DEXCHANGE  Schedules: 57
    Broken: -DNO_TURN   Finds: spins  Saying: again and again
            Schedules: 4  Preemptions: 1  Switches: 2

Every broken one is found, and told so; every right one passes; both after
exactly as many schedules as is written there, whoever compiled them (Clang:
where its code has other accesses). A found schedule is run again by its
name, and is the same.

    cd tests && python3 -m proof.classics   writes the numbers anew
"""
import re
import shutil
import sys

from .run import Case
from .shell import ROOT, Fail, environment, fold, make, must, run

SLOWEST = 0.002  # seconds of a processor for a schedule
FIELD = re.compile(r"([A-Z]\w+): (.*?)(?=  +[A-Z]|$)")
VARIANT = re.compile(r"^ \* (Right|Broken): *((?:-D\w+ *)*)(.*)$")
MORE = re.compile(r"^ \*         ( *[A-Z].*)$")


class Variant:
    """One way to compile an algorithm, and what is to be found in it."""

    def __init__(self, source, right, flags, fields):
        self.source, self.right = source, right
        self.flags = flags.split()
        self.fields = fields
        self.name = "+".join([source.stem, *(f[2:] for f in self.flags)])

    def number(self, key):
        return int(self.fields[key])


def variants(source):
    found = []
    for line in source.read_text().splitlines():
        if line.startswith(" */"):
            return found
        match, more = VARIANT.match(line), MORE.match(line)
        if match:
            found.append(Variant(source, match.group(1) == "Right",
                                 match.group(2), fields(match.group(3))))
        elif more and found:
            found[-1].fields.update(fields(more.group(1)))
    raise Fail(f"{source}: no opening comment")


def fields(text):
    return {key: value.strip() for key, value in FIELD.findall(text)}


def everything():
    folder = ROOT / "tests" / "interleave"
    return [v for source in sorted(folder.glob("*.c"))
            if source.stem != "main" for v in variants(source)]


def folder(compiler):
    return "build/classics" if compiler == "gcc" else \
        f"build/{compiler}/classics"


def build(compiler, chosen):
    must(make(f"CC={compiler}", *(f"{folder(compiler)}/{v.name}"
                                  for v in chosen), timeout=600))


class Result:
    """What main.c printed."""

    def __init__(self, variant, compiler, name=None):
        env = environment(INTERLEAVE=name) if name else environment()
        self.ran = run(ROOT / folder(compiler) / variant.name, env=env,
                       timeout=150)
        must(self.ran)
        head, _, table = self.ran.out.partition("\ntable:\n")
        # Memory is at other addresses in each run.
        self.table = fold(re.sub(r"0x[0-9a-f]{9,}|\d{12,}", "?", table))
        said = dict(re.findall(r"^(\w+): (.*)$", head, re.M))
        self.found = said["found"]
        self.sentence = said["sentence"] or said["proved"]
        self.schedules = int(said["schedules"])
        self.preemptions = int(said["preemptions"])
        self.switches = int(said["switches"])
        self.cpu = float(said["cpu"])
        self.replay = said["replay"]

    def same(self, other):
        return (self.found, self.schedules, self.preemptions, self.switches,
                self.replay, self.sentence, self.table) == \
            (other.found, other.schedules, other.preemptions, other.switches,
             other.replay, other.sentence, other.table)


def as_written(variant, compiler, result):
    """Found or not, the sentence and the numbers."""
    wanted = variant.fields.get("Finds", "nothing")
    if result.found != wanted:
        raise Fail(f"it should find {wanted}:\n{result.ran}")
    said = variant.fields.get("Saying", "")
    if said not in result.sentence:
        raise Fail(f"it does not say “{said}”:\n{result.ran}")
    clang = compiler == "clang" and "Clang" in variant.fields
    wanted = variant.number("Clang" if clang else "Schedules")
    if result.schedules != wanted:
        raise Fail(f"{result.schedules} schedules, expected {wanted}:\n"
                   f"{result.ran}")
    if not variant.right:
        for key, value in (("Preemptions", result.preemptions),
                           ("Switches", result.switches)):
            if value > variant.number(key):
                raise Fail(f"{value} {key.lower()}, but it is known to need "
                           f"only {variant.fields[key]}:\n{result.ran}")


def quick(variant, compiler, result):
    """At least in one of three runs: the machine has others."""
    for _ in range(3):
        if result.cpu <= 0.1 + result.schedules * SLOWEST:
            return
        result = Result(variant, compiler)
    raise Fail(f"{result.cpu:.2f} s of a processor:\n{result.ran}")


def classic(variant, compiler):
    first = Result(variant, compiler)
    as_written(variant, compiler, first)
    again = Result(variant, compiler)
    if not first.same(again):
        raise Fail(f"two runs differ:\n{first.ran}\n{again.ran}")
    if variant.right:
        quick(variant, compiler, first)
        return 2
    replayed = Result(variant, compiler, first.replay)
    if (replayed.found, replayed.table) != (first.found, first.table):
        raise Fail(f"INTERLEAVE={first.replay} is another one:\n"
                   f"{first.ran}\n{replayed.ran}")
    return 3


def for_clang(variant):
    """A part: what is right, and what its flags of ours are for."""
    return variant.right or "VOLATILE" in variant.name or \
        "UNMAPS" in variant.name


def cases():
    for compiler in ("gcc", "clang"):
        if not shutil.which(compiler):
            continue
        chosen = [v for v in everything()
                  if compiler == "gcc" or for_clang(v)]
        build(compiler, chosen)
        for variant in chosen:
            yield Case(f"{variant.name} {compiler}", classic, variant,
                       compiler)


def numbers(variant, gcc, clang):
    said = f"Schedules: {gcc.schedules}"
    if not variant.right:
        said += f"  Preemptions: {gcc.preemptions}  Switches: {gcc.switches}"
    if clang.schedules != gcc.schedules:
        said += f"  Clang: {clang.schedules}"
    return said


def record(source, chosen):
    """Write the numbers of today into an opening comment."""
    text, left = [], list(chosen)
    wide = max(len(" ".join(v.flags)) for v in chosen if v.right)
    for line in source.read_text().splitlines():
        match = VARIANT.match(line) if left else None
        if not match:
            if not (left != chosen and MORE.match(line)):
                text.append(line)
            continue
        variant = left.pop(0)
        said = numbers(variant, *(Result(variant, compiler)
                                  for compiler in ("gcc", "clang")))
        if variant.right:
            flags = " ".join(variant.flags).ljust(wide)
            text.append(f" * Right:  {flags}  {said}")
        else:
            text += [line, f" *         {said}"]
    source.write_text("\n".join(text) + "\n")


def main():
    chosen = everything()
    for compiler in ("gcc", "clang"):
        build(compiler, chosen)
    for source in sorted({v.source for v in chosen}):
        record(source, [v for v in chosen if v.source == source])


if __name__ == "__main__":
    sys.exit(main())
