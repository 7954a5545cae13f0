"""Sets of candidates with equal rows, independence of origins, CodeT and B4."""

import math

import pytest
from support.matrices import written

from selection import Candidate, OutcomeMatrix, method, source_of
from selection.b4 import b4_score
from selection.origins import independent_units, samples, sources
from selection.sets import completions, consensus_sets, rows_of

A = {"a": "ssuu", "b": "ssuu", "c": "susu", "d": "uuus", "e": "uuuu"}
B = {"a": "ssu", "b": "ssu", "c": "sss", "d": "uus"}
C = {"a": "susu", "b": "susu", "c": "susu", "d": "sssu", "e": "ussu", "f": "ssss"}


def sets_of(matrix: OutcomeMatrix) -> dict[str, str]:
    """Members -> layout, `.` for what nothing is known of."""
    rows = rows_of(matrix, [script.digest for script in matrix.scripts])
    signs = {True: "s", False: "u", None: "."}
    return {
        "".join(member.digest for member in one.members): "".join(signs[cell] for cell in one.layout)
        for one in consensus_sets(matrix.candidates, rows)
    }


def test_without_missing_cells_sets_are_groups_of_equal_rows() -> None:
    """A broken script accepts nothing."""
    assert sets_of(written("uuu", {"a": "ssu", "b": "ssb", "c": "uss"})) == {"ab": "ssu", "c": "uss"}


def test_a_missing_cell_fits_either_answer() -> None:
    """A candidate with one is in every set that it does not contradict, and is no set of its own."""
    assert sets_of(written("uu", {"a": "ss", "b": "su", "c": "s."})) == {"ac": "ss", "bc": "su"}


def test_a_candidate_nothing_is_known_of_is_in_no_set() -> None:
    """It would fit all of them."""
    assert sets_of(written("uu", {"a": "ss", "b": ".."})) == {"a": "ss"}
    assert sets_of(written("uu", {"a": "..", "b": ".."})) == {}
    assert sets_of(written("uu", {"a": "s.", "b": ".s"})) == {"a": "s.", "b": ".s"}


def test_an_unknown_place_is_tried_both_ways() -> None:
    """Neither answer is assumed."""
    assert list(completions((True, False))) == [(True, False)]
    assert list(completions((True, None, False))) == [(True, True, False), (True, False, False)]


@pytest.mark.parametrize(
    ("origin", "source"),
    [("trajectory 3", "trajectory"), ("gru", "gru"), ("gru-2024 12", "gru-2024"), ("20241208", "20241208"), ("", "")],
)
def test_numbered_origins_are_samples_of_one_source(origin: str, source: str) -> None:
    """Any other name is a source of its own."""
    assert source_of(origin) == source


def test_relatives_count_less_than_strangers_and_the_same_sample_once() -> None:
    """One for a source, half for each further sample."""
    one = Candidate("a", b"", ("trajectory 0", "trajectory 1", "trajectory 1"))
    other = Candidate("b", b"", ("trajectory 2", "gru"))
    assert (samples(one), sources(one), independent_units([one])) == (2, 1, 1.5)
    assert (samples(other), sources(other), independent_units([other])) == (2, 2, 2.0)
    assert independent_units([one, other]) == 3.0
    assert independent_units([Candidate("c", b"", ()), Candidate("d", b"", ())]) == 2.0


def test_codet_multiplies_samples_and_scripts() -> None:
    """2 x 2 > 1 x 3; a set of samples of one tree is as large as one of several trees."""
    selection = method("codet")(written("uuuu", {"a": "ssuu", "b": "ssuu", "c": "usss", "d": "uuuu"}), seed=0)
    assert [(row.candidate.digest, row.score) for row in selection.ranking] == [("a", 4), ("b", 4), ("c", 3), ("d", 0)]
    assert selection.confidence == 4 / 7
    origins = {"c": ("x 1", "x 2")}
    selection = method("codet")(written("uuuu", {"a": "ssuu", "b": "ssuu", "c": "usss"}, origins=origins), seed=0)
    assert [(row.candidate.digest, row.score) for row in selection.ranking] == [("c", 6), ("a", 4), ("b", 4)]


def test_codet_does_not_take_a_missing_cell_for_a_failure() -> None:
    """With it the two are no set, and the lone candidate would win."""
    selection = method("codet")(written("uuuu", {"a": "ssuu", "b": "s.uu", "c": "usss"}), seed=0)
    assert [(row.candidate.digest, row.score) for row in selection.ranking] == [("a", 4), ("b", 4), ("c", 3)]


@pytest.mark.parametrize(
    ("rows", "scores"),
    [
        (A, [-19.857434, -19.857434, -24.64671, -26.606196, -28.261485]),
        (B, [-15.031304, -15.031304, -13.393695, -21.917586]),
        (C, [-22.710065, -22.710065, -22.710065, -24.414813, -31.257555, -23.889847]),
    ],
    ids="ABC",
)
def test_b4_scores_are_those_of_the_published_formula(rows: dict[str, str], scores: list[float]) -> None:
    """Calculated apart, with priors of 10."""
    matrix = written("u" * len(rows["a"]), rows)
    cells = rows_of(matrix, [script.digest for script in matrix.scripts])
    weights = dict.fromkeys(cells, 1.0)
    found = {
        member.digest: b4_score(one, cells, weights)
        for one in consensus_sets(matrix.candidates, cells)
        for member in one.members
    }
    assert [found[name] for name in rows] == pytest.approx(scores, abs=1e-6)
    selection = method("b4")(matrix, seed=0)
    total = math.fsum(math.exp(score) for score in set(scores))
    assert selection.confidence == pytest.approx(math.exp(max(scores)) / total)
    assert selection.ranking[0].candidate.digest == min(name for name in rows if found[name] == max(found.values()))


def test_b4_counts_samples() -> None:
    """A tree that three samples ended with is three programs."""
    alone = {"a": "ssuu", "b": "uuss"}
    assert method("b4")(written("uuuu", alone, lengths={"a": 1}), seed=0).ranking[0].candidate.digest == "a"
    several = written("uuuu", alone, lengths={"a": 1}, origins={"b": ("x 1", "x 2", "x 3")})
    assert method("b4")(several, seed=0).ranking[0].candidate.digest == "b"
