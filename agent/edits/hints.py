"""Paths in the lines around an edit: `path`, `### path`, `File: path`, "in `path`:", `# path`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.edits.paths import PLACEHOLDER, Found, find, tidy
from agent.edits.records import Tree

_LABEL = re.compile(
    r"(?i)(?:the\s+)?(?:updated?\s+|new\s+|modified\s+|edit(?:ed)?\s+|create\s+|corrected\s+)*"
    r"(?:file(?:\s?name|\s?path)?|path|in|update|edit|create|modify)\s*:\s*"
)
_DECORATION = re.compile(r"(?:#{1,6}(?=[\s`*\w./])|//|/\*+|<!--|--|[-*+>]\s|\d+[.)]\s)\s*")
_PATH_LIKE = re.compile(r"[^\s`'\"<>|*?(){},;=]+")
_LONGEST = 500
"""Characters; a longer line is prose."""


@dataclass(frozen=True, slots=True)
class Hint:
    path: str
    sole: bool
    """Whether the line says nothing else, so that a path unknown to the tree is still meant as one."""


def path_above(above: Sequence[str], tree: Tree) -> Hint | None:
    """From the lines above an edit, nearest first. Only the nearest may name the path among other words."""
    hints = [path_in(line, tree) for line in above]
    return next((hint for number, hint in enumerate(hints) if hint and (hint.sole or not number)), None)


def path_in(line: str, tree: Tree) -> Hint | None:
    """The path that a line names, if it does."""
    if len(line) > _LONGEST or not line.strip():
        return None
    fence = re.match(r"\s*(?:`{3,}|~{3,})(.*)", line)
    hint = _in_info(fence[1], tree) if fence else _whole_line(line, tree)
    if hint is None and not fence:
        named = re.findall(r"`([^`]+)`", line) + _PATH_LIKE.findall(line)
        candidates = dict.fromkeys(each.strip("`*:.,") for each in named)
        known = [each for each in candidates if _names_a_file(each, tree)]
        hint = Hint(known[0], sole=False) if len({_target(each, tree) for each in known}) == 1 else None
    if hint and hint.path not in tree.files and PLACEHOLDER.match(hint.path):
        return None
    return hint


def _whole_line(line: str, tree: Tree) -> Hint | None:
    text = line.strip()
    if text in tree.files:
        return Hint(text, sole=True)
    text = _DECORATION.sub("", text, count=1) if _DECORATION.match(text) else text
    text = text.removesuffix("-->").removesuffix("*/").strip().strip("*").strip()
    label = _LABEL.match(text)
    text = undecorated(text[label.end() :] if label else text)
    if label and text:
        return Hint(text, sole=True)
    if not text or any(letter.isspace() for letter in text):
        return Hint(text, sole=True) if text and tidy(text, tree) in tree.files else None
    if _names_a_file(text, tree):
        return Hint(text, sole=True)
    return Hint(text, sole=True) if _looks_like_path(text) else None


def _in_info(info: str, tree: Tree) -> Hint | None:
    """In the line that opens a fence: `python path/to/file.py`, `python:file.py`, `py title="file.py"`."""
    if info.strip() in tree.files:
        return Hint(info.strip(), sole=True)
    for part in re.split(r"[\s:{}]+|\w+=", info):
        text = undecorated(part)
        if text and (_looks_like_path(text) or text in tree.files):
            return Hint(text, sole=True)
    return None


def _looks_like_path(text: str) -> bool:
    if not _PATH_LIKE.fullmatch(text) or "://" in text or len(text) < 2:
        return False
    return re.search(r"./.|\.[A-Za-z]\w{0,9}$", text) is not None


def undecorated(text: str) -> str:
    """Without quotes, backticks, stars and a final colon."""
    text = text.strip().removesuffix(":").strip().strip("*").strip().removesuffix(":").strip()
    for mark in ("`", '"', "'"):
        if len(text) > 2 and text.startswith(mark) and text.endswith(mark):
            return text[1:-1].strip()
    return text


def _names_a_file(text: str, tree: Tree) -> bool:
    if "/" not in text and "." not in text and text not in tree.files:
        return False
    return isinstance(find(text, tree), Found) if _plausible(text, tree) else False


def _plausible(text: str, tree: Tree) -> bool:
    """Cheap: looking for what is near a path that does not exist would be slow for every word of a reply."""
    return text.rstrip("/\\").replace("\\", "/").rpartition("/")[2] in tree.by_name


def _target(text: str, tree: Tree) -> str:
    found = find(text, tree)
    return found.path if isinstance(found, Found) else text
