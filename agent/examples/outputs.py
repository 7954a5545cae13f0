"""Outputs that an issue shows of its examples, as patterns that `selection.examples` looks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.examples.pieces import Code, Piece, Prose
from agent.examples.sessions import exception_of
from agent.examples.words import Verdict, gives, gives_rightly, instead, should_give, verdict_of
from selection.normalise import normalise

_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the issue wants to see and what it complains about, as patterns."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    def __add__(self, other: "Outputs") -> "Outputs":
        return Outputs(
            tuple(dict.fromkeys(self.wanted + other.wanted)), tuple(dict.fromkeys(self.unwanted + other.unwanted))
        )


NOTHING: Final = Outputs()


def tied(number: int, shown: str) -> str:
    """The pattern of exactly this output of the step with this number."""
    return f"#{number}\n{normalise(shown)}"


def outputs_after(pieces: Sequence[Piece], place: int, programs: frozenset[int], step: int | None = None) -> Outputs:
    """What is said of the block at `place` before the next of `programs` begins.

    `step` is the only one of the block's that shows something, if there is one: a value in a sentence is its.
    """
    found = NOTHING
    said = ""
    for piece in pieces[place + 1 :]:
        if isinstance(piece, Prose):
            said = piece.text
            found += _announced(piece, step)
        elif piece.number in programs:
            break
        else:
            found += _shown(piece, said)
    return found


def _shown(code: Code, said: str) -> Outputs:
    verdict = verdict_of(said)
    raised = exception_of(code.text)
    text = normalise(raised or code.text)
    if raised is not None and verdict is not Verdict.WANTED:
        return Outputs(unwanted=(text,))
    if verdict is None or len(text) < _SHORTEST or code.language == "diff":
        return NOTHING
    return Outputs(wanted=(text,)) if verdict is Verdict.WANTED else Outputs(unwanted=(text,))


def _announced(prose: Prose, step: int | None) -> Outputs:
    """A value quoted in a sentence: "it should be `x`"."""
    words = ""
    for is_code, text in prose.parts:
        if is_code:  # what comes after it may be said of it, and not of the block
            value = tied(step, text) if step is not None else normalise(text) if len(text) >= _SHORTEST else ""
            return Outputs(wanted=(value,)) if value and should_give(words) else NOTHING
        words = text
    return NOTHING


def is_value(words: str) -> bool:
    """Whether what follows the words is a value, and nothing to run."""
    return should_give(words) or instead(words)


def outputs_quoted(prose: Prose, call: int, number: int) -> Outputs:
    """What the sentence says that the call, the part of it at `call`, gives and should give, as step `number`."""
    parts = prose.parts[call + 1 :]
    if len(parts) < 2 or not gives(parts[0][1]):
        return NOTHING
    got = tied(number, parts[1][1])
    if gives_rightly(parts[0][1]):
        return Outputs(wanted=(got,))
    wanted = (tied(number, parts[3][1]),) if len(parts) > 3 and instead(parts[2][1]) else ()
    return Outputs(wanted, (got,))
