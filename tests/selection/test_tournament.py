"""Who meets whom, and what duels are worth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.matrices import matrices, written

from selection import OutcomeMatrix
from selection.tournament import (
    ENOUGH,
    MOST,
    NEITHER,
    WIN,
    Duel,
    believed,
    contenders,
    next_pair,
    pair_weights,
    weights,
)

FOUR = written("uuu", {"a": "suu", "b": "usu", "c": "uus", "d": "ssu", "e": "suu"})
BELIEFS = {"a": 0.3, "b": 0.35, "c": 0.2, "d": 0.04, "e": 0.3}
FIELD = contenders(FOUR, BELIEFS)


def won(winner: str, loser: str) -> Duel:
    return Duel(winner, loser, 1, "p", verdicts=(winner, winner))


def met(field_pair: object) -> str:
    """The names of a pair as one word."""
    return "".join(sorted(one.candidate.digest for one in field_pair)) if isinstance(field_pair, tuple) else ""


def test_representatives_of_what_is_believed_in() -> None:
    """One a behaviour, the likeliest first; what hardly anything speaks for does not play."""
    assert [(one.candidate.digest, len(one.members)) for one in FIELD] == [("b", 1), ("a", 2), ("c", 1)]


def test_four_at_most() -> None:
    """Six pairs are enough."""
    matrix = written(
        "uuuuu", {name: "".join("s" if i == n else "u" for i in range(5)) for n, name in enumerate("abcde")}
    )
    assert len(contenders(matrix, dict.fromkeys("abcde", 0.2))) == MOST == 4


def test_the_least_certain_pair_comes_first() -> None:
    """That of the highest product; then the others, each once."""
    duels: list[Duel] = []
    order: list[str] = []
    while pair := next_pair(FIELD, duels):
        order.append(met(pair))
        duels.append(Duel(pair[0].candidate.digest, pair[1].candidate.digest, 1))
    assert order == ["ab", "bc", "ac"]


def test_a_lead_ends_it() -> None:
    """A second duel that the leader wins leaves no doubt worth a third."""
    two = contenders(FOUR, {"a": 0.5, "b": 0.5})
    assert met(next_pair(two, [])) == "ab"
    assert next_pair(two, [won("a", "b")]) is None
    shares = believed(two, [won("a", "b")])
    assert shares["a"] - shares["b"] >= ENOUGH


def test_a_win_is_worth_the_log_odds_of_the_judge() -> None:
    """1.1 nats between the two; the shares move accordingly, and all others only make room."""
    assert math.log(3) == pytest.approx(WIN)
    before, after = believed(FIELD, []), believed(FIELD, [won("a", "b")])
    assert math.log(after["a"] / after["b"]) - math.log(before["a"] / before["b"]) == pytest.approx(WIN)
    moved = weights(FIELD, [won("a", "b")])
    assert moved["a"] == moved["e"]
    assert moved["a"] - moved["b"] == pytest.approx(WIN)
    assert moved["c"] == 0
    assert pair_weights([won("a", "b"), Duel("a", "c", 1)]) == {("a", "b"): WIN}


@pytest.mark.parametrize(
    "verdicts",
    [(None, None), ("a", None), (None, "a"), ("a", "b"), ("b", "a"), ("a", NEITHER), (NEITHER, NEITHER), ("x", "x")],
)
def test_contradictions_are_no_evidence(verdicts: tuple[str | None, str | None]) -> None:
    """Nor is what could not be read, nor that none is right."""
    duel = Duel("a", "b", 1, "p", verdicts=verdicts)
    assert (duel.winner, duel.loser) == (None, None)
    assert believed(FIELD, [duel]) == pytest.approx(believed(FIELD, []))


def test_behaviours_found_alike_are_one() -> None:
    """They share belief, what their duels say, and do not meet; whom one met, the other need not."""
    duels = [Duel("a", "b", 3, alike=True)]
    shares = believed(FIELD, duels)
    assert shares["a"] == shares["b"] == pytest.approx(0.65 / 0.85)
    assert next_pair(FIELD, duels) is None
    against = weights(FIELD, [*duels, won("c", "b")])
    assert against["a"] == against["b"] == against["e"] < 0 < against["c"]


def test_a_duel_within_one_behaviour_says_nothing() -> None:
    """The two were told apart once, and later found alike through a third: that cannot be, so neither gains."""
    duels = [won("a", "b"), Duel("b", "c", 3, alike=True), Duel("a", "c", 3, alike=True)]
    assert set(weights(FIELD, duels).values()) == {0.0}


@given(matrices(least=1), st.data())
def test_shares_are_shares(matrix: OutcomeMatrix, data: st.DataObject) -> None:
    """Of different behaviours they sum to 1, whatever the duels; the tournament ends within six."""
    beliefs = {candidate.digest: data.draw(st.floats(0.05, 1)) for candidate in matrix.candidates}
    field = contenders(matrix, beliefs)
    duels: list[Duel] = []
    while pair := next_pair(field, duels):
        one, other = (contender.candidate.digest for contender in pair)
        ended = data.draw(
            st.sampled_from([won(one, other), won(other, one), Duel(one, other, 3, alike=True), Duel(one, other, 1)])
        )
        duels.append(ended)
        assert len(duels) <= 6
    assert all(0 <= share <= 1 + 1e-9 for share in believed(field, duels).values())
    if not any(duel.alike for duel in duels):
        assert math.fsum(believed(field, duels).values()) == pytest.approx(1)
