"""Duels of behaviours: what is asked, run and shown, and what comes of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.bench import PROFILE, ScriptedSandbox
from support.selecting import (
    LIBRARY,
    RIGHT,
    WORSE,
    WRONG,
    Answer,
    AnsweringModel,
    Case,
    Opened,
    of_letter_a,
    opened,
    patches_in,
    says,
)
from support.verdicts import first_result, for_real, foretold, judging, liking, results_in, wants_verdict

from agent.messages import Message
from agent.selecting.asking import Asker
from agent.selecting.duels import ATTEMPTS, Dueled, duel
from selection.clusters import clusters
from selection.matrix import Outcome
from selection.tournament import NEITHER, WIN

S, U = Outcome.SOLVED, Outcome.UNSOLVED
TWO = Case({"right": RIGHT, "wrong": WRONG}, votes={"t": {"right": S, "wrong": U}})
THREE = Case(
    {"right": RIGHT, "wrong": WRONG, "worse": WORSE},
    votes={"t": {"right": S, "wrong": U, "worse": U}, "u": {"right": U, "wrong": S, "worse": U}},
)
EVEN = {"right": 0.34, "wrong": 0.33, "worse": 0.33}
FAIR = judging(foretold(), liking("Exit code: 0"))


async def fight(
    case: Opened, *, calls: int = 24, backwards: bool = False, beliefs: dict[str, float] | None = None
) -> tuple[Dueled, Asker]:
    matrix = replace(case.matrix, candidates=case.matrix.candidates[::-1]) if backwards else case.matrix
    asker = Asker(case.bench, "select", calls)
    posterior = {tree: (beliefs or EVEN)[name] for name, tree in case.trees.items()}
    return await duel(case.bench, matrix, posterior, asker=asker, files=LIBRARY), asker


def says_by_result(files: dict[str, bytes], script: str) -> int:
    """Three behaviours: each patch ends in its own way, the base in another."""
    library = files["lib.py"].decode()
    return next((code for code, text in enumerate((RIGHT, WRONG, WORSE)) if text in library), 9)


def alike(files: dict[str, bytes], script: str) -> int:
    return 0


async def test_a_win_in_both_orders_is_evidence(tmp_path: Path) -> None:
    """Three completions: a program with what it should print, and two verdicts over what it did print."""
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, TWO, model) as case:
        dueled, asker = await fight(case)
        (fought,) = dueled.duels
        assert fought.winner == case.trees["right"]
        assert fought.predictions == ("6", "9")
        assert dueled.pairs == {(case.trees["right"], case.trees["wrong"]): WIN}
        assert dueled.weights[case.trees["right"]] - dueled.weights[case.trees["wrong"]] == pytest.approx(WIN)
        assert asker.calls == len(model.asked) == 3
        assert "said in both orders" in " ".join(step.said for step in dueled.trail)


async def test_the_program_joins_the_matrix(tmp_path: Path) -> None:
    """As a probe, run on everybody; and as a script, since it ended with 2 on the base and with 0 somewhere."""
    async with opened(tmp_path, THREE, AnsweringModel(FAIR)) as case:
        dueled, _ = await fight(case)
        name = dueled.duels[0].probe
        assert [probe.digest for probe in dueled.matrix.probes] == [name]
        assert {tree for tree, probe in dueled.matrix.behaviours if probe == name} == set(case.trees.values())
        assert dueled.matrix.scripts[-1].origins == ("duel 1, attempt 1",)
        assert dueled.matrix.base[dueled.matrix.scripts[-1].digest] is U
        assert dueled.matrix.cells[case.trees["right"], dueled.matrix.scripts[-1].digest] is S
        assert case.matrix.probes == ()


async def test_the_judge_sees_results_and_no_patches(tmp_path: Path) -> None:
    """Neither diffs, predictions, origins, votes nor beliefs: the issue, the program and what it printed."""
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, TWO, model) as case:
        await fight(case)
    for said in filter(wants_verdict, model.asked):
        text = "\n".join(message.content for message in said)
        assert patches_in(said) == {}
        assert RIGHT not in text
        assert "expect" not in said[-1].content
        assert set(results_in(said)) == {"A", "B"}
        assert "on the repository as it was" in text


async def test_both_orders_and_both_letters(tmp_path: Path) -> None:
    """Who is shown second is shown first the next time, under the other letter."""
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, TWO, model) as case:
        await fight(case)
    there, back = (results_in(said) for said in model.asked if wants_verdict(said))
    assert list(there) == list(back)
    assert list(there.values()) == list(back.values())[::-1]


@pytest.mark.parametrize("verdict", [first_result, of_letter_a])
@pytest.mark.parametrize("backwards", [False, True])
async def test_a_judge_of_places_or_letters_has_no_effect(tmp_path: Path, verdict: Answer, backwards: bool) -> None:
    """Every duel ends in a contradiction."""
    async with opened(tmp_path, THREE, AnsweringModel(judging(foretold(), verdict))) as case:
        dueled, _ = await fight(case, backwards=backwards)
        assert set(dueled.weights.values()) == {0.0}
        assert all(d.winner is None for d in dueled.duels)
        assert dueled.pairs == {}


@pytest.mark.parametrize("said", ["CHOICE: none", "A", "The first one.", "CHOICE: A\nCHOICE: B", "CHOICE: C", ""])
async def test_what_is_no_choice_is_no_evidence(tmp_path: Path, said: str) -> None:
    """None of the two, no line, two lines, a letter that is not there: never the first candidate."""
    async with opened(tmp_path, TWO, AnsweringModel(judging(foretold(), lambda _: said))) as case:
        dueled, _ = await fight(case)
        assert dueled.duels[0].winner is None
        assert dueled.duels[0].verdicts == ((NEITHER, NEITHER) if said.endswith("none") else (None, None))


async def test_equal_outputs_on_all_attempts_merge(tmp_path: Path) -> None:
    """Three programs show no difference: the two count as one, and no judge is asked."""
    programs = iter(foretold(f"print({n})") for n in range(9))
    model = AnsweringModel(lambda _: next(programs))
    async with opened(tmp_path, TWO, model, sandbox=ScriptedSandbox(alike)) as case:
        dueled, asker = await fight(case)
        assert asker.calls == ATTEMPTS
        assert [set(pair) for pair in dueled.merges] == [set(case.trees.values())]
        assert dueled.matrix.probes == ()
    assert "print(0)" in model.asked[1][-1].content
    assert "print(1)" in model.asked[2][-1].content


async def test_what_crashes_everywhere_merges_nothing(tmp_path: Path) -> None:
    """It shows nothing of the patches."""
    model = AnsweringModel(judging(foretold(), first_result))
    async with opened(tmp_path, TWO, model, sandbox=ScriptedSandbox(lambda files, script: 1)) as case:
        dueled, _ = await fight(case)
        assert dueled.merges == ()
        assert dueled.duels[0].probe is None


async def test_an_unsteady_program_tells_nothing_apart(tmp_path: Path) -> None:
    """It ends in another way each time it is run: not a difference, and not kept."""
    count = iter(range(10**6))
    sandbox = ScriptedSandbox(lambda files, script: next(count) % 100)
    async with opened(tmp_path, TWO, AnsweringModel(FAIR), sandbox=sandbox) as case:
        dueled, _ = await fight(case)
        assert dueled.matrix.probes == ()
        assert dueled.duels[0].probe is None


async def test_no_program_is_no_evidence(tmp_path: Path) -> None:
    """The model writes prose; the cap is not spent on more of it than a repair."""
    model = AnsweringModel(lambda _: "I would rather not.")
    async with opened(tmp_path, TWO, model) as case:
        dueled, asker = await fight(case)
        assert asker.calls == 2
        assert (dueled.merges, set(dueled.weights.values())) == ((), {0.0})


@pytest.mark.parametrize("cap", range(13))
async def test_the_cap_is_never_exceeded(tmp_path: Path, cap: int) -> None:
    """Whatever it is, and no duel is begun that cannot be ended."""
    model = AnsweringModel(judging(foretold(), first_result))
    async with opened(tmp_path, THREE, model, sandbox=ScriptedSandbox(says_by_result)) as case:
        dueled, asker = await fight(case, calls=cap)
        assert asker.calls == len(model.asked) <= cap
        assert len(dueled.duels) == min(3, cap // 3)


async def test_repairs_count_against_the_cap(tmp_path: Path) -> None:
    """A model that is never understood spends it, and no more."""
    async with opened(tmp_path, THREE, AnsweringModel(judging(foretold(), lambda _: "hm"))) as case:
        _, asker = await fight(case, calls=5)
        assert asker.calls <= 5


async def test_a_lead_asks_nothing(tmp_path: Path) -> None:
    """There is nothing to find out, and so it is with a single candidate."""
    async with opened(tmp_path, TWO, AnsweringModel(FAIR)) as case:
        dueled, asker = await fight(case, beliefs={"right": 0.9, "wrong": 0.1})
        assert (dueled.duels, asker.calls, dueled.matrix) == ((), 0, case.matrix)
    async with opened(tmp_path / "one", Case({"right": RIGHT}), AnsweringModel(FAIR)) as case:
        assert (await fight(case))[1].calls == 0


async def test_the_order_of_candidates_does_not_matter(tmp_path: Path) -> None:
    """The same questions, so the second run asks nothing at all."""
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, THREE, model) as case:
        there, _ = await fight(case)
        asked = len(model.asked)
        back, _ = await fight(case, backwards=True)
        assert (there.duels, there.weights, there.trail) == (back.duels, back.weights, back.trail)
        assert len(model.asked) == asked


async def test_a_replay_asks_and_runs_nothing(tmp_path: Path) -> None:
    """Everything comes from the journal."""
    async with opened(tmp_path, THREE, AnsweringModel(FAIR)) as case:
        there, _ = await fight(case)
    model, sandbox = AnsweringModel(lambda _: "never"), ScriptedSandbox(says)
    async with opened(tmp_path, THREE, model, sandbox=sandbox) as case:
        back, asker = await fight(case)
        assert (there, len(model.asked), len(sandbox.executed)) == (back, 0, 0)
        assert asker.calls > 0


@pytest.mark.bubblewrap
async def test_duels_for_real(tmp_path: Path) -> None:
    """A program that only prints separates three patches by what they print; a replay needs neither model nor
    sandbox."""
    program = foretold("from lib import double\nprint('doubled', double(3))")
    three = Case({"right": RIGHT, "wrong": WRONG, "worse": "raise ValueError(x)"})
    seeds = replace(three, votes=THREE.votes)
    async with for_real(tmp_path, seeds, judging(program, liking("doubled 6"))) as (case, server):
        dueled, asker = await fight(case)
        best = max(dueled.weights, key=lambda tree: dueled.weights[tree])
        assert best == case.trees["right"]
        assert len(server.calls) == asker.calls == 6
        assert len(clusters(dueled.matrix)) == 3
        assert dueled.matrix.scripts == case.matrix.scripts  # it only prints: no outcomes
        shown = {tree: behaviour.output for (tree, _), behaviour in dueled.matrix.behaviours.items()}
        assert shown[case.trees["right"]] == "doubled 6"
        assert shown[case.trees["worse"]] == "Traceback (most recent call last):\nValueError: 3"
    async with for_real(tmp_path, seeds, lambda _: "never") as (case, server):
        assert (await fight(case))[0] == dueled
        assert server.calls == []


@pytest.mark.bubblewrap
async def test_a_model_that_writes_examples_need_not_print(tmp_path: Path) -> None:
    """Weak models are asked for an example; the values of its lines are shown, and the judge sees the example alone."""
    profile = replace(PROFILE, script_format="printed")
    asked: list[str] = []

    def verdict(messages: list[Message]) -> str:
        asked.append(messages[-1].content)
        return liking("6")(messages)

    async with for_real(tmp_path, TWO, judging(foretold(), verdict), profile=profile) as (case, _):
        dueled, _ = await fight(case)
        assert dueled.duels[0].winner == case.trees["right"]
        shown = {tree: behaviour.output for (tree, _), behaviour in dueled.matrix.behaviours.items()}
        assert shown == {case.trees["right"]: "6", case.trees["wrong"]: "9"}
    assert "from lib import double\ndouble(3)\n" in asked[0]
    assert "sys.exit" not in asked[0]
