"""The default's choice as far as it needs no model: what all evidence speaks for, and its best member."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

from selection.calibration import calibrated
from selection.examples import example_evidence
from selection.likeness import likeness
from selection.matrix import Candidate, OutcomeMatrix, Step
from selection.origins import samples, sources
from selection.result import Placed, Ranked, Selection, not_run, rank, solved_by
from selection.votes import voting_scripts
from selection.weigh import Weighed, Weight, weigh

_RULES: Final = (
    "the weight of evidence",
    "evidence tied: the examples of the issue",
    "evidence tied: more is known of it",
    "evidence tied: more scripts",
    "scripts tied: fewer regressions",
    "regressions tied: more origins",
    "origins tied: more sources",
    "sources tied: more like the others",
    "likeness tied: the shorter patch",
)


def choose_by_evidence(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    """The likeliest hypothesis; inside it what `_RULES` says, and last the smaller digest."""
    del seed  # nothing is drawn
    examples = {digest: one.ratio for digest, one in example_evidence(matrix).items()}
    return decide(matrix, weigh(matrix, examples), examples)


def decide(matrix: OutcomeMatrix, weighed: Weighed, examples: Mapping[str, float]) -> Selection:
    """Rank the candidates by the hypotheses they belong to."""
    voting, best, alike = voting_scripts(matrix), weighed.best(), likeness(matrix.candidates)
    placed: list[Placed] = []
    for candidate in matrix.candidates:
        voters, digest = solved_by(matrix, candidate, voting), candidate.digest
        weight, belief = best[digest]
        place = (
            -round(weight.total, 9),
            -examples.get(digest, 0.0),
            not_run(matrix, candidate),
            -len(voters),
            len(matrix.regressions[digest]) if digest in matrix.regressions else 0.5,
            -samples(candidate),
            -sources(candidate),
            -round(alike[digest], 9),
            len(candidate.patch),
        )
        placed.append(Placed(Ranked(candidate, len(voters), voters, belief), place))
    ranking, rule = rank(placed, _RULES)
    lead = _lead([best[row.candidate.digest][0] for row in ranking])
    rule = f"{lead}{'' if rule == _RULES[0] else f'; {rule}'}" if lead else rule
    belief = calibrated(ranking[0].score) if len(ranking) > 1 else None  # one alone is likeliest, whatever it is
    return Selection(ranking, voting, rule, belief, _trail(ranking, best))


def _lead(weights: Sequence[Weight]) -> str:
    """What put the first hypothesis before the next one; empty where all weigh the same."""
    others = [weight for weight in weights if round(weight.total, 9) != round(weights[0].total, 9)]
    if not others:
        return ""
    leads = {one.name: getattr(weights[0], one.name) - getattr(others[0], one.name) for one in fields(Weight)}
    return f"{_RULES[0]}, mostly {max(leads, key=lambda name: leads[name])}"


def _trail(ranking: tuple[Ranked, ...], best: Mapping[str, tuple[Weight, float]]) -> tuple[Step, ...]:
    """The parts of each candidate's weight."""

    def line(candidate: Candidate) -> str:
        weight, belief = best[candidate.digest]
        parts = ", ".join(f"{one.name} {getattr(weight, one.name):+.2f}" for one in fields(Weight))
        return f"{candidate.digest[:8]}: {parts}; believed to {belief:.0%}"

    return tuple(Step("weight", line(row.candidate)) for row in ranking)
