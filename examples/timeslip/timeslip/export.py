"""Entries as comma-separated values, for spreadsheets."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from timeslip.entry import Entry

FIELDS = ("date", "start", "end", "minutes", "project", "note", "tags")


def to_csv(entries: Iterable[Entry]) -> str:
    """Write entries, one a row, below a row of field names."""
    target = io.StringIO()
    writer = csv.DictWriter(target, FIELDS, lineterminator="\n")
    writer.writeheader()
    for entry in entries:
        writer.writerow(
            {
                "date": entry.day.isoformat(),
                "start": f"{entry.start:%Y-%m-%dT%H:%M}",
                "end": f"{entry.end:%Y-%m-%dT%H:%M}",
                "minutes": entry.minutes,
                "project": entry.project,
                "note": entry.note,
                "tags": " ".join(entry.tags),
            }
        )
    return target.getvalue()


def from_csv(text: str) -> list[Entry]:
    """Read what `to_csv` wrote."""
    rows = csv.DictReader(io.StringIO(text))
    missing = [field for field in FIELDS if field not in (rows.fieldnames or [])]
    if missing:
        raise ValueError(f"no column named {', '.join(missing)}")
    return [
        Entry(
            start=datetime.fromisoformat(row["start"]),
            end=datetime.fromisoformat(row["end"]),
            project=row["project"],
            note=row["note"],
            tags=tuple(row["tags"].split()),
        )
        for row in rows
    ]
