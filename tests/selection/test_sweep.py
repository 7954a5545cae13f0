"""What methods are worth on generated issues, whose right answers are known: orderings, and one floor."""

import random
import statistics
from dataclasses import replace

import pytest
from support.generator import REGIMES, Issue, Regime, generate
from support.sweep import Score, sweep, without_regressions

from selection import METHODS, Candidate, Outcome, OutcomeMatrix, method

ISSUES = 300


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    """All methods on the same issues of every regime."""
    return sweep(REGIMES, METHODS, issues=ISSUES, seed=1)


def mean_gap(scores: dict[str, Score], name: str) -> float:
    return statistics.fmean(score.gap_closed(name) for score in scores.values())


def test_evidence_closes_most_of_the_gap_on_average(scores: dict[str, Score]) -> None:
    """41 % of the way from chance to the oracle, at least, and more than any other method; consensus comes next."""
    assert mean_gap(scores, "evidence") >= 0.41
    assert mean_gap(scores, "consensus") >= 0.36
    assert sorted(METHODS, key=lambda name: -mean_gap(scores, name))[:2] == ["evidence", "consensus"]


@pytest.mark.parametrize("regime", [regime.name for regime in REGIMES])
@pytest.mark.parametrize("name", ["consensus", "evidence"])
def test_agreement_is_nowhere_worse_than_votes(scores: dict[str, Score], regime: str, name: str) -> None:
    """By more than one standard error, in no regime."""
    for votes in ("votes", "votes-valid"):
        lead, error = scores[regime].lead(name, votes)
        assert lead >= -error


def test_agreement_is_worth_more_than_votes_without_regression_tests() -> None:
    """Where no regression is known, consensus and the methods it comes from are still ahead of votes on average."""
    blind = {name: without_regressions(method(name)) for name in ("votes", "codet", "b4", "consensus", "evidence")}
    scores = sweep(REGIMES, blind, issues=100, seed=2)
    assert min(mean_gap(scores, name) for name in blind if name != "votes") > mean_gap(scores, "votes")


def test_chance_is_chance(scores: dict[str, Score]) -> None:
    """What is drawn at random closes no gap: within three standard errors of what it must be."""
    chance = statistics.fmean(score.chance for score in scores.values())
    drawn = statistics.fmean(score.solved("random") for score in scores.values())
    assert abs(drawn - chance) < 3 * 0.5 / (ISSUES * len(REGIMES)) ** 0.5


def issues(seed: int, count: int) -> list[Issue]:
    draw = random.Random(seed)
    return [generate(REGIMES[number % len(REGIMES)], draw) for number in range(count)]


@pytest.mark.parametrize("name", ["consensus", "evidence"])
def test_belief_orders_choices(name: str) -> None:
    """The half that a method is surest of is right more often than the whole."""
    chosen: list[tuple[float, bool]] = []
    for issue in issues(3, 900):
        selection = method(name)(issue.matrix, seed=0)
        assert selection.winner is not None
        chosen.append((selection.confidence, selection.winner.digest in issue.right))
    chosen.sort(key=lambda one: -one[0])
    surest = [right for _, right in chosen[: len(chosen) // 2]]
    assert statistics.fmean(surest) > statistics.fmean(right for _, right in chosen) + 0.03


def with_origin(matrix: OutcomeMatrix, candidate: Candidate, origin: str) -> OutcomeMatrix:
    """One more sample ended with the candidate's tree."""
    more = replace(candidate, origins=(*candidate.origins, origin))
    return replace(matrix, candidates=tuple(more if c == candidate else c for c in matrix.candidates))


@pytest.mark.parametrize("name", ["consensus", "evidence"])
@pytest.mark.parametrize("origin", ["a stranger", "trajectory 99"])
def test_a_supporter_of_the_winner_does_not_demote_it(origin: str, name: str) -> None:
    """Consensus scores are not strictly monotone: of 450 issues three may be lost (about 1 in 700 was measured)."""
    demoted = 0
    for issue in issues(4, 450):
        winner = method(name)(issue.matrix, seed=0).winner
        assert winner is not None
        after = method(name)(with_origin(issue.matrix, winner, origin), seed=0).winner
        demoted += after is None or after.digest != winner.digest
    assert demoted <= 3


@pytest.mark.parametrize("name", ["consensus", "evidence"])
def test_the_same_sample_again_changes_nothing(name: str) -> None:
    """Of whichever candidate: a copy from where it came from is no evidence."""
    for issue in issues(5, 50):
        before = method(name)(issue.matrix, seed=0)
        for candidate in issue.matrix.candidates:
            copied = method(name)(with_origin(issue.matrix, candidate, candidate.origins[0]), seed=0)
            assert [row.candidate.digest for row in copied.ranking] == [row.candidate.digest for row in before.ranking]
            assert copied.confidence == before.confidence


@pytest.mark.parametrize("name", ["votes", "votes-valid", "codet", "b4", "consensus", "evidence"])
def test_a_lost_outcome_helps_nobody(name: str) -> None:
    """A candidate does not win because a cell of its own got lost (b4, consensus: once in 250, evidence: in 150)."""
    draw = random.Random(3)
    helped = 0
    for issue in issues(7, 500):
        key = draw.choice(sorted(issue.matrix.cells))
        cells = {other: outcome for other, outcome in issue.matrix.cells.items() if other != key}
        before = method(name)(issue.matrix, seed=0).winner
        after = method(name)(replace(issue.matrix, cells=cells), seed=0).winner
        helped += before is not None and after is not None and before.digest != key[0] == after.digest
    assert helped <= {"b4": 2, "consensus": 2, "evidence": 3}.get(name, 0)


def damaged(issue: Issue, draw: random.Random, *, flips: float = 0.0, missing: float = 0.0) -> Issue:
    """Some cells say the opposite, some are not there."""
    other = {Outcome.SOLVED: Outcome.UNSOLVED}
    cells = {
        key: other.get(outcome, Outcome.SOLVED) if draw.random() < flips else outcome
        for key, outcome in issue.matrix.cells.items()
        if draw.random() >= missing
    }
    return replace(issue, matrix=replace(issue.matrix, cells=cells))


@pytest.mark.parametrize("method_name", ["consensus", "evidence"])
@pytest.mark.parametrize(("flips", "missing", "loss"), [(0.05, 0.0, 0.08), (0.0, 0.10, 0.05)])
def test_faults_cost_little(flips: float, missing: float, loss: float, method_name: str) -> None:
    """One cell in twenty wrong, or one in ten not there."""
    draw = random.Random(6)
    intact = issues(6, 600)
    faulty = [damaged(issue, draw, flips=flips, missing=missing) for issue in intact]
    right: dict[str, float] = {}
    for name, group in (("intact", intact), ("faulty", faulty)):
        winners = [(method(method_name)(issue.matrix, seed=0).winner, issue.right) for issue in group]
        right[name] = statistics.fmean(winner is not None and winner.digest in labels for winner, labels in winners)
    assert right["intact"] - right["faulty"] <= loss


def test_issues_are_the_same_for_the_same_seed() -> None:
    """A sweep can be repeated, and each sample is in one candidate."""
    one, other = (generate(Regime("x", samples=6), random.Random(9)) for _ in range(2))
    assert one == other
    assert sorted(o for c in one.matrix.candidates for o in c.origins) == [f"trajectory {n}" for n in range(6)]
