"""Reads the choice of a task back from its directory, to explain it."""

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.candidates import Refused
from agent.errors import RunConflict
from agent.rundir import TaskDir
from selection import OutcomeMatrix, Ranked, Selection
from selection.matrix import Step


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Row(_Record):
    candidate: str
    votes: int
    score: float = 0.0
    voters: tuple[str, ...]


class _Step(_Record):
    stage: str
    said: str


class _Refused(_Record):
    source: str
    reason: str


class _Chosen(_Record):
    """`selection.json`, as far as it is about the choice."""

    winner: str | None
    rule: str
    confidence: float
    voting_scripts: tuple[str, ...]
    ranking: tuple[_Row, ...]
    trail: tuple[_Step, ...] = ()
    refused: tuple[_Refused, ...] = ()


def read_selection(place: TaskDir, matrix: OutcomeMatrix) -> tuple[Selection, tuple[Refused, ...]]:
    """The stored choice among the candidates of `matrix`, and the patches that were no candidates.

    Raises:
        RunConflict: the file is missing, damaged, or about other candidates.
    """
    try:
        found = _Chosen.model_validate_json(place.selection.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise RunConflict(f"{place.selection} cannot be read; remove {place.result} and resume the run") from error
    by_digest = {candidate.digest: candidate for candidate in matrix.candidates}
    strangers = [row.candidate for row in found.ranking if row.candidate not in by_digest]
    if strangers:
        raise RunConflict(f"{place.selection} ranks {strangers[0]}, which is no candidate; remove {place.result}")
    selection = Selection(
        tuple(Ranked(by_digest[row.candidate], row.votes, row.voters, row.score) for row in found.ranking),
        found.voting_scripts,
        found.rule,
        found.confidence,
        tuple(Step(step.stage, step.said) for step in found.trail),
        abstained=found.winner is None and bool(found.ranking),
    )
    return selection, tuple(Refused(one.source, one.reason) for one in found.refused)
