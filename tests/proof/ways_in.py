"""ways_in — a fresh clone, in a folder with a space in its path.

The cases of one clone come one after another, as a person would go: the map
of a fresh clone, a wrong answer, one that does not compile, a right one.
"""
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from . import course, setup
from .answers import graded
from .run import Case
from .shell import (Fail, Ran, clone, end, environment, fold, make, must,
                    need, run, shipped, temporary)

NOISE = re.compile(r"make(\[\d+\])?: |Entering directory|Nothing to be done|"
                   r"is up to date|^(gcc|cc|clang|ar|objcopy|mkdir) ", re.M)


class Journey:
    """The clone, and what the cases know of each other."""

    def __init__(self):
        self.tree = clone(temporary("ways") / "a fresh clone")
        self.exercises = course.listed()
        self.first, self.second = self.exercises[:2]

    def put(self, source, exercise=None):
        """Type an answer: a file's text, or a text."""
        exercise = exercise or self.first
        target = self.tree / "chapters" / exercise.chapter / \
            f"{exercise.stem}.c"
        if isinstance(source, str):
            target.write_text(source)
        else:
            shutil.copy(source, target)
        os.utime(target)

    def make(self, *words, **extra):
        """What a person types: without -s."""
        return run("make", *words, cwd=self.tree, env=environment(**extra))


def has(ran, *words):
    for word in words:
        if fold(word) not in fold(ran.out):
            raise Fail(f"it does not say “{word}”:\n{ran}")


def lacks(ran, pattern, what):
    match = re.search(pattern, ran.out)
    if match:
        raise Fail(f"{what}: “{match.group()}”:\n{ran}")


def quiet(ran):
    if NOISE.search(ran.out):
        raise Fail(f"make's own noise:\n{ran}")


# ------------------------------------------------------- a fresh clone

def fresh(j):
    ran = must(j.make())
    has(ran, "not started", *[e.stem for e in j.exercises])
    lacks(ran, "warning", "a fresh clone builds with a warning")
    lacks(ran, "\x1b", "colours without a terminal")
    quiet(ran)
    report = json.loads((j.tree / "build" / "report.json").read_text())
    for entry in course.entries(report):
        if entry["verdict"] != "not started":
            raise Fail(f"{entry['name']} is {entry['verdict']}")
    return f"({ran.seconds:.1f} s, cold)"


def unchanged(j):
    best = min(must(j.make()).seconds for _ in range(5))
    if best > 0.5:
        raise Fail(f"an unchanged tree took {best:.2f} s")
    return f"({best:.3f} s)"


def no_warnings_cold(j):
    must(j.make("clean"))
    if (j.tree / "build").exists():
        raise Fail("make clean leaves build/")
    ran = must(j.make(j.first.stem), None)
    lacks(ran, "warning", "a warning")
    quiet(ran)
    return f"(make {j.first.stem} cold: {ran.seconds:.2f} s)"


def misspelt(j):
    name = j.first.stem.replace("i", "", 1)
    ran = must(j.make(name), None)
    has(ran, j.first.stem)
    quiet(ran)
    lacks(ran, "No rule to make target", "make's own words")


def helps(j):
    ran = must(j.make("help"))
    has(ran, "setup", "hint", "debug", "trace", "log", "diff", "watch",
        "solutions", "test", "clean", "IMPL")
    wide = [line for line in ran.out.splitlines() if len(line) > 80]
    if wide:
        raise Fail("wider than 80 columns:\n" + "\n".join(wide))


def verbose(j):
    ran = must(j.make("V=1", f"{j.second.stem}"), None)
    j.put((j.tree / "chapters" / j.second.chapter /
           f"{j.second.stem}.c").read_text(), j.second)
    ran = must(j.make("V=1", j.second.stem), None)
    has(ran, "-std=c17")


def report_files(j):
    for name in ("report.json", "report.xml", "report.tap", "results.json"):
        if not (j.tree / "build" / name).is_file():
            raise Fail(f"there is no build/{name}")
    must(run("python3", "tests/grader/report_check.py",
             "grader/report.schema.json", "build", cwd=j.tree))
    commands = [p for p in (j.tree / "compile_commands.json",
                            j.tree / "build" / "compile_commands.json")
                if p.exists()]
    if not commands:
        raise Fail("there is no compile_commands.json")
    for entry in json.loads(commands[0].read_text()):
        if not (j.tree / entry["directory"] / entry["file"]).exists():
            raise Fail(f"compile_commands.json names {entry['file']}")


def ignored(j):
    """What make leaves is in build/, or git is told to ignore it."""
    need("git")
    git = ["git", "-c", "core.excludesFile=", "-C", j.tree]
    must(run(*git, "init", "-q"))
    ran = must(run(*git, "status", "--porcelain", "-uall"))
    known = set(shipped())
    new = [line[3:].strip('"') for line in ran.out.splitlines()
           if line[3:].strip('"') not in known]
    if new:
        raise Fail(f"make leaves in the tree: {', '.join(new)}")


# ------------------------------------------------------------- answers

def wrong(j):
    wreck = next(p for p in j.first.wrecks() if p.suffix == ".patch")
    head = course.header(wreck)
    j.put(j.first.solution)
    target = j.tree / "chapters" / j.first.chapter / f"{j.first.stem}.c"
    must(run("patch", "-s", "--no-backup-if-mismatch", target, wreck,
             cwd=j.tree))
    ran = must(j.make(j.first.stem), None)
    quiet(ran)
    has(ran, head["Caught by"].replace("_", " "))
    if len(ran.out.splitlines()) > 60:
        raise Fail(f"more than a screen or two:\n{ran}")
    quiet(must(j.make()))


def no_compile(j):
    j.put("#include <errno.h>\nint family(int n\n{\n    return n;\n}\n")
    ran = must(j.make(j.first.stem), None)
    has(ran, f"{j.first.stem}.c:")
    has(ran, "error")
    quiet(ran)
    ran = must(j.make())
    has(ran, "not compile", "not started")
    quiet(ran)


def right(j):
    j.put(j.first.solution)
    ran = must(j.make(j.first.stem))
    quiet(ran)
    lacks(ran, "✗", "a right answer failed")
    must(j.make())
    report = json.loads((j.tree / "build" / "report.json").read_text())
    verdicts = {e["name"]: e["verdict"] for e in course.entries(report)}
    if verdicts.pop(j.first.stem) != "passed" or \
            set(verdicts.values()) != {"not started"}:
        raise Fail(f"the map did not move: {verdicts}")
    os.utime(j.tree / "chapters" / j.first.chapter / f"{j.first.stem}.c")
    warm = must(j.make(j.first.stem))
    return f"(make {j.first.stem} warm: {warm.seconds:.2f} s)"


def chapter(j):
    name = j.first.chapter
    must(j.make(name), None)
    must(j.make(name.partition("_")[2]), None)
    ran = must(j.make("solutions"))
    has(ran, *[e.stem for e in j.exercises])
    return f"(make solutions: {ran.seconds:.1f} s)"


# --------------------------------------------------------------- tools

def hints(j):
    for language, word in (("C.UTF-8", "Hint"), ("zh_CN.UTF-8", "提示")):
        shutil.rmtree(j.tree / "build" / "hints", ignore_errors=True)
        for number in (1, 2):
            ran = must(j.make(f"{j.first.stem}.hint", LC_ALL=language))
            has(ran, f"{word} {number}")
            lacks(ran, "</?(details|summary)", "HTML in a hint")
            quiet(ran)


def traces(j):
    """The picture of a test, the same as text, and what stands in the way."""
    stem, skeleton = j.first.stem, j.second.stem
    page = j.tree / "build" / "chapters" / j.first.chapter / f"{stem}.html"
    ran = must(j.make(f"{stem}.trace"))
    has(ran, stem, page.relative_to(j.tree).as_posix())
    quiet(ran)
    text = page.read_text()
    story = re.search(r'<script type="application/json" id="story">(.*?)'
                      r"</script>", text, re.S)
    if not story or not json.loads(story.group(1))["lanes"]:
        raise Fail("the page holds no story")
    ran = must(j.make(f"{stem}.log"))
    has(ran, "parent", f"{stem}.c:", "At the end")
    quiet(ran)
    has(must(j.make(f"{skeleton}.trace"), None), "is not written yet")
    ran = must(j.make(f"{stem}.log", "FACT=no_such_fact"), None)
    has(ran, "has no fact called 'no_such_fact'")
    page.unlink()
    page.mkdir()
    ran = must(j.make(f"{stem}.trace"), None)
    has(ran, "Cannot write")
    quiet(ran)
    if list(page.parent.glob("*.tmp")):
        raise Fail("something half written is left")
    page.rmdir()
    j.put("int main(void) { return }\n")
    has(must(j.make(f"{stem}.trace"), None), "does not compile yet")
    j.put(j.first.solution)
    has(must(j.make("two_copies.log")), "fork() = child 1")
    has(must(j.make("two_copies.trace")), "two_copies.html")


def diffs(j):
    must(j.make(f"{j.second.stem}.diff"), None)
    ran = must(j.make(f"{j.first.stem}.diff"))
    quiet(ran)
    ran, _ = on_a_tty(j, "make", f"{j.second.stem}.diff", typed="n\n")
    has(ran, "Really look?", "hint")
    ran, _ = on_a_tty(j, "make", f"{j.second.stem}.diff", typed="y\n")
    has(ran, "Really look?", "ENOSYS")
    must(ran)


def debugs(j):
    need("gdb")
    ran = j.make(f"{j.second.stem}.debug")
    has(ran, "Breakpoint", f"{j.second.stem} (")
    has(ran, f"{j.second.stem}.c:")


def watches(j):
    need("entr")
    process = subprocess.Popen(
        ["make", "watch"], cwd=j.tree, env=environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True)
    heard = []
    threading.Thread(target=lambda: heard.extend(process.stdout),
                     daemon=True).start()
    try:
        maps = wait_for_map(j, heard, 1)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and \
                wait_for_map(j, heard, 0) == maps:
            j.put(j.first.solution)
            time.sleep(0.2)
        if wait_for_map(j, heard, 0) == maps:
            raise Fail("a saved file was not checked again:\n" +
                       b"".join(heard).decode())
    finally:
        end(process)
        process.wait()


def wait_for_map(j, heard, least):
    """How often the map's line of the last exercise has been drawn."""
    deadline = time.monotonic() + 30
    while True:
        said = b"".join(heard).decode(errors="replace")
        found = said.count(j.exercises[-1].stem)
        if found >= least or time.monotonic() > deadline:
            if found < least:
                raise Fail(f"no map came:\n{said}")
            return found
        time.sleep(0.05)


def on_a_tty(j, *words, typed="", **extra):
    """Run with a terminal of 80 columns."""
    began = time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(j.tree)
        os.execvpe(words[0], list(words),
                   environment(TERM="xterm-256color", **extra))
    out = b""
    if typed:
        os.write(terminal, typed.encode())
    while True:
        ready, _, _ = select.select([terminal], [], [], 60)
        try:
            part = os.read(terminal, 65536) if ready else b""
        except OSError:
            part = b""
        if not part:
            break
        out += part
    try:
        os.killpg(pid, signal.SIGKILL) if not ready else None
    except ProcessLookupError:
        pass
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    ran = Ran(words, os.waitstatus_to_exitcode(status),
              out.decode(errors="replace").replace("\r", ""),
              time.monotonic() - began)
    return ran, out


def looks(j):
    ran, _ = on_a_tty(j, "make")
    must(ran)
    has(ran, "\x1b[")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ran.out)
    wide = [s for s in plain.splitlines() if len(s) > 80]
    if wide:
        raise Fail("wider than 80 columns:\n" + "\n".join(wide))
    ran, _ = on_a_tty(j, "make", NO_COLOR="1")
    lacks(ran, "\x1b\\[[0-9;]*m", "colours in spite of NO_COLOR")
    ran = must(j.make(LC_ALL="zh_CN.UTF-8"))
    if not re.search("[\u4e00-\u9fff]", ran.out):
        raise Fail(f"no Chinese in a Chinese locale:\n{ran}")


def interrupted(j):
    """^C, as a terminal sends it: to all of make's process group."""
    must(j.make("build/solutions/" + j.first.chapter + "/" + j.first.stem +
                "_test", "IMPL=solutions"))
    for delay in (0.02, 0.1, 0.3):
        process = subprocess.Popen(
            ["make", "IMPL=solutions", "solutions"], cwd=j.tree,
            env=environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired as late:
            end(process)
            raise Fail("^C does not end it within 20 s") from late
        left = left_behind(j, 5)
        if left:
            raise Fail("^C leaves behind:\n" + "\n".join(left))
    must(j.make("solutions"))


def left_behind(j, seconds):
    """Processes whose program or folder is in the clone; tmp- folders."""
    deadline = time.monotonic() + seconds
    while True:
        left = [str(p) for p in (j.tree / "build").glob("**/tmp-*")]
        for proc in Path("/proc").glob("[0-9]*"):
            for link in ("exe", "cwd"):
                try:
                    where = os.readlink(proc / link)
                except OSError:
                    continue
                if where.startswith(str(j.tree)):
                    left.append(f"{proc.name}: {where}")
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.05)


# ---------------------------------------------------------------- IMPL

def other_folders(j):
    """Two other folders at once, read-only, with a space in the path."""
    home = temporary("class") / "every one"
    results = {}
    for name, source in (("anna", j.first.solution),
                         ("bert", j.first.skeleton)):
        folder = home / name / j.first.chapter
        folder.mkdir(parents=True)
        shutil.copy(source, folder / f"{j.first.stem}.c")
    must(run("chmod", "-R", "a-w", home))
    mine = j.tree / "build" / "chapters" / "report.json"
    before = mine.read_bytes()

    def grade(name):
        try:
            results[name] = graded(j.first, home / name, cwd=j.tree)
        except Fail as fail:
            results[name] = fail

    threads = [threading.Thread(target=grade, args=(n,))
               for n in ("anna", "bert")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, verdict in (("anna", "passed"), ("bert", "not started")):
        if isinstance(results[name], Fail):
            raise results[name]
        entry, ran = results[name]
        if entry["verdict"] != verdict:
            raise Fail(f"{name} should be {verdict}:\n{ran}")
    if mine.read_bytes() != before:
        raise Fail("grading another folder changed the learner's report")
    ran = run("make", f"IMPL={home / 'anna'}", cwd=j.tree, env=environment())
    must(ran)
    has(ran, j.first.stem, j.second.stem)
    left = [p for p in home.rglob("*") if p.is_file() and p.suffix != ".c"]
    if left:
        raise Fail(f"files in the read-only folder: {left}")


def relative_impl(j):
    """IMPL from anywhere: make -C, with a relative folder."""
    (j.tree / "theirs").mkdir()
    shutil.copytree(j.tree / "solutions", j.tree / "theirs" / "x")
    must(make("IMPL=theirs/x", j.first.stem, cwd=j.tree))
    must(make("IMPL=theirs/x/", j.first.stem, cwd=j.tree))
    shutil.rmtree(j.tree / "theirs")
    must(make("IMPL=/does/not/exist", j.first.stem, cwd=j.tree), None)


def set_up(j):
    need(*setup.NEEDED, *setup.EXTRAS[:-1])  # redis has several names
    ran = run("make", "setup", cwd=j.tree, env=environment(), timeout=30)
    if "installing" in ran.out:
        raise Fail(f"it installs although everything is here:\n{ran}")
    must(ran)


def cases():
    j = Journey()
    for name, check in (
            ("make draws the map of a fresh clone", fresh),
            ("an unchanged tree takes no time", unchanged),
            ("make writes its reports", report_files),
            ("make clean, and one exercise cold", no_warnings_cold),
            ("a misspelt name gets the nearest", misspelt),
            ("make help", helps),
            ("V=1 shows the commands", verbose),
            ("a wrong answer is told", wrong),
            ("a compile error is told, and stops nothing else", no_compile),
            ("a right answer moves the map", right),
            ("a chapter, and the solutions", chapter),
            ("hints in two languages", hints),
            ("the picture of a test, and its log", traces),
            ("your answer beside the reference", diffs),
            ("gdb stops in the function", debugs),
            ("make watch checks what is saved", watches),
            ("colours, width and language of the map", looks),
            ("^C leaves nothing behind", interrupted),
            ("two other folders at once, read-only", other_folders),
            ("a relative folder, and one that does not exist", relative_impl),
            ("make setup installs nothing here", set_up),
            ("make leaves nothing beside build/", ignored)):
        yield Case(name, check, j, alone=True)
