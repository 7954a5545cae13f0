"""How near the test files of a tree are to what candidates edit: by imports, by place and by names."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from agent.code.imports import INIT, ImportGraph
from agent.regression.layout import MATERIAL

HOPS = (1.0, 0.45, 0.2)
"""What an import is worth: of the edited file itself, of what imports it, and one further."""
_PLENTY = 12
"""So many tests that import a file by the same way say little by it; more say less."""
_NAMED = re.compile(rb"^[-+ @].*?\b(?:class|def|func|function|interface|struct)[ \t]+(\w{4,})", re.MULTILINE)
_TOKENS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_AFFIXES = frozenset({"test", "tests", "testing", "spec", "src", "lib", "py"})


@dataclass(frozen=True, slots=True)
class Edited:
    """A path that candidates edit, and the share of them that do."""

    path: str
    share: float


def rank_tests(
    files: Mapping[str, bytes], tests: Sequence[str], edits: Iterable[Edited], patches: Iterable[bytes]
) -> tuple[tuple[str, float], ...]:
    """All test files with how near they are, the nearest first."""
    sources = {path: files[path] for path in files if path.endswith(".py")}
    graph = ImportGraph(sources)
    edits = tuple(edits)
    # Modules are also named in strings: as extensions, plug-ins, programs.
    modules = {PurePosixPath(edit.path).stem.encode() for edit in edits if not edit.path.endswith(INIT)}
    named = {name for patch in patches for name in _NAMED.findall(patch)}
    names = _mentions(tests, files, named | {name for name in modules if len(name) > 3})
    scores = dict.fromkeys(tests, 0.0)
    for edit in edits:
        reached = _reached(graph, edit.path, frozenset(tests))
        for test in tests:
            score = reached.get(test, 0.0) + _named_alike(test, edit.path) + _placed(test, edit.path)
            # A file that one of ten candidates edits matters, but less than one that all of them edit.
            scores[test] = max(scores[test], score * (0.5 + 0.5 * edit.share))
    found = [
        (test, (score + names[test]) * (0.3 if _is_material(test) else 1.0))
        for test, score in scores.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one[1], one[0])))


def _is_material(test: str) -> bool:
    return not MATERIAL.isdisjoint(test.split("/")[:-1])


def _reached(graph: ImportGraph, edited: str, tests: frozenset[str]) -> dict[str, float]:
    """Tests that import the edited file, at once or by way of others."""
    found: dict[str, float] = {}
    seen, front = {edited}, {edited}
    for worth in HOPS:
        front = {one for path in front for one in graph.importers.get(path, ())} - seen
        seen |= front
        here = front & tests
        crowd = min(1.0, math.sqrt(_PLENTY / len(here))) if here else 1.0
        for test in here:
            found[test] = worth * crowd
        front -= tests
    return found


def _named_alike(test: str, edited: str) -> float:
    """2 for test_foo.py of foo.py; less where names only share words."""
    wanted, packages = _words_of(edited)
    words, folders = _words_of(test)
    if not words:
        return 0.0
    if words == wanted:
        alike = 2.0
    else:
        alike = len(words & wanted) / len(words | wanted)
        # test_foo_bar.py for foo.py, and for a module of the package foo.
        alike += 0.5 if wanted and wanted < words else 0.0
        alike += 0.6 * len(words & packages) / len(words)
    # In a big tree, files of one name lie in many packages.
    shared = len((folders & (packages | wanted)) - words) / max(1, len(packages))
    return alike * (0.6 + 0.4 * min(1.0, shared)) + 0.3 * min(1.0, shared)


def _words_of(path: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words in a file's name (of an `__init__`, its package's) and those in its directories' names."""
    place = PurePosixPath(path)
    folders = list(place.parts[:-1])
    name = folders.pop() if place.name == INIT and folders else place.name.partition(".")[0]
    around = frozenset(word for folder in folders for word in _words(folder))
    return _words(name), around


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _TOKENS.findall(name)) - _AFFIXES


def _placed(test: str, edited: str) -> float:
    """1 beside the edited file or in a tests directory there; falls with every directory between them."""
    here, there = list(PurePosixPath(test).parts[:-1]), list(PurePosixPath(edited).parts[:-1])
    if here and here[-1] in {"tests", "test", "testing"}:
        here.pop()
    common = 0
    for mine, other in zip(here, there, strict=False):
        if mine != other:
            break
        common += 1
    return 1.0 / (1 + len(here) + len(there) - 2 * common)


def _mentions(tests: Sequence[str], files: Mapping[str, bytes], names: Iterable[bytes]) -> dict[str, float]:
    """What it says of a test that it mentions the classes and functions around the edits: the rarer, the more."""
    scores = dict.fromkeys(tests, 0.0)
    for name in sorted(names)[:200]:
        word = re.compile(rb"\b" + re.escape(name) + rb"\b")
        mentioning = [test for test in tests if name in files[test] and word.search(files[test])]
        for test in mentioning:
            scores[test] = max(scores[test], 0.8 * min(1.0, 3 / len(mentioning)))
    return scores
