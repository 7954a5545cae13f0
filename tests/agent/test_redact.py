"""Secrets are masked in every form in which they are written down."""

import base64
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact import PLACEHOLDER, Redactor

SECRET = 'sk-a/b+c"d\\é=0123456789'


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "GITHUB_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "DB_PASSWORD",
        "my_secret",
    ],
)
def test_values_of_secret_variables_are_masked(name: str) -> None:
    """Their names say that they are secrets."""
    redactor = Redactor.from_environment({name: "abcd1234efgh"})
    assert redactor.redact("before abcd1234efgh after") == f"before {PLACEHOLDER} after"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("HOME", "/home/somebody"),
        ("MAX_TOKENS", "100000000"),
        ("OPENAI_API_KEY", "EMPTY"),
        ("OPENAI_API_KEY", "not-needed"),
        ("API_KEY", "        "),
    ],
)
def test_ordinary_and_common_values_stay(name: str, value: str) -> None:
    """Masking them would spoil texts and protect nothing."""
    text = f"the value is {value} here"
    assert Redactor.from_environment({name: value}).redact(text) == text


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps({"key": SECRET}, ensure_ascii=False),
        "https://example.org/?key=" + quote(SECRET, safe=""),
        "key=" + quote_plus(SECRET),
    ],
)
def test_escaped_forms_are_masked(shown: str) -> None:
    """In JSON, in a URL, in a form."""
    redacted = Redactor([SECRET]).redact(shown)
    assert PLACEHOLDER in redacted
    assert "0123456789" not in redacted


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_base64_is_masked_at_every_alignment(before: str) -> None:
    """As in the header of basic authentication."""
    shown = base64.b64encode(f"{before}{SECRET}:x".encode()).decode()
    redacted = Redactor([SECRET]).redact(shown)
    assert PLACEHOLDER in redacted
    assert len(redacted) < len(PLACEHOLDER) + 14


def test_the_longest_secret_goes_first() -> None:
    """A short secret inside a long one does not leave the rest of it readable."""
    redactor = Redactor(["abcdefgh", "abcdefghijklmnop"])
    assert redactor.redact("x abcdefghijklmnop y") == f"x {PLACEHOLDER} y"


def test_a_secret_of_several_lines_is_masked_line_by_line() -> None:
    """A private key in a diff has a sign before each line."""
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAo\n-----END KEY-----\n"
    shown = "".join(f"+{line}\n" for line in key.splitlines())
    assert "MIIEvQ" not in Redactor([key]).redact(shown)


def test_values_learnt_later_are_masked_too() -> None:
    """A token that was typed in, for example."""
    redactor = Redactor()
    redactor.add("typed-in-token")
    assert redactor.redact("typed-in-token") == PLACEHOLDER


@given(
    st.lists(st.text("ABCDEFGH0123", min_size=8, max_size=12), min_size=1, max_size=4),
    st.lists(st.text("ABCDEFGH0123 \n", max_size=20)),
)
def test_no_secret_survives(secrets: list[str], parts: list[str]) -> None:
    """Whatever stands around it."""
    text = "".join(part + secret for part in parts for secret in secrets)
    redacted = Redactor(secrets).redact(text)
    assert not [secret for secret in secrets if secret in redacted]


def test_text_without_secrets_is_returned_as_it_is() -> None:
    """Every character of it."""
    text = "\x00\x1b é \ud800 [redacted] " * 10
    assert Redactor([SECRET]).redact(text) == text


def test_megabytes_take_no_noticeable_time() -> None:
    """With twenty secrets known; the bound is very generous."""
    redactor = Redactor(f"{n:02}-secret-value-{n * 7919:010}" for n in range(20))
    text = "some line of a log that holds nothing\n" * 100_000
    start = time.monotonic()
    assert redactor.redact(text) == text
    assert time.monotonic() - start < 20
