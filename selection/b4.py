"""B4 (Chen et al., ASE 2024, "Towards Optimal Assessment of Plausible Code Solutions with Plausible Tests").

Each consensus set is the hypothesis that exactly its members are right and exactly the scripts of its layout are
valid. Its score is the product of four Beta evidences: the number of right samples, the number of valid scripts, how
often wrong samples pass valid scripts, and how often they pass invalid ones. As published, every script that ran
counts, and nothing is known of the base tree.
"""

from typing import Final

from selection.evidence import beta_bernoulli, log_mean, standings
from selection.matrix import OutcomeMatrix
from selection.origins import samples
from selection.result import Placed, Ranked, Selection, accepting_scripts, not_run, rank, solved_by
from selection.sets import ConsensusSet, Row, Tally, completions, consensus_sets, cut, rows_of

ALPHA: Final = 10.0
"""Prior that samples are right and scripts valid. Published values, 1000 and more, are for hundreds of programs."""
BETA: Final = 10.0
"""Prior that an invalid script refuses a wrong sample."""

_RULES = (
    "some script was run on it",
    "the likeliest consensus set",
    "consensus sets tied: more is known of it",
    "consensus sets tied: more scripts",
    "scripts tied: more origins",
    "origins tied: the shorter patch",
)


def choose_by_b4(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    """The likeliest set; in it the one that most is known of, then most scripts, most origins, the shorter patch."""
    del seed  # nothing is drawn
    # All scripts that ran count, also those that accept nothing: they say how many scripts are invalid.
    scripts = tuple(sorted({script for _, script in matrix.cells} & {script.digest for script in matrix.scripts}))
    voting, rows = accepting_scripts(matrix), rows_of(matrix, scripts)
    weights = {candidate.digest: float(samples(candidate)) for candidate in matrix.candidates}
    sets = consensus_sets(matrix.candidates, rows)
    scores = [b4_score(one, rows, weights) for one in sets]
    standing = standings(sets, scores, temperature=1.0)
    placed: list[Placed] = []
    for candidate in matrix.candidates:
        voters = solved_by(matrix, candidate, voting)
        score, belief = standing.get(candidate.digest, (None, 0.0))
        row = Ranked(candidate, len(voters), voters, belief)
        place = (
            score is None,
            -round(score or 0.0, 9),
            not_run(matrix, candidate),
            -len(voters),
            -samples(candidate),
            len(candidate.patch),
        )
        placed.append(Placed(row, place))
    ranking, rule = rank(placed, _RULES)
    return Selection(ranking, voting, rule, ranking[0].score if ranking and voting else 0.0)


def b4_score(one: ConsensusSet, rows: dict[str, Row], weights: dict[str, float]) -> float:
    """Log posterior of the hypothesis, up to a constant of the matrix."""
    right = frozenset(member.digest for member in one.members)
    size = Tally(sum(weights[digest] for digest in right), sum(weights.values()))

    def score(layout: tuple[bool, ...]) -> float:
        blocks = cut(rows, right, layout, weights=weights)
        return (
            beta_bernoulli(Tally(sum(layout), len(layout)), ALPHA, 1)
            + beta_bernoulli(size, ALPHA, 1)
            + beta_bernoulli(blocks.wrong_valid, 1, 1)
            + beta_bernoulli(blocks.wrong_invalid, 1, BETA)
        )

    return log_mean([score(layout) for layout in completions(one.layout)])
