"""Plain text time sheets."""

from timeslip.breaks import find_breaks, find_overlaps
from timeslip.clock import format_duration, parse_duration, parse_time
from timeslip.entry import Entry
from timeslip.parser import LogError, parse_log
from timeslip.totals import by_day, by_project, by_tag, by_week, shares

__all__ = [
    "Entry",
    "LogError",
    "by_day",
    "by_project",
    "by_tag",
    "by_week",
    "find_breaks",
    "find_overlaps",
    "format_duration",
    "parse_duration",
    "parse_log",
    "parse_time",
    "shares",
]
