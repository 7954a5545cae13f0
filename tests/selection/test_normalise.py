"""What is removed from outputs, and what must stay."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selection.normalise import LONGEST, normalise

FLICKERS = [
    ("<object at 0x7f3b2c1d0e10>", "<object at 0x7fffffff0000>"),
    ("/tmp/tmpab12cd/test_a.py failed", "/tmp/tmpzz99xx/test_a.py failed"),
    ("==== 1 failed in 0.12s ====", "=== 1 failed in 10.12s ==="),
    ("Ran 3 tests in 0.001s", "Ran 3 tests in 0.020s"),
    ("{'a', 'b'}", "{'b', 'a'}"),
    ("frozenset({frozenset({3, 1}), 2})", "frozenset({2, frozenset({1, 3})})"),
    ("{(1, 'x, y'), (0, '')}", "{(0, ''), (1, 'x, y')}"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("a  \r\nb", "a\nb\n"),
    ("started, pid 4711", "started, pid 12"),
    ("2026-01-02 10:11:12,345 INFO x", "2026-01-02 10:11:13,999 INFO x"),
    ("/repo/pkg/a.py:12: UserWarning: odd\n  warn()\nx", "/repo/pkg/a.py:30: UserWarning: odd\n  warn(1)\nx"),
    (
        'Traceback (most recent call last):\n  File "/repo/a.py", line 3, in f\n    g()\nValueError: no\nx',
        'Traceback (most recent call last):\n  File "/repo/a.py", line 9, in h\n    k()\n    ^^^\nValueError: no\nx',
    ),
    ("rootdir: /a\nplugins: b\ncollected 1 item", "rootdir: /c\ncollected 1 item"),
    ("/repo/pkg/skipping.py:238: skipped", "/repo/pkg/skipping.py:251: skipped"),
]

RESULTS = [
    ("12", "13"),
    ("0xff", "0xfe"),
    ("2020-01-02", "2020-01-03"),
    ("{1: 2, 0: 1}", "{0: 1, 1: 2}"),
    ("[2, 1]", "[1, 2]"),
    ("test_it.py:3: skipped", "test_it.py:4: skipped"),
    ("ValueError: a", "TypeError: a"),
    ("-----\nx", "---\nx"),
    ("3 s", "4 s"),
]


@pytest.mark.parametrize(("one", "other"), FLICKERS)
def test_what_differs_from_run_to_run_is_gone(one: str, other: str) -> None:
    """Two runs of one program are equal."""
    assert normalise(one, ["/repo"]) == normalise(other, ["/repo"])


@pytest.mark.parametrize(("one", "other"), RESULTS)
def test_results_stay(one: str, other: str) -> None:
    """Numbers, order of lists and dictionaries, places in the example's own files tell behaviours apart."""
    assert normalise(one) != normalise(other)


def test_the_exception_stays_and_the_frames_go() -> None:
    """Type and message are kept of a traceback."""
    shown = 'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    f()\nValueError: bad\n'
    assert normalise(shown) == "Traceback (most recent call last):\nValueError: bad"


def test_a_root_is_no_prefix_of_other_names() -> None:
    """The directory goes, a longer name that begins like it stays."""
    assert normalise("/repo/a /repository/a", ["/repo"]) == "<root>/a /repository/a"


@given(
    st.text(
        st.one_of(st.sampled_from("{}()[],:'\"\\ \n\r\t\x1b=0159abefx/.-<>sT"), st.characters()),
        max_size=200,
    )
    | st.lists(st.sampled_from([text for pair in FLICKERS + RESULTS for text in pair] + ["\n", "  ", "'"])).map("".join)
)
def test_twice_is_once(text: str) -> None:
    """Normalising is total, and what is normal stays as it is."""
    once = normalise(text, ["/repo", "/tmp/x"])
    assert normalise(once, ["/repo", "/tmp/x"]) == once


@pytest.mark.parametrize(
    "unit",
    ["{", "'", "'\\", "{'a', ", "{b, a}, ", "/tmp/", "at 0x", "a:1: ", "== ", "Traceback (most recent call last):\n  ",
     "in 0.1", "\x1b[", "/a.b:", 'File "', "é\n", "../", "<root>", "00:00:00", "Mon, "],
)  # fmt: skip
def test_time_is_bounded(unit: str) -> None:
    """A million hostile characters take seconds, not hours."""
    started = time.monotonic()
    normal = normalise(unit * (1_000_000 // len(unit)), ["/repo"])
    assert time.monotonic() - started < 20
    assert len(normal) <= LONGEST


def test_long_texts_that_differ_stay_different() -> None:
    """What is left out is named by its digest."""
    long = [f"{n}\n" for n in range(40_000)]
    other = [*long[:20_000], "x\n", *long[20_000:]]
    assert normalise("".join(long)) != normalise("".join(other))
