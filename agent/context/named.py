"""What an issue names outright, found in a tree: paths, tracebacks, modules, definitions."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from agent.context.index import Index
from agent.context.issue import Mentions
from agent.context.words import term_of, words

_FRAME, _PATH, _MODULE, _DEFINES, _SAYS = 1.5, 1.5, 0.8, 0.5, 0.8
_EXACT, _BY_NAME = 1.0, 0.3
"""What is added to how well a part's words fit, 1 being the best: it is named with its class or in a traceback; its
name stands among others."""
_COMMON = 12
"""A name that more parts define says nothing of any of them."""
_SAYERS = 3
"""The same of files that have the words of a message."""


@dataclass(frozen=True, slots=True)
class Named:
    files: dict[int, float]
    """How strongly a file is named."""
    said: dict[int, tuple[str, ...]]
    """And by what."""
    parts: dict[int, float]
    """The same of parts."""


def named_by_issue(index: Index, mentions: Mentions) -> Named:
    """What the issue names. A file is named once in each way."""
    found: defaultdict[int, dict[str, float]] = defaultdict(dict)
    parts: dict[int, float] = {}
    endings = _endings(index)
    _trace(index, mentions, endings, found, parts)
    for path in mentions.paths:
        for file in endings.get(path, ())[:4]:
            found[file]["named by path"] = _PATH
    modules = _modules(index)
    for name in mentions.dotted:
        if (file := _module(modules, name)) is not None:
            found[file]["named as a module"] = _MODULE
    for file in _sayers(index, mentions):
        found[file]["has the words of an error message"] = _SAYS
    for file, names in _definers(index, mentions, parts).items():
        found[file]["defines " + ", ".join(names[:5])] = min(2 * _DEFINES, _DEFINES * len(names))
    for name in sorted(mentions.dotted):
        exact = [part for part in index.defined(name) if "." in index.part(part).name]
        if len(exact) <= _SAYERS:
            for part in exact:
                parts[part] = _EXACT
                found[int(index.file_of[part])][f"defines {name}"] = _MODULE
    return Named(
        {file: sum(ways.values()) for file, ways in found.items()},
        {file: tuple(sorted(ways)) for file, ways in found.items()},
        parts,
    )


def _trace(
    index: Index,
    mentions: Mentions,
    endings: dict[str, list[int]],
    found: defaultdict[int, dict[str, float]],
    parts: dict[int, float],
) -> None:
    """Note the files and functions of tracebacks."""
    last = mentions.frames[-1][0] if mentions.frames else ""
    for path, function in mentions.frames:
        for file in _ending_with(index, endings, path):
            # The last frame is where it broke; what lies above may only be how it came there.
            found[file]["in the traceback"] = _FRAME if path == last else 0.7 * _FRAME
            if function:
                parts |= {part: _EXACT for part in index.defined(function) if index.file_of[part] == file}


def _endings(index: Index) -> dict[str, list[int]]:
    """Every path from each of its folders on, as issues shorten them."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for file, path in enumerate(index.paths):
        parts = path.split("/")
        for start in range(len(parts)):
            found["/".join(parts[start:])].append(file)
    return found


def _ending_with(index: Index, endings: dict[str, list[int]], path: str) -> list[int]:
    """The file that a path of another machine ends with, the longest such ending first."""
    parts = path.strip("/").split("/")
    for start in range(len(parts)):
        ending = "/".join(parts[start:])
        # A name alone is that of many files; only one at the top of the tree is likely to be meant.
        alone = start == len(parts) - 1 and len(parts) > 1
        known = [file for file in endings.get(ending, ()) if not alone or index.paths[file] == ending]
        whole = [file for file in known if len(index.paths[file].split("/")) == len(parts) - start]
        if whole or known:
            return (whole or known)[:1]
    return []


def _modules(index: Index) -> dict[str, int]:
    """Dotted names, with and without the folders above, as far as one file alone has them."""
    counts: defaultdict[str, list[int]] = defaultdict(list)
    for file, path in enumerate(index.paths):
        if index.roles[file] not in {"source", "test"}:
            continue
        parts = list(PurePosixPath(path).with_suffix("").parts)
        if parts and parts[-1] in {"__init__", "index", "mod"}:
            parts.pop()
        for start in range(max(0, len(parts) - 1)):
            counts[".".join(parts[start:])].append(file)
        if len(parts) == 1:
            counts[parts[0]].append(file)
    return {name: files[0] for name, files in counts.items() if len(files) == 1}


def _module(modules: dict[str, int], name: str) -> int | None:
    """The module that a dotted name is, or is in."""
    while "." in name:
        if name in modules:
            return modules[name]
        name = name.rpartition(".")[0]
    return None


def _sayers(index: Index, mentions: Mentions) -> set[int]:
    """The files with a part that has all words of an error message, where hardly another has them."""
    found: set[int] = set()
    for message in mentions.messages:
        said = sorted({term_of(word) for word in words(message)})
        hits = index.by_word.find(said)
        parts, counts = np.unique(hits.document, return_counts=True)
        files = {int(index.file_of[part]) for part in parts[counts == len(said)].tolist()}
        if len([file for file in files if index.roles[file] == "source"]) <= _SAYERS:
            found |= files
    return found


def _definers(index: Index, mentions: Mentions, named: dict[int, float]) -> dict[int, list[str]]:
    """The files that define what the issue names, with the names; their parts go into `named`."""
    names = sorted(mentions.names)
    hits = index.by_whole_name.find([term_of(name.lower()) for name in names])
    parts: defaultdict[int, set[int]] = defaultdict(set)
    for word, part in zip(hits.word.tolist(), hits.document.tolist(), strict=True):
        parts[word].add(part)
    found: defaultdict[int, list[str]] = defaultdict(list)
    for word, name in enumerate(names):
        if len(parts[word]) <= _COMMON:
            for part in parts[word]:
                named.setdefault(part, _BY_NAME)
            for file in sorted({int(index.file_of[part]) for part in parts[word]}):
                found[file].append(name)
    return found
