"""What counts as a placeholder, and what is a comment like any other."""

import pytest

from agent.edits.elision import is_placeholder, placeholder_rows


@pytest.mark.parametrize(
    "comment",
    [
        "# ...",
        "# … existing code …",
        "# ... existing code ...",
        "// ... rest of the method",
        "// existing code",
        "# rest of the code remains unchanged",
        "# (other methods unchanged)",
        "/* ... */",
        "# ... (rest of the class) ...",
        "# The rest of the code stays the same",
        "# same as before",
        "<!-- rest of the file unchanged -->",
        "# Other methods...",
        "# remaining code",
        "# [rest of the code]",
        "# Your code here",
        "# code omitted for brevity",
        "# ... other methods remain unchanged ...",
        "# Rest of the class definition...",
        "# unchanged",
        "{/* ... existing code ... */}",
        "-- rest of the function",
        "# ... unchanged",
    ],
)
def test_placeholder(comment: str):
    """These stand for code that was left out."""
    assert is_placeholder(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "# process the rest of the file",
        "# handle other cases...",
        "# the rest of the code is unreachable when x",
        "# ... otherwise fall through",
        "# existing users keep their login",
        "# original order matters",
        "# Keep the original separator",
        "# loop over remaining words",
        "# code points",
        "# methods",
        "# wait...",
        "# same as above but faster and with tests",
        "# the previous function call may fail",
        "# Check the rest",
        "# the file is the same as the old one",
        "# Test the corrected functions",
        "# The method is the same for all widths",
        "# skip remaining lines in the buffer",
        "# " + "rest of the code " * 20,
        "#",
        "//",
        "# the rest is" + " is" * 30 + " x",
    ],
)
def test_comment(comment: str):
    """These say something."""
    assert not is_placeholder(comment)


def test_the_gap_of_a_file_that_is_shown_in_part_is_one() -> None:
    """A model that copies it leaves code out."""
    lines = ["def f():", "    a()", "    ⋮ 12 lines: g, h", "    b()"]
    assert placeholder_rows(lines, (), frozenset()) == {2}
