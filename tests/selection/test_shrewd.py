"""The default's weighing: what its examples say, and broken variants that each break the example about it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.evidence_examples import EXAMPLES
from support.matrices import matrices, written

from selection import Behaviour, Method, Outcome, OutcomeMatrix, Selection, method
from selection.examples import example_evidence
from selection.shrewd import decide
from selection.weigh import Weighed, Weight, weigh


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_weighing_does_what_it_says(example: str) -> None:
    """Each example is a sentence about it."""
    EXAMPLES[example](method("evidence"))


def seeing(change: Callable[[OutcomeMatrix], OutcomeMatrix]) -> Method:
    """The method, blind in one way: it is shown a changed matrix."""

    def choose(matrix: OutcomeMatrix, *, seed: int) -> Selection:
        return method("evidence")(change(matrix), seed=seed)

    return choose


def weighing(change: Callable[[Weight], Weight]) -> Method:
    """The method with each hypothesis weighed in another way."""

    def choose(matrix: OutcomeMatrix, *, seed: int) -> Selection:
        del seed
        examples = {digest: one.ratio for digest, one in example_evidence(matrix).items()}
        weighed = weigh(matrix, examples)
        return decide(matrix, replace(weighed, weights=tuple(map(change, weighed.weights))), examples)

    return choose


def unshown_as_base(matrix: OutcomeMatrix) -> OutcomeMatrix:
    filled = {(c.digest, p.digest): matrix.base_behaviours[p.digest] for c in matrix.candidates for p in matrix.probes}
    return replace(matrix, behaviours={**filled, **matrix.behaviours})


def nothing_like_the_base(matrix: OutcomeMatrix) -> OutcomeMatrix:
    return replace(matrix, base_behaviours={p.digest: Behaviour(1, "else") for p in matrix.probes})


def missing_as_failed(matrix: OutcomeMatrix) -> OutcomeMatrix:
    keys = [(c.digest, s.digest) for c in matrix.candidates for s in matrix.scripts]
    return replace(matrix, cells={key: matrix.cells.get(key, Outcome.UNSOLVED) for key in keys})


def regression_as_filter(matrix: OutcomeMatrix) -> OutcomeMatrix:
    return replace(matrix, candidates=tuple(c for c in matrix.candidates if not matrix.regressions.get(c.digest)))


def common_regressions_counted(matrix: OutcomeMatrix) -> OutcomeMatrix:
    alone = replace(matrix.candidates[0], digest="zzz", patch=b"x" * 99)
    more = {**matrix.regressions, "zzz": frozenset({"test_q"})}
    return replace(matrix, candidates=(*matrix.candidates, alone), regressions=more)


def all_strangers(matrix: OutcomeMatrix) -> OutcomeMatrix:
    made = (replace(c, origins=tuple(o.replace(" ", "-") for o in c.origins)) for c in matrix.candidates)
    return replace(matrix, candidates=tuple(made))


MUTANTS: dict[str, tuple[Method, str]] = {
    "tests are ignored": (seeing(lambda m: replace(m, regressions={})), "regressions_are_weighed"),
    "tests have the wrong sign": (weighing(lambda w: replace(w, tests=-w.tests)), "regressions_are_weighed"),
    "tests are a filter": (seeing(regression_as_filter), "regressions_are_no_filter"),
    "common failures count": (seeing(common_regressions_counted), "what_all_break_tells_none_apart"),
    "examples are ignored": (weighing(lambda w: replace(w, examples=0.0)), "the_complaint_must_be_gone"),
    "examples have the wrong sign": (
        weighing(lambda w: replace(w, examples=-w.examples)),
        "another_exception_is_no_solution",
    ),
    "not run is unchanged": (seeing(unshown_as_base), "an_example_that_was_not_run_says_nothing"),
    "the base of the examples is ignored": (
        seeing(nothing_like_the_base),
        "to_leave_everything_as_it_was_is_no_agreement",
    ),
    "agreement is ignored": (
        weighing(lambda w: replace(w, agreement=0.0)),
        "what_behaves_alike_and_not_as_the_base_supports_each_other",
    ),
    "relatives are strangers": (seeing(all_strangers), "strangers_are_more_support_than_relatives"),
    "scripts are ignored": (
        weighing(lambda w: replace(w, scripts=0.0)),
        "what_strangers_scripts_accept_beats_more_samples",
    ),
    "scripts decide alone": (weighing(lambda w: Weight(scripts=w.scripts)), "one_script_alone_is_no_judge"),
    "missing is a failure": (seeing(missing_as_failed), "a_missing_cell_is_no_failure"),
    "plain votes instead": (method("votes-valid"), "two_that_scripts_accept_beat_one_with_more"),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_weighing_is_caught_by_its_example(mutant: str) -> None:
    """Who breaks it in this way breaks the named example."""
    choose, example = MUTANTS[mutant]
    with pytest.raises(AssertionError):
        EXAMPLES[example](choose)


@given(matrix=matrices(least=1))
def test_every_candidate_is_weighed(matrix: OutcomeMatrix) -> None:
    """In one hypothesis at least; beliefs in hypotheses sum to 1."""
    weighed = weigh(matrix, {})
    assert {member.digest for members in weighed.sets for member in members} == {c.digest for c in matrix.candidates}
    assert sum(weighed.posterior) == pytest.approx(1.0)


@given(matrix=matrices(least=2), ratio=st.floats(0.1, 3.0))
def test_more_evidence_never_makes_less_of_a_candidate(matrix: OutcomeMatrix, ratio: float) -> None:
    """What speaks for the winner, be it an example or a duel, leaves it the winner."""
    winner = decide(matrix, weigh(matrix, {}), {}).winner
    assert winner is not None
    ours = {winner.digest: ratio}
    for weighed in (weigh(matrix, ours), weigh(matrix, {}, ours)):
        assert alike(weighed, winner.digest) or decide(matrix, weighed, {}).winner == winner


def alike(weighed: Weighed, digest: str) -> bool:
    """Whether another candidate shares each of its hypotheses, so that evidence for one is evidence for both."""
    return any(len(members) > 1 and digest in {m.digest for m in members} for members in weighed.sets)


def test_belief_is_shared_among_what_cannot_be_told_apart() -> None:
    """Ten strangers of which nothing is known: nobody is sure of one."""
    matrix = written("", dict.fromkeys("abcdefghij", ""))
    assert method("evidence")(matrix, seed=0).confidence < 0.35
