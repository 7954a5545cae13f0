"""The default's score: what its examples say, numbers calculated apart, and regressions."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.consensus_examples import EXAMPLES
from support.matrices import matrices, written

from selection import OutcomeMatrix, method
from selection.consensus import CLEAN, REGRESSED


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_score_does_what_it_says(example: str) -> None:
    """Each example is a sentence about the score."""
    EXAMPLES[example](method("consensus"))


@pytest.mark.parametrize(
    ("rows", "authors", "belief"),
    [
        (
            {"a": "ssuu", "b": "ssuu", "c": "susu", "d": "uuus", "e": "uuuu"},
            "",
            "0.548230 0.548230 0.226744 0.225026 0",
        ),
        (
            {"a": "ssuu", "b": "ssuu", "c": "susu", "d": "uuus", "e": "uuuu"},
            "abcd",
            "0.533877 0.533877 0.2726 0.193523 0",
        ),
        ({"a": "ssu", "b": "ssu", "c": "sss", "d": "uus"}, "", "0.394743 0.394743 0.389171 0.216087"),
        ({"a": "ssu", "b": "ssu", "c": "sss", "d": "uus"}, "abc", "0.341122 0.341122 0.395458 0.263419"),
    ],
)
def test_belief_is_what_the_formula_gives(rows: dict[str, str], authors: str, belief: str) -> None:
    """Calculated apart from it: strangers, no regressions known, with and without masked cells of authors."""
    written_by = [(f"from {author}",) for author in authors]
    selection = method("consensus")(written("u" * len(rows["a"]), rows, authors=written_by), seed=0)
    found = {row.candidate.digest: row.score for row in selection.ranking}
    assert [found[name] for name in rows] == pytest.approx([float(one) for one in belief.split()], abs=1e-6)
    assert selection.confidence == max(found.values())


def test_regressions_enter_as_log_likelihood_ratios() -> None:
    """Calculated apart: clean +1.07, regressed -2.90 for each member."""
    assert (round(CLEAN, 2), round(REGRESSED, 2)) == (1.07, -2.90)
    rows = {"a": "ssu", "b": "ssu", "c": "sss", "d": "uus"}
    matrix = written("uuu", rows, breaks={"a": [], "b": ["test_x"], "c": [], "d": []})
    found = {row.candidate.digest: row.score for row in method("consensus")(matrix, seed=0).ranking}
    assert [found[name] for name in rows] == pytest.approx([0.240213, 0.240213, 0.48853, 0.271256], abs=1e-6)


@given(matrix=matrices(least=1), place=st.integers(0, 5))
def test_a_candidate_with_regressions_never_beats_its_clean_twin(matrix: OutcomeMatrix, place: int) -> None:
    """Of whatever matrix: the twin has the same row and origins, and a longer patch."""
    chosen = matrix.candidates[place % len(matrix.candidates)]
    twin = replace(chosen, digest="twin", patch=chosen.patch + b"x")
    broken = {**matrix.regressions, chosen.digest: frozenset({"test_x"}), "twin": frozenset[str]()}
    cells = {("twin", script): outcome for (c, script), outcome in matrix.cells.items() if c == chosen.digest}
    more = replace(matrix, candidates=(*matrix.candidates, twin), cells={**matrix.cells, **cells}, regressions=broken)
    assert method("consensus")(more, seed=0).winner != chosen
