"""JSON files whose entries are objects: datasets and predictions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from swe_tasks.errors import DatasetError

_MOST_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class Record:
    where: str
    """Its place in the file, for messages: `line 3`, `entry 3`, `entry 'key'`."""
    value: Mapping[str, object]
    key: str | None = None
    """Its name, in a file that is one object."""


def read_lines(path: Path) -> tuple[Record, ...]:
    """The objects of a file of JSON lines. Empty lines are skipped.

    Raises:
        DatasetError: the file cannot be read, or some of its lines are no objects; with their numbers.
    """
    found: list[Record] = []
    problems: list[str] = []
    # Not `splitlines`: JSON may hold separators that it takes for line ends.
    for number, line in enumerate(_read(path).removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = _parse(line)
        except ValueError as error:
            problems.append(f"line {number} is not JSON: {error}")
            continue
        if isinstance(value, dict):
            found.append(Record(f"line {number}", value))
        else:
            problems.append(f"line {number} is {kind(value)}, not an object")
    refuse(str(path), problems)
    return tuple(found)


def read_whole(path: Path) -> JsonValue:
    """What a JSON file holds.

    Raises:
        DatasetError: it cannot be read, or is not JSON; with the line.
    """
    try:
        return _parse(_read(path).removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        line = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        hint = "; JSON lines belong into a .jsonl file" if "Extra data" in str(error) else ""
        raise DatasetError(f"{path} is not JSON{line}: {error}{hint}") from error


def entries(value: JsonValue, name: str) -> tuple[Record, ...]:
    """The objects of a list, or of an object that names them.

    Raises:
        DatasetError: there is something else; with its place.
    """
    if isinstance(value, list):
        named = [(f"entry {number}", None, item) for number, item in enumerate(value, 1)]
    elif isinstance(value, dict):
        named = [(f"entry {key!r}", key, item) for key, item in value.items()]
    else:
        raise DatasetError(f"{name} holds {kind(value)}; a list of objects is expected, or an object of objects")
    refuse(name, [f"{where} is {kind(item)}, not an object" for where, _, item in named if not isinstance(item, dict)])
    return tuple(Record(where, item, key) for where, key, item in named if isinstance(item, dict))


def refuse(name: str, problems: Sequence[str]) -> None:
    """Stop when there are problems, showing the first of them.

    Raises:
        DatasetError: there are.
    """
    if not problems:
        return
    if len(problems) == 1:
        raise DatasetError(f"{name}: {problems[0]}")
    shown = "".join(f"\n  {problem}" for problem in problems[:_MOST_PROBLEMS])
    more = f"\n  and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
    raise DatasetError(f"{name} has {len(problems)} problems:{shown}{more}")


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    names = {"bool": "true or false", "str": "text", "list": "a list", "dict": "an object", "NoneType": "null"}
    return names.get(type(value).__name__, "a number")


def carriable(text: str) -> bool:
    """Whether a text can be written as UTF-8. JSON can spell halves of surrogate pairs, which cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DatasetError(f"there is no file {str(path)!r}; it was looked for in {Path.cwd()}") from error
    except OSError as error:
        raise DatasetError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error


def _parse(raw: bytes) -> JsonValue:
    try:
        return cast("JsonValue", json.loads(raw.decode()))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
