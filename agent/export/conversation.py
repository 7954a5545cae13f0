"""Each trajectory's conversation as its journal has it, told from beginning to end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from agent.errors import RunConflict
from agent.journal import Note, read_notes
from agent.messages import Completion

_STAGES: Final = ("script", "edit")
"""As they follow each other in a trajectory; any other comes after them."""
_COMPLETION: Final = TypeAdapter(Completion)


class _About(BaseModel):
    model_config = ConfigDict(extra="ignore")

    stage: str
    trajectory: int
    ordinal: int
    messages: list[tuple[Literal["system", "user", "assistant"], str]]
    """Roles, and digests of texts."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One completion: what was said that had not been said before, and the answer."""

    stage: str
    ordinal: int
    new: tuple[tuple[str, str], ...]
    """Roles and texts."""
    completion: Completion
    at: float
    """When it was recorded, in seconds since 1970."""


def read_conversations(journal: Path) -> dict[int, tuple[Asked, ...]]:
    """Trajectory -> its completions in order. The journal is only read: somebody may be writing it.

    Raises:
        RunConflict: a line that is not the last is damaged, or a text is missing.
    """
    texts: dict[str, str] = {}
    found: dict[int, dict[tuple[int, int], tuple[_About, Note]]] = {}
    for note in read_notes(journal):
        if note.kind == "text" and isinstance(note.value, str):
            texts[note.key] = note.value
        elif note.kind == "completion":
            about = _about(note, journal)
            rank = _STAGES.index(about.stage) if about.stage in _STAGES else len(_STAGES)
            if about.trajectory >= 0:  # what is asked for a choice belongs to none
                # Asked again under other settings, the latest counts.
                found.setdefault(about.trajectory, {})[rank, about.ordinal] = (about, note)
    try:
        return {
            trajectory: tuple(_told([asked[place] for place in sorted(asked)], texts))
            for trajectory, asked in sorted(found.items())
        }
    except KeyError as error:
        raise RunConflict(f"{journal} lacks the text {error}; restore the file or start another run") from error


def _about(note: Note, journal: Path) -> _About:
    try:
        return _About.model_validate(note.about)
    except ValidationError as error:
        raise RunConflict(f"{journal} has a completion that cannot be read: {error}") from error


def _told(asked: Sequence[tuple[_About, Note]], texts: dict[str, str]) -> Iterator[Asked]:
    """Each message once. A conversation under older settings that was longer than the one that counts is cut."""
    before: _About | None = None
    at = 0.0
    for about, note in asked:
        if note.at < at:
            return
        at = note.at
        new = about.messages[_known(about, before) :]
        said = tuple((role, texts[name]) for role, name in new)
        yield Asked(about.stage, about.ordinal, said, _COMPLETION.validate_python(note.value), note.at)
        before = about


def _known(about: _About, before: _About | None) -> int:
    """How many of the messages were told already: all of an opening, and what leads up to the last answer."""
    if before is None:
        return 0
    answers = [place for place, (role, _) in enumerate(about.messages, 1) if role == "assistant"]
    same = 0
    for mine, theirs in zip(about.messages, before.messages, strict=False):
        if mine != theirs:
            break
        same += 1
    return max(same, answers[-1] if answers else 0)
