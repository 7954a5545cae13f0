"""Files that an issue shows or draws, for commands that need them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from agent.examples.pieces import Code, Piece, Prose
from agent.examples.source import is_test_module, python_of

MOST: Final = 20
UNNAMED_TEST: Final = "test_example.py"

_NAME = r"[A-Za-z_][\w-]*(?:[./][\w-]+){0,6}\.(?:py|pyi|rst|txt|ini|cfg|toml|yaml|yml|json|md)"
_NAMED = re.compile(rf"(?<![\w./-])({_NAME})(?![\w/-])")
_TITLE = re.compile(rf"(?:#|//|;|\.\.)\s*(?:[Ff]ile(?:name)?:?\s*)?({_NAME})\s*:?\s*$")
_BRANCH = re.compile(r"^([\s|│]*)(?:[|`├└]-{2}|[├└]─+)\s*(\S+)$")
_FAILED = re.compile(r">(?=   )")
_SAID = re.compile(r"E  |\S+:\d+: \w|[_=]{3,} .* [_=]{3,}$")
_LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"python": ".py", "py": ".py", "rst": ".rst", "toml": ".toml", "ini": ".ini", "restructuredtext": ".rst"}
)


def files_of(pieces: Sequence[Piece]) -> dict[int, tuple[str, str]]:
    """Block number -> (path, text): the blocks that are said to be files, and the tests that have no name."""
    found: dict[int, tuple[str, str]] = {}
    taken: set[str] = set()
    for place, piece in enumerate(pieces):
        if not isinstance(piece, Code) or len(found) == MOST:
            continue
        before = pieces[place - 1] if place else None
        name = _titled(piece) or _announced(piece, before)
        if name is None and tests_of(piece) is not None:
            name = UNNAMED_TEST if UNNAMED_TEST not in taken else f"test_example_{piece.number}.py"
        if name is not None and is_safe(name) and name not in taken:
            taken.add(name)
            found[piece.number] = (name, (tests_of(piece) or piece.text) + "\n")
    return found


def drawn_files(text: str) -> tuple[str, ...]:
    """The files of a drawn tree of directories, with what is above them."""
    found: list[str] = []
    above: list[tuple[int, str]] = []
    for line in text.split("\n"):
        branch = _BRANCH.match(line)
        if branch is None:
            continue
        depth = len(branch[1])
        above = [(far, name) for far, name in above if far < depth]
        path = "/".join([*(name for _, name in above), branch[2].rstrip("/")])
        above.append((depth, branch[2].rstrip("/")))
        if re.search(r"\.\w{1,5}$", path) and is_safe(path):
            found.append(path)
    return tuple(found[:MOST])


def is_safe(path: str) -> bool:
    """Whether it names something below the directory it is taken in."""
    return not path.startswith(("/", "~")) and ".." not in PurePosixPath(path).parts


def _titled(code: Code) -> str | None:
    """The name that a comment in the first line gives."""
    titled = _TITLE.match(code.text.split("\n", 1)[0])
    return titled[1] if titled else None


def _announced(code: Code, before: Piece | None) -> str | None:
    """The file that the line before the block ends with, or speaks of."""
    if not isinstance(before, Prose):
        return None
    line = before.text.rstrip().rsplit("\n", 1)[-1]
    names = _NAMED.findall(line)
    suffix = _LANGUAGES.get(code.language)
    if not names or (suffix and not names[-1].endswith(suffix)):
        return None
    announces = len(line) < 80 and re.search(r":$|\bcontain|\bfile\b|\.\w{1,4}`?$", line) is not None
    return names[-1] if announces and _fits(code, names[-1]) else None


def _fits(code: Code, name: str) -> bool:
    return not name.endswith(".py") or python_of(code.text) is not None


def tests_of(code: Code) -> str | None:
    """The tests that a block holds: a module of them, or one as pytest shows it when it fails."""
    if code.language not in ("", "python", "py", "python3", "pytest", "text"):
        return None
    lines = code.text.split("\n")
    if any(_FAILED.match(line) for line in lines):
        lines = [_FAILED.sub(" ", line, count=1) for line in lines if not _SAID.match(line)]
    source = python_of("\n".join(lines))
    return source.text if source is not None and is_test_module(source) else None
