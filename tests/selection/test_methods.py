"""Every method by name, and the laws that all of them keep on every matrix."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.matrices import matrices, renamed, shuffled, written

from selection import METHODS, OutcomeMatrix, SelectionError, UnknownMethod, method

EVERY = pytest.mark.parametrize("name", METHODS)


def test_methods_are_found_by_name() -> None:
    """These need nothing but stored outcomes."""
    assert list(METHODS) == ["random", "majority", "votes", "votes-valid", "codet", "b4", "consensus", "evidence"]
    assert method("b4") is METHODS["b4"]


def test_an_unknown_name_is_an_error_with_the_nearest_name() -> None:
    """A silent default would be reported under the name that was asked for."""
    with pytest.raises(UnknownMethod, match=r"`concensus`\. Did you mean `consensus`\? There are: random, majority"):
        method("concensus")
    with pytest.raises(SelectionError, match=r"`zzz`\. There are: "):
        method("zzz")


def test_the_oracle_is_no_method() -> None:
    """It needs to know what is right; nothing that chooses may."""
    with pytest.raises(UnknownMethod):
        method("oracle")


@EVERY
@given(matrix=matrices(), seed=st.integers(0, 3))
def test_any_matrix_gives_a_ranking_of_its_candidates(name: str, matrix: OutcomeMatrix, seed: int) -> None:
    """All of them once, the winner first, with a confidence and a rule; also where nothing is known."""
    selection = method(name)(matrix, seed=seed)
    ranked = [row.candidate for row in selection.ranking]
    assert sorted(c.digest for c in ranked) == sorted(c.digest for c in matrix.candidates)
    assert selection.winner == (ranked[0] if ranked else None)
    assert 0.0 <= selection.confidence <= 1.0
    assert selection.rule
    assert set(selection.voting) <= {script.digest for script in matrix.scripts}
    assert all(set(row.voters) <= set(selection.voting) for row in selection.ranking)


@EVERY
@given(matrix=matrices(), randoms=st.randoms(use_true_random=False))
def test_no_order_matters(name: str, matrix: OutcomeMatrix, randoms: random.Random) -> None:
    """Candidates, scripts, origins and cells arrive as they like: the choice and its reason are the same."""
    one, other = method(name)(matrix, seed=7), method(name)(shuffled(matrix, randoms), seed=7)
    assert [row.candidate.digest for row in one.ranking] == [row.candidate.digest for row in other.ranking]
    assert [(row.votes, row.score) for row in one.ranking] == [(row.votes, row.score) for row in other.ranking]
    assert (one.rule, one.confidence) == (other.rule, other.confidence)


@pytest.mark.parametrize("name", [name for name in METHODS if name != "random"])
@given(matrix=matrices(least=1), permutation=st.permutations("uvwxyz"))
def test_names_decide_nothing_but_full_ties(name: str, matrix: OutcomeMatrix, permutation: list[str]) -> None:
    """With other digests the same candidate wins, unless it was tied in everything else."""
    new = dict(zip("abcdef", permutation, strict=True))
    scripts = {f"t{i}": f"{9 - i}" for i in range(6)}
    before, after = method(name)(matrix, seed=1), method(name)(renamed(matrix, new, scripts), seed=1)
    if "digest" not in before.rule:
        assert before.winner is not None
        assert after.winner is not None
        assert after.winner.digest == new[before.winner.digest]
        assert after.confidence == pytest.approx(before.confidence)


@EVERY
@given(matrix=matrices(cells="sub", least=1))
def test_a_script_that_was_not_run_changes_nothing(name: str, matrix: OutcomeMatrix) -> None:
    """A column of missing cells is no evidence: taken for failures it would be a script that all fail."""
    script = replace(written("u", {}).scripts[0], digest="never run", origins=("gru",))
    more = replace(matrix, scripts=(*matrix.scripts, script))
    assert method(name)(more, seed=2) == method(name)(matrix, seed=2)


@pytest.mark.parametrize("name", ["votes", "votes-valid", "codet", "b4", "consensus", "evidence"])
def test_what_was_not_run_on_a_candidate_is_not_passed(name: str) -> None:
    """A candidate that nothing is known of does not win over one that was seen to pass."""
    matrix = written("uuu", {"a": "...", "b": "sss", "c": "uuu"}, lengths={"a": 1})
    winner = method(name)(matrix, seed=0).winner
    assert winner is not None
    assert winner.digest == "b"


@pytest.mark.parametrize("name", ["votes", "votes-valid"])
@given(matrix=matrices(least=1), place=st.integers(0, 99))
def test_one_more_pass_never_demotes_a_winner_by_votes(name: str, matrix: OutcomeMatrix, place: int) -> None:
    """A vote more is never worse."""
    winner = method(name)(matrix, seed=0).winner
    assert winner is not None
    cells = sorted(key for key in matrix.cells if key[0] == winner.digest)
    if cells:
        solved = written("u", {"x": "s"}).cells["x", "t0"]
        more = replace(matrix, cells={**matrix.cells, cells[place % len(cells)]: solved})
        after = method(name)(more, seed=0).winner
        # The script may get its right to vote by this: then it votes for the winner alone.
        assert after == winner
