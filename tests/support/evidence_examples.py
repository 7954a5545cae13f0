"""Matrices that each show one thing about the default's weighing, and take the method that must show it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from support.matrices import written

from selection import Behaviour, Method, OutcomeMatrix, Probe

TIE = "tied in everything: the smaller digest"
BASE = "#1\nValueError: no\n#end"
"""What the issue complains about."""
RIGHT, OTHER, WORSE = "#1\n4\n#end", "#1\n5\n#end", "#1\nTypeError: bad\n#end"


def wins(choose: Method, matrix: OutcomeMatrix, name: str, rule: str | None = None) -> None:
    selection = choose(matrix, seed=0)
    assert selection.winner is not None
    assert selection.winner.digest == name
    assert rule in {None, selection.rule}


def shown(
    matrix: OutcomeMatrix, outputs: Mapping[str, str | None], *, wanted: tuple[str, ...] = (), base: str = BASE
) -> OutcomeMatrix:
    """The matrix with one probe, and what each candidate prints; None where it was not run."""
    probe = Probe("p", "", "issue, block 1", wanted, ("ValueError: no",))
    behaviours = {(name, "p"): Behaviour(0, output) for name, output in outputs.items() if output is not None}
    return replace(matrix, probes=(probe,), base_behaviours={"p": Behaviour(0, base)}, behaviours=behaviours)


# Each takes the method, so that a broken one can be handed in.


def what_behaves_alike_and_not_as_the_base_supports_each_other(choose: Method) -> None:
    """`b` and `c` are different trees that print the same; `a` has as many samples as one of them."""
    outputs = {"a": OTHER, "b": RIGHT, "c": RIGHT}
    matrix = shown(written("", {"a": "", "b": "", "c": ""}), outputs, base="#1\n3\n#end")
    rule = "the weight of evidence, mostly agreement; tied in everything: the smaller digest"
    wins(choose, matrix, "b", rule)


def to_leave_everything_as_it_was_is_no_agreement(choose: Method) -> None:
    """Three that change nothing are not three that agree on what is right."""
    matrix = shown(written("", {"a": "", "b": "", "c": "", "d": ""}), {"a": BASE, "b": BASE, "c": BASE, "d": RIGHT})
    wins(choose, matrix, "d")


def the_complaint_must_be_gone(choose: Method) -> None:
    """The more so if the issue says what it wants."""
    matrix = written("", {"a": "", "b": ""})
    wins(choose, shown(matrix, {"a": BASE, "b": OTHER}), "b", "the weight of evidence, mostly examples")
    wins(choose, shown(matrix, {"a": OTHER, "b": RIGHT}, wanted=("4",)), "b", "the weight of evidence, mostly examples")


def another_exception_is_no_solution(choose: Method) -> None:
    """It only fails in another way."""
    wins(choose, shown(written("", {"a": "", "b": ""}), {"a": WORSE, "b": OTHER}), "b")


def an_example_that_was_not_run_says_nothing(choose: Method) -> None:
    """`b` is no worse for it than `a`, which does what is not wanted."""
    wins(choose, shown(written("", {"a": "", "b": ""}), {"a": BASE, "b": None}), "b")


def regressions_are_weighed(choose: Method) -> None:
    """What is equal otherwise is decided by the repository's own tests, with scripts and without."""
    breaks = {"a": ["test_x"], "b": []}
    wins(choose, written("", {"a": "", "b": ""}, breaks=breaks), "b", "the weight of evidence, mostly tests")
    wins(choose, written("uu", {"a": "su", "b": "us"}, breaks=breaks), "b", "the weight of evidence, mostly tests")


def regressions_are_no_filter(choose: Method) -> None:
    """One does not outweigh what the issue's example and agreement say: it may be what the issue asks for."""
    origins = {"b": tuple(f"system {letter}" for letter in "abcdefghi")}
    matrix = written("", {"a": "", "b": ""}, origins=origins, breaks={"a": [], "b": ["test_x"]})
    wins(choose, shown(matrix, {"a": BASE, "b": RIGHT}, wanted=("4",)), "b")


def what_all_break_tells_none_apart(choose: Method) -> None:
    """`b` breaks nothing beyond it."""
    matrix = written("", {"a": "", "b": ""}, breaks={"a": ["test_x", "test_y"], "b": ["test_x"]})
    several = replace(matrix.candidates[0], origins=("gru", "devlo"))
    wins(choose, replace(matrix, candidates=(several, matrix.candidates[1])), "b")
    wins(choose, replace(matrix, regressions=dict.fromkeys("ab", frozenset({"test_x"}))), "a", TIE)


def two_that_scripts_accept_beat_one_with_more(choose: Method) -> None:
    """The lone candidate passes three scripts that its own misreading inspired."""
    wins(choose, written("uuuuu", {"a": "uusss", "b": "ssuuu", "c": "ssuuu", "d": "ssuuu"}), "b")


def one_script_alone_is_no_judge(choose: Method) -> None:
    """What the only script refuses may still win: it breaks nothing."""
    wins(choose, written("u", {"a": "s", "b": "u"}, breaks={"a": ["test_x"], "b": []}), "b")


def what_strangers_scripts_accept_beats_more_samples(choose: Method) -> None:
    """Six of them against a second sample of what they refuse."""
    wins(choose, written("u" * 6, {"a": "uuuuuu", "b": "ssssss"}, origins={"a": ("gru 1", "gru 2")}), "b")


def scripts_that_pass_on_the_base_say_nothing(choose: Method) -> None:
    """Three of them would outweigh one that shows the issue."""
    wins(choose, written("sssu", {"a": "sssu", "b": "sssu", "c": "uuus"}), "c")


def strangers_are_more_support_than_relatives(choose: Method) -> None:
    """Two samples of one model share its misreadings; two systems less so."""
    origins = {"a": ("x 1", "x 2"), "b": ("gru", "devlo")}
    wins(choose, written("", {"a": "", "b": ""}, origins=origins), "b", "the weight of evidence, mostly agreement")


def a_missing_cell_is_no_failure(choose: Method) -> None:
    """`c` and `d` may agree with `b`; taken as failures their cells would leave `b` alone."""
    wins(choose, written("uuuu", {"a": "usss", "b": "ssuu", "c": "s.uu", "d": ".suu", "e": "uuuu"}), "b")


EXAMPLES: dict[str, Callable[[Method], None]] = {
    example.__name__: example
    for example in (
        what_behaves_alike_and_not_as_the_base_supports_each_other,
        to_leave_everything_as_it_was_is_no_agreement,
        the_complaint_must_be_gone,
        another_exception_is_no_solution,
        an_example_that_was_not_run_says_nothing,
        regressions_are_weighed,
        regressions_are_no_filter,
        what_all_break_tells_none_apart,
        two_that_scripts_accept_beat_one_with_more,
        one_script_alone_is_no_judge,
        what_strangers_scripts_accept_beats_more_samples,
        scripts_that_pass_on_the_base_say_nothing,
        strangers_are_more_support_than_relatives,
        a_missing_cell_is_no_failure,
    )
}
