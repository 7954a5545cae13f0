"""Which file of the base tree a path in a reply means, and which paths no reply may name."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from agent.edits.records import Tree

PLACEHOLDER = re.compile(r"(?:\./|/)?(?:path/to/|your/path/|example/path/)", re.IGNORECASE)
"""Paths that stand in prompts as examples and that small models copy."""

_COMPARED = 2000
"""Paths looked at for a suggestion."""


@dataclass(frozen=True, slots=True)
class Found:
    path: str
    note: str | None = None


def make_tree(
    files: Mapping[str, bytes], shown: Sequence[str], symlinks: frozenset[str], executable: frozenset[str]
) -> Tree:
    by_name: dict[str, list[str]] = {}
    folders: set[str] = set()
    for path in files:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return Tree(
        files=files,
        shown=tuple(dict.fromkeys(path for path in shown if path in files)),
        symlinks=symlinks,
        executable=executable,
        by_name={name: tuple(paths) for name, paths in by_name.items()},
        folders=frozenset(folders),
    )


def refusal(path: str, symlinks: frozenset[str]) -> str | None:
    """Why a reply may not name this path, or None."""
    if not path.strip():
        return "the path is empty"
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in path):
        return f"the path {path[:120]!a} holds control characters"
    parts, either = path.split("/"), re.split(r"[/\\]", path)
    links = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    link = next((each for each in links if each in symlinks), None)
    checks = (
        (re.match(r"[A-Za-z]:", path), "has a drive letter; paths are relative to the repository"),
        (path[0] in "/\\~", "is not relative to the repository"),
        (path[-1] in "/\\", "names a folder, not a file"),
        (".." in either, "leads outside the repository: `..` is not allowed"),
        (any(part != part.strip() or part in {"", "."} for part in parts), "has an empty or blank component"),
        (len(path) > 4000 or any(len(part.encode()) > 255 for part in parts), "is too long"),
        (any(_is_git(part) for part in either), "leads into .git, which may not be edited"),
        (link, f"leads through the symbolic link {_quoted(link or '')}, which may not be edited"),
    )
    return next((f"{_quoted(path)} {reason}" for wrong, reason in checks if wrong), None)


def _is_git(part: str) -> bool:
    """Also the spellings that file systems without case or with short names take for `.git`."""
    name = part.rstrip(" .").casefold()
    return name == ".git" or name.startswith(".git::") or re.fullmatch(r"git~\d+", name) is not None


def find(raw: str, tree: Tree) -> Found | str:
    """The existing file a reply means, or what is wrong with the path."""
    path = tidy(raw, tree)
    if reason := refusal(path, tree.symlinks):
        return reason
    names = [each for each in (path, path[2:] if path[:2] in {"a/", "b/"} else "") if each in tree.files]
    return _allowed(names[0], None, tree) if names else _find_similar(path, tree)


def _find_similar(path: str, tree: Tree) -> Found | str:
    for pool in (tree.shown, tuple(tree.files)):
        matches = _by_suffix(path, pool, tree)
        if len(matches) == 1:
            return _allowed(matches[0], f"`{path}` was taken for `{matches[0]}`", tree)
        if matches:
            listed = ", ".join(f"`{match}`" for match in matches[:5])
            return f"`{path}` may mean several files: {listed}; write the complete path"
    if path in tree.folders:
        return f"`{path}` is a folder, not a file"
    return f"there is no file {_quoted(path)}" + _nearest(path, tree)


def _allowed(path: str, note: str | None, tree: Tree) -> Found | str:
    return refusal(path, tree.symlinks) or Found(path, note)


def new(raw: str, tree: Tree) -> Found | str:
    """A path for a file that does not exist yet, or what is wrong with it."""
    path = tidy(raw, tree)
    if reason := refusal(path, tree.symlinks):
        return reason
    if path in tree.folders:
        return f"`{path}` is a folder, not a file"
    parts = path.split("/")
    for count in range(1, len(parts)):
        if (parent := "/".join(parts[:count])) in tree.files:
            return f"`{path}` cannot be made: `{parent}` is a file, not a folder"
    return Found(path)


def tidy(raw: str, tree: Tree) -> str:
    """The path without `./`, doubled slashes and Windows separators, where it is not a file's name as it is."""
    path = raw.strip()
    if path in tree.files:
        return path
    if "\\" in path and ".." not in path:
        path = path.replace("\\", "/")
    path = re.sub(r"(?<=[^/])/(?:\.?/)+", "/", path)
    return re.sub(r"^(?:\./+)+(?=[^/])", "", path)


def _by_suffix(path: str, pool: Sequence[str], tree: Tree) -> list[str]:
    """Files that end with the path; else, with the repository's own name in front, files that it ends with."""
    named = tree.by_name.get(path.rpartition("/")[2], ())
    inside = named if len(pool) > len(tree.shown) else [each for each in pool if each in set(named)]
    longer = [each for each in inside if each.endswith("/" + path)]
    without_top = path.partition("/")[2]
    return longer or [each for each in inside if each == without_top]


def _nearest(path: str, tree: Tree) -> str:
    name = path.rpartition("/")[2]
    same_name = list(tree.by_name.get(name, ()))[:3]
    if not same_name:
        pool = list(dict.fromkeys([*tree.shown, *islice(tree.files, _COMPARED)]))[:_COMPARED]
        by_name = {each.rpartition("/")[2]: each for each in reversed(pool)}
        close = difflib.get_close_matches(name[:100], list(by_name), n=3, cutoff=0.6)
        same_name = [by_name[each] for each in close]
    listed = same_name or list(tree.shown[:3])
    return f"; did you mean {', '.join(f'`{each}`' for each in listed)}?" if listed else ""


def _quoted(path: str) -> str:
    return f"`{path if len(path) <= 120 else path[:117] + '...'}`"
