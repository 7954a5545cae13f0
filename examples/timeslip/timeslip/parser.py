"""Reads a time sheet.

A line with a date opens a day. Every other line is an entry of that day:

    09:00-10:30 acme/web: Fix the login form #frontend
    10:30 +45m acme/ops: Deploy

Empty lines and lines that start with `;` are skipped.
"""

import re
from datetime import date, datetime, timedelta

from timeslip.clock import parse_duration, parse_time
from timeslip.entry import Entry

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_RANGE = re.compile(r"(?P<start>[\d:.]+)\s*-\s*(?P<end>[\d:.]+)\s+(?P<rest>.+)")
_LENGTH = re.compile(r"(?P<start>[\d:.]+)\s*\+\s*(?P<length>\S+)\s+(?P<rest>.+)")
_TAG = re.compile(r"(?:^|\s)#([A-Za-z][\w-]*)")


class LogError(ValueError):
    """A line that cannot be read; the message begins with its number."""


def parse_log(text: str) -> list[Entry]:
    """Read a whole time sheet, in the order in which it was written."""
    entries: list[Entry] = []
    day: date | None = None
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith(";"):
            continue
        try:
            if _DATE.fullmatch(line):
                day = date.fromisoformat(line)
            elif day is None:
                raise ValueError("an entry before the first date")
            else:
                entries.append(parse_entry(line, day))
        except ValueError as error:
            raise LogError(f"line {number}: {error}") from error
    return entries


def parse_entry(line: str, day: date) -> Entry:
    """Read one entry of `day`."""
    match = _RANGE.fullmatch(line) or _LENGTH.fullmatch(line)
    if match is None:
        raise ValueError(f"not an entry: {line!r}")
    start = datetime.combine(day, parse_time(match["start"]))
    if "end" in match.groupdict():
        end = datetime.combine(day, parse_time(match["end"]))
    else:
        end = start + timedelta(minutes=parse_duration(match["length"]))
    if end <= start:
        raise ValueError(f"the entry ends before it starts: {line!r}")
    project, _, note = match["rest"].partition(":")
    return Entry(
        start=start,
        end=end,
        project=project.strip(),
        note=strip_tags(note),
        tags=find_tags(note),
    )


def find_tags(note: str) -> tuple[str, ...]:
    """The tags of a note, in lower case, each once, in order."""
    return tuple(dict.fromkeys(tag.lower() for tag in _TAG.findall(note)))


def strip_tags(note: str) -> str:
    """The note without its tags."""
    return " ".join(_TAG.sub(" ", note).split())
