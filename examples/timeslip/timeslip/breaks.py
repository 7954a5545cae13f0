"""What lies between the entries: breaks, and entries that overlap."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from timeslip.entry import Entry


@dataclass(frozen=True)
class Break:
    """A stretch between two entries of one day in which nothing was logged."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        """How long it lasted, in whole minutes."""
        return int((self.end - self.start).total_seconds()) // 60

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def group_by_day(entries: Iterable[Entry]) -> dict[date, list[Entry]]:
    """The entries of each day, earliest first."""
    days: dict[date, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.start):
        days[entry.day].append(entry)
    return dict(days)


def find_breaks(entries: Iterable[Entry], shortest: int = 5) -> list[Break]:
    """The breaks of every day that last at least `shortest` minutes, earliest first."""
    breaks: list[Break] = []
    for worked in group_by_day(entries).values():
        for before, after in pairwise(worked):
            pause = Break(before.end, after.start)
            if pause.minutes >= shortest:
                breaks.append(pause)
    return breaks


def find_overlaps(entries: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """The pairs of entries that were running at the same time."""
    ordered = sorted(entries, key=lambda entry: entry.start)
    return [
        (first, second)
        for index, first in enumerate(ordered)
        for second in ordered[index + 1 :]
        if first.overlaps(second)
    ]
