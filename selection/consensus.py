"""The default's score: which hypothesis of right candidates and valid scripts explains all outcomes best.

Every consensus set is a hypothesis: its members are right, the scripts of its layout are valid. Unlike B4 it allows
for outcomes that flicker, counts relatives as less than strangers, knows that a script must fail on the base tree to
say anything, does not count what a script says of its own author's patch, and weighs regressions as evidence.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from selection.evidence import beta_bernoulli, log_mean, standings
from selection.matrix import Candidate, OutcomeMatrix
from selection.origins import independent_units, samples, shares_of_sources, sources
from selection.result import Placed, Ranked, Selection, not_run, rank, solved_by
from selection.sets import Blocks, Tally, completions, consensus_sets, cut, rows_of
from selection.votes import voting_scripts

TEMPERATURE: Final = 4.0
"""How much the posterior is flattened. Not fitted to recorded runs yet: confidence is no calibrated probability."""
CLEAN: Final = math.log(0.963 / 0.330)
"""Log-likelihood ratio of no regression: right patches have none in 96.3 % of cases, wrong ones in 33.0 %."""
REGRESSED: Final = math.log(0.037 / 0.670)
"""Log-likelihood ratio of some regression."""

MOST: Final = 2 / 3
"""What more than this share of independent samples breaks tells none apart."""

_RULES = (
    "accepted by a script that tells candidates apart",
    "the likeliest consensus set",
    "consensus sets tied: more is known of it",
    "consensus sets tied: more scripts",
    "scripts tied: no regression",
    "regressions tied: more origins",
    "origins tied: more sources",
    "origins tied: the shorter patch",
)
_NO_SCRIPT_TELLS = (
    "no script tells candidates apart: more scripts",
    "no script tells candidates apart: more is known of it",
    "no script tells candidates apart: no regression",
    "no script tells candidates apart: more independent origins",
    "no script tells candidates apart: the shorter patch",
)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the score of a consensus set is made from. `clean` and `regressed` count members."""

    blocks: Blocks
    scripts: Tally
    units: Tally
    clean: int
    regressed: int


def log_evidence(hypothesis: Hypothesis) -> float:
    """How well the hypothesis explains everything known, as a logarithm."""
    blocks = hypothesis.blocks
    return (
        beta_bernoulli(blocks.right_valid, 20, 1)  # members pass what they vouch for, unless it flickers
        + beta_bernoulli(blocks.right_invalid, 1, 20)  # and fail the rest
        + beta_bernoulli(blocks.wrong_valid, 1, 1.5)  # wrong patches slip through valid scripts at an unknown rate
        + beta_bernoulli(blocks.wrong_invalid, 1, 3)  # invalid scripts accept few of others' wrong patches
        + beta_bernoulli(hypothesis.scripts, 4, 1)  # most scripts are valid,
        + beta_bernoulli(hypothesis.units, 4, 1)  # and most independent candidates right
        + CLEAN * hypothesis.clean
        + REGRESSED * hypothesis.regressed
    )


def choose_by_consensus(matrix: OutcomeMatrix, *, seed: int) -> Selection:
    """The likeliest consensus set; inside it what `_RULES` says, and last the smaller digest."""
    del seed  # nothing is drawn
    return consensus_of(matrix, log_evidence)


def consensus_of(matrix: OutcomeMatrix, evidence: Callable[[Hypothesis], float]) -> Selection:
    """`choose_by_consensus` with another weighing of hypotheses."""
    voting = voting_scripts(matrix)
    telling = tuple(sorted(s for s in voting if len(set(matrix.column(s).values())) > 1))
    broken = new_regressions(matrix)
    rows = rows_of(matrix, telling)
    masked = self_cells(matrix, telling)
    weights = {candidate.digest: independent_units([candidate]) for candidate in matrix.candidates}
    everything = independent_units(matrix.candidates)
    sets = [one for one in consensus_sets(matrix.candidates, rows) if True in one.layout]
    if not sets:
        return _without_scripts(matrix, voting)

    def score(members: tuple[Candidate, ...], layout: tuple[bool, ...]) -> float:
        digests = frozenset(member.digest for member in members)
        regressed = sum(bool(broken[digest]) for digest in digests if digest in broken)
        return evidence(
            Hypothesis(
                cut(rows, digests, layout, weights=weights, masked=masked),
                Tally(sum(layout), len(layout)),
                Tally(independent_units(members), everything),
                clean=len(digests & broken.keys()) - regressed,
                regressed=regressed,
            )
        )

    scores = [log_mean([score(one.members, layout) for layout in completions(one.layout)]) for one in sets]
    standing = standings(sets, scores, TEMPERATURE)
    placed: list[Placed] = []
    for candidate in matrix.candidates:
        voters = solved_by(matrix, candidate, voting)
        value, belief = standing.get(candidate.digest, (None, 0.0))
        row = Ranked(candidate, len(voters), voters, belief)
        place = (
            value is None,
            -round(value or 0.0, 9),
            not_run(matrix, candidate),
            -len(voters),
            *_hygiene(candidate, matrix.regressions),
        )
        placed.append(Placed(row, place))
    ranking, rule = rank(placed, _RULES)
    return Selection(ranking, voting, rule, ranking[0].score)


def new_regressions(matrix: OutcomeMatrix) -> dict[str, frozenset[str]]:
    """What each candidate breaks beyond what most break: that may be what the issue asks for. Most are two thirds of
    the independent samples."""
    known = {c.digest: matrix.regressions[c.digest] for c in matrix.candidates if c.digest in matrix.regressions}
    support = shares_of_sources([candidate for candidate in matrix.candidates if candidate.digest in known])
    counts: Counter[str] = Counter()
    for digest, broken in known.items():
        counts.update(dict.fromkeys(broken, support[digest]))
    most = MOST * math.fsum(support.values())
    common = {test for test, count in counts.items() if len(known) > 1 and count > most}
    return {digest: broken - common for digest, broken in known.items()}


def self_cells(matrix: OutcomeMatrix, scripts: tuple[str, ...]) -> frozenset[tuple[str, int]]:
    """Cells of a script on the patch of its only author. Authors go on until it passes: it says nothing."""
    authors = {script.digest: frozenset(script.origins) for script in matrix.scripts}
    return frozenset(
        (candidate.digest, place)
        for place, script in enumerate(scripts)
        if authors[script]
        for candidate in matrix.candidates
        if authors[script] <= set(candidate.origins)
    )


def _hygiene(candidate: Candidate, broken: Mapping[str, frozenset[str]]) -> tuple[float, ...]:
    """Fewer regressions (not known is between none and one), more samples, more sources, the shorter patch."""
    regressions = len(broken[candidate.digest]) if candidate.digest in broken else 0.5
    return regressions, -samples(candidate), -sources(candidate), len(candidate.patch)


def _without_scripts(matrix: OutcomeMatrix, voting: tuple[str, ...]) -> Selection:
    """Regressions first, then independent samples: what is left where no script tells candidates apart."""
    placed: list[Placed] = []
    for candidate in matrix.candidates:
        voters = solved_by(matrix, candidate, voting)
        regressions, *_, length = _hygiene(candidate, matrix.regressions)
        place = (-len(voters), not_run(matrix, candidate), regressions, -independent_units([candidate]), length)
        placed.append(Placed(Ranked(candidate, len(voters), voters), place))
    ranking, rule = rank(placed, _NO_SCRIPT_TELLS)
    return Selection(ranking, voting, rule)
