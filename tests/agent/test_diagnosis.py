"""What went wrong is read from where it really happened."""

import httpx
import pytest

from agent.models.diagnosis import Trouble, diagnose, retry_after

NOW = 1_000_000_000.0
"""2001-09-09 01:46:40 UTC."""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Sun, 09 Sep 2001 01:47:00 GMT"}, 20.0),
        ({"retry-after": "Sun, 09 Sep 2001 01:00:00 GMT"}, 0.0),
        ({"retry-after": "when it suits you"}, None),
        ({"retry-after-ms": "soon", "retry-after": "3"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds, a date, or nothing that could be understood."""
    assert retry_after(httpx.Headers(headers), now=NOW) == seconds


def answered(status: int, text: str) -> Exception:
    """What LiteLLM makes of a response: an error of its own, with the real one below it."""
    request = httpx.Request("POST", "http://h/v1")
    wire = httpx.HTTPStatusError("bad", request=request, response=httpx.Response(status, text=text, request=request))
    wrapped = RuntimeError("litellm.SomeError: with a traceback in it")
    wrapped.__cause__ = wire
    return wrapped


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error": {"message": "so it is", "type": "t"}}', "so it is"),
        ('{"error": "so it is"}', "so it is"),
        ('{"object": "error", "message": "so it is", "code": 400}', "so it is"),
        ('{"detail": [{"loc": ["body"], "msg": "field required"}]}', '[{"loc": ["body"], "msg": "field required"}]'),
        ("plain words", "plain words"),
        ("", "HTTP 400 without a word"),
        ("[]", "[]"),
    ],
)
def test_the_providers_words(body: str, words: str) -> None:
    """In the forms that servers give them."""
    assert diagnose(answered(400, body), sent=True).words == words


@pytest.mark.parametrize(
    ("status", "again", "billed"),
    [
        (400, False, False),
        (402, False, False),
        (429, True, False),
        (500, True, False),
        (502, True, True),
        (504, True, True),
    ],
)
def test_statuses(status: int, again: bool, billed: bool) -> None:
    """A gateway that gave up waiting does not know whether the model went on."""
    found = diagnose(answered(status, "words"), sent=True)
    assert (found.trouble, found.status, found.again, found.billed) == (Trouble.STATUS, status, again, billed)


def test_words_about_length_are_an_overflow_only_in_a_refused_request() -> None:
    """A server that fails while it speaks of its context has failed."""
    assert diagnose(answered(400, "maximum context length is 5"), sent=True).trouble is Trouble.OVERFLOW
    assert diagnose(answered(500, "maximum context length is 5"), sent=True).trouble is Trouble.STATUS


@pytest.mark.parametrize(("sent", "trouble"), [(False, Trouble.UNSENT), (True, Trouble.GARBLED)])
def test_an_error_without_a_wire(sent: bool, trouble: Trouble) -> None:
    """Before anything was sent it is the set-up; afterwards it is an answer that cannot be read, and was paid for."""
    found = diagnose(KeyError("choices"), sent=sent)
    assert (found.trouble, found.again, found.billed) == (trouble, sent, sent)
