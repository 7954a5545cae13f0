"""Adds up minutes."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import TypeVar

from timeslip.entry import Entry

Key = TypeVar("Key", bound=Hashable)


def _total(entries: Iterable[Entry], key: Callable[[Entry], Key]) -> dict[Key, int]:
    totals: dict[Key, int] = {}
    for entry in entries:
        totals[key(entry)] = totals.get(key(entry), 0) + entry.minutes
    return totals


def by_project(entries: Iterable[Entry]) -> dict[str, int]:
    """Minutes of each project, the longest first."""
    totals = _total(entries, lambda entry: entry.project)
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def by_day(entries: Iterable[Entry]) -> dict[date, int]:
    """Minutes of each day, the earliest first."""
    return dict(sorted(_total(entries, lambda entry: entry.day).items()))


def by_week(entries: Iterable[Entry]) -> dict[str, int]:
    """Minutes of each week, named like `2024-W10`, the earliest first."""
    totals = _total(entries, lambda entry: f"{entry.day:%G-W%V}")
    return dict(sorted(totals.items()))


def by_tag(entries: Iterable[Entry]) -> dict[str, int]:
    """Minutes of each tag, the longest first; an entry counts for every tag it has."""
    totals: dict[str, int] = {}
    for entry in entries:
        for tag in entry.tags:
            totals[tag] = totals.get(tag, 0) + entry.minutes
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def shares(totals: Mapping[Key, int]) -> dict[Key, int]:
    """What part of the whole each total is, in whole percent."""
    whole = sum(totals.values())
    if whole == 0:
        return dict.fromkeys(totals, 0)
    return {key: round(100 * minutes / whole) for key, minutes in totals.items()}


def round_up(minutes: int, step: int) -> int:
    """The next multiple of `step`, for invoices that count in quarters of an hour."""
    if step < 1:
        raise ValueError(f"a step is at least one minute, not {step}")
    return -(-minutes // step) * step
