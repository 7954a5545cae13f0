"""Settings files: YAML in which every value is a single scalar.

Read as a tree of nodes, never as Python objects: lines are known for error messages, no tag can construct
anything, and aliases have nothing to multiply.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from agent.settings import Settings

_LARGEST: Final = 64 * 1024
_NULL: Final = "tag:yaml.org,2002:null"
_PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp")
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a file: a key, its value's text (None for YAML's null), and where it stands."""

    key: str
    value: str | None
    where: str


@dataclass(frozen=True, slots=True)
class Problem:
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def dump_settings(settings: Settings) -> str:
    """YAML that loads back to the same value."""
    values: dict[str, object] = settings.model_dump(mode="json")
    return "".join(dump_value(key, value) for key, value in values.items())


def dump_value(key: str, value: object) -> str:
    """One setting's line, or lines, of a settings file: plain ASCII, everything else escaped."""
    return yaml.safe_dump({key: value}, width=100)


def read_file(path: Path, *, follow_links: bool = True) -> tuple[list[Entry], list[Problem]]:
    """What a settings file says, and everything that is wrong with its form.

    Only a regular file is opened: in a hostile repository a pipe would wait for ever.
    """
    try:
        mode = (path.stat() if follow_links else path.lstat()).st_mode
        if not stat.S_ISREG(mode):
            return [], [Problem(str(path), "is not a regular file")]
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        return [], [Problem(str(path), error.strerror or str(error))]
    if len(content) > _LARGEST:
        return [], [Problem(str(path), f"is larger than {_LARGEST} bytes; settings are a few lines")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [Problem(str(path), f"is not UTF-8 at byte {error.start}")]
    return read_text(text, str(path))


def read_text(text: str, name: str) -> tuple[list[Entry], list[Problem]]:
    """As `read_file`, for text at hand; `name` stands for it in messages."""
    try:
        root = yaml.SafeLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        return [], [Problem(f"{name}{line}", f"is not YAML: {error.problem or error.context}")]
    except yaml.YAMLError as error:
        return [], [Problem(name, f"is not YAML: {str(error).splitlines()[0]}")]
    except RecursionError:
        return [], [Problem(name, "is nested too deeply")]
    if root is None:
        return [], []
    if not isinstance(root, yaml.MappingNode):
        return [], [Problem(f"{name}:{_line(root)}", "must be a list of lines of the form `key: value`")]
    entries: list[Entry] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for found in _pairs(root, name):
        if isinstance(found, Problem):
            problems.append(found)
        elif found.key in seen:
            problems.append(Problem(found.where, f"{found.key} is already given at {seen[found.key]}"))
        else:
            seen[found.key] = found.where
            entries.append(found)
    return entries, problems


def _pairs(root: yaml.MappingNode, name: str) -> Iterator[Entry | Problem]:
    for key, value in root.value:
        where = f"{name}:{_line(key)}"
        if not isinstance(key, yaml.ScalarNode):
            yield Problem(where, "a key must be a single word")
        elif not isinstance(value, yaml.ScalarNode) or value.tag not in _PLAIN_TAGS:
            yield Problem(where, f"{key.value} must have a single plain value")
        else:
            yield Entry(key.value, None if value.tag == _NULL else value.value, where)


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
