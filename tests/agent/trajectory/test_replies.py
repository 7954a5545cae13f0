"""What an answer holds."""

from agent.trajectory.replies import MOST_WANTED, read_wanted


def test_requests_are_lines_of_their_own() -> None:
    """Any number is read, a few are kept, each once."""
    assert read_wanted("I need:\n<read>a.py</read>\n- <read>`B.run`</read>\n<read>a.py</read>") == ("a.py", "B.run")
    assert read_wanted("see <read>a.py</read> please") == ()
    assert len(read_wanted("\n".join(f"<read>f{number}</read>" for number in range(50)))) == MOST_WANTED
