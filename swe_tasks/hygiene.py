"""What is taken out of a patch before it is run: whatever decides how it is judged, and whatever is left over from
the work on it. A patch cannot help itself by changing tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from swe_tasks import basetree
from swe_tasks.basetree import BaseTree
from swe_tasks.git import Git
from swe_tasks.runner_sections import has_runner_sections, with_runner_of
from swe_tasks.strays import Surroundings, importers, is_artefact, is_copy, stray_scripts
from swe_tasks.task import FileChange
from swe_tasks.testfiles import configures_runner, in_test_folder, named_as_test

Kind = Literal[
    "tests", "the configuration of the test runner", "start-up hooks of the interpreter", "artefacts", "stray scripts"
]
_HOOKS = frozenset({"sitecustomize.py", "usercustomize.py"})


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The changes of a patch, sorted out."""

    kept: tuple[FileChange, ...]
    stripped: Mapping[str, Kind]
    """By path, sorted. A file of which parts were put back is in both."""


def clean(base: BaseTree, tree: str, changes: Sequence[FileChange]) -> Cleaned:
    """Sort out the changes that make `tree` of the base tree.

    Raises:
        PatchError: the tree is not in the store.
    """
    changed = frozenset(change.path for change in changes)
    around = Surroundings(Git(base.git_dir), tree, base.entries, sorted({*base.entries, *changed}), changed)
    kept: list[FileChange] = []
    stripped: dict[str, Kind] = {}
    for change in changes:
        if kind := _kind(change.path, around):
            stripped[change.path] = kind
        elif has_runner_sections(change.path) and change.mode != "symlink":
            _put_back(base, change, kept, stripped)
        else:
            kept.append(change)
    strays = stray_scripts([change.path for change in kept], around)
    stripped.update(dict.fromkeys(strays, "stray scripts"))
    in_the_way = _in_the_way(base, kept, stripped)
    stripped.update(in_the_way)
    kept = [change for change in kept if change.path not in strays and change.path not in in_the_way]
    return Cleaned(tuple(kept), dict(sorted(stripped.items())))


def set_aside(base: BaseTree, paths: Sequence[str]) -> Mapping[str, Kind]:
    """Those of the paths a patch names whose changes are to be left out whole, whatever they are. Not all that `clean`
    would find: stray scripts are known by what imports them, and that takes a tree with the patch."""
    changed = frozenset(paths)
    around = Surroundings(Git(base.git_dir), base.tree, base.entries, sorted({*base.entries, *changed}), changed)
    found: dict[str, Kind] = {}
    for path in sorted(changed):
        if kind := _kind(path, around):
            found[path] = kind
    return found


def _kind(path: str, around: Surroundings) -> Kind | None:
    """What kind of change is to be left out whole; stray scripts are found together, later."""
    name = PurePosixPath(path).name
    if configures_runner(path):
        return "the configuration of the test runner"
    if name in _HOOKS or name.endswith(".pth"):
        return "start-up hooks of the interpreter"
    if is_artefact(path, around) or is_copy(path, around):
        return "artefacts"
    return "tests" if _is_test(path, around) else None


def _in_the_way(base: BaseTree, kept: Sequence[FileChange], stripped: Mapping[str, Kind]) -> dict[str, Kind]:
    """What stands where something is put back: a file in the place of a folder, or below a file."""
    found: dict[str, Kind] = {}
    restored = [path for path in stripped if path in base.entries]
    for change in kept:
        for path in restored:
            clash = path.startswith(f"{change.path}/") or change.path.startswith(f"{path}/")
            if clash and change.content is not None:
                found[change.path] = stripped[path]
    return found


def _is_test(path: str, around: Surroundings) -> bool:
    if in_test_folder(path, around.paths) or PurePosixPath(path).name == "conftest.py":
        return True
    if not named_as_test(path):
        return False
    # A part of the product may have such a name, and then the product uses it.
    return not (path.endswith(".py") and importers(path, around, without=frozenset({path})))


def _put_back(base: BaseTree, change: FileChange, kept: list[FileChange], stripped: dict[str, Kind]) -> None:
    """Keep a change to a file that configures more than the test runner, without what it says of this."""
    mode = basetree.mode_of(base, change.path)
    if mode == "symlink":
        kept.append(change)
        return
    old = basetree.read(base, change.path) if mode else None
    content = with_runner_of(change.path, old, change.content)
    if content == change.content:
        kept.append(change)
        return
    stripped[change.path] = "the configuration of the test runner"
    if content != old:
        kept.append(replace(change, content=content))
