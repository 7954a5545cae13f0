"""What the shown files define, for models that are asked for one definition by its name."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.code.outline import Item, outline
from swe_tasks.languages import language_of_path


@dataclass(frozen=True, slots=True)
class Names:
    """Names of Python definitions, each once, in order."""

    functions: tuple[str, ...]
    """Functions and methods whose name alone says which is meant."""
    classes: tuple[str, ...]


def defined_names(
    files: Mapping[str, bytes], shown: Sequence[str], only: Mapping[str, frozenset[str]] | None = None
) -> Names:
    """The definitions in those of the shown files that are Python. Of files in `only`, those of these names: no more
    of them is shown."""
    items: list[Item] = []
    seen: list[Item] = []
    for path in shown:
        if path in files and language_of_path(path) == "python":
            text = files[path].decode("utf-8", errors="replace")
            found = list(_within(outline("python", text.splitlines(), branches=True).items))
            items.extend(found)
            seen.extend(item for item in found if only is None or path not in only or item.name in only[path])
    counts = Counter(item.name for item in items)
    functions = [item.name for item in seen if item.kind == "function" and counts[item.name] == 1]
    classes = [item.name for item in seen if item.kind == "class"]
    return Names(_identifiers(functions), _identifiers(classes))


def _within(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        if item.kind == "class":
            yield from _within(item.items)


def _identifiers(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name.isidentifier()))
