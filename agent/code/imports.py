"""Which Python files of a tree import which others: read from the text, nothing is executed.

Statements are found by their look and each is parsed by itself, so that a file may be written for any version of
Python, or be broken elsewhere.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

_BEGINNING = re.compile(rb"^[ \t]*(?:from[ \t]+[.\w]+[ \t]+import\b|import[ \t]+\w)", re.MULTILINE)
_LONGEST = 8000
"""Bytes of one import statement that are looked at."""

INIT = "__init__.py"


@dataclass(frozen=True, slots=True)
class Import:
    """`import module`, or one name of `from module import name`. Leading dots are in `dots`."""

    module: str
    name: str | None = None
    dots: int = 0


def imports_of(text: bytes) -> tuple[Import, ...]:
    """The imports of a file, in its order. What looks like one and does not parse is left out."""
    found: list[Import] = []
    for match in _BEGINNING.finditer(text):
        try:
            body = ast.parse(_statement(text, match.start())).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in body:
            if isinstance(node, ast.Import):
                found.extend(Import(alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.extend(Import(node.module or "", alias.name, node.level) for alias in node.names)
    return tuple(found)


def _statement(text: bytes, start: int) -> str:
    """From `start` to the end of the statement: lines within brackets and after a backslash belong to it."""
    lines: list[bytes] = []
    within = False
    for line in text[start : start + _LONGEST].split(b"\n"):
        said = line.partition(b"#")[0].rstrip()
        lines.append(said)
        within = (within or b"(" in said) and b")" not in said
        if not within and not said.endswith(b"\\"):
            break
    return b"\n".join(lines).decode("utf-8", "replace").strip()


@dataclass(frozen=True)
class ImportGraph:
    """Who imports whom, by path, within one tree."""

    sources: Mapping[str, bytes]
    """Path -> text of every Python file."""
    _found: dict[str, tuple[Import, ...]] = field(default_factory=dict[str, tuple[Import, ...]], repr=False)

    @cached_property
    def modules(self) -> dict[str, str]:
        """Module name -> path. A file is known by its package's name, and by its path from the root."""
        named: dict[str, str] = {}
        for path in self.sources:
            named.setdefault(self._name(path), path)
        for path in self.sources:
            named.setdefault(_dotted(path), path)
        return named

    @cached_property
    def importers(self) -> dict[str, frozenset[str]]:
        """Path -> the files that import it."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for path in self.sources:
            for target in self.imported(path):
                found[target].add(path)
        return {target: frozenset(sources) for target, sources in found.items()}

    def imported(self, path: str) -> frozenset[str]:
        """The files of the tree that a file imports by itself."""
        found = {target for one in self._imports(path) for target in self._targets(path, one)}
        return frozenset(found - {path})

    def _imports(self, path: str) -> tuple[Import, ...]:
        if path not in self._found:
            self._found[path] = imports_of(self.sources[path])
        return self._found[path]

    def _targets(self, path: str, one: Import) -> Iterator[str]:
        module = self._absolute(path, one)
        if one.name is None:
            while module and module not in self.modules:
                module = module.rpartition(".")[0]
        elif (full := f"{module}.{one.name}" if module else one.name) in self.modules:
            yield self.modules[full]
            return
        if module not in self.modules:
            return
        target = self.modules[module]
        yield self._exported(target, one.name) or target

    def _exported(self, init: str, name: str | None) -> str | None:
        """The file that a package's `__init__` has a name from, if it says so by name."""
        if name is None or not init.endswith(INIT):
            return None
        for one in self._imports(init):
            if one.name == name and (found := self.modules.get(self._absolute(init, one))) and found != init:
                return found
        return None

    def _absolute(self, path: str, one: Import) -> str:
        if not one.dots:
            return one.module
        parts = self._name(path).split(".")
        # In an `__init__`, one dot is the package itself.
        kept = parts[: len(parts) - one.dots + (1 if path.endswith(INIT) else 0)]
        return ".".join([*kept, one.module] if one.module else kept)

    def _name(self, path: str) -> str:
        """The module's name: of the packages that it lies in, outermost first."""
        folder, _, file = path.rpartition("/")
        parts = [] if file == INIT else [file.removesuffix(".py")]
        while folder and f"{folder}/{INIT}" in self.sources:
            folder, _, last = folder.rpartition("/")
            parts.insert(0, last)
        return ".".join(parts)


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
