"""bench — the benches run, and what they say is whole and right."""
import re
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

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


def measured():
    """Chapters whose answers are measured beside each other, and which."""
    makefile = (ROOT / "Makefile").read_text()
    return {chapter: stems.split() for chapter, stems in
            re.findall(r"^MEASURED_(\d_\w+) *:= *(.*)$", makefile, re.M)}


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


# "  express       7.28 M ± 4%   …": a cell of a table of flows.
CELL = re.compile(r"(?P<rate>[\d.]+) (?P<unit>[kM]) ±[ \d]+%|"
                  r"[\d.]+( [µm]s)? ?/ ?[\d.]+ [µm]s|(?P<none>[–×])")
KERNEL = ["SysV msg", "pipe", "socketpair", "POSIX mq", "mp.Queue",
          "mp.SimpleQueue"]
# Express moves so many times as many small messages as a pipe: 11 on an idle
# machine, and here others work, too.
LEAST = 5


def flows(ran):
    """Of each table: way -> its cells. An own way's reference: "its ref"."""
    tables = []
    for block in re.split(r"^queues: .*\n\n", ran.out, flags=re.M)[1:]:
        head, *lines = block.splitlines()
        sizes, rows, own = re.findall(r"\d+ K?i?B", head), {}, None
        for line in lines:
            row = re.match(r"  (  reference|[\w.]+(?: \w+)?) {2,}(.*)", line)
            if not row:
                break
            name = row[1].strip()
            own, name = (own, f"{own} ref") if name == "reference" else \
                (name, name)
            rows[name] = [m for m in CELL.finditer(row[2])]
            if len(rows[name]) != len(sizes):
                raise Fail(f"not {len(sizes)} cells: {line}\n{ran}")
        tables.append(rows)
    wide = [s for s in ran.out.splitlines() if len(s) > 80]
    if len(tables) != 3 or wide:
        raise Fail("not three tables of 80 columns:\n" + "\n".join(wide) +
                   f"\n{ran}")
    return tables


def rate(cell):
    return float(cell["rate"]) * {"k": 1e3, "M": 1e6}[cell["unit"]]


def whole(ran, stems, tables):
    """Every way has its row, and what is empty has its reason."""
    one, two, trip = tables
    for rows in (one, trip):
        for name in stems + [f"{s} ref" for s in stems] + KERNEL:
            if name not in rows and f"  {name}:" not in ran.out:
                raise Fail(f"no row of {name}:\n{ran}")
    for name, rows in [(n, r) for t in tables for n, r in t.items()]:
        for cell in rows:
            if cell["none"] == "–" and f"– {name} " not in ran.out or \
                    cell["none"] == "×":
                raise Fail(f"nothing measured of {name}, without a reason:\n"
                           f"{ran}")
    if "ring" in two or "express" in two:
        raise Fail(f"these are for one of each only:\n{ran}")


def flow_picture(ran, tables):
    """The SVG it names is well-formed and has a mark for each number."""
    named = re.search(r"Drawn: (\S+\.svg)$", ran.out, re.M)
    if not named:
        raise Fail(f"it does not say where its picture is:\n{ran}")
    root = ElementTree.fromstring((ROOT / named[1]).read_text())
    marks = [e for e in root.iter() if e.tag.endswith("path") and
             e.get("class", "").startswith("mark")]
    legend = 12
    numbers = [c for t in tables for row in t.values() for c in row
               if not c["none"]]
    if len(marks) != len(numbers) + legend:
        raise Fail(f"{len(marks)} marks for {len(numbers)} numbers in "
                   f"{named[1]}")


def flow(word, impl, rounds):
    return run("make", f"IMPL={impl}", f"{word}.bench",
               env=environment(BENCH_ROUNDS=str(rounds)), timeout=300)


def together(chapter, stems):
    """Whole; and messages that need no system call are the quickest."""
    word = chapter.split("_", 1)[1]
    for attempt in range(ATTEMPTS):
        ran = must(flow(word, "solutions", 1 + 2 * attempt))
        tables = flows(ran)
        whole(ran, stems, tables)
        flow_picture(ran, tables)
        times = rate(tables[0]["express"][0]) / rate(tables[0]["pipe"][0])
        if times >= LEAST:
            return f"(express {times:.0f} × pipe, {ran.seconds:.0f} s)"
    raise Fail(f"express is to be {LEAST} times as quick as a pipe:\n{ran}")


def together_not_started(chapter, stems):
    """Each that is missing is named; the others are measured nonetheless."""
    word = chapter.split("_", 1)[1]
    folder = temporary(f"bench.{word}")
    (folder / chapter).mkdir()
    ran = must(flow(word, folder, 1))
    for stem in stems:
        if f"{stem} is missing" not in ran.out:
            raise Fail(f"it should say that {stem} is missing:\n{ran}")
    if not flows(ran)[0]["pipe"][0]["rate"]:
        raise Fail(f"the others are not measured:\n{ran}")
    ran = must(flow(word, "chapters", 1))
    for stem in stems:
        if f"{stem} is not written yet" not in ran.out:
            raise Fail(f"it should say that {stem} is not written:\n{ran}")


# Of a server: requests a second, times, requests for each second of its CPU
# time; each one at a time, and 16 in flight.
SERVERS = {"redis": ["redis-server", "valkey-server", "redis-check-rdb"],
           "socat": ["socat"]}
FORKING = ["socat"]  # whose CPU time is not known


def loads(ran):
    """Of each table: way -> its cells."""
    tables = []
    for block in re.split(r"^harbour: .*\n\n", ran.out, flags=re.M)[1:]:
        _, *lines = block.splitlines()
        rows = {}
        for line in lines:
            row = re.match(r"  (  reference|\w+) {2,}(.*)", line)
            if not row:
                break
            rows[row[1].strip()] = list(CELL.finditer(row[2]))
            if len(rows[row[1].strip()]) != 3:
                raise Fail(f"not 3 cells: {line}\n{ran}")
        tables.append(rows)
    wide = [s for s in ran.out.splitlines() if len(s) > 80]
    if len(tables) != 6 or wide:
        raise Fail("not six tables of 80 columns:\n" + "\n".join(wide) +
                   f"\n{ran}")
    return tables


def load_picture(ran, tables):
    """The SVG it names is well-formed and has a mark for each number."""
    named = re.search(r"Drawn: (\S+\.svg)$", ran.out, re.M)
    if not named:
        raise Fail(f"it does not say where its picture is:\n{ran}")
    root = ElementTree.fromstring((ROOT / named[1]).read_text())
    marks = [e for e in root.iter() if e.tag.endswith("path") and
             e.get("class", "").startswith("mark")]
    drawn = tables[:4]
    numbers = [c for t in drawn for row in t.values() for c in row
               if not c["none"]]
    if len(marks) != len(numbers) + 3 * len(drawn):
        raise Fail(f"{len(marks)} marks for {len(numbers)} numbers in "
                   f"{named[1]}")


def lying_about():
    """Folders of benches, and processes that have one as an argument."""
    found = {str(path) for path in Path("/tmp").glob("bench-??????")}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"/tmp/bench-" in (process / "cmdline").read_bytes():
                found.add(f"process {process.name}")
        except OSError:
            continue
    return found


def load(word, impl, rounds):
    """A run that leaves no server and no folder behind."""
    before = lying_about()
    ran = flow(word, impl, rounds)
    left = lying_about() - before
    if left:
        raise Fail(f"left behind: {left}\n{ran}")
    return ran


def served(stem):
    """Whole; and the reference is at least level with redis for each second
    of CPU time, and half as quick again where requests come in bunches."""
    for attempt in range(ATTEMPTS):
        ran = must(load(stem, "solutions", 1 + 2 * attempt))
        tables = loads(ran)
        load_picture(ran, tables)
        for nth, rows in enumerate(tables):
            for name, cells in rows.items():
                missing = f"{name}: is not installed" in ran.out
                if any(c["none"] == "×" for c in cells) and not missing:
                    raise Fail(f"nothing measured of {name}:\n{ran}")
            if set(rows) != {stem, "reference", *SERVERS} - \
                    (set(FORKING) if nth >= 4 else set()):
                raise Fail(f"not all ways are in each table:\n{ran}")
        if "redis: is not installed" in ran.out:
            return f"(without redis, {ran.seconds:.0f} s)"
        times = [rate(t["reference"][1]) / rate(t["redis"][1])
                 for t in tables[4:]]
        if times[0] >= 1 and times[1] >= 1.5:
            return (f"({times[0]:.1f} and {times[1]:.1f} × redis, "
                    f"{ran.seconds:.0f} s)")
    raise Fail(f"harbour is to be level with redis one at a time, and 1.5 "
               f"times as quick in bunches:\n{ran}")


SERVER = """#include "harbour.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
int harbour_serve(int listener, int stop_fd, const struct harbour *options)
{
    (void)stop_fd, (void)options;
    {body}
}
"""
WRONG = {
    "crashes": ("abort();", "was ended by a signal"),
    "fails": ("(void)listener; errno = EMFILE; return -1;", "Too many open"),
    "hangs": ("(void)listener; for (;;) pause();", "did not come to an end"),
    "replies wrongly": (
        "char b[64]; int c = accept(listener, NULL, NULL); ssize_t n;"
        "while ((n = read(c, b, 64)) > 0 && write(c, b, (size_t)n) == n) ;"
        "return 0;", "replies something else"),
}


def server_that(stem, mistake):
    """It is told of, and the others are measured nonetheless."""
    body, words = WRONG[mistake]
    folder = temporary(f"bench.{stem}.{mistake.split()[0]}")
    (folder / "4_sockets").mkdir()
    (folder / "4_sockets" / "harbour.c").write_text(
        SERVER.replace("{body}", body))
    ran = must(load(stem, folder, 1))
    tables = loads(ran)
    if f"{stem} {words}" not in " ".join(ran.out.split()):
        raise Fail(f"it should say that {stem} {words}:\n{ran}")
    if not tables[0]["reference"][2]["rate"]:
        raise Fail(f"the reference is not measured:\n{ran}")


def server_missing(stem):
    folder = temporary(f"bench.{stem}")
    (folder / "4_sockets").mkdir()
    ran = must(load("sockets", folder, 1))
    if f"{stem} is missing" not in ran.out or \
            not loads(ran)[0]["reference"][0]["rate"]:
        raise Fail(f"it should say that {stem} is missing, and measure the "
                   f"others:\n{ran}")
    ran = must(load(stem, "chapters", 1))
    if f"{stem} is not written yet" not in ran.out:
        raise Fail(f"it should say that {stem} is not written:\n{ran}")


def interrupted(stem, sig):
    """Ended in the middle, it takes its servers with it."""
    must(make("IMPL=solutions", "build/solutions/4_sockets/sockets_bench"))
    before = lying_about()
    ran = subprocess.Popen([ROOT / "build/solutions/4_sockets/sockets_bench",
                            stem], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    late = time.monotonic() + 60
    while not any("process" in s for s in lying_about() - before):
        if time.monotonic() > late:
            ran.kill()
            raise Fail("it never started a program")
        time.sleep(0.01)
    ran.send_signal(sig)
    ran.wait()
    while (left := lying_about() - before):
        if sig == signal.SIGKILL:  # nobody is there to remove the folder
            for name in left:
                if name.startswith("/tmp/"):
                    (Path(name) / "socket").unlink(missing_ok=True)
                    Path(name).rmdir()
        if time.monotonic() > late:
            raise Fail(f"left behind: {left}")
        time.sleep(0.01)


def without():
    there = [e.stem for e in benches()] + sum(measured().values(), [])
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
    servers = {c: s for c, s in measured().items() if "harbour" in s}
    for stem in sum(servers.values(), []):
        yield Case(f"{stem}.bench", served, stem, alone=True)
        yield Case(f"{stem}.bench of what is missing", server_missing, stem,
                   alone=True)
        for sig in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
            yield Case(f"{stem}.bench ended by {sig.name}", interrupted, stem,
                       sig, alone=True)
        for mistake in WRONG:
            yield Case(f"{stem}.bench of one that {mistake}", server_that,
                       stem, mistake, alone=True)
    for chapter, stems in measured().items():
        if chapter in servers:
            continue
        word = chapter.split("_", 1)[1]
        yield Case(f"{word}.bench", together, chapter, stems, alone=True)
        yield Case(f"{word}.bench of what is missing", together_not_started,
                   chapter, stems, alone=True)
    yield Case("an exercise without a bench", without)
