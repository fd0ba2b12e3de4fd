#!/usr/bin/env python3
"""picture.py — the terminal pictures of the README, from a real terminal.

In a copy of the repository it types some answers, right and wrong, runs make
in a terminal, and draws what came as SVG, in English and in Chinese:

    python3 tools/picture.py        writes .github/pictures/map*.svg
"""
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RIGHT = ["family"]  # solved; the next one has the mistake
WRONG = ("isolate", "waits_before_reading")
COLUMNS, CELL, LINE, EDGE = 80, 8.4, 19, 16
COLOURS = {30: "#484f58", 31: "#ff7b72", 32: "#56d364", 33: "#e3b341",
           34: "#79c0ff", 35: "#d2a8ff", 36: "#56d4dd", 37: "#e6edf3",
           90: "#8b949e", 91: "#ffa198", 92: "#7ee787", 93: "#f2cc60",
           94: "#a5d6ff", 95: "#e2c5ff", 96: "#76e3ea", 97: "#ffffff"}


def stage(tree):
    """The learner half way: some right answers, and one mistake."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
        check=True, capture_output=True, text=True).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    for stem in RIGHT + [WRONG[0]]:
        answer = next(tree.glob(f"solutions/*/{stem}.c"))
        target = tree / "chapters" / answer.parent.name / answer.name
        shutil.copy(answer, target)
    wreck = next(tree.glob(f"tests/*/{WRONG[0]}.wrecks/{WRONG[1]}.*"))
    if wreck.suffix == ".c":
        shutil.copy(wreck, target)
    else:
        subprocess.run(["patch", "-s", target, wreck], check=True)


def terminal(tree, command, language):
    """What the command prints on a terminal of 80 columns."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(tree)
        env = {k: v for k, v in os.environ.items()
               if k not in ("NO_COLOR", "MAKEFLAGS", "MAKELEVEL", "LANG")}
        env.update(LC_ALL=language, TERM="xterm-256color", COLUMNS="80")
        os.execvpe(command[0], command, env)
    out = b""
    while True:
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    os.waitpid(pid, 0)
    # A progress line that was rubbed out again is not in the picture.
    text = out.decode().replace("\r\n", "\n")
    return re.sub(r"[^\n]*(\r|\x1b\[2?K)+", "", text)


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text if not unicodedata.combining(c))


def runs(line, style):
    """Split a line where its colour changes: (text, style) …"""
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not code:
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", part)
            if text:
                yield text, dict(style)
            continue
        for n in [int(c or 0) for c in code.group(1).split(";")]:
            if n == 0:
                style.clear()
            elif n == 1:
                style["bold"] = True
            elif n == 2:
                style["dim"] = True
            elif n in COLOURS:
                style["fill"] = COLOURS[n]


def draw(text):
    lines = text.rstrip("\n").split("\n")
    w = round(COLUMNS * CELL + 2 * EDGE)
    h = len(lines) * LINE + 2 * EDGE + 22
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" '
           f'height="{h}" viewBox="0 0 {w} {h}">',
           f'<rect width="{w}" height="{h}" rx="8" fill="#0d1117" '
           'stroke="#30363d"/>']
    for n, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        svg.append(f'<circle cx="{EDGE + 6 + 18 * n}" cy="18" r="5.5" '
                   f'fill="{colour}"/>')
    svg.append('<g font-family="ui-monospace, SFMono-Regular, Menlo, '
               "'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace\" "
               'font-size="14" fill="#e6edf3" xml:space="preserve">'
               '<style>text { white-space: pre }</style>')
    style = {}
    for number, line in enumerate(lines):
        column, y = 0, EDGE + 36 + number * LINE
        for text_run, look in runs(line, style):
            cells = width(text_run)
            if text_run.strip():
                extra = f' fill="{look["fill"]}"' if "fill" in look else ""
                extra += ' font-weight="bold"' if look.get("bold") else ""
                extra += ' opacity="0.65"' if look.get("dim") else ""
                svg.append(
                    f'<text x="{EDGE + column * CELL:.1f}" y="{y}" '
                    f'textLength="{cells * CELL:.1f}"{extra}>'
                    f'{escape(text_run)}</text>')
            column += cells
    return "\n".join(svg + ["</g>", "</svg>", ""])


def main():
    target = ROOT / ".github" / "pictures"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        stage(tree)
        subprocess.run(["make", "-s"], cwd=tree, stdout=subprocess.DEVNULL,
                       check=True)
        for language, name in (("C.UTF-8", "map.svg"),
                               ("zh_CN.UTF-8", "map.zh-CN.svg")):
            text = ""
            for command in (["make", WRONG[0]], ["make"]):
                prompt = f"\x1b[32m$\x1b[0m \x1b[1m{' '.join(command)}\x1b[0m"
                text += f"{prompt}\n{terminal(tree, command, language)}\n"
            (target / name).write_text(draw(text))
            print(f"wrote {(target / name).relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
