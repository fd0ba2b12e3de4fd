"""prose — what the texts say is true.

A fence whose first line is a comment naming a file stands verbatim in that
file; a console block is run and prints what it shows; links and anchors
exist; the English and the Chinese text have the same shape.
"""
import re
import shlex
import unicodedata
from pathlib import Path
from urllib.parse import unquote

from . import course
from .run import Case
from .shell import ROOT, Fail, environment, need, run, shipped

FENCE = re.compile(r"^( *)(`{3,}|~{3,}) *([\w+-]*)(.*)$")
NAMED = re.compile(r"^\s*(?://|/\*|#|--|;)\s*([\w./-]+/[\w.-]+|Makefile)"
                   r"(?:[:,].*)?\s*(?:\*/)?\s*$")
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?"
                  r"(?:\s+\"[^\"]*\")?\)")
SOURCE = re.compile(r"(?:src|srcset|href)=\"([^\"]+)\"")


class Text:
    """A Markdown file, taken apart."""

    def __init__(self, path):
        self.path = Path(path)
        self.fences, self.headings, self.lines = [], [], []
        fence = None
        for number, line in enumerate(
                self.path.read_text().splitlines(), 1):
            match = FENCE.match(line)
            if fence:
                if match and match.group(2)[0] == fence["mark"][0] and \
                        len(match.group(2)) >= len(fence["mark"]) and \
                        not match.group(3):
                    fence = None
                else:
                    fence["body"].append(line[fence["indent"]:])
            elif match:
                fence = {"mark": match.group(2), "body": [],
                         "indent": len(match.group(1)),
                         "kind": match.group(3), "line": number}
                self.fences.append(fence)
            else:
                self.lines.append((number, line))
                head = re.match(r"^(#{1,6}) +(.*?)#*$", line)
                if head:
                    self.headings.append((len(head.group(1)),
                                          head.group(2).strip()))
        self.open = fence

    def anchors(self):
        """What GitHub makes of the headings, and names given by hand."""
        seen, names = {}, set()
        for _, heading in self.headings:
            name = anchor(heading)
            count = seen.get(name, 0)
            seen[name] = count + 1
            names.add(f"{name}-{count}" if count else name)
        whole = "\n".join(line for _, line in self.lines)
        names.update(re.findall(r"<a (?:name|id)=\"([^\"]+)\"", whole))
        return names

    def links(self):
        for number, line in self.lines:
            bare = re.sub(r"`[^`]*`", lambda m: "`" * len(m.group()), line)
            for found in LINK.findall(bare) + SOURCE.findall(bare):
                for target in found.split(","):
                    yield number, target.strip().split(" ")[0]


def anchor(heading):
    """GitHub's rule: lower case, letters of any script, spaces to dashes."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = re.sub(r"<[^>]*>", "", text)
    text = re.sub(r"(?<!\w)[*_]+|[*_]+(?!\w)", "", text).strip().lower()
    kept = [c for c in text if c in "-_ " or
            unicodedata.category(c)[0] in "LN" or
            unicodedata.category(c) in ("Mn", "Mc", "Pc")]
    return "".join(kept).replace(" ", "-")


# ------------------------------------------------------------ the claims

def links(name):
    text, wrong = Text(ROOT / name), []
    for number, target in text.links():
        if re.match(r"[a-z]+:", target):
            continue
        where, _, fragment = unquote(target).partition("#")
        path = (text.path.parent / where).resolve() if where else text.path
        if not path.exists():
            wrong.append(f"{name}:{number}: {target}: no such file")
        elif not path.is_relative_to(ROOT):
            wrong.append(f"{name}:{number}: {target}: outside of here")
        elif fragment and path.suffix == ".md" and \
                fragment not in Text(path).anchors():
            wrong.append(f"{name}:{number}: {target}: no such heading")
        elif fragment and re.fullmatch(r"L\d+", fragment) and \
                int(fragment[1:]) > len(path.read_text().splitlines()):
            wrong.append(f"{name}:{number}: {target}: no such line")
    if text.open:
        wrong.append(f"{name}:{text.open['line']}: a fence never ends")
    if wrong:
        raise Fail("\n".join(wrong))


def undent(lines):
    full = [line for line in lines if line.strip()]
    depth = min((len(s) - len(s.lstrip()) for s in full), default=0)
    return [line[depth:].rstrip() for line in lines]


def stands_in(body, path):
    """Does the snippet stand in the file? A line of … skips any number."""
    file = [line.rstrip() for line in path.read_text().splitlines()]
    at = 0
    part = []
    parts = [part]
    for line in body:
        if re.fullmatch(r"\s*(/[/*]|#)?\s*(…|\.\.\.)\s*(\*/)?\s*", line):
            part = []
            parts.append(part)
        else:
            part.append(line)
    for part in parts:
        want = undent(part)
        while want and not want[-1]:
            want.pop()
        while want and not want[0]:
            want.pop(0)
        size = len(want)
        for start in range(at, len(file) - size + 1):
            if undent(file[start:start + size]) == want:
                at = start + size
                break
        else:
            return False
    return True


def fences(name):
    text, count = Text(ROOT / name), 0
    for fence in text.fences:
        named = NAMED.match(fence["body"][0]) if fence["body"] else None
        if not named:
            continue
        count += 1
        path = text.path.parent / named.group(1)
        if not path.is_file():
            path = ROOT / named.group(1)
        if not path.is_file():
            raise Fail(f"{name}:{fence['line']}: there is no {named.group(1)}")
        if not (stands_in(fence["body"][1:], path) or
                stands_in(fence["body"], path)):
            body = "\n".join(fence["body"][1:])
            raise Fail(f"{name}:{fence['line']}: does not stand verbatim in "
                       f"{named.group(1)}:\n{body}")
    return count or None


def commands(fence):
    """(command, the lines it prints) of a console block."""
    found = []
    for line in fence["body"]:
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line.rstrip())
    return found


def runs(where, command, shown):
    """Run it; … in what is shown stands for anything."""
    words, folder = shlex.split(command, comments=True), ROOT
    need(words[0])
    if words[0] == "make":
        words.insert(1, "IMPL=solutions")  # for programs that use an answer
    else:
        folder = (ROOT / where).parent
    env = environment()
    if "zh" in where:
        env["LC_ALL"] = "zh_CN.UTF-8"
    ran = run(*words, cwd=folder, env=env)
    while shown and not shown[-1]:
        shown.pop()
    pattern = "\n".join(
        ".*".join(re.escape(p) for p in line.split("…"))
        if line.strip() != "…" else r"(?s:.*)" for line in shown)
    said = "\n".join(line.rstrip() for line in ran.out.splitlines()).rstrip()
    if shown and not re.fullmatch(pattern, said):
        raise Fail(f"{where}: expected\n" + "\n".join(shown) + f"\n{ran}")
    if ran.status != 0 and not shown:
        raise Fail(f"{where}: {ran}")


def may_run(command):
    """Programs of the texts; not what changes the tree or waits for you."""
    return re.match(r"(make (-s )?[\w./]+\.(run|log)|python3 \S+\.py)\b",
                    command)


def shape(text):
    """What must be the same in both languages, in its order."""
    found, number = [], {}
    for fence in text.fences:
        number[fence["line"]] = (
            "fence", fence["kind"],
            tuple(fence["body"]) if NAMED.match((fence["body"] or [""])[0])
            else tuple(c for c, _ in commands(fence)))
    for line_number, line in text.lines:
        head = re.match(r"^(#{1,6}) +(.*)", line)
        if head:
            code = tuple(re.findall(r"`([^`]+)`", head.group(2)))
            found.append((line_number, ("heading", len(head.group(1)), code)))
        for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)", line) + \
                re.findall(r"<img[^>]*src=\"([^\"]+)\"", line):
            found.append((line_number, ("picture", neutral(target))))
        if re.match(r"^<details>", line):
            found.append((line_number, ("details",)))
        if re.match(r"^\|", line):
            found.append((line_number, ("row", line.count("|"))))
    found += number.items()
    return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]


def neutral(name):
    return re.sub(r"\.zh(-CN)?(?=\.)", "", name)


def twins(english, chinese):
    one, two = shape(Text(ROOT / english)), shape(Text(ROOT / chinese))
    for number, (left, right) in enumerate(zip(one, two)):
        if left != right:
            raise Fail(f"entry {number + 1} of their shape differs:\n"
                       f"{english}: {left}\n{chinese}: {right}\n"
                       f"after {one[number - 1] if number else 'the start'}")
    if len(one) != len(two):
        more, rest = (english, one) if len(one) > len(two) else (chinese, two)
        raise Fail(f"{more} goes on with {rest[min(len(one), len(two))]}")


def hints(exercise, name):
    """Each exercise has hints, and the hint command's format."""
    text = (exercise.contract.parent / name).read_text()
    match = re.search(rf"^### [^\n]*\b{exercise.stem}\b.*?(?=^#{{1,3}} |\Z)",
                      text, re.M | re.S)
    body = match.group() if match else ""
    titles = re.findall(r"^<details><summary>(.*?)</summary>$", body, re.M)
    word = "提示" if "zh" in name else "Hint"
    wanted = [f"{word} {n + 1}" for n in range(len(titles))]
    if len(titles) < 2 or titles != wanted:
        raise Fail(f"{exercise.stem}: {titles}, should be two or more of "
                   f"“<details><summary>{word} 1</summary>”, numbered")
    if body.count("<details") != body.count("</details>"):
        raise Fail(f"a <details> of {exercise.stem} in {name} never ends")


def pictures(name):
    """SVGs are well formed and bring nothing from outside."""
    import xml.etree.ElementTree as tree
    text = (ROOT / name).read_text()
    try:
        tree.fromstring(text)
    except tree.ParseError as error:
        raise Fail(f"{name}: {error}") from error
    if re.search(r"(href|src|url\()\s*=?\s*[\"'(]?https?:|<script", text):
        raise Fail(f"{name} loads something from outside")


def mentioned(chapter):
    """Programs and pictures that no text of the chapter speaks of."""
    folder = f"chapters/{chapter}"
    text = "".join((ROOT / n).read_text()
                   for n in shipped(rf"^{folder}/[^/]+\.md$"))
    unused = [n for n in shipped(rf"^{folder}/\w+/")
              if not re.search(rf"\b{re.escape(n.split('/')[-1])}", text) and
              f"make {n.split('/')[-1].partition('.')[0]}.run" not in text]
    if unused:
        raise Fail("no text speaks of " + ", ".join(unused))


def unwritten(program, stem):
    """One that uses an exercise says when there is only the skeleton."""
    ran = run("make", "IMPL=chapters", f"{program}.run")
    if ran.status == 0 or f"{stem} is not written yet" not in ran.out:
        raise Fail(f"it should say that {stem} is not written yet:\n{ran}")


def cases():
    texts = shipped(r"\.md$")
    for name in texts:
        yield Case(f"links of {name}", links, name)
        yield Case(f"code in {name}", fences, name)
        if name.endswith(".zh-CN.md"):
            english = name.replace(".zh-CN.md", ".md")
            yield Case(f"{name} is shaped as {english}", twins, english, name)
        for fence in Text(ROOT / name).fences:
            for command, shown in commands(fence):
                if may_run(command):
                    where = f"{name}:{fence['line']}"
                    yield Case(f"$ {command} ({where})", runs, where, command,
                               shown)
    for exercise in course.listed():
        for name in ("README.md", "README.zh-CN.md"):
            yield Case(f"hints of {exercise.stem} in {name}", hints, exercise,
                       name)
    for chapter in course.chapters():
        yield Case(f"everything in {chapter} is used", mentioned, chapter)
    for name in shipped(r"/programs/\w+\.c$"):
        for stem in course.header(ROOT / name).get("Uses", "").split()[:1]:
            program = name.split("/")[-1].partition(".")[0]
            yield Case(f"{program} before {stem} is written", unwritten,
                       program, stem)
    for name in shipped(r"\.svg$"):
        yield Case(name, pictures, name)
