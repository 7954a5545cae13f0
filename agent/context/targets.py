"""The files of a tree that an import means, by its text alone."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from agent.code.imports import INIT

_HERE = frozenset({"", ".", "..", "crate", "self", "super"})
_MANY = 12
"""Files of a folder that an import of the folder means, at most."""


class Targets:
    """Python's modules by name; what other languages import by path: from the file that says it, or from any folder."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths

    @cached_property
    def _packages(self) -> frozenset[str]:
        return frozenset(path.rpartition("/")[0] for path in self._paths if path.endswith(f"/{INIT}"))

    @cached_property
    def _modules(self) -> dict[str, int]:
        """Python modules, by the name from their outermost package on and by that from the root."""
        found: dict[str, int] = {}
        for file, path in enumerate(self._paths):
            if path.endswith(".py"):
                found.setdefault(self._name(path), file)
        for file, path in enumerate(self._paths):
            if path.endswith(".py"):
                found.setdefault(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."), file)
        return found

    def _name(self, path: str) -> str:
        folder, _, file = path.rpartition("/")
        parts = [] if file == INIT else [file.removesuffix(".py")]
        while folder in self._packages:
            folder, _, last = folder.rpartition("/")
            parts.insert(0, last)
        return ".".join(parts)

    @cached_property
    def _stems(self) -> dict[str, list[int]]:
        """Files by their names without endings."""
        found: dict[str, list[int]] = {}
        for file, path in enumerate(self._paths):
            found.setdefault(_stem(path), []).append(file)
        return found

    def of(self, file: int, imports: Iterable[str]) -> list[int]:
        """The files that the imports of a file mean, without itself, in order."""
        python = self._paths[file].endswith((".py", ".pyi"))
        found = (target for one in imports for target in (self._python if python else self._others)(file, one))
        return sorted({target for target in found if target != file})

    def _python(self, file: int, one: str) -> Iterator[int]:
        dotted, _, name = one.partition(":")
        module = dotted.lstrip(".")
        dots = len(dotted) - len(module)
        if dots:
            path = self._paths[file]
            parts = self._name(path).split(".")
            kept = parts[: len(parts) - dots + (1 if path.endswith(INIT) else 0)]
            module = ".".join([*kept, module] if module else kept)
        inner = f"{module}.{name}" if module else name
        if name and inner in self._modules:
            yield self._modules[inner]
            return
        while not name and module and module not in self._modules:
            module = module.rpartition(".")[0]
        if module in self._modules:
            yield self._modules[module]

    @cached_property
    def _folders(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for file, path in enumerate(self._paths):
            found.setdefault(path.rpartition("/")[0], []).append(file)
        return found

    def _others(self, file: int, one: str) -> Iterator[int]:
        """The file whose path ends like the import, the nearest where several do; else the files of that folder."""
        wanted = [part for part in re.split(r"/|::|\\", one) if part not in _HERE]
        if self._paths[file].endswith(".java"):
            wanted = one.split(".")
        here = self._paths[file].split("/")
        for length in range(len(wanted), max(0, len(wanted) - 2), -1):  # the last may be a name within the file
            ending = [*wanted[: length - 1], wanted[length - 1].partition(".")[0]]
            fits = [other for other in self._stems.get(ending[-1], ()) if self._folder_ends(other, ending[:-1])]
            if fits and (len(ending) > 1 or len(wanted) == 1 or one.startswith(".") or "::" in one):
                yield min(fits, key=lambda other: (-_shared(here, self._paths[other].split("/")), other))
                return
        for start in range(len(wanted)):  # Go imports folders
            if known := self._folders.get("/".join(wanted[start:])):
                yield from known[:_MANY]
                return

    def _folder_ends(self, file: int, ending: list[str]) -> bool:
        folders = self._paths[file].split("/")[:-1]
        return not ending or folders[-len(ending) :] == ending


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _shared(here: Sequence[str], there: Sequence[str]) -> int:
    count = 0
    for mine, other in zip(here[:-1], there[:-1], strict=False):
        if mine != other:
            break
        count += 1
    return count
