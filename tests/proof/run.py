"""run — runs cases side by side and counts them."""
import os
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from .shell import Fail, Skip


class Case:
    """One claim. check() returns how many tests it stands for (None: one)."""

    def __init__(self, name, check, *args, alone=False):
        self.name, self.check, self.args = name, check, args
        self.alone = alone  # one after another, in the order given


class Runner:
    def __init__(self, jobs=0, verbose=False):
        # One more than processors: many cases wait for hangs to be proven.
        self.jobs = jobs or len(os.sched_getaffinity(0)) + 1
        self.verbose = verbose
        self.passed = self.failed = self.skipped = 0
        self.began = time.monotonic()
        self.lock = threading.Lock()
        self.tty = sys.stdout.isatty()

    def say(self, text):
        if self.tty:
            sys.stdout.write("\r\x1b[K")
        print(text, flush=True)

    def progress(self, text):
        if self.tty:
            sys.stdout.write("\r\x1b[K" + text[:78])
            sys.stdout.flush()

    def one(self, group, case):
        self.progress(f"{group}: {case.name}")
        verdict, count, text = "passed", 1, ""
        try:
            said = case.check(*case.args)
            count = said if isinstance(said, int) else 1
            text = said if isinstance(said, str) else ""
        except Skip as skip:
            verdict, text = "skipped", str(skip)
        except Fail as fail:
            verdict, text = "failed", str(fail)
        except Exception:
            verdict, text = "failed", traceback.format_exc()
        with self.lock:
            setattr(self, verdict, getattr(self, verdict) + count)
            if verdict == "failed":
                text = text.rstrip().replace("\n", "\n    ")
                self.say(f"FAILED {group}: {case.name}\n    {text}")
            elif verdict == "skipped":
                self.say(f"skipped {group}: {case.name}: {text}")
            elif self.verbose or text:
                self.say(f"passed {group}: {case.name} {text}")

    def group(self, name, make_cases, words):
        began, before = time.monotonic(), (self.passed, self.failed)
        try:
            cases = list(make_cases())
            if words and "" not in words:
                cases = [c for c in cases if any(w in c.name for w in words)]
        except Exception:
            cases = [Case("preparing the group", _again,
                          traceback.format_exc())]
        with ThreadPoolExecutor(self.jobs) as pool:
            for case in cases:
                if not case.alone:
                    pool.submit(self.one, name, case)
        for case in cases:
            if case.alone:
                self.one(name, case)
        self.say(f"{name}: {self.passed - before[0]} passed, "
                 f"{self.failed - before[1]} failed "
                 f"({time.monotonic() - began:.1f} s)")

    def finish(self):
        self.say(f"{time.monotonic() - self.began:.0f} s in all")
        self.say(f"{self.passed} passed, {self.failed} failed, "
                 f"{self.skipped} skipped")
        return 1 if self.failed or not self.passed else 0


def _again(text):
    raise Fail(text)
