"""shell — running commands, and the folders they run in."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Answers made of patches; a name of its own for each prove.py at a time.
SCRATCH = ROOT / "build" / os.environ.get("PROVE", "prove")

_temporary = None
_running = set()
_lock = threading.Lock()


class Fail(Exception):
    """The claim does not hold; the text says why, whole."""


class Skip(Exception):
    """It cannot be looked at here; the text says why."""


def start():
    """Before the first case: an empty scratch folder."""
    global _temporary
    shutil.rmtree(SCRATCH, ignore_errors=True)
    _temporary = Path(tempfile.mkdtemp(prefix="prove."))


def stop():
    """After the last one: end what still runs, remove what was made."""
    with _lock:
        running = list(_running)
    for process in running:
        end(process)
    if _temporary:
        subprocess.run(["chmod", "-R", "u+rwX", _temporary], check=False)
        shutil.rmtree(_temporary, ignore_errors=True)
    shutil.rmtree(SCRATCH, ignore_errors=True)


def temporary(name):
    """A folder of our own outside the repository."""
    folder = _temporary / name
    folder.mkdir(parents=True)
    return folder


def environment(**extra):
    """What a person's shell has, without what our own make put there."""
    hide = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "IMPL", "V",
            "CC", "N", "NO_COLOR", "LANG", "LANGUAGE", "LC_MESSAGES")
    env = {k: v for k, v in os.environ.items() if k not in hide}
    env["LC_ALL"] = "C.UTF-8"
    for key, value in extra.items():
        if value is None:
            env.pop(key, None)
        else:
            env[key] = value
    return env


class Ran:
    """What came of a command."""

    def __init__(self, words, status, out, seconds):
        self.words, self.status = words, status
        self.out, self.seconds = out, seconds

    def __str__(self):
        said = self.out.strip("\n")
        if len(said) > 6000:
            said = said[:3000] + "\n[…]\n" + said[-3000:]
        words = " ".join(str(w) for w in self.words)
        return f"$ {words}\n{said}\n(status {self.status})"


def end(process):
    """Kill a command with everything it started. A grader that is asked
    first ends its tests, which are in sessions of their own."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(3)
        os.killpg(process.pid, signal.SIGKILL)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(*words, cwd=ROOT, env=None, timeout=120, stdin=None, merge=True):
    """Run a command to its end; stdout and stderr come as one text."""
    began = time.monotonic()
    process = subprocess.Popen(
        [str(w) for w in words], cwd=cwd, env=env or environment(),
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merge else subprocess.DEVNULL,
        start_new_session=True)
    with _lock:
        _running.add(process)
    try:
        out, _ = process.communicate(
            stdin.encode() if stdin is not None else None, timeout)
    except subprocess.TimeoutExpired:
        end(process)
        out, _ = process.communicate()
        out += f"\n[ended after {timeout} s]".encode()
    finally:
        end(process)
        with _lock:
            _running.discard(process)
    return Ran(words, process.returncode, out.decode(errors="replace"),
               time.monotonic() - began)


def make(*words, cwd=ROOT, env=None, timeout=120):
    return run("make", "-s", *words, cwd=cwd, env=env, timeout=timeout)


def must(ran, status=0):
    """The command must have ended so; None: with anything but 0."""
    if (ran.status == 0) if status is None else (ran.status != status):
        wanted = "another status than 0" if status is None else status
        raise Fail(f"expected status {wanted}:\n{ran}")
    return ran


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")


def fold(text):
    """Text with its white space folded, as people compare it."""
    return re.sub(r"\s+", " ", text).strip()


def shipped(pattern=""):
    """The files of the repository: committed, or about to be."""
    ran = run("git", "ls-files", "-co", "--exclude-standard", "-z")
    if ran.status == 0:
        names = [n for n in ran.out.split("\0") if n]
    else:
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")
                 if p.is_file() and p.relative_to(ROOT).parts[0]
                 not in ("build", ".git")]
    return sorted(n for n in set(names)
                  if (ROOT / n).is_file() and re.search(pattern, n))


def clone(folder):
    """Copy the repository's files, as a fresh clone would have them."""
    for name in shipped():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return folder
