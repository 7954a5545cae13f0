"""Why a candidate was chosen: what is shown, and that what others wrote cannot steer a terminal."""

import io
import json

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from agent.candidates import Refused
from agent.cli.explain import explain, explanation_record
from selection import Candidate, Outcome, OutcomeMatrix, Ranked, Selection, TestScript
from selection.behaviour import Behaviour, Probe
from selection.matrix import Step

A, B, C = "a" * 40, "b" * 40, "c" * 40
PATCH = b"--- a/x\n+++ b/x\n-one\n+two\n+three\n"


def example(text: str = "") -> tuple[OutcomeMatrix, Selection, tuple[Refused, ...]]:
    """Three candidates of which two behave alike; `text` stands wherever others may write."""
    candidates = (
        Candidate(A, PATCH, ("acr-run-1" + text, "acr-run-2" + text), ("d" * 40,), ("tests/test_x.py" + text,)),
        Candidate(B, PATCH, ("gru" + text,)),
        Candidate(C, PATCH, ()),
    )
    probe = Probe("p", "print(1)" + text, "issue, block 1" + text, ("8",), ("5",))
    shown = {(A, "p"): Behaviour(0, "8" + text), (B, "p"): Behaviour(0, "5"), (C, "p"): Behaviour(None, "")}
    matrix = OutcomeMatrix(
        candidates,
        (TestScript("s" * 40, text, ("trajectory 0" + text,)),),
        {"s" * 40: Outcome.UNSOLVED},
        {(A, "s" * 40): Outcome.SOLVED, (B, "s" * 40): Outcome.UNSOLVED},
        {A: frozenset(), B: frozenset({"tests/test_y.py::test_z" + text})},
        7,
        (probe,),
        {"p": Behaviour(0, "5")},
        shown,
        (Step("tests", "7 tests pass on the base tree" + text),),
    )
    ranking = (Ranked(candidates[0], 1, ("s" * 40,), 0.9), Ranked(candidates[1], 0, ()), Ranked(candidates[2], 0, ()))
    trail = (Step("duel", "A was right" + text), Step("duel", "A was right again"))
    selection = Selection(ranking, ("s" * 40,), "the weight of evidence" + text, 0.9, trail)
    return matrix, selection, (Refused("broken" + text, "it does not apply" + text),)


def shown(matrix: OutcomeMatrix, selection: Selection, refused: tuple[Refused, ...] = ()) -> str:
    console = Console(file=io.StringIO(), markup=False, emoji=False, highlight=False, width=200)
    explain(console, matrix, selection, refused)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_everything_that_led_to_the_choice_is_told() -> None:
    """What came in, what it showed, what was made of it, and the rule that fired."""
    text = shown(*example())
    for words in (
        "acr (2)",  # two samples of one source
        "tests/test_x.py",  # left out of the patch
        "Refused: broken: it does not apply",
        "7 were asked",
        "tests/test_y.py::test_z",
        "not known",  # of the third nothing is known
        "Example: issue, block 1",
        "wanted",
        "complained about, as on the base tree",
        "It wants: 8   It complains about: 5",
        "no end",
        "aaaaaaaa +2.0: issue, block 1: shows what the issue wants",
        "Votes: candidates x scripts",
        "Clusters",
        "A was right again",
        "Chosen: aaaaaaaa",
        "By: the weight of evidence. Confidence: 0.90.",
    ):
        assert words in text, words
    assert text.index("7 tests pass") < text.index("A was right")


def test_what_is_not_known_is_said() -> None:
    """No test, no example, no script, no candidate."""
    text = shown(OutcomeMatrix((), ()), Selection((), (), "no candidate"))
    assert "The repository's tests: nothing is known." in text
    assert "Nothing is chosen: there is no candidate." in text


def test_an_abstention_is_told() -> None:
    """It is a choice of none, not a lack of candidates."""
    matrix, selection, _ = example()
    doubtful = Selection(selection.ranking, (), "abstained", 0.1, (), abstained=True)
    assert "no candidate is trusted enough" in shown(matrix, doubtful)
    assert "(chosen)" not in shown(matrix, doubtful)


@given(st.text(alphabet=st.sampled_from("\x1b\x9b\r\x00\u202e\u200b\ud800[/red]:smile:\n\t │"), max_size=12))
def test_what_others_wrote_cannot_steer_a_terminal(text: str) -> None:
    """Escape sequences, overrides and markup are shown as what they are."""
    seen = shown(*example(text))
    assert not set(seen) & set("\x1b\x9b\r\x00\u202e\u200b\ud800")
    assert "\N{SMILING FACE WITH OPEN MOUTH}" not in seen


def test_the_same_is_there_as_data() -> None:
    """Nothing is cut, and what is not known is not there."""
    record = json.loads(json.dumps(explanation_record(*example())))
    assert record["candidates"][0]["sources"] == {"acr": 2}
    assert record["candidates"][0]["lines"] == 3
    assert record["tests"] == {"asked": 7, "broken": {A: [], B: ["tests/test_y.py::test_z"]}}
    assert record["examples"][0]["shown"][C] == {"exit_code": None, "output": ""}
    assert record["examples_say"][A]["ratio"] > 0 > record["examples_say"][B]["ratio"]
    assert record["scripts"][0]["cells"] == {A: "solved", B: "unsolved"}
    assert [step["stage"] for step in record["trail"]] == ["tests", "duel", "duel"]
    assert (record["winner"], record["confidence"], record["abstained"]) == (A, 0.9, False)
    assert {member for cluster in record["clusters"] for member in cluster["members"]} == {A, B, C}
