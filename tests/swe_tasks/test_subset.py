"""Which tasks a run takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swe_tasks.errors import DatasetError
from swe_tasks.subset import choose, parse_shard

IDS = ["shop__cart-1", "shop__cart-2", "shop__till-1", "bank__books-9", "bank__books-10"]
many = st.lists(st.text("abc_-019", min_size=1, max_size=6), unique=True, max_size=25)


def test_all_are_taken_in_order() -> None:
    """When nothing is said."""
    assert choose(IDS) == (0, 1, 2, 3, 4)


def test_names_and_patterns_keep_what_they_match() -> None:
    """In the dataset's order, each once."""
    assert choose(IDS, only=["bank__*", "shop__cart-2", "*-9"]) == (1, 3, 4)
    assert choose(IDS, only=["shop__????-1"]) == (0, 2)


def test_a_limit_takes_the_first() -> None:
    """Of those that match; a limit above their number takes all."""
    assert choose(IDS, only=["bank__*"], limit=1) == (3,)
    assert choose(IDS, limit=99) == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("shop__crat-1", "near ones are shop__cart-1"),
        ("Books", "near ones are bank__books-9, bank__books-10"),
        ("zzzzzzzz", "they look like shop__cart-1"),
    ],
)
def test_a_pattern_that_matches_nothing_names_near_ids(pattern: str, hint: str) -> None:
    """Even beside one that matches: it is a slip of the pen."""
    with pytest.raises(DatasetError, match=rf"no task matches '{pattern}' among 5; {hint}"):
        choose(IDS, only=["shop__cart-1", pattern])


def test_a_limit_below_one_is_refused() -> None:
    """It would make an empty run."""
    with pytest.raises(DatasetError, match="at least 1"):
        choose(IDS, limit=0)


def test_shards_are_read_as_people_write_them() -> None:
    """The second of eight."""
    assert parse_shard("2/8") == (2, 8)
    assert parse_shard(" 1 / 1 ") == (1, 1)


@pytest.mark.parametrize("text", ["", "2", "2/", "/8", "0/8", "9/8", "1/0", "-1/8", "a/b", "1/2/3", "1.5/2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """With the form that is meant."""
    with pytest.raises(DatasetError, match=r"shard"):
        parse_shard(text)
    with pytest.raises(DatasetError, match="no shard 3/2"):
        choose(IDS, shard=(3, 2))


@given(ids=many, shuffle=st.booleans(), seed=st.integers(), low=st.integers(1, 30), more=st.integers(0, 10))
def test_a_higher_limit_only_adds_tasks(ids: list[str], shuffle: bool, seed: int, low: int, more: int) -> None:
    """In every shard too, so work that is done stays of use."""
    for shard in (None, (1, 3), (3, 3)):
        fewer = choose(ids, limit=low, shuffle=shuffle, seed=seed, shard=shard)
        assert set(fewer) <= set(choose(ids, limit=low + more, shuffle=shuffle, seed=seed, shard=shard))


@given(ids=many, count=st.integers(1, 9), limit=st.none() | st.integers(1, 30), shuffle=st.booleans())
def test_shards_part_the_chosen_tasks(ids: list[str], count: int, limit: int | None, shuffle: bool) -> None:
    """Each task is in one of them, and their sizes differ by one at most."""
    shards = [
        choose(ids, limit=limit, shuffle=shuffle, seed=3, shard=(number, count)) for number in range(1, count + 1)
    ]
    assert sorted(position for shard in shards for position in shard) == list(
        choose(ids, limit=limit, shuffle=shuffle, seed=3)
    )
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


@given(ids=many, extra=many, seed=st.integers(0, 99), data=st.data())
def test_what_is_drawn_depends_on_the_ids_alone(
    ids: list[str], extra: list[str], seed: int, data: st.DataObject
) -> None:
    """A task that a dataset gains or a new order of it moves no other task before another."""
    grown = data.draw(st.permutations(sorted({*ids, *extra})))
    drawn = [ids[position] for position in choose(ids, limit=5, shuffle=True, seed=seed)]
    for count in range(1, len(grown) + 1):
        among = {grown[position] for position in choose(grown, limit=count, shuffle=True, seed=seed)} & set(ids)
        if len(among) == len(drawn):
            assert among == set(drawn)
            return
    assert not grown


def test_another_seed_draws_other_tasks() -> None:
    """And the same one the same."""
    ids = [f"shop__cart-{number}" for number in range(50)]
    draws = [choose(ids, limit=5, shuffle=True, seed=seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert draws[0] == tuple(sorted(draws[0]))
