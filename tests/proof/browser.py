"""browser — the picture as a browser shows it: nothing collides, all is there.

One headless browser shows every page in frames as wide as a telephone and as
a desk, in both languages, and a script in the page around them measures.
"""
import functools
import json
import re
import shutil
from html import escape, unescape
from pathlib import Path

from . import course
from .run import Case
from .shell import (ROOT, Fail, Skip, environment, fold, make, must, run,
                    temporary)

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
# Real stories, besides those made by hand.
SPECIMENS = ["hang_own_write_end", "hang_both_write", "hang_full_pipe",
             "hang_loop", "hang_program", "bad_child_crashes"]
PROGRAMS = ["family_tree", "forgotten_end", "round_and_round", "two_workers",
            "through_a_program", "killed"]
EXERCISES = ["hello_pipe", "pipeline"]
FACTS = ["fact_lost_wakeup"]
WORLDS = ["3_queues/somebody_quicker", "3_queues/both_inside"]
PROBE = Path(__file__).with_name("browser.js")


def browser():
    for name in BROWSERS:
        if shutil.which(name):
            return name
    raise Skip("no chromium or chrome is installed")


def fixtures(folder):
    """The pages of the stories made by hand, in both languages."""
    must(make("build/units/picture_test", timeout=300))
    must(run(ROOT / "build" / "units" / "picture_test", folder))
    return sorted(folder.glob("*.html"))


def traced(folder, name, binary, fact, chinese=False):
    language = "zh_CN.UTF-8" if chinese else "C.UTF-8"
    grader = ROOT / "build" / "checked" / "grader"
    ran = run(grader, "--story", binary, fact, "page",
              env=environment(LC_ALL=language), merge=False)
    if "<html" not in ran.out:
        raise Fail(f"no page of {name}\n{ran}")
    page = folder / f"{name}.{'zh' if chinese else 'en'}.html"
    page.write_text(ran.out)
    return page


def first_fact(source):
    found = re.search(r"\bFACT\((\w+)", source.read_text(), re.M)
    if not found:
        raise Fail(f"{source} has no fact")
    return found.group(1)


def real(folder):
    """Pages of programs that ran, and of the first facts of tests."""
    specimens = ROOT / "tests" / "grader" / "specimens"
    stories = [(f"build/specimens/{s}_test", specimens / f"{s}.c")
               for s in SPECIMENS]
    stories += [(f"build/solutions/{e.chapter}/{e.stem}_test", e.test)
                for e in course.listed() if e.stem in EXERCISES
                and e.solution.exists() and e.test.exists()]
    stories += [(f"build/specimens/{f}_test",
                 ROOT / "tests" / "grader" / "stories" / f"{f}.c")
                for f in FACTS]
    stories = [(binary, first_fact(source)) for binary, source in stories]
    stories += [(f"build/traced/{w}", "") for w in WORLDS]
    stories += [(f"build/traced/stories/{p}", "") for p in PROGRAMS]
    must(make("IMPL=solutions", "build/checked/grader",
              *(b for b, _ in stories), timeout=300))
    return [traced(folder, Path(b).stem, ROOT / b, fact, i % 4 == 3)
            for i, (b, fact) in enumerate(stories)]


def look(pages, widths, dark):
    """What the probe saw of every page, at every width."""
    folder = pages[0].parent
    frames = "\n".join(
        f'<iframe width="{w}" height="900" src="{escape(p.name)}"></iframe>'
        for p in pages for w in widths)
    probe = folder / f"probe{int(dark)}.html"
    probe.write_text('<!DOCTYPE html><meta charset="utf-8">'
                     f'<body>{frames}<script>{PROBE.read_text()}</script>')
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    profile = folder / f"profile{int(dark)}"
    ran = run(browser(), "--headless", "--no-sandbox", "--disable-gpu",
              "--allow-file-access-from-files", "--no-first-run",
              "--disable-dev-shm-usage",
              "--disable-background-networking", "--enable-logging=stderr",
              f"--user-data-dir={profile}", *scheme,
              "--virtual-time-budget=20000", "--dump-dom",
              probe.as_uri(), timeout=150)
    seen = re.search(r'<pre id="seen">(.*?)</pre>', ran.out, re.S)
    if not seen:
        raise Fail(f"the probe did not come to its end:\n{ran}")
    said = [line for line in ran.out.splitlines() if "CONSOLE" in line]
    return json.loads(unescape(seen.group(1))), said


@functools.cache
def shown(dark):
    """The same, looked at once for all cases; or why it could not be."""
    try:
        browser()
        folder = temporary(f"browser.{'dark' if dark else 'light'}")
        pages = fixtures(folder)
        # Dark is another style of the same drawing: a sample will do.
        if dark:
            return look([p for p in pages if ".zh." in p.name], [390], dark)
        return look(pages + real(folder), [390, 1200], dark)
    except (Fail, Skip) as why:
        return why


def holds(aspect, dark):
    """No page has anything to complain of in this aspect."""
    seen = shown(dark)
    if isinstance(seen, Exception):
        raise seen
    pages, said = seen
    wrong = [f"{p['page']} at {p['width']}: {text}"
             for p in pages for text in p[aspect]]
    if aspect == "errors":
        wrong += said
    if wrong:
        more = [f"… and {len(wrong) - 30} more"] if len(wrong) > 30 else []
        raise Fail("\n".join(wrong[:30] + more))
    return len(pages)


def luminance(colour):
    if len(colour) == 4:
        colour = "#" + "".join(2 * c for c in colour[1:])
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4
             for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    one, other = sorted((luminance(one), luminance(other)))
    return (other + 0.05) / (one + 0.05)


def readable():
    """Text keeps a contrast of 4.5 to 1, light and dark."""
    source = (ROOT / "grader" / "picture_style.c").read_text()
    text = "".join(re.findall(r'^    "(.*?)";?$', source, re.M))
    wrong = []
    for mode, part in zip(("light", "dark"), re.findall(
            r":root,svg\.pic\{(.*?)\}", text)):
        colour = dict(re.findall(r"--(\w+):(#\w+)", part))
        pairs = [(a, b) for a in ("ink", "soft", "bad")
                 for b in ("paper", "sea", "land", "gone", "card")]
        pairs += [(f"k{i}", b) for i in range(8) for b in ("paper", "on")]
        pairs += [("good", "paper")]
        for a, b in pairs:
            if contrast(colour[a], colour[b]) < 4.5:
                wrong.append(f"{mode}: {a} on {b} has only "
                             f"{contrast(colour[a], colour[b]):.2f}")
    if wrong:
        raise Fail(fold("; ".join(wrong)))


ASPECTS = {
    "errors": "no script fails, and nothing is asked of anybody",
    "parts": "every part of the story is drawn",
    "places": "no text lies on another or leaves its drawing",
    "fits": "the page is as wide as its screen, its text large enough",
    "touch": "a tap or a key shows a step",
}


def cases():
    yield Case("text keeps its contrast", readable)
    for dark in (False, True):
        for aspect, claim in ASPECTS.items():
            yield Case(f"{claim} ({'dark' if dark else 'light'})", holds,
                       aspect, dark, alone=True)
