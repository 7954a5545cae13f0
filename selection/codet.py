"""CodeT (arXiv 2207.10397): the consensus set with the largest product of members and scripts that accept them.

As published: every script counts, nothing is known of the base tree, and a program counts as often as it was sampled.
"""

from selection.matrix import OutcomeMatrix
from selection.origins import samples
from selection.result import Placed, Ranked, Selection, accepting_scripts, not_run, rank, solved_by
from selection.sets import consensus_sets, rows_of

_RULES = (
    "the consensus set with most samples times scripts",
    "consensus sets tied: more is known of it",
    "consensus sets tied: more scripts",
    "scripts tied: more origins",
    "origins tied: the shorter patch",
)


def choose_by_codet(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    """The best set; in it the one that most is known of, then most scripts, most origins, the shorter patch."""
    del seed  # nothing is drawn
    voting = accepting_scripts(matrix)
    sets = consensus_sets(matrix.candidates, rows_of(matrix, voting))
    scores = [sum(map(samples, one.members)) * one.layout.count(True) for one in sets]
    best: dict[str, int] = {}
    for one, score in zip(sets, scores, strict=True):
        for member in one.members:
            best[member.digest] = max(score, best.get(member.digest, 0))
    rows: list[Placed] = []
    for candidate in matrix.candidates:
        voters, score = solved_by(matrix, candidate, voting), best.get(candidate.digest, 0)
        row = Ranked(candidate, len(voters), voters, score)
        rows.append(
            Placed(row, (-score, not_run(matrix, candidate), -len(voters), -samples(candidate), len(candidate.patch)))
        )
    ranking, rule = rank(rows, _RULES)
    total = sum(scores)
    return Selection(ranking, voting, rule, ranking[0].score / total if ranking and total else 0.0)
