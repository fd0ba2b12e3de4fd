"""pictures — those of the texts are what their programs draw today."""
from pathlib import Path

from .run import Case
from .shell import ROOT, Fail, Skip, make, must, temporary


def wanted():
    """Each program that asks for pictures, and the files they go to."""
    for source in sorted((ROOT / "chapters").glob("*/programs/*.c")):
        for line in source.read_text().splitlines()[:24]:
            if line.startswith(" * Picture:"):
                folder = Path(source.parts[-3]) / "pictures"
                for word in line.partition(":")[2].split():
                    for twin in ("", ".zh-CN"):
                        yield folder / f"{source.stem}.{word}{twin}.svg"


def same(path, fresh):
    committed = ROOT / "chapters" / path
    if not committed.exists():
        raise Fail(f"{path} is not there; `make pictures` draws it")
    if committed.read_bytes() != (fresh / path).read_bytes():
        raise Fail(f"{path} has changed; `make pictures` draws it anew")


def none():
    raise Skip("no program of a text asks for a picture")


def cases():
    paths = list(wanted())
    if not paths:
        yield Case("there are none", none)
        return
    fresh = temporary("pictures")
    must(make("pictures", f"PICTURES={fresh}", timeout=300))
    for path in paths:
        yield Case(str(path), same, path, fresh)
