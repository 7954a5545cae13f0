"""Output bounded while it is read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.output import Capture


def captured(limit: int, *pieces: bytes) -> Capture:
    """A capture that was fed these pieces."""
    capture = Capture(limit)
    for piece in pieces:
        capture.feed(piece)
    return capture


def test_short_output_is_kept_whole():
    """Up to the limit nothing is lost."""
    capture = captured(8, b"1234", b"", b"5678")
    assert (capture.text(), capture.truncated) == ("12345678", False)


def test_long_output_keeps_both_ends():
    """Beyond the limit the middle gives way to a line that counts it."""
    capture = captured(8, b"abcd", b"x" * 1000, b"wxyz")
    assert capture.text() == "abcd\n[... 1000 bytes left out ...]\nwxyz"
    assert capture.truncated


@pytest.mark.parametrize(
    ("limit", "text"), [(0, "\n[... 3 bytes left out ...]\n"), (1, "a\n[... 2 bytes left out ...]\n")]
)
def test_tiny_limits(limit, text):
    """A limit may be too small for two halves."""
    assert captured(limit, b"abc").text() == text


def test_a_negative_limit_is_refused():
    """A limit counts bytes."""
    with pytest.raises(ValueError, match="at least 0"):
        Capture(-1)


def test_a_character_in_pieces_is_one_character():
    """Where the stream was cut does not matter."""
    assert captured(100, b"\xf0", b"\x9f\x98", b"\x80").text() == "😀"


def test_bytes_that_are_no_text_are_replaced():
    """Binary output can be shown."""
    assert captured(100, b"a\xff\xfeb").text() == "a��b"


def test_a_character_that_the_cut_goes_through_is_left_out():
    """Neither end begins or ends with pieces of a character."""
    capture = captured(12, "😀€".encode(), b"x" * 50, "€😀".encode())
    assert capture.text() == "😀\n[... 56 bytes left out ...]\n😀"


def test_memory_is_bounded():
    """What is not kept is not held."""
    capture = captured(1000, *[b"y" * 777] * 5000)
    assert len(capture._head) + len(capture._tail) <= 2000


pieces = st.lists(st.binary(max_size=40) | st.text(max_size=20).map(str.encode), max_size=20)


@given(pieces, st.integers(0, 60))
def test_what_is_kept_does_not_depend_on_the_cuts(parts, limit):
    """However a stream is cut, it gives the same text; what is kept and what is counted make the whole."""
    whole = b"".join(parts)
    capture = captured(limit, *parts)
    assert capture.text() == captured(limit, whole).text()
    assert capture.truncated == (len(whole) > limit)
    if not capture.truncated:
        assert capture.text() == whole.decode(errors="replace")


@given(st.text(min_size=1, max_size=200), st.integers(0, 100))
def test_text_stays_text(text, limit):
    """Of valid text, both ends are valid, are the ends of it, and lack at most a cut character each."""
    data = text.encode()
    capture = captured(limit, data)
    if not capture.truncated:
        return
    match = re.fullmatch(r"(.*)\n\[\.\.\. (\d+) bytes left out \.\.\.\]\n(.*)", capture.text(), re.DOTALL)
    assert match
    head, left_out, tail = match[1].encode(), int(match[2]), match[3].encode()
    assert data.startswith(head)
    assert data.endswith(tail)
    assert len(head) + left_out + len(tail) == len(data)
    assert limit - 6 <= len(head) + len(tail) <= limit
