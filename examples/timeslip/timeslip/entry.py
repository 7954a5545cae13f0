"""One line of a time sheet."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Entry:
    """A stretch of work on one project."""

    start: datetime
    end: datetime
    project: str
    note: str = ""
    tags: tuple[str, ...] = ()

    @property
    def day(self) -> date:
        """The day on which the work began; all its minutes count for that day."""
        return self.start.date()

    @property
    def minutes(self) -> int:
        """How long it took, in whole minutes."""
        return int((self.end - self.start).total_seconds()) // 60

    @property
    def client(self) -> str:
        """The first part of the project's name: `acme` of `acme/web`."""
        return self.project.split("/", 1)[0]

    def overlaps(self, other: "Entry") -> bool:
        """Whether both were running at some moment."""
        return self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        text = f"{self.start:%H:%M}-{self.end:%H:%M} {self.project}"
        if self.note:
            text += f": {self.note}"
        return text
