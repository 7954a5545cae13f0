"""What each part of a dossier is made from: outlines, configuration, samples, and counts of what changed.

Which files go into which part follows from paths and imports, never from sizes: so a changed file changes the parts
made from it and leaves the others as they are. A new import may draw another file into the sample of conventions.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from agent.code.languages import outlined_language
from agent.context.facts import LARGEST
from agent.context.find import FOLDER
from agent.context.index import Index, build_index
from agent.context.store import FactsStore
from agent.context.targets import Targets
from agent.dossier.records import CONVENTIONS, HOT_SPOTS, MODULE_MAP, TESTS
from agent.prompts import render
from agent.selecting.show import fenced
from swe_tasks.basetree import BaseTree, Blob, blobs, read, recent
from swe_tasks.testfiles import configures_runner, named_as_test

MOST_UNITS: Final = 16
"""Parts of the module map."""
_LARGE: Final = 15
"""Files of a folder that is told by its subfolders, where it has them."""
_FEW: Final = 3
"""Files of a subfolder that stays with the folder around it."""
_SAMPLE: Final = 6
_HOT: Final = 20
_TEST_FOLDERS: Final = 10
_WORKFLOWS: Final = 4
_BYTES_A_TOKEN: Final = 3
"""Of code, on the low side: what is counted here must fit."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A part before it is made."""

    name: str
    about: tuple[str, ...]
    blobs: Mapping[str, str]
    question: str = ""
    """What a model is asked; empty where no model is needed."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Tree:
    base: BaseTree
    blobs: Mapping[str, Blob]
    index: Index
    room: int
    """Bytes of what is shown in one question."""

    def text(self, path: str) -> str:
        return read(self.base, path, LARGEST).decode("utf-8", errors="replace")

    def ids(self, paths: Sequence[str]) -> dict[str, str]:
        return {path: self.blobs[path].id for path in sorted(paths)}

    def having(self, role: str) -> list[str]:
        """The program files that are that to the product, in order."""
        roles = zip(self.index.paths, self.index.roles, strict=True)
        return [path for path, each in roles if each == role and outlined_language(path)]


def gather(base: BaseTree, cache: Path, room: int) -> tuple[Draft, ...]:
    """All parts that this tree can have, the most useful first. `room` are tokens of what is shown in one question;
    facts of files are kept below `cache`, where a search for an issue's files will find them. Blocks.

    Raises:
        TaskError: the base tree cannot be read.
    """
    # A name that cannot be printed cannot be told to a model, either.
    held = {path: blob for path, blob in blobs(base).items() if path.isprintable()}
    index = build_index(held, partial(read, base), FactsStore(cache / FOLDER))
    tree = _Tree(base, held, index, room * _BYTES_A_TOKEN)
    return (*_tests(tree), *_conventions(tree), *_modules(tree), *_hot_spots(tree))


# The module map.


def _modules(tree: _Tree) -> Iterator[Draft]:
    numbers = {path: number for number, path in enumerate(tree.index.paths)}
    for folder, paths in divide(tree.having("source")).items():
        shown = _outlines(tree, numbers, paths)
        question = render("dossier_module", folder=folder or "the top level", outlines=fenced(shown))
        yield Draft(f"{MODULE_MAP}{folder or '.'}", paths, tree.ids(paths), question)


def divide(paths: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Each path in one of at most `MOST_UNITS` folders, the fullest folder first. Each top-level folder is one; those
    of many files are divided, and what is small in them stays in the folder around it, under whose name it goes."""
    units = {"": sorted(paths)}
    closed: set[str] = set()
    while len(units) < MOST_UNITS:
        wide = [folder for folder in units if folder not in closed and (not folder or len(units[folder]) > _LARGE)]
        if not wide:
            break
        folder = max(wide, key=lambda each: (len(units[each]), each))
        closed.add(folder)
        inner: defaultdict[str, list[str]] = defaultdict(list)
        for path in units[folder]:
            name, slash, _ = path.removeprefix(f"{folder}/").partition("/")
            if slash:
                inner[f"{folder}/{name}" if folder else name].append(path)
        least = _FEW if folder else 1
        fullest = sorted(inner, key=lambda each: (-len(inner[each]), each))[: MOST_UNITS - len(units)]
        chosen = {each: inner[each] for each in fullest if len(inner[each]) >= least}
        taken = {path for some in chosen.values() for path in some}
        rest = [path for path in units.pop(folder) if path not in taken]
        units |= chosen | ({folder: rest} if rest else {})
    ordered = sorted(units, key=lambda each: (-len(units[each]), each))
    return {folder: tuple(units[folder]) for folder in ordered if units[folder]}


def _outlines(tree: _Tree, numbers: Mapping[str, int], paths: Sequence[str]) -> str:
    """As much of each file as there is room for, the same of all: heads and what is said of them, heads, names, or only
    what the file says of itself."""
    room = tree.room
    for level in (3, 2, 1):
        shown: list[str] = []
        left = room
        for path in paths:
            shown.append(_outline(tree, numbers[path], path, level))
            left -= len(shown[-1].encode()) + 1
            if left < 0:
                break
        else:
            return "\n".join(shown)
    lines: list[str] = []
    for place, path in enumerate(paths):
        lines.append(_outline(tree, numbers[path], path, 0))
        room -= len(lines[-1].encode()) + 1
        if room < 0:
            return "\n".join([*lines[:-1], f"and {len(paths) - place} more files"])
    return "\n".join(lines)


def _outline(tree: _Tree, number: int, path: str, level: int) -> str:
    meta = tree.index.meta(number)
    said = f"# {path}: {meta.summary}" if meta.summary else f"# {path}"
    defined = [part for part in meta.parts if part.head != (0, 0)]
    if level == 0 or not defined:
        return said
    if level == 1:
        names = [part.name for part in defined if "." not in part.name]
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        return f"{said}\n{', '.join(names[:12])}{more}"
    lines = tree.text(path).split("\n")
    found = [said]
    for part in defined:
        own = part.name.rpartition(".")[2]
        if level == 2 and own.startswith("_"):
            continue
        head = " ".join(line.strip() for line in lines[part.head[0] : part.head[1]])[:120]
        found.append("  " * part.name.count(".") + head + (_said(lines, part.head[1]) if level == 3 else ""))
    return "\n".join(found)


def _said(lines: Sequence[str], row: int) -> str:
    """The first line of the docstring that begins there, as a comment."""
    line = lines[row].strip() if row < len(lines) else ""
    match = re.match(r"""[rR]?(\"\"\"|'''|"|')(.*)""", line)
    said = match[2].removesuffix(match[1]).strip() if match else ""
    return f"  # {said[:100]}" if said else ""


# How tests run.

_TOLD = (
    r"pyproject\.toml|(tox|setup|pytest)\.(ini|cfg|toml)|noxfile\.py|GNUmakefile|[Mm]akefile|[Jj]ustfile|package\.json"
    r"|(docs?/|\.github/)?(contributing|developing|development|hacking|testing)(\.(md|rst|txt))?"
    r"|Cargo\.toml|go\.mod|pom\.xml|build\.gradle(\.kts)?|Gemfile|Rakefile|composer\.json|CMakeLists\.txt"
    r"|\.(gitlab-ci|travis)\.yml|azure-pipelines\.yml|readme(\.(md|rst|txt))?"
)
_CONFIGURATION: Final = re.compile(_TOLD, re.IGNORECASE)
_WORKFLOW: Final = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_TEST_WORDS: Final = re.compile(r"test|tox|nox|coverage|jest|mocha|check", re.IGNORECASE)
_WHOLE: Final = 2500
"""Bytes of a file that is shown whole; of a longer one, the lines around words of testing."""
_AROUND: Final = 3


def _tests(tree: _Tree) -> Iterator[Draft]:
    told = [path for path in tree.blobs if _CONFIGURATION.fullmatch(path) or _configures(path)]
    flows = [path for path in tree.blobs if _WORKFLOW.fullmatch(path)]
    told += sorted(flows, key=lambda path: (not _TEST_WORDS.search(path), path))[:_WORKFLOWS]
    # What is closest to a command comes first; a README is the last to know.
    told.sort(key=lambda path: (path.lower().startswith("readme"), path in flows, "contributing" in path.lower(), path))
    folders: dict[str, str] = {}
    for path in tree.having("test"):
        if named_as_test(path):
            folders.setdefault(path.rpartition("/")[0], path)
    room, shown = tree.room, dict[str, str]()
    for path in told:
        text = _excerpt(tree.text(path), min(room, tree.room // 3))
        if text.strip():
            shown[path] = f"{path}\n{fenced(text)}"
            room -= len(shown[path].encode())
    nearest = sorted(folders, key=lambda folder: (folder.count("/"), folder))[:_TEST_FOLDERS]
    layout = "\n".join(f"{folder or '.'} (such as {folders[folder]})" for folder in nearest)
    if shown or layout:
        question = render("dossier_tests", files="\n\n".join(shown.values()), layout=fenced(layout) if layout else "")
        yield Draft(TESTS, (*shown, *(folder for folder in nearest if folder)), tree.ids(list(shown)), question)


def _configures(path: str) -> bool:
    return "/" not in path and configures_runner(path)


def _excerpt(text: str, most: int) -> str:
    if len(text.encode()) > min(most, _WHOLE):
        lines = text.split("\n")
        rows = {
            near
            for row, line in enumerate(lines)
            if _TEST_WORDS.search(line)
            for near in range(row - _AROUND, row + _AROUND + 1)
        }
        kept: list[str] = []
        for row, line in enumerate(lines):
            if row in rows:
                kept.append(line[:300])
            elif kept and kept[-1] != "⋮":
                kept.append("⋮")
        text = "\n".join(kept)
    return _cut(text, most)


def _cut(text: str, most: int) -> str:
    """Whole lines from the beginning."""
    kept: list[str] = []
    for line in text.split("\n"):
        most -= len(line.encode()) + 1
        if most < 0:
            break
        kept.append(line)
    return "\n".join(kept)


# Conventions, and what changes.


def _conventions(tree: _Tree) -> Iterator[Draft]:
    """From the files that most others import."""
    source = tree.having("source")
    numbers = {path: number for number, path in enumerate(tree.index.paths)}
    targets = Targets(tree.index.paths)
    asked = Counter(
        target for path in source for target in targets.of(numbers[path], tree.index.meta(numbers[path]).imports)
    )
    defining = [path for path in source if any(part.head != (0, 0) for part in tree.index.meta(numbers[path]).parts)]
    central = sorted(defining, key=lambda path: (-asked[numbers[path]], path))[:_SAMPLE]
    if central:
        share = tree.room // len(central)
        shown = "\n\n".join(f"{path}\n{fenced(_cut(tree.text(path), share))}" for path in central)
        yield Draft(CONVENTIONS, tuple(central), tree.ids(central), render("dossier_conventions", files=shown))


def _hot_spots(tree: _Tree) -> Iterator[Draft]:
    commits = recent(tree.base)
    counts = Counter(path for changed in commits for path in changed if path in tree.blobs)
    hot = sorted((path for path in counts if counts[path] > 1), key=lambda path: (-counts[path], path))[:_HOT]
    if hot:
        lines = [f"{counts[path]} {path}" for path in hot]
        text = "\n".join([f"How many of the last {len(commits)} commits changed a file:", *lines])
        yield Draft(HOT_SPOTS, tuple(hot), {}, text=text)
