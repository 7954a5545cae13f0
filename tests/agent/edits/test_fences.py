"""Fenced blocks in Markdown."""

from agent.edits.fences import fences


def texts(reply: str) -> list[str]:
    return ["\n".join(fence.lines) for fence in fences(reply.split("\n"))]


def test_lines_and_surroundings():
    """A block knows its info string, where it begins and what stands above it."""
    fence = fences(["Fix:", "", "```python x.py", "a", "```"])[0]
    assert (fence.line, fence.info, fence.lines, fence.before, fence.closed) == (
        4,
        "python x.py",
        ("a",),
        ("Fix:",),
        True,
    )


def test_text_above_belongs_to_one_block():
    """The text above a block is not that of the block before it."""
    assert [fence.before for fence in fences(["a", "```", "b", "```", "```", "c", "```"])] == [("a",), ()]


def test_longer_and_other_fences():
    """A fence ends with one of its own sign that is at least as long."""
    assert texts("````\n```\na\n```\n````\n~~~\n```\n~~~") == ["```\na\n```", "```"]


def test_nested_fences():
    """A fence with an info string opens a block inside the block, if both are closed."""
    assert texts("```md\nx\n```py\na\n```\ny\n```\n```\nz\n```") == ["x\n```py\na\n```\ny", "z"]


def test_missing_end():
    """The last block may go to the end."""
    assert texts("```py\na\nb") == ["a\nb"]
    assert not fences(["```py", "a"])[0].closed


def test_fence_in_a_list():
    """A fence that is indented takes its indentation from its lines."""
    assert texts("- Do:\n  ```py\n  def f():\n      pass\n  ```") == ["def f():\n    pass"]


def test_inline_code_is_no_fence():
    """Three backticks around words are no fence."""
    assert texts("```a``` b\n``` `x`\n") == []
