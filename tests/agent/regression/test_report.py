"""What is read from the output of a run of tests, whatever else is printed."""

import base64
import json
import zlib

from hypothesis import given
from hypothesis import strategies as st

from agent.regression.report import LARGEST, Report, Verdict, read_report

NONCE = "0123456789abcdef"
FILE = {"kind": "file", "file": "t.py", "how": "ended", "seconds": 1.5, "tests": {"a": "p", "b": "f"}, "said": ""}


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


def record(value: object, nonce: str = NONCE) -> str:
    return f"\n<{nonce}:{packed(value)}>\n"


WHOLE = (
    record({"kind": "runner", "runner": "pytest", "said": "pytest 8"}) + record(FILE) + record({"kind": "end"})
)  # fmt: skip


def test_a_whole_report() -> None:
    """What ran, each file, and that it ended by itself."""
    report = read_report(WHOLE, NONCE)
    assert report.runner is not None
    assert (report.runner.said, report.ended, report.files["t.py"].tests) == ("pytest 8", True, {"a": "p", "b": "f"})


@given(st.text(max_size=200), st.text(max_size=200))
def test_what_tests_print_around_it_changes_nothing(before: str, after: str) -> None:
    """Only whole lines between the marks are records."""
    assert read_report(f"{before}\n{WHOLE}{after}", NONCE) == read_report(WHOLE, NONCE)


@given(st.text(max_size=100) | st.binary(max_size=60).map(lambda data: base64.b64encode(data).decode()))
def test_no_record_is_too_odd(inside: str) -> None:
    """What is not a record, even between the right marks, is not seen."""
    assert read_report(f"<{NONCE}:{inside}>\n", NONCE) == Report()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5), lambda x: st.lists(x) | st.dictionaries(st.text(max_size=6), x)
    )
)
def test_records_of_another_shape_are_not_seen(value: object) -> None:
    """Nothing that a hostile test may write reaches the rest unchecked."""
    assert read_report(record(value), NONCE) == Report()


def test_records_with_other_outcomes_or_fields_are_not_seen() -> None:
    """A record is as the runner writes it, or none."""
    for change in ({"tests": {"a": "resolved"}}, {"seconds": -1}, {"how": "fine"}, {"more": 1}):
        assert read_report(record({**FILE, **change}), NONCE).files == {}


def test_other_marks() -> None:
    """A report of another run, printed by a test, is no report."""
    assert read_report(record(FILE, "f" * 16), NONCE) == Report()


def test_a_record_that_unpacks_without_end_is_not_seen() -> None:
    """A few kilobytes can be made of gigabytes of zeros."""
    bomb = base64.b64encode(zlib.compress(b" " * (LARGEST + 10))).decode()
    assert read_report(f"<{NONCE}:{bomb}>", NONCE) == Report()


def test_the_first_record_of_a_file_counts() -> None:
    """Nothing printed later changes it."""
    again = {**FILE, "tests": {"b": "p"}}
    assert read_report(WHOLE + record(again), NONCE).verdict("t.py", "b") is Verdict.FAILED


def test_what_a_report_says_of_tests() -> None:
    """Not begun for want of time is not known; everything else that is not passed is failed."""
    stopped = record({**FILE, "file": "slow.py", "how": "stopped"})
    report = read_report(WHOLE + stopped, NONCE)
    assert report.verdict("t.py", "a") is Verdict.PASSED
    assert report.verdict("t.py", "b") is Verdict.FAILED
    assert report.verdict("t.py", "gone") is Verdict.FAILED
    assert report.verdict("slow.py", "later") is Verdict.UNKNOWN
    assert report.verdict("never.py", "x") is Verdict.UNKNOWN
    killed = read_report(record(FILE), NONCE)
    assert killed.verdict("never.py", "x") is Verdict.FAILED
