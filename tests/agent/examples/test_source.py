"""What is Python, and what it needs."""

import pytest

from agent.examples.source import acts, call_of, is_test_module, names_needed, needs, python_of


@pytest.mark.parametrize("text", ["f(1", "return 1", "Some words here", "", "x = 1\n  y = 2", "{'a':", "\0", "(" * 500])
def test_what_does_not_compile_is_no_python(text: str) -> None:
    """Neither are halves of it."""
    assert python_of(text) is None


def test_quoted_lines_are_freed() -> None:
    """Some quote what they typed."""
    source = python_of(">  f(1)\n\n>  (1, 2)")
    assert source is not None
    assert source.text == "f(1)\n\n(1, 2)"


@pytest.mark.parametrize(
    ("text", "found"),
    [("f(1)", True), ("a = f(1)", True), ("assert x", True), ("a = 1", False), ("import a", False), ("'text'", False)],
)
def test_what_may_show_something_acts(text: str, found: bool) -> None:
    """Names, imports and definitions only prepare."""
    source = python_of(text)
    assert source is not None
    assert acts(source) is found


def test_needs() -> None:
    """Builtins, arguments and own names are not needed."""
    later, earlier = python_of("def g(a):\n    return a + b\nprint(g(len('x')))"), python_of("b = 1")
    assert later is not None
    assert earlier is not None
    assert names_needed(later) == {"b"}
    assert needs(later, earlier)
    assert not needs(earlier, later)


@pytest.mark.parametrize("text", ["f()", "f(...)", "x.y", "f", "a = f(1)", "f(1); g(1)", "evaluate(False) with"])
def test_calls_without_arguments_are_names(text: str) -> None:
    """Prose writes functions so."""
    assert call_of(text) is None


def test_test_modules() -> None:
    """By name, as pytest finds them."""
    found = python_of("import pytest\nclass TestX:\n    pass"), python_of("def test_x():\n    pass"), python_of("x()")
    assert [source is not None and is_test_module(source) for source in found] == [True, True, False]
