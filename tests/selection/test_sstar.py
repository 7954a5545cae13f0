"""S* against the arithmetic of its two variants, done by hand."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.matrices import matrices, shuffled, written

from selection import Candidate, OutcomeMatrix
from selection.behaviour import Behaviour, Probe
from selection.sstar import Judge, Verdict, choose_by_sstar, selection_of, settle

Say = Callable[[str, str], Verdict | None]


def shown_by(rows: dict[str, str]) -> OutcomeMatrix:
    """Candidates by what they print on each probe, comma between; an output that begins with `Error` is a crash."""
    outputs = {name: row.split(",") for name, row in rows.items()}
    probes = tuple(Probe(f"i{i}", f"input {i}", "written") for i in range(len(next(iter(outputs.values())))))
    return OutcomeMatrix(
        tuple(Candidate(name, b"patch", (f"trajectory {i}",)) for i, name in enumerate(rows)),
        (),
        probes=probes,
        behaviours={
            (name, f"i{i}"): Behaviour(1 if text.startswith("Error") else 0, text)
            for name, texts in outputs.items()
            for i, text in enumerate(texts)
        },
    )


GOLDEN = shown_by({"s0": "1,2,Error: x", "s1": "1,2,7", "s2": "1,3,7", "s3": "1,4,9", "s4": "1,4,9"})


def oracle(first: str, second: str) -> Verdict:
    """s3 and s4 beat the rest, otherwise equal."""
    good = {"s3", "s4"}
    if (first in good) == (second in good):
        return Verdict.EQUAL
    return Verdict.FIRST if first in good else Verdict.SECOND


@dataclass
class Counting:
    """A judge that does what it is told and counts."""

    say: Say
    read: Say = lambda first, second: None
    looks: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    code: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def judge(self) -> Judge[str]:
        async def look(one: Candidate, other: Candidate) -> str:
            self.looks += 1
            return f"{one.digest} and {other.digest}"

        async def say(one: Candidate, other: Candidate, seen: str) -> Verdict | None:
            assert {one.digest, other.digest} == set(seen.split(" and "))
            self.asked.append((one.digest, other.digest))
            return self.say(one.digest, other.digest)

        async def code(one: Candidate, other: Candidate) -> Verdict | None:
            self.code.append((one.digest, other.digest))
            return self.read(one.digest, other.digest)

        return Judge(look, say, code)


async def test_the_golden_vector_of_the_released_code() -> None:
    """Two inputs tell, s3 and s4 win both; twelve matches; the first of them is chosen."""
    played = await choose_by_sstar(GOLDEN, Counting(oracle).judge(), variant="repo")
    assert played.scores == {"s0": 0, "s1": 0, "s2": 0, "s3": 2, "s4": 2}
    assert played.matches == 12
    assert played.order[0] == "s3"
    assert [step.said for step in played.steps] == ["over probe i1: 1 / 1 / 6 points", "over probe i2: 0 / 4 points"]


async def test_the_golden_vector_of_the_paper() -> None:
    """Four whole behaviours, six matches, 1, 1, 1 and 3 points."""
    played = await choose_by_sstar(GOLDEN, Counting(oracle).judge(), variant="paper")
    assert played.scores == {"s0": 1, "s1": 1, "s2": 1, "s3": 3, "s4": 3}
    assert (played.matches, played.groups) == (6, 4)
    assert played.order[0] in {"s3", "s4"}


def test_agreement_on_the_golden_vector_picks_a_wrong_one() -> None:
    """A point for each equal output, with anybody: the case that S* exists for."""
    scores = {candidate.digest: 0 for candidate in GOLDEN.candidates}
    for probe in GOLDEN.probes:
        for one, other in combinations(scores, 2):
            if GOLDEN.behaviours[one, probe.digest] == GOLDEN.behaviours[other, probe.digest]:
                scores[one] += 1
                scores[other] += 1
    assert list(scores.values()) == [5, 6, 5, 6, 6]
    assert max(scores, key=lambda name: scores[name]) == "s1"


@pytest.mark.parametrize("variant", ["paper", "repo"])
async def test_nothing_is_asked_where_all_behave_alike(variant: str) -> None:
    """One behaviour: no match, no question."""
    counting = Counting(oracle, oracle)
    played = await choose_by_sstar(shown_by(dict.fromkeys("ab", "1,2")), counting.judge(), variant=variant)
    assert (counting.looks, counting.asked, counting.code) == (0, [], [])
    assert played.order == ("a", "b")
    assert "alike" in played.rule


@pytest.mark.parametrize("variant", ["paper", "repo"])
async def test_nobody_passes_the_public_tests(variant: str) -> None:
    """The best share of them is chosen, and nothing is asked."""
    matrix = written("uuu", {"a": "ssu", "b": "uss", "c": "sus"}, breaks={"a": ["t"], "b": [], "c": ["t", "u"]})
    counting = Counting(oracle, oracle)
    played = await choose_by_sstar(matrix, counting.judge(), variant=variant)
    assert played.order[0] == "b"
    assert counting.looks == 0
    assert "nobody passes" in played.rule


@pytest.mark.parametrize("variant", ["paper", "repo"])
async def test_all_zero_goes_to_the_judge_of_code(variant: str) -> None:
    """Matches gave nobody a point, so the code alone is judged, in both orders."""
    counting = Counting(lambda first, second: None, lambda f, s: Verdict.FIRST if f == "b" else Verdict.SECOND)
    played = await choose_by_sstar(shown_by({"a": "1", "b": "2"}), counting.judge(), variant=variant)
    assert played.order[0] == "b"
    assert counting.code == [("a", "b"), ("b", "a")]
    assert "code alone" in played.rule


@pytest.mark.parametrize(
    ("straight", "swapped", "points"),
    [
        (Verdict.FIRST, Verdict.SECOND, (1, 0)),
        (Verdict.SECOND, Verdict.FIRST, (0, 1)),
        (Verdict.EQUAL, Verdict.EQUAL, (0.5, 0.5)),
        (Verdict.FIRST, Verdict.FIRST, (0, 0)),
        (Verdict.SECOND, Verdict.SECOND, (0, 0)),
        (Verdict.FIRST, Verdict.EQUAL, (0, 0)),
        (None, Verdict.SECOND, (0, 0)),
        (None, None, (0, 0)),
    ],
)
def test_what_both_orders_are_worth(
    straight: Verdict | None, swapped: Verdict | None, points: tuple[float, float]
) -> None:
    """Contradictions and what cannot be read are no evidence."""
    assert settle(straight, swapped) == points


@pytest.mark.parametrize("position", [Verdict.FIRST, Verdict.SECOND])
@pytest.mark.parametrize("variant", ["paper", "repo"])
async def test_a_judge_of_positions_has_no_effect(variant: str, position: Verdict) -> None:
    """It gives nobody a point, so what decides is what would decide without it."""
    blind = Counting(lambda first, second: position, lambda first, second: position)
    mute = Counting(lambda first, second: None)
    with_it = await choose_by_sstar(GOLDEN, blind.judge(), variant=variant)
    without = await choose_by_sstar(GOLDEN, mute.judge(), variant=variant)
    assert with_it == without


async def test_a_crash_has_no_say_in_the_released_rule() -> None:
    """Of two, one crashes on the only input: nobody is left to meet."""
    counting = Counting(oracle)
    played = await choose_by_sstar(shown_by({"a": "Error: x", "b": "2"}), counting.judge(), variant="repo")
    assert counting.looks == 0
    assert "code alone" in played.rule


async def test_a_broken_script_has_no_say_in_the_released_rule() -> None:
    """As with any other input: who breaks it does not meet who does not."""
    counting = Counting(oracle)
    await choose_by_sstar(written("b", {"a": "b", "b": "u"}), counting.judge(), variant="repo")
    assert counting.looks == 0


async def test_only_the_best_supported_clusters_meet() -> None:
    """Of five behaviours the largest two play; the others come after them."""
    rows = {"a": "1", "b": "1", "c": "2", "d": "2", "e": "3", "f": "4", "g": "5"}
    played = await choose_by_sstar(shown_by(rows), Counting(oracle).judge(), variant="paper", most=2)
    assert (played.matches, played.groups) == (1, 5)
    assert set(played.order[:4]) == {"a", "b", "c", "d"}


async def test_the_same_two_are_judged_once() -> None:
    """The released rule lets them meet over each input; the matches count, the questions are not repeated."""
    counting = Counting(lambda first, second: Verdict.FIRST if first == "a" else Verdict.SECOND)
    played = await choose_by_sstar(shown_by({"a": "1,1,1", "b": "2,2,2"}), counting.judge(), variant="repo")
    assert (played.matches, counting.looks, len(counting.asked)) == (3, 1, 2)


async def test_an_unknown_variant_is_an_error() -> None:
    """Never a silent default."""
    with pytest.raises(ValueError, match="paper, repo"):
        await choose_by_sstar(GOLDEN, Counting(oracle).judge(), variant="papper")


@settings(max_examples=60, deadline=None)
@given(matrices(), st.randoms(use_true_random=False), st.sampled_from(["paper", "repo"]))
async def test_the_order_of_candidates_does_not_matter(
    matrix: OutcomeMatrix, draw: random.Random, variant: str
) -> None:
    """Whatever order they come in, the same is chosen for the same reason, and everybody is ranked once."""
    preferred: Say = lambda first, second: Verdict.FIRST if first < second else Verdict.SECOND  # noqa: E731 - a table
    one = await choose_by_sstar(matrix, Counting(preferred).judge(), variant=variant)
    other = await choose_by_sstar(shuffled(matrix, draw), Counting(preferred).judge(), variant=variant)
    assert (one.order, one.rule) == (other.order, other.rule)
    assert [row.candidate.digest for row in selection_of(matrix, one).ranking] == list(one.order)
    assert sorted(one.order) == sorted(candidate.digest for candidate in matrix.candidates)
