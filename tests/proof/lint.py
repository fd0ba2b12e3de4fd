"""lint — the compilers and the linters have nothing to say."""
import os
import py_compile
import tempfile
from pathlib import Path

from . import course
from .run import Case
from .shell import ROOT, Fail, must, need, run, shipped

STRICT = ["-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic",
          "-Werror"]
# cppcheck does not know that a failed check does not return, nor that a test
# looks beyond an array on purpose: those warnings are always wrong here.
IGNORED = ["missingIncludeSystem", "va_end_missing", "wrongPrintfScanfArgNum",
           "negativeIndex", "nullPointer", "nullPointerRedundantCheck"]
CPPCHECK = ["--enable=warning,performance,portability", "--inline-suppr",
            "--std=c11", "--error-exitcode=1", "--quiet",
            "-D_GNU_SOURCE", "-D__linux__", "-D__GNUC__=12",
            "--max-configs=1", *(f"--suppress={name}" for name in IGNORED)]


def includes(option="-iquote"):
    """Only for "…": <spawn.h> is the system's, "spawn.h" the course's."""
    folders = ["tests/support", "tests/support/interleave", "tests/grader",
               "grader"] + \
        [f"chapters/{c}" for c in course.chapters()]
    return [option + folder for folder in folders]


def sources():
    """All C but the wrecks, which are wrong on purpose."""
    return [n for n in shipped(r"\.c$") if ".wrecks/" not in n]


def compiles(compiler, name):
    need(compiler)
    flags = ["-O1"] if compiler == "gcc" else ["-fsyntax-only"]
    must(run(compiler, *STRICT, *flags, *includes(), "-c", "-o", "/dev/null",
             name))


def formatted(names):
    need("clang-format")
    must(run("clang-format", "--dry-run", "-Werror", *names))


def cppchecked():
    need("cppcheck")
    names = sources()
    must(run("cppcheck", "-j", os.cpu_count(), *CPPCHECK, *includes("-I"),
             *names, timeout=170))


def shell_checked(name):
    need("shellcheck")
    must(run("shellcheck", name))


def python_compiles(name):
    with tempfile.TemporaryDirectory() as folder:
        try:
            py_compile.compile(str(ROOT / name), doraise=True,
                               cfile=str(Path(folder) / "x.pyc"))
        except py_compile.PyCompileError as error:
            raise Fail(str(error)) from error


def narrow(names):
    """80 columns, no tabs, no white space at the end, one last newline."""
    wrong = [line for name in names for line in too_wide(name)]
    if wrong:
        raise Fail("\n".join(wrong))


def too_wide(name):
    text = (ROOT / name).read_text()
    wrong, free = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if "clang-format o" in line:
            free = "clang-format off" in line
        if len(line) > 80 and not free:
            wrong.append(f"{name}:{number}: {len(line)} columns")
        if line != line.rstrip() or "\t" in line:
            wrong.append(f"{name}:{number}: a tab, or space at the end")
    if not text.endswith("\n") or text.endswith("\n\n"):
        wrong.append(f"{name}: should end with one newline")
    return wrong


def shell_scripts():
    return [n for n in shipped(r"(\.sh|^\.ci/run)$")]


def cases():
    everything = sources()
    for compiler in ("gcc", "clang"):
        for name in everything:
            yield Case(f"{compiler} {name}", compiles, compiler, name)
    code = everything + shipped(r"\.h$")
    for part in range(0, len(code), 20):
        yield Case(f"clang-format {part // 20 + 1}", formatted,
                   code[part:part + 20])
    yield Case("cppcheck", cppchecked)
    for name in shell_scripts():
        yield Case(f"shellcheck {name}", shell_checked, name)
    for name in shipped(r"\.py$"):
        yield Case(f"python {name}", python_compiles, name)
    yield Case("80 columns, no tabs", narrow,
               code + shell_scripts() + shipped(r"\.py$"))
