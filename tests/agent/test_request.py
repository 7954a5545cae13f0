"""Requests in the words of providers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.messages import Message
from agent.models.request import continuation, spell, wants_cache_marks


@pytest.mark.parametrize(
    ("provider", "name", "wanted"),
    [
        ("anthropic", "anthropic/claude-sonnet-4-5", True),
        ("bedrock", "bedrock/us.anthropic.claude-sonnet-4-5-v1:0", True),
        ("bedrock", "bedrock/amazon.nova-pro-v1:0", False),
        ("vertex_ai", "vertex_ai/claude-sonnet-4-5", True),
        ("openrouter", "openrouter/anthropic/claude-sonnet-4.5", True),
        ("openrouter", "openrouter/openai/gpt-5", False),
        ("openai", "openai/claude-lookalike", False),
    ],
)
def test_who_wants_cache_marks(provider: str, name: str, wanted: bool) -> None:
    """Claude, wherever it is hosted."""
    assert wants_cache_marks(provider, name) is wanted


def test_no_more_marks_than_anthropic_takes() -> None:
    """The last four: they cover the longest prefixes."""
    spelt = spell([Message("user", str(number), cached=True) for number in range(6)], marks=True)
    assert [isinstance(message["content"], list) for message in spelt] == [False, False, True, True, True, True]


def test_an_empty_text_is_not_marked() -> None:
    """Anthropic refuses marks on nothing."""
    assert spell([Message("user", "", cached=True)], marks=True) == [{"role": "user", "content": ""}]


@given(messages=st.lists(st.builds(Message, st.just("user"), st.text(), st.booleans())))
def test_without_marks_nothing_changes(messages: list[Message]) -> None:
    """Not a byte."""
    assert spell(messages, marks=False) == [{"role": message.role, "content": message.content} for message in messages]


@pytest.mark.parametrize(
    ("begun", "text", "added"),
    [
        ("def f():\n", "def f():\n    pass", "    pass"),
        ("def f():\n", "    pass", "    pass"),
        ("def f():\n", "\n    pass", "    pass"),
        ("one,", " two", " two"),
        ("one", "", ""),
    ],
)
def test_continuations(begun: str, text: str, added: str) -> None:
    """Repeated, left out, or with the blanks given again that the server did not see."""
    assert continuation(begun, text) == added


@given(begun=st.text(min_size=1), added=st.text())
def test_a_repeated_beginning_is_taken_off_once(begun: str, added: str) -> None:
    """Whatever comes after it."""
    assert continuation(begun, begun + added) == added
