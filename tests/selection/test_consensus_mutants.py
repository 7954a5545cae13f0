"""Broken variants of the default's score, each caught by the example that is about what it breaks."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.consensus_examples import EXAMPLES

from selection import Method, Outcome, OutcomeMatrix, Selection, method
from selection.consensus import Hypothesis, consensus_of, log_evidence


def seeing(change: Callable[[OutcomeMatrix], OutcomeMatrix]) -> Method:
    """The method, blind in one way: it is shown a changed matrix."""

    def choose(matrix: OutcomeMatrix, *, seed: int) -> Selection:
        return method("consensus")(change(matrix), seed=seed)

    return choose


def weighing(evidence: Callable[[Hypothesis], float]) -> Method:
    """The method with another weighing of hypotheses."""

    def choose(matrix: OutcomeMatrix, *, seed: int) -> Selection:
        return consensus_of(matrix, evidence)

    return choose


def filled(outcome: Outcome) -> Callable[[OutcomeMatrix], OutcomeMatrix]:
    def change(matrix: OutcomeMatrix) -> OutcomeMatrix:
        keys = [(c.digest, s.digest) for c in matrix.candidates for s in matrix.scripts]
        return replace(matrix, cells={key: matrix.cells.get(key, outcome) for key in keys})

    return change


def base_ignored(matrix: OutcomeMatrix) -> OutcomeMatrix:
    return replace(matrix, base={script.digest: Outcome.UNSOLVED for script in matrix.scripts})


def broken_as_missing(matrix: OutcomeMatrix) -> OutcomeMatrix:
    return replace(matrix, cells={k: v for k, v in matrix.cells.items() if v is not Outcome.BROKEN})


def multiplicity_ignored(matrix: OutcomeMatrix) -> OutcomeMatrix:
    return replace(matrix, candidates=tuple(replace(c, origins=c.origins[:1]) for c in matrix.candidates))


def all_strangers(matrix: OutcomeMatrix) -> OutcomeMatrix:
    made = (replace(c, origins=tuple(o.replace(" ", "-") for o in c.origins)) for c in matrix.candidates)
    return replace(matrix, candidates=tuple(made))


def authors_forgotten(matrix: OutcomeMatrix) -> OutcomeMatrix:
    return replace(matrix, scripts=tuple(replace(script, origins=()) for script in matrix.scripts))


def regression_as_filter(matrix: OutcomeMatrix) -> OutcomeMatrix:
    return replace(matrix, candidates=tuple(c for c in matrix.candidates if not matrix.regressions.get(c.digest)))


def common_regressions_counted(matrix: OutcomeMatrix) -> OutcomeMatrix:
    """Strangers to all that break nothing make nothing common."""
    names = ("zzx", "zzy", "zzz")
    alone = tuple(replace(matrix.candidates[0], digest=name, origins=(name,), patch=b"x" * 99) for name in names)
    more = {**matrix.regressions, **dict.fromkeys(names, frozenset[str]())}
    return replace(matrix, candidates=(*matrix.candidates, *alone), regressions=more)


MUTANTS: dict[str, tuple[Method, str]] = {
    "missing is a failure": (seeing(filled(Outcome.UNSOLVED)), "a_missing_cell_is_no_failure"),
    "missing is a pass": (seeing(filled(Outcome.SOLVED)), "a_missing_cell_is_no_pass"),
    "broken is missing": (seeing(broken_as_missing), "a_broken_script_accepts_nothing"),
    "the base is ignored": (seeing(base_ignored), "scripts_that_pass_on_the_base_say_nothing"),
    "multiplicity is ignored": (seeing(multiplicity_ignored), "copies_of_one_tree_are_support"),
    "relatives are strangers": (seeing(all_strangers), "strangers_are_more_support_than_relatives"),
    "regressions are ignored": (seeing(lambda m: replace(m, regressions={})), "regressions_are_weighed"),
    "regressions are a filter": (seeing(regression_as_filter), "regressions_are_no_filter"),
    "common regressions count": (seeing(common_regressions_counted), "what_all_break_tells_none_apart"),
    "an author's own script counts": (
        seeing(authors_forgotten),
        "a_script_says_nothing_of_its_only_authors_patch",
    ),
    "the sign is wrong": (weighing(lambda h: -log_evidence(h)), "two_that_agree_beat_one_with_more_scripts"),
    "regressions have the wrong sign": (
        weighing(lambda h: log_evidence(replace(h, clean=h.regressed, regressed=h.clean))),
        "regressions_are_weighed",
    ),
    "only scripts count": (weighing(lambda h: h.scripts.accepted), "two_that_agree_beat_one_with_more_scripts"),
    "only members count": (weighing(lambda h: h.units.accepted), "regressions_are_weighed"),
    "plain votes instead": (method("votes-valid"), "two_that_agree_beat_one_with_more_scripts"),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_score_is_caught_by_its_example(mutant: str) -> None:
    """Who breaks the score in this way breaks the named example."""
    choose, example = MUTANTS[mutant]
    with pytest.raises(AssertionError):
        EXAMPLES[example](choose)
