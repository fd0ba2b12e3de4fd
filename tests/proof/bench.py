"""bench — the benches run, and what they say is whole and right."""
import re
import xml.etree.ElementTree as ElementTree

from . import course
from .run import Case
from .shell import ROOT, Fail, environment, make, must, run, temporary

# "  64 MiB   capture   119 ms   109 ms   134 ms   1.07 ×   193 MiB"
ROW = re.compile(r"^  (?P<size>\d+ \w+)? *(?P<way>\S.*?) +"
                 r"(?P<median>[\d.]+ \S+) +(?P<fastest>[\d.]+ \S+) +"
                 r"(?P<slowest>[\d.]+ \S+) +(?P<ratio>[\d.]+) × +"
                 r"(?P<memory>\d+) MiB$", re.M)
UNITS = {"s": 1, "ms": 1e-3, "µs": 1e-6}
ATTEMPTS = 3  # the machine has others to serve, too


def benches():
    return [e for e in course.listed()
            if (e.test.parent / f"{e.stem}_bench.c").exists()]


def seconds(text):
    number, unit = text.split()
    return float(number) * UNITS[unit]


def bench(exercise, impl="solutions", rounds=3):
    """A short run of a bench: what it printed."""
    return run("make", f"IMPL={impl}", f"{exercise.stem}.bench",
               env=environment(BENCH_ROUNDS=str(rounds)), timeout=240)


def table(ran):
    """(size, way) -> row of all tables, each as it stands."""
    rows, size = {}, None
    for row in ROW.finditer(ran.out):
        size = row["size"] or size
        if (size, row["way"]) in rows:
            raise Fail(f"{row['way']} stands twice at {size}:\n{ran}")
        if not (seconds(row["fastest"]) <= seconds(row["median"]) <=
                seconds(row["slowest"])):
            raise Fail(f"no median between its ends: {row[0]}\n{ran}")
        rows[size, row["way"]] = row
    sizes = {size for size, _ in rows}
    if len(sizes) < 2 or len(rows) != 3 * len(sizes):
        raise Fail(f"not three ways at each of several sizes:\n{ran}")
    wide = [s for s in ran.out.splitlines() if len(s) > 80]
    if wide:
        raise Fail("wider than 80 columns:\n" + "\n".join(wide))
    return rows


def picture(ran, rows):
    """The SVG it names is well-formed and has a bar for each row."""
    named = re.search(r"Drawn: (\S+\.svg)$", ran.out, re.M)
    if not named:
        raise Fail(f"it does not say where its picture is:\n{ran}")
    text = (ROOT / named[1]).read_text()
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Fail(f"{named[1]}: {error}") from error
    bars = [e for e in root.iter() if e.get("class", "").startswith("way")]
    if len(bars) != len(rows):
        raise Fail(f"{len(bars)} bars for {len(rows)} rows in {named[1]}")
    if "prefers-color-scheme: dark" not in text or "<title>" not in text:
        raise Fail(f"{named[1]} has no title, or nothing for dark screens")


def runs(exercise):
    """Whole, and the reference is not twice as slow as the shell."""
    for attempt in range(ATTEMPTS):
        ran = must(bench(exercise, rounds=3 + 2 * attempt))
        rows = table(ran)
        picture(ran, rows)
        ratios = {size: float(row["ratio"]) for (size, way), row in
                  rows.items() if way in ("reference", exercise.stem)}
        linear = "faster than linearly" not in ran.out
        if max(ratios.values()) <= 2 and linear:
            return f"({max(ratios.values()):.2f} × sh -c, {ran.seconds:.0f} s)"
    raise Fail(f"slower than it should be, in {ATTEMPTS} runs:\n{ran}")


def not_started(exercise):
    ran = must(bench(exercise, "chapters", 1), None)
    if f"{exercise.stem} is not written yet" not in ran.out or \
            len(ran.out.splitlines()) > 2:
        raise Fail(f"it should say in a sentence what is missing:\n{ran}")


def does_not_build(exercise):
    folder = temporary(f"bench.{exercise.stem}")
    target = folder / exercise.chapter / f"{exercise.stem}.c"
    target.parent.mkdir()
    target.write_text("int main(\n")
    ran = must(bench(exercise, folder, 1), None)
    if "cannot be built" not in ran.out or "error:" not in ran.out:
        raise Fail(f"it should show the compiler's words:\n{ran}")
    target.unlink()
    ran = must(bench(exercise, folder, 1), None)
    if "There is no" not in ran.out:
        raise Fail(f"it should say that there is nothing:\n{ran}")


def without():
    there = [e.stem for e in benches()]
    stem = next(e.stem for e in course.listed() if e.stem not in there)
    ran = must(make(f"{stem}.bench"), None)
    if f"{stem}, so it has no bench" not in ran.out or \
            f"{there[0]}.bench" not in ran.out:
        raise Fail(f"it should name the benches that there are:\n{ran}")


def cases():
    for e in benches():
        yield Case(f"{e.stem}.bench", runs, e, alone=True)
        yield Case(f"{e.stem}.bench of a skeleton", not_started, e, alone=True)
        yield Case(f"{e.stem}.bench of what does not build", does_not_build, e,
                   alone=True)
    yield Case("an exercise without a bench", without)
