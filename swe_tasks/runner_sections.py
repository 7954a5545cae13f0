"""The parts of `pyproject.toml` and `setup.cfg` that say how tests are run, put back as they were."""

import configparser
import re
import tomllib
from collections.abc import Sequence
from pathlib import PurePosixPath

_HEADER = re.compile(r"^\[+\s*([^\[\]\n]+?)\s*\]+[ \t]*(?:[#;].*)?$", re.MULTILINE)
_RUNNERS = {
    "pyproject.toml": re.compile(r"tool\.(pytest|coverage|tox)(\..*)?"),
    "setup.cfg": re.compile(r"(tool:)?pytest|(coverage|tox|testenv)(:.*)?|nosetests|unittest"),
}

Section = tuple[str, str]
"""A name, and all lines with the heading. What comes before the first heading has no name."""


def has_runner_sections(path: str) -> bool:
    """Whether a file of this name may say how tests are run, among other things."""
    return PurePosixPath(path).name in _RUNNERS


def with_runner_of(path: str, old: bytes | None, new: bytes | None) -> bytes | None:
    """The new content with the runner's sections of the old one. Where the two cannot be told apart, for instance
    because the new file is damaged, it is the old content. None: no such file."""
    name = PurePosixPath(path).name
    try:
        before, after = (old or b"").decode(), (new or b"").decode()
        settings = _settings(name, before)
        if _runners(name, before) == _runners(name, after) and settings == _settings(name, after):
            return new
        restored = _restored(name, before, after)
        return (restored.encode() or None) if settings == _settings(name, restored) else old
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, configparser.Error):
        return old


def _restored(name: str, old: str, new: str) -> str:
    before = _sections(old)
    originals = dict(before)
    result: list[Section] = []
    for title, text in _sections(new):
        if not _RUNNERS[name].fullmatch(title):
            # Blank lines before a section of the runner's are no change of the section before it.
            same = originals.get(title, "").rstrip() == text.rstrip()
            result.append((title, originals[title] if same and title in originals else text))
    for position, section in enumerate(before):
        if _RUNNERS[name].fullmatch(section[0]):
            _insert(result, section, after=before[position - 1][0] if position else "")
    text = "".join(f"{text}\n" if text and not text.endswith("\n") else text for _, text in result[:-1])
    return text + (result[-1][1] if result else "")


def _insert(result: list[Section], section: Section, *, after: str) -> None:
    places = [number for number, (title, _) in enumerate(result) if title == after]
    result.insert(places[-1] + 1 if places else len(result), section)


def _sections(text: str) -> list[Section]:
    marks = [("", 0), *((match[1], match.start()) for match in _HEADER.finditer(text))]
    ends = [*(start for _, start in marks[1:]), len(text)]
    found = [(title, text[start:end]) for (title, start), end in zip(marks, ends, strict=True)]
    return [section for section in found if section[1]]


def _runners(name: str, text: str) -> Sequence[Section]:
    return [(title, body.rstrip()) for title, body in _sections(text) if _RUNNERS[name].fullmatch(title)]


def _settings(name: str, text: str) -> object:
    """What the runner reads of it, however it is written down."""
    if name == "pyproject.toml":
        tools = tomllib.loads(text).get("tool", {})
        return {key: tools[key] for key in ("pytest", "coverage", "tox") if key in tools}
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    return {title: dict(parser[title]) for title in parser.sections() if _RUNNERS[name].fullmatch(title)}
