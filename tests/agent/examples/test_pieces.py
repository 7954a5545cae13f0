"""Issues as prose and code."""

from agent.examples.pieces import Code, Prose, pieces_of


def test_prose_and_code_in_order() -> None:
    """Fences with their language, indented blocks, headings; blocks are counted."""
    pieces = pieces_of("# Title\n\nSome `f(1)`:\n\n```Python extra\na\n```\n\n    b\n\n* item\n  ```\n  c\n  ```\n")
    assert pieces == (
        Prose(((False, "Title"),)),
        Prose(((False, "Some "), (True, "f(1)"), (False, ":"))),
        Code("a", "python", 1),
        Code("b", "", 2),
        Prose(((False, "item"),)),
        Code("c", "", 3),
    )


def test_code_that_hangs_on_a_paragraph() -> None:
    """Markdown wants a blank line, people forget it."""
    pieces = pieces_of("Like this:\n    x = 1\n    f(x)\n")
    assert pieces[1:] == (Code("    x = 1\n    f(x)", "", 1),)


def test_prompts_without_a_fence() -> None:
    """They are no quotation."""
    assert pieces_of(">>> f(1)\n2\n") == (Code(">>> f(1)\n2", "pycon", 1),)


def test_html_and_comments_are_left_out() -> None:
    """Templates of issues are full of them."""
    assert pieces_of("<!--\nrun `x(1)`\n-->\n<details>\n\n```\na\n```\n\n</details>\n") == (Code("a", "", 1),)
