"""soak — every fact of right answers again and again, under load.

A right answer that fails once in a thousand runs teaches that failures mean
nothing. So the figure that counts is the number of spurious failures, and
it has to be 0.
"""
import os
import signal
import subprocess
import time

from . import course
from .answers import batches, binary_folder
from .shell import Fail, Skip, end, make, must, need
from .units import judged

# More to do than there are processors: hogs, switches, forks and pipes.
LOAD = ["--cpu", str(2 * (os.cpu_count() or 1)), "--switch", "1",
        "--fork", "1", "--pipe", "1", "--quiet"]


def binaries(others):
    """The test binaries of right answers: (name, path)."""
    must(make("IMPL=solutions", timeout=300))
    found = [(e.stem, binary_folder("solutions") / e.chapter /
              f"{e.stem}_test") for e in course.listed()]
    if others:
        found += [(f"{exercise.stem} ({source.stem})", batch.binary(exercise))
                  for exercise, source, batch in
                  batches("soak", course.Exercise.others)]
    return found


def load():
    """Start the load; None where there is nothing to make it with."""
    try:
        need("stress-ng")
    except Skip as reason:
        print(f"soak: {reason}: nothing else loads the machine")
        return None
    return subprocess.Popen(["stress-ng", *LOAD], start_new_session=True,
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def unload(hogs):
    """stress-ng ends its workers itself when it is asked to."""
    if hogs:
        hogs.send_signal(signal.SIGINT)
        try:
            hogs.wait(20)
        except subprocess.TimeoutExpired:
            end(hogs)
            hogs.wait()


def once(name, binary, count):
    """Run all facts of a binary; count is {verdict: number}."""
    try:
        tests = judged(binary, 1800)
    except Fail as fail:
        tests = [{"name": "the grader", "verdict": "failed",
                  "headline": str(fail), "message": ""}]
    for test in tests:
        kind = test["verdict"] if test["verdict"] in ("passed", "skipped") \
            else "failed"
        count[kind] += 1
        if kind == "failed":
            print(f"SPURIOUS {name}: {test['name']}: {test['verdict']}: "
                  f"{test['headline']}\n{test['message']}", flush=True)


def soak(repeats, others=False):
    todo = binaries(others)
    began = time.monotonic()
    count = {"passed": 0, "failed": 0, "skipped": 0}
    hogs = load()
    try:
        for turn in range(1, repeats + 1):
            for name, binary in todo:
                once(name, binary, count)
            print(f"soak: {turn} of {repeats} repeats, "
                  f"{sum(count.values())} facts, {count['failed']} spurious "
                  f"failures, {time.monotonic() - began:.0f} s, load "
                  f"{os.getloadavg()[0]:.0f}", flush=True)
    finally:
        unload(hogs)
    print(f"{count['passed']} passed, {count['failed']} failed, "
          f"{count['skipped']} skipped")
    return 1 if count["failed"] else 0
