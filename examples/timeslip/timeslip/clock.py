"""Times of day and durations, as people write them."""

import re
from datetime import time

_TIME = re.compile(r"(\d{1,2})[:.](\d{2})")
_CLOCK = re.compile(r"(\d+):([0-5]\d)")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([hm])")


def parse_time(text: str) -> time:
    """Read a time of day such as `9:05` or `17.30`."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a time of day: {text!r}")
    hour, minute = int(match[1]), int(match[2])
    if hour > 23 or minute > 59:
        raise ValueError(f"no such time of day: {text!r}")
    return time(hour, minute)


def parse_duration(text: str) -> int:
    """Read a duration such as `90m`, `2h`, `1h15m`, `1.5h` or `1:15`; returns minutes.

    Raises ValueError when the text is not a duration.
    """
    cleaned = text.strip().lower()
    clock = _CLOCK.fullmatch(cleaned)
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    minutes = 0.0
    for number, unit in _PART.findall(cleaned):
        if unit == "h":
            minutes += float(number) * 60
        else:
            minutes += float(number)
    if minutes == 0:
        raise ValueError(f"not a duration: {text!r}")
    return round(minutes)


def format_duration(minutes: int) -> str:
    """Write minutes as `1:15`."""
    sign = "-" if minutes < 0 else ""
    hours, rest = divmod(abs(minutes), 60)
    return f"{sign}{hours}:{rest:02d}"
