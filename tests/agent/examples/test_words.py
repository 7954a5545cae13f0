"""What words say of outputs."""

import pytest

from agent.examples.words import Verdict, gives, instead, should_give, verdict_of


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("Expected behavior", Verdict.WANTED),
        ("The result should be:", Verdict.WANTED),
        ("I get this output:", Verdict.UNWANTED),
        ("Tool output", Verdict.UNWANTED),
        ("which results in:", Verdict.UNWANTED),
        ("Error", Verdict.UNWANTED),
        ("but it is wrong, I expected", None),
        ("Here is some code:", None),
        ("It should be easy.\nAnyway:", None),
        ("", None),
    ],
)
def test_only_clear_words_count(words: str, verdict: Verdict | None) -> None:
    """Of the last line; where both are said, nothing is."""
    assert verdict_of(words) is verdict


def test_words_between_values() -> None:
    """What gives what, and what instead."""
    assert gives(" gives ")
    assert gives(" raises a ")
    assert not gives(" and ")
    assert instead(" instead of the ")
    assert not instead(" and ")
    assert should_give("The answer should be ")
    assert not should_give("This should be easy with ")
