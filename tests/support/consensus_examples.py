"""Hand-written matrices that each show one thing about the default's score, and take the method that must show it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.matrices import written

from selection import Method, OutcomeMatrix

TIE = "tied in everything: the smaller digest"


def wins(choose: Method, matrix: OutcomeMatrix, name: str, rule: str | None = None) -> None:
    selection = choose(matrix, seed=0)
    assert selection.winner is not None
    assert selection.winner.digest == name
    assert rule in {None, selection.rule}


# Each takes the method, so that a broken one can be handed in.


def two_that_agree_beat_one_with_more_scripts(choose: Method) -> None:
    """The lone candidate passes three scripts that its own misreading inspired."""
    wins(choose, written("uuuuu", {"a": "uusss", "b": "ssuuu", "c": "ssuuu", "d": "ssuuu"}), "b")


def a_missing_cell_is_no_failure(choose: Method) -> None:
    """`c` and `d` may agree with `b`; taken as failures their cells would leave `b` alone."""
    wins(choose, written("uuuu", {"a": "usss", "b": "ssuu", "c": "s.uu", "d": ".suu", "e": "uuuu"}), "b")


def a_missing_cell_is_no_pass(choose: Method) -> None:
    """A candidate that no script was run on stays behind one that was seen to pass."""
    wins(choose, written("uuu", {"a": "...", "b": "sss", "c": "uuu"}), "b")


def a_broken_script_accepts_nothing(choose: Method) -> None:
    """It ran, so it is no missing data: nothing joins `c` and `d` to `b`."""
    wins(choose, written("uuuu", {"a": "usss", "b": "ssuu", "c": "sbuu", "d": "bsuu", "e": "uuuu"}), "a")


def scripts_that_pass_on_the_base_say_nothing(choose: Method) -> None:
    """Three of them would outweigh one that shows the issue."""
    wins(choose, written("sssu", {"a": "sssu", "b": "sssu", "c": "uuus"}), "c")


def copies_of_one_tree_are_support(choose: Method) -> None:
    """Three samples that ended with it."""
    origins = {"a": ("x 1",), "b": ("y 1", "y 2", "y 3")}
    wins(choose, written("uu", {"a": "su", "b": "us"}, origins=origins), "b")


def support_counts_in_a_large_pool(choose: Method) -> None:
    """Where nine of ten are wrong a second sample still helps: its cells count, too."""
    rows = {"a": "su", "b": "us", **dict.fromkeys("cdefghij", "uu")}
    rule = "the likeliest consensus set"
    wins(choose, written("uu", rows, origins={"b": ("gru", "devlo")}), "b", rule)
    wins(choose, written("uu", rows, origins={"a": ("gru", "devlo")}), "a", rule)


def strangers_are_more_support_than_relatives(choose: Method) -> None:
    """Two samples of one model share its misreadings; two systems less so."""
    origins = {"a": ("x 1", "x 2"), "b": ("gru", "devlo")}
    wins(choose, written("uu", {"a": "su", "b": "us"}, origins=origins), "b", "the likeliest consensus set")


def regressions_are_weighed(choose: Method) -> None:
    """What is equal otherwise is decided by the repository's own tests."""
    matrix = written("uu", {"a": "su", "b": "us"}, breaks={"a": ["test_x"], "b": []})
    wins(choose, matrix, "b", "the likeliest consensus set")


def regressions_are_no_filter(choose: Method) -> None:
    """One regression does not outweigh what five systems and seven scripts say: the issue may ask for it."""
    origins = {"b": ("gru", "devlo", "amazon", "blackbox", "interact")}
    matrix = written("u" * 8, {"a": "suuuuuuu", "b": "usssssss"}, origins=origins, breaks={"a": [], "b": ["test_x"]})
    wins(choose, matrix, "b", "the likeliest consensus set")


def what_all_break_tells_none_apart(choose: Method) -> None:
    """Then it may be what the issue asks for: `b` breaks nothing beyond it."""
    matrix = written("uu", {"a": "su", "b": "us"}, breaks={"a": ["test_x", "test_y"], "b": ["test_x"]})
    wins(choose, matrix, "b", "the likeliest consensus set")
    wins(choose, replace(matrix, regressions=dict.fromkeys("ab", frozenset({"test_x"}))), "a", TIE)


def a_script_says_nothing_of_its_only_authors_patch(choose: Method) -> None:
    """`a` passes what it wrote itself and nothing else; `b` passes what others wrote."""
    origins = {"a": ("x 1",), "b": ("y 1",), "c": ("z 1",)}
    authors = [("x 1",), ("z 1",)]
    matrix = written("uu", {"a": "su", "b": "us", "c": "uu"}, origins=origins, authors=authors)
    wins(choose, matrix, "b", "the likeliest consensus set")


def a_clean_twin_beats_one_with_regressions(choose: Method) -> None:
    """Inside a set the hygiene rules decide: regressions before multiplicity before length."""
    matrix = written("uu", {"a": "su", "b": "su", "c": "us"}, lengths={"a": 1}, breaks={"a": ["t"], "b": []})
    wins(choose, matrix, "b", "scripts tied: no regression")


def without_telling_scripts_independent_samples_decide(choose: Method) -> None:
    """Where all candidates answer alike, as with no script at all."""
    origins = {"a": ("x 1", "x 2"), "b": ("gru", "devlo")}
    rule = "no script tells candidates apart: more independent origins"
    wins(choose, written("u", {"a": "s", "b": "s"}, origins=origins), "b", rule)
    wins(choose, written("u", {"a": "u", "b": "u"}, origins=origins), "b", rule)
    wins(choose, written("", {"a": "", "b": ""}, origins=origins), "b", rule)


def a_script_that_answers_alike_changes_nothing(choose: Method) -> None:
    """All pass it or none: it moves neither the winner nor the confidence in it."""
    few = written("uuu", {"a": "suu", "b": "uss", "c": "uss"})
    more = written("uuuuu", {"a": "suusu", "b": "usssu", "c": "usssu"})
    assert choose(more, seed=0).confidence == pytest.approx(choose(few, seed=0).confidence)
    wins(choose, few, "b")
    wins(choose, more, "b")


EXAMPLES: dict[str, Callable[[Method], None]] = {
    example.__name__: example
    for example in (
        two_that_agree_beat_one_with_more_scripts,
        a_missing_cell_is_no_failure,
        a_missing_cell_is_no_pass,
        a_broken_script_accepts_nothing,
        scripts_that_pass_on_the_base_say_nothing,
        copies_of_one_tree_are_support,
        support_counts_in_a_large_pool,
        strangers_are_more_support_than_relatives,
        regressions_are_weighed,
        regressions_are_no_filter,
        what_all_break_tells_none_apart,
        a_script_says_nothing_of_its_only_authors_patch,
        a_clean_twin_beats_one_with_regressions,
        without_telling_scripts_independent_samples_decide,
        a_script_that_answers_alike_changes_nothing,
    )
}
