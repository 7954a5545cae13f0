"""Which candidates behave alike, and who stands for them."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from support.matrices import matrices, shuffled, written

from selection import OutcomeMatrix
from selection.behaviour import Behaviour, Probe
from selection.clusters import clusters, key_of, shown


def members(matrix: OutcomeMatrix, *, flips: int = 0) -> list[str]:
    """The members of each cluster, as one word each."""
    return ["".join(m.digest for m in cluster.members) for cluster in clusters(matrix, flips=flips)]


def with_probe(matrix: OutcomeMatrix, **printed: str) -> OutcomeMatrix:
    """The matrix with a probe, and what it prints on these candidates."""
    seen = {(name, "p"): Behaviour(0, text) for name, text in printed.items()}
    return replace(matrix, probes=(Probe("p", "print(f())", "issue, block 1"),), behaviours=seen)


def test_equal_rows_are_one_cluster() -> None:
    """Everybody known to do the same in each column belongs together, the larger cluster first."""
    assert members(written("uu", {"a": "su", "b": "us", "c": "us"})) == ["bc", "a"]


def test_a_column_that_is_the_same_everywhere_is_ignored() -> None:
    """A script that says the same of all tells nothing."""
    matrix = written("uus", {"a": "ssu", "b": "sus"})
    assert list(shown(matrix)) == ["script t1", "script t2"]
    assert list(shown(replace(matrix, scripts=matrix.scripts[:1]))) == []


def test_what_probes_print_splits() -> None:
    """Scripts agree, the issue's own example does not."""
    matrix = written("u", {"a": "s", "b": "s", "c": "s"})
    assert members(matrix) == ["abc"]
    assert members(with_probe(matrix, a="1", b="2", c="1")) == ["ac", "b"]


def test_missing_data_splits_nothing() -> None:
    """A candidate of which less is known joins the cluster it agrees with most."""
    assert members(written("uuu", {"a": "ssu", "b": "suu", "c": ".su"})) == ["ac", "b"]
    assert members(written("uu", {"a": "s.", "b": ".u"})) == ["ab"]


def test_missing_data_joins_no_two_that_differ() -> None:
    """What is compatible with both belongs to one of them."""
    assert sorted(members(written("u", {"a": "s", "b": "u", "c": "."}))) == ["ac", "b"]


def test_a_flip_can_be_allowed_for() -> None:
    """Where outcomes flicker, one column of difference is none."""
    matrix = written("uuu", {"a": "sss", "b": "ssu", "c": "uuu"})
    assert members(matrix) == ["a", "b", "c"]
    assert members(matrix, flips=1) == ["ab", "c"]


def test_what_was_printed_before_time_ran_out_does_not_count() -> None:
    """It depends on the machine."""
    assert key_of(Behaviour(None, "a")) == key_of(Behaviour(None, "ab")) != key_of(Behaviour(1, "a"))
    assert key_of(Behaviour(1, "x")) == key_of(Behaviour(3, "x")) != key_of(Behaviour(0, "x"))


def test_most_votes_then_the_shortest_stand_for_a_cluster() -> None:
    """One script was not run on all of them."""
    rows = {"a": ".s", "b": "ss", "c": "ss", "d": "uu"}
    found = clusters(written("uu", rows, lengths={"a": 1, "b": 9, "c": 5}))
    assert (found[0].representative.digest, found[0].votes) == ("c", 2)


def test_samples_of_one_source_count_less() -> None:
    """Two strangers outweigh two samples of one model."""
    origins = {"a": ("m 1",), "b": ("m 2",), "c": ("x",), "d": ("y",)}
    found = clusters(written("u", {"a": "s", "b": "s", "c": "u", "d": "u"}, origins=origins))
    assert [cluster.units for cluster in found] == [2.0, 1.5]


@given(matrices(), st.randoms(use_true_random=False))
def test_order_does_not_matter(matrix: OutcomeMatrix, draw: random.Random) -> None:
    """Clusters of a shuffled matrix are the same, and hold every candidate once."""
    assert members(matrix) == members(shuffled(matrix, draw))
    assert sorted("".join(members(matrix))) == sorted(candidate.digest for candidate in matrix.candidates)


@given(matrices(cells="sub"))
def test_without_missing_data_clusters_are_equal_rows(matrix: OutcomeMatrix) -> None:
    """The plain definition, where it can be used."""
    matrix = replace(matrix, probes=(), base_behaviours={}, behaviours={})  # those of `matrices` have gaps
    rows: dict[tuple[str, ...], str] = {}
    for candidate in sorted(matrix.candidates, key=lambda c: c.digest):
        row = tuple(matrix.cells[candidate.digest, script.digest] for script in matrix.scripts)
        rows[row] = rows.get(row, "") + candidate.digest
    assert sorted(members(matrix)) == sorted(rows.values())
