"""Choosing by votes of scripts that were seen to fail on the base tree.

The rule published with CodeMonkeys (arXiv 2501.14723) counts every script that exits 0, see `selection.published`.
Here a script votes only if it exits 2 on the base tree and 0 on some candidate: one that passes on the broken code
says nothing.
"""

from selection.matrix import Candidate, Outcome, OutcomeMatrix
from selection.result import Ranked, Selection


def voting_scripts(matrix: OutcomeMatrix) -> tuple[str, ...]:
    """The scripts that exit 2 on the base tree and 0 on at least one candidate."""
    return tuple(
        script.digest
        for script in matrix.scripts
        if matrix.base.get(script.digest) is Outcome.UNSOLVED
        and Outcome.SOLVED in matrix.column(script.digest).values()
    )


def choose_by_votes(matrix: OutcomeMatrix) -> Selection:
    """Most votes, then the shorter patch, then the smaller digest."""
    voting = voting_scripts(matrix)

    def ranked(candidate: Candidate) -> Ranked:
        solved = tuple(s for s in voting if matrix.cells.get((candidate.digest, s)) is Outcome.SOLVED)
        return Ranked(candidate, len(solved), solved)

    ranking = sorted(
        map(ranked, matrix.candidates),
        key=lambda row: (-row.votes, len(row.candidate.patch), row.candidate.digest),
    )
    return Selection(tuple(ranking), voting, _rule(ranking, voting))


def _rule(ranking: list[Ranked], voting: tuple[str, ...]) -> str:
    if not ranking:
        return "no candidate"
    if len(ranking) == 1:
        return "the only candidate" + ("" if voting else ", vouched for by no script")
    first, second = ranking[0], ranking[1]
    if not voting:
        shorter = len(first.candidate.patch) < len(second.candidate.patch)
        return "no script had a vote: the " + ("shortest patch" if shorter else "smaller digest")
    if first.votes > second.votes:
        return "most votes"
    if len(first.candidate.patch) < len(second.candidate.patch):
        return "votes tied: the shorter patch"
    return "votes and length tied: the smaller digest"
