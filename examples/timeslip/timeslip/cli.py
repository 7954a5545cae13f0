"""The command line."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from timeslip.breaks import find_breaks
from timeslip.clock import format_duration
from timeslip.entry import Entry
from timeslip.export import to_csv
from timeslip.parser import LogError, parse_log
from timeslip.table import bar, render
from timeslip.totals import by_day, by_project, by_tag, by_week, shares

GROUPS = {"project": by_project, "day": by_day, "week": by_week, "tag": by_tag}


def report(totals: Mapping[object, int], head: str) -> str:
    """A table of totals with their shares."""
    parts = shares(totals)
    rows = [(str(key), format_duration(minutes), f"{parts[key]}%", bar(parts[key])) for key, minutes in totals.items()]
    return render(rows, (head, "hours", "share", ""), right=(1, 2))


def breaks_report(entries: Sequence[Entry]) -> str:
    """A table of the breaks of each day."""
    rows = [
        (pause.start.date().isoformat(), str(pause), format_duration(pause.minutes)) for pause in find_breaks(entries)
    ]
    return render(rows, ("day", "break", "length"), right=(2,))


def build_parser() -> argparse.ArgumentParser:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog="timeslip", description="Adds up a plain text work log.")
    parser.add_argument("log", type=Path, help="the text file with your hours")
    parser.add_argument("--by", choices=sorted(GROUPS), default="project", help="what to add up by")
    parser.add_argument("--breaks", action="store_true", help="show the breaks of each day")
    parser.add_argument("--csv", action="store_true", help="write the entries as CSV")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    options = build_parser().parse_args(arguments)
    try:
        entries = parse_log(options.log.read_text(encoding="utf-8"))
    except (OSError, LogError) as error:
        print(f"timeslip: {error}", file=sys.stderr)
        return 1
    if options.csv:
        print(to_csv(entries), end="")
    elif options.breaks:
        print(breaks_report(entries))
    else:
        print(report(GROUPS[options.by](entries), options.by))
    return 0


if __name__ == "__main__":
    sys.exit(main())
