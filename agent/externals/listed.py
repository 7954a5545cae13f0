"""What a command line lists: files and directories of patches, and who is said to have made them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.errors import UserError


@dataclass(frozen=True, slots=True)
class Listed:
    """`NAME=FILE`, or just `FILE`."""

    path: Path
    name: str | None = None
    """The source, where the user says it."""

    def __str__(self) -> str:
        return str(self.path)


def parse_listed(texts: Sequence[str]) -> tuple[Listed, ...]:
    """What arguments say. A file whose own name holds a `=` is taken for the file.

    Raises:
        UserError: there is nothing of that name, a source has no name, or something is given twice.
    """
    found = tuple(map(_parse, texts))
    seen: dict[Path, Listed] = {}
    for one in found:
        place = one.path.resolve()
        if place in seen:
            also = "" if str(one) == str(seen[place]) else f", also as {seen[place]}"
            raise UserError(f"{one} is given twice{also}")
        seen[place] = one
    return found


def _parse(text: str) -> Listed:
    path = Path(text).expanduser()
    if path.exists():
        return Listed(path)
    name, mark, rest = text.partition("=")
    if not mark:
        raise UserError(f"there is no file {text!r}; it was looked for in {Path.cwd()}")
    if not name.strip():
        raise UserError(f"{text!r} says a file and no name: write NAME={rest}")
    path = Path(rest).expanduser()
    if not path.exists():
        raise UserError(f"there is no file {rest!r}, said to be by {name.strip()!r}; it was looked for in {Path.cwd()}")
    return Listed(path, name.strip())


def heads(listed: Sequence[Listed], names: Sequence[str]) -> list[str]:
    """What each is called by itself: by its own name, or by its path where names clash."""
    count = Counter(names)
    return [name if count[name] == 1 else str(one) for one, name in zip(listed, names, strict=True)]
