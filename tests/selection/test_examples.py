"""What the issue's examples say of candidates."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selection.behaviour import Behaviour, Probe
from selection.examples import MOST, RATIOS, Finding, behaviour_groups, example_evidence, raised, shows
from selection.matrix import Candidate, OutcomeMatrix

ERROR = "#1\nValueError: bad\n#end"
GOOD = "#1\n4\n#end"


def matrix(
    base: str, shown: Mapping[str, str | None], wanted: tuple[str, ...] = (), unwanted: tuple[str, ...] = ()
) -> OutcomeMatrix:
    """One probe; a candidate that shows None was not run, one that shows "" took too long."""
    return several({"p": (base, shown)}, wanted, unwanted)


def several(
    probes: Mapping[str, tuple[str, Mapping[str, str | None]]],
    wanted: tuple[str, ...] = (),
    unwanted: tuple[str, ...] = (),
) -> OutcomeMatrix:
    names = sorted({name for _, shown in probes.values() for name in shown})
    return OutcomeMatrix(
        tuple(Candidate(name, b"", (name,)) for name in names),
        (),
        probes=tuple(Probe(digest, "", f"issue, {digest}", wanted, unwanted) for digest in probes),
        base_behaviours={digest: Behaviour(0, base) for digest, (base, _) in probes.items()},
        behaviours={
            (name, digest): Behaviour(0 if output else None, output)
            for digest, (_, shown) in probes.items()
            for name, output in shown.items()
            if output is not None
        },
    )


def ratios(found: OutcomeMatrix) -> dict[str, float]:
    return {digest: round(one.ratio, 6) for digest, one in example_evidence(found).items()}


def test_no_probe_is_no_evidence() -> None:
    """There is nothing to say, of anybody."""
    assert example_evidence(OutcomeMatrix((Candidate("a", b"", ()),), ())) == {}


def test_an_outcome_that_is_missing_is_no_evidence() -> None:
    """Neither for nor against."""
    assert set(example_evidence(matrix(ERROR, {"a": None, "b": GOOD}))) == {"b"}


def test_unchanged_is_weak_where_another_changes_it() -> None:
    """Somebody found something to mend there."""
    assert ratios(matrix("#1\n3\n#end", {"a": "#1\n3\n#end", "b": GOOD})) == {"a": RATIOS[Finding.UNCHANGED], "b": 0}


def test_what_changes_one_example_may_leave_another() -> None:
    """Not every example of an issue shows what is wrong."""
    probes = {"p": (GOOD, {"a": "#1\n5\n#end", "b": GOOD}), "q": (GOOD, {"a": GOOD, "b": GOOD})}
    assert ratios(several(probes)) == {"a": 0, "b": RATIOS[Finding.UNCHANGED]}


def test_unchanged_says_nothing_where_nobody_changes_it() -> None:
    """The example may be right as it is."""
    assert ratios(matrix(GOOD, {"a": GOOD, "b": GOOD})) == {"a": 0, "b": 0}


def test_unchanged_says_nothing_where_others_only_break_it() -> None:
    """To leave alone what works is no fault."""
    assert ratios(matrix(GOOD, {"a": GOOD, "b": ERROR})) == {"a": 0, "b": RATIOS[Finding.NEW_EXCEPTION]}


def test_a_wanted_output_is_strong() -> None:
    """The issue said so."""
    assert ratios(matrix("#1\n3\n#end", {"a": GOOD}, wanted=("#1\n4",))) == {"a": RATIOS[Finding.SHOWS_WANTED]}


def test_a_wanted_output_that_the_base_shows_says_nothing() -> None:
    """What was right before is no merit."""
    assert ratios(matrix(GOOD, {"a": GOOD}, wanted=("#1\n4",))) == {"a": 0}


def test_a_complaint_that_stays_is_weak_and_one_that_goes_is_good() -> None:
    """An exception of the issue's, by type and message or by its type."""
    for complaint in ("ValueError: bad", "ValueError", "#1\nValueError"):
        found = ratios(matrix(ERROR, {"a": ERROR, "b": GOOD}, unwanted=(complaint,)))
        assert found == {"a": RATIOS[Finding.SHOWS_UNWANTED], "b": RATIOS[Finding.COMPLAINT_GONE]}


def test_the_type_is_enough_where_the_message_is_another() -> None:
    """Messages change from release to release; where they are the same, another message is another outcome."""
    other = "#1\nValueError: worse\n#end"
    old = ratios(matrix(ERROR, {"a": other, "b": GOOD}, unwanted=("#1\nValueError: as it was",)))
    assert old == {"a": RATIOS[Finding.SHOWS_UNWANTED], "b": RATIOS[Finding.COMPLAINT_GONE]}
    assert ratios(matrix(ERROR, {"a": other}, unwanted=("ValueError: bad",))) == {"a": RATIOS[Finding.COMPLAINT_GONE]}


def test_another_exception_in_its_place_is_no_better() -> None:
    """The complaint is gone, and something new raises."""
    found = ratios(matrix(ERROR, {"a": "#1\nTypeError: bad\n#end"}, unwanted=("ValueError: bad",)))
    assert found == {"a": RATIOS[Finding.NEW_EXCEPTION]}


def test_a_new_exception_that_is_wanted_is_right() -> None:
    """Issues ask for errors too."""
    found = ratios(matrix(GOOD, {"a": ERROR}, wanted=("#1\nValueError: bad",)))
    assert found == {"a": RATIOS[Finding.SHOWS_WANTED]}


def test_an_exception_that_most_raise_is_no_fault() -> None:
    """They take it for what the issue asks for."""
    assert ratios(matrix(GOOD, {"a": ERROR, "b": ERROR, "c": GOOD})) == {"a": 0, "b": 0, "c": 0}


def test_an_assertion_that_fails_is_a_result() -> None:
    """As in a test that was skipped by mistake."""
    assert ratios(matrix(GOOD, {"a": "#1\nAssertionError\n#end"})) == {"a": 0}


def test_running_out_of_time_is_weak() -> None:
    """The base tree comes to an end."""
    assert ratios(matrix(GOOD, {"a": ""})) == {"a": RATIOS[Finding.NEW_EXCEPTION]}


def test_a_kind_counts_once_and_the_sum_is_bounded() -> None:
    """Examples of one issue err together."""
    shown = {"a": ERROR, "b": GOOD}
    found = ratios(several({"p": (ERROR, shown), "q": (ERROR, shown)}, unwanted=("ValueError: bad",)))
    assert found == {"a": RATIOS[Finding.SHOWS_UNWANTED], "b": RATIOS[Finding.COMPLAINT_GONE]}
    best = ratios(matrix(ERROR, {"a": GOOD}, wanted=("#1\n4",), unwanted=("ValueError: bad",)))
    assert best == {"a": MOST}


def test_it_says_which_example_says_what() -> None:
    """For people."""
    (evidence,) = example_evidence(matrix(ERROR, {"a": ERROR}, unwanted=("ValueError: bad",))).values()
    assert evidence.said == "issue, p: still shows what the issue complains about"


OUTPUT = "#1\nC is\n#2\n[1, 2]\nx\n#3\nrepo.errors.OddError: no\n#end"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("#2\n[1, 2]\nx", True),
        ("#2\n[1, 2]", False),
        ("#1\nx", False),
        ("#9\nx", False),
        ("C is\n[1, 2]", True),
        ("[1, 2]", True),
        ("1, 2", False),
        ("", False),
        ("OddError", True),
        ("OddError: no", True),
        ("other.OddError: no", True),
        ("E   OddError: no", True),
        ("OddError: yes", False),
        ("#3\nOddError", True),
        ("#2\nOddError", False),
    ],
)
def test_patterns_are_whole_lines(pattern: str, found: bool) -> None:
    """Of one step, or anywhere without regard to where steps begin."""
    assert shows(Behaviour(1, OUTPUT), pattern) is found


def test_exceptions_are_known_without_their_module() -> None:
    """As an interpreter, a traceback or pytest shows them; other text with a colon is none."""
    output = "a.b.FooError: x\nE   BarException\nName: value\nUserWarning: x"
    assert raised(Behaviour(1, output)) == {"FooError", "BarException"}


def test_groups_are_equal_on_every_probe() -> None:
    """One who is not fully known joins the only group that fits."""
    found = several({
        "p": (ERROR, {"a": GOOD, "b": GOOD, "c": GOOD, "d": GOOD, "e": ERROR, "f": None}),
        "q": (ERROR, {"a": GOOD, "b": GOOD, "c": ERROR, "d": None, "e": None, "f": ERROR}),
    })  # fmt: skip
    assert behaviour_groups(found) == (("a", "b"), ("c", "f"), ("d",), ("e",))


def test_without_probes_all_are_one_group() -> None:
    """Nothing tells them apart."""
    assert behaviour_groups(OutcomeMatrix((Candidate("b", b"", ()), Candidate("a", b"", ())), ())) == (("a", "b"),)


OUTPUTS = st.sampled_from([GOOD, ERROR, "#1\n3\n#end", "", None])


@given(st.dictionaries(st.sampled_from("abcdef"), OUTPUTS), st.sampled_from([GOOD, ERROR]), st.randoms())
def test_neither_order_nor_missing_outcomes_matter(shown: dict[str, str | None], base: str, random: object) -> None:
    """Evidence is bounded, by candidate, and every candidate is in one group."""
    found = matrix(base, shown, wanted=("#1\n4",), unwanted=("ValueError: bad",))
    evidence = example_evidence(found)
    assert set(evidence) == {name for name, output in shown.items() if output is not None}
    assert all(abs(one.ratio) <= MOST for one in evidence.values())
    groups = behaviour_groups(found)
    assert sorted(name for group in groups for name in group) == sorted(shown)
