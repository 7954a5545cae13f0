"""What an execution shows."""

from selection.behaviour import Behaviour, behaviour_of


def test_both_streams_are_kept_apart() -> None:
    """Errors do not look like output."""
    assert behaviour_of(1, "a\n", "b\n") == Behaviour(1, "a\n<standard error>\nb")


def test_nothing_is_kept_of_what_ran_out_of_time() -> None:
    """How far it came depends on the machine."""
    assert behaviour_of(137, "a\n", "b\n", timed_out=True) == Behaviour(None, "")


def test_roots_are_gone() -> None:
    """The tree's own place says nothing."""
    assert behaviour_of(0, "/repo/x.py", roots=["/repo"]).output == "<root>/x.py"
