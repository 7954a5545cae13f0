"""The order of shown sets."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selection.braces import sort_sets

VALUES = st.recursive(
    st.integers() | st.text(max_size=4) | st.booleans(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=4),
    max_leaves=8,
)


@given(st.lists(st.text("abc'\", {}", max_size=4) | st.integers(), unique_by=repr, min_size=1), st.randoms())
def test_any_order_gives_the_same(values: list[object], order: random.Random) -> None:
    """Whatever stands in its strings."""
    shown = [repr(value) for value in values]
    other = order.sample(shown, len(shown))
    assert sort_sets("{" + ", ".join(shown) + "}") == sort_sets("{" + ", ".join(other) + "}")


@given(st.lists(VALUES, max_size=4))
def test_lists_stay_as_they_are(values: list[object]) -> None:
    """Of everything outside sets the order is a result; no character is lost."""
    shown = repr(values)
    assert sorted(sort_sets(shown).replace(" ", "")) == sorted(shown.replace(" ", ""))
    assert sort_sets(sort_sets(shown)) == sort_sets(shown)


@pytest.mark.parametrize(
    "text", ["{1: 2, 0: 1}", "{b, a", "b, a}", "[b, a]", "{b, (a}", "f(b, a)", "don't {}, x", "{, }"]
)
def test_what_is_no_set_stays(text: str) -> None:
    """Dictionaries, halves, lists, calls."""
    assert sort_sets(text) == text


def test_time_is_in_proportion() -> None:
    """Deep and broken lines too."""
    started = time.monotonic()
    for unit in ("{", "{'", "{a, ", "'\\", '{"b", a}, ', "}{,"):
        sort_sets(unit * 20_000)
    assert time.monotonic() - started < 20
