"""What a journal says was paid for, read without opening it for work."""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from agent.messages import Completion

_COMPLETION = TypeAdapter(Completion)


def recorded_completions(journal: Path) -> Iterator[tuple[str, int, Completion]]:
    """Stage, trajectory and completion of every answer in a journal. A torn last line is left out, as at replay."""
    with journal.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                return
            note = json.loads(line)
            if note["kind"] == "completion":
                about = note["about"]
                yield about["stage"], about["trajectory"], _COMPLETION.validate_python(note["value"])
