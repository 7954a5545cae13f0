"""What a journal says was paid for, read without opening it for work."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from agent.journal import read_notes
from agent.messages import Completion

_COMPLETION = TypeAdapter(Completion)


def recorded_completions(journal: Path) -> Iterator[tuple[str, int, Completion]]:
    """Stage, trajectory and completion of every answer in a journal, and what was paid for vectors.

    Raises:
        RunConflict: the journal is damaged.
    """
    for note in read_notes(journal):
        match note.kind, note.about, note.value:
            case "completion", {"stage": str(stage), "trajectory": int(trajectory)}, value:
                yield stage, trajectory, _COMPLETION.validate_python(value)
            case "embedding", {"stage": str(stage)}, {"receipt": dict(receipt)}:
                yield stage, -1, _COMPLETION.validate_python(receipt)
            case _:  # an execution, an event or a text
                pass
