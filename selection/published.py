"""Votes as CodeMonkeys published them (arXiv 2501.14723): every script that exits 0 on a candidate is a vote.

Scripts that pass on the broken code vote as well, and so does a candidate's own. A script that several trajectories
wrote votes once for each. Ties go to the shorter patch; what follows is not documented, here the smaller digest.
"""

from selection.matrix import OutcomeMatrix
from selection.result import Placed, Ranked, Selection, accepting_scripts, rank, solved_by


def choose_by_published_votes(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    """Most votes, then the shorter patch, then the smaller digest. A missing cell is no vote."""
    del seed  # nothing is drawn
    voting = accepting_scripts(matrix)
    weight = {script.digest: max(1, len(set(script.origins))) for script in matrix.scripts}

    def placed(row: Ranked) -> Placed:
        return Placed(row, (-row.votes, len(row.candidate.patch)))

    rows: list[Placed] = []
    for candidate in matrix.candidates:
        voters = solved_by(matrix, candidate, voting)
        votes = sum(weight[script] for script in voters)
        rows.append(placed(Ranked(candidate, votes, voters, votes)))
    ranking, rule = rank(rows, ["most votes", "votes tied: the shorter patch"])
    total = sum(weight[script] for script in voting)
    return Selection(ranking, voting, rule, ranking[0].votes / total if ranking and total else 0.0)
