"""S* over patches: what is asked, run and shown, and what is chosen."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.bench import ScriptedSandbox
from support.selecting import (
    RIGHT,
    WORSE,
    WRONG,
    Answer,
    AnsweringModel,
    Case,
    Opened,
    first_shown,
    of_letter_a,
    opened,
    patches_in,
    says,
)
from support.verdicts import PROGRAM, first_result, for_real, judging, liking, results_in, wants_verdict

from agent.messages import Message
from agent.selecting.method import Chosen
from agent.selecting.sstar import sstar, sstar_or
from selection.matrix import Outcome
from selection.methods import method

S, U = Outcome.SOLVED, Outcome.UNSOLVED
THREE = Case({"right": RIGHT, "wrong": WRONG, "worse": WORSE})
"""Nothing is known of them yet."""
MANY = Case({f"number {n}": f"return x + {n}" for n in range(6)} | {"right": RIGHT})
FAIR = judging(PROGRAM, liking("Exit code: 0"))
UNCOUNTED = 10**6


def said(chosen: Chosen) -> str:
    return "\n".join(step.said for step in chosen.selection.trail)


def each_its_own(files: dict[str, bytes], script: str) -> int:
    """Every patch ends in its own way; the right one well."""
    library = files["lib.py"].decode()
    return 0 if RIGHT in library else 1 + sum(library.encode()) % 97


async def choose(case: Opened, variant: str = "paper", *, backwards: bool = False) -> Chosen:
    """What S* chooses in a variant."""
    bench = replace(case.bench, choosing=replace(case.bench.choosing, sstar_variant=variant))
    return await replace(case, bench=bench).choose(sstar, backwards=backwards)


async def test_a_wrong_script_does_not_decide(tmp_path: Path) -> None:
    """One script splits the two, and accepts the wrong one; the judge of what was really run is of another mind."""
    case = Case({"right": RIGHT, "wrong": WRONG}, votes={"t": {"right": U, "wrong": S}})
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, case, model) as it:
        assert it.named(await choose(it)) == "right"
    assert len(model.asked) == 4


async def test_clusters_come_from_the_written_inputs(tmp_path: Path) -> None:
    """Nothing was known; the test inputs show that two of the three are alike, so one match is enough."""
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, THREE, model) as case:
        chosen = await choose(case)
        assert case.named(chosen) == "right"
        assert len(model.asked) == 1 + 3
        assert "2 behaviours, 1 matches, 4 completions" in said(chosen)
        assert chosen.matrix.probes[0].origin == "S* input 1"
        assert chosen.selection.rule == "most points against other behaviours"
        assert chosen.selection.belief == 1


async def test_the_judge_sees_patches_and_what_was_really_printed(tmp_path: Path) -> None:
    """The issue, both diffs, each input with three outcomes, in both orders and with letters exchanged."""
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, THREE, model) as case:
        await choose(case)
    there, back = (messages for messages in model.asked if wants_verdict(messages))
    assert "`double` is wrong" in there[1].content
    assert list(patches_in(there).values()) == list(patches_in(back).values())[::-1]
    assert list(results_in(there).values()) == list(results_in(back).values())[::-1]
    assert list(patches_in(there)) == list(results_in(there)) == list(patches_in(back))
    assert there[-1].content.count("on the repository as it was:\n\nExit code: 2") == 1


@pytest.mark.parametrize("variant", ["paper", "repo"])
async def test_identical_behaviours_ask_nothing(tmp_path: Path, variant: str) -> None:
    """The scripts that there are say the same of all."""
    model = AnsweringModel(FAIR)
    alike = replace(THREE, votes={"t": {"right": S, "wrong": S, "worse": S}})
    async with opened(tmp_path, alike, model) as case:
        chosen = await choose(case, variant)
        assert "alike" in chosen.selection.rule
        assert chosen.selection.winner is not None
    assert model.asked == []


@pytest.mark.parametrize("variant", ["paper", "repo"])
async def test_nobody_passes_the_public_tests(tmp_path: Path, variant: str) -> None:
    """All break a test of the repository: the one that passes most of the rest."""
    model = AnsweringModel(FAIR)
    broken = replace(
        THREE,
        votes={"t": {"right": S, "wrong": U, "worse": S}, "u": {"right": S, "wrong": S, "worse": U}},
        breaks={"right": ["x"], "wrong": ["y"], "worse": ["z"]},
    )
    async with opened(tmp_path, broken, model) as case:
        chosen = await choose(case, variant)
        assert case.named(chosen) == "right"
        assert "nobody passes" in chosen.selection.rule
    assert model.asked == []


async def test_those_that_break_the_repository_do_not_play(tmp_path: Path) -> None:
    """A patch that fails a test of the repository, when others do not, is out of it."""
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, replace(THREE, breaks={"right": ["x"], "wrong": [], "worse": []}), model) as case:
        assert case.named(await choose(case)) != "right"
    assert all(RIGHT not in body for messages in model.asked for body in patches_in(messages).values())


@pytest.mark.parametrize("variant", ["paper", "repo"])
async def test_all_zero_goes_to_the_judge_of_code(tmp_path: Path, variant: str) -> None:
    """Results settle nothing for it, the code does."""

    def verdict(messages: list[Message]) -> str:
        letters = patches_in(messages)
        right = [letter for letter, body in letters.items() if RIGHT in body]
        return f"CHOICE: {right[0]}" if "by their code" in messages[-1].content and right else first_result(messages)

    async with opened(tmp_path, THREE, AnsweringModel(judging(PROGRAM, verdict))) as case:
        chosen = await choose(case, variant)
        assert case.named(chosen) == "right"
        assert "code alone" in chosen.selection.rule


@pytest.mark.parametrize("verdict", [first_result, of_letter_a, first_shown])
@pytest.mark.parametrize("variant", ["paper", "repo"])
async def test_a_judge_of_places_or_letters_has_no_effect(tmp_path: Path, verdict: Answer, variant: str) -> None:
    """What it chooses is what a judge would who says nothing that can be read."""
    names: list[str | None] = []
    for number, judge in enumerate((verdict, lambda _: "hm")):
        async with opened(
            tmp_path / str(number), THREE, AnsweringModel(judging(PROGRAM, judge)), calls=UNCOUNTED
        ) as it:
            chosen = await choose(it, variant)
            assert {row.score for row in chosen.selection.ranking} == {0.0}
            names.append(it.named(chosen))
    assert names[0] == names[1]


@pytest.mark.parametrize("variant", ["paper", "repo"])
@pytest.mark.parametrize("cap", [0, 1, 2, 3, 4, 5, 7, 11, 19])
async def test_the_cap_is_never_exceeded(tmp_path: Path, cap: int, variant: str) -> None:
    """Where it is reached, execution chooses, and the trail says so."""
    model = AnsweringModel(judging(PROGRAM, first_result))
    async with opened(tmp_path, MANY, model, calls=cap, sandbox=ScriptedSandbox(each_its_own)) as case:
        chosen = await choose(case, variant)
        assert len(model.asked) <= cap
        assert chosen.selection.winner is not None
        stopped = f"limit of {cap} completions" in said(chosen)
        assert stopped == chosen.selection.rule.startswith("S* stopped at its limit")
        if stopped:
            assert "the winner of execution" in said(chosen)
            assert chosen.selection.ranking == method("consensus")(chosen.matrix, seed=0).ranking


async def test_as_many_clusters_meet_as_the_cap_allows(tmp_path: Path) -> None:
    """Seven behaviours, ten completions: three of them meet, with nothing left over."""
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, MANY, model, calls=10, sandbox=ScriptedSandbox(each_its_own)) as case:
        chosen = await choose(case)
        assert "7 behaviours, 3 matches, 10 completions" in said(chosen)
        assert len(model.asked) == 10


async def test_no_model_is_no_obstacle(tmp_path: Path) -> None:
    """Execution chooses, by whichever method is handed in."""
    async with opened(tmp_path, THREE, AnsweringModel(FAIR)) as case:
        bench = replace(case.bench, asks=False)
        chosen = await sstar_or(method("majority"), bench, case.matrix, {})
        assert chosen.selection.ranking == method("majority")(case.matrix, seed=0).ranking
        assert "0 completions" in said(chosen)


async def test_where_no_input_tells_them_apart_what_did_before_is_shown(tmp_path: Path) -> None:
    """The model's own inputs show no difference; the script that split the two does."""
    telling = "import lib  # tells"
    votes = {telling: {"right": U, "wrong": S}}

    def ends(files: dict[str, bytes], script: str) -> int:
        return says(files, script) if script == telling else 0

    model = AnsweringModel(FAIR)
    case = Case({"right": RIGHT, "wrong": WRONG}, votes=votes)
    async with opened(tmp_path, case, model, sandbox=ScriptedSandbox(ends)) as it:
        assert it.named(await choose(it)) == "right"
    verdicts = [messages[-1].content for messages in model.asked if wants_verdict(messages)]
    assert len(verdicts) == 2
    assert all(telling in text for text in verdicts)


async def test_the_order_of_candidates_does_not_matter(tmp_path: Path) -> None:
    """The same questions in the same order, so the second choice asks nothing."""
    model = AnsweringModel(FAIR)
    async with opened(tmp_path, MANY, model, sandbox=ScriptedSandbox(each_its_own)) as case:
        there = await choose(case)
        asked = len(model.asked)
        back = await choose(case, backwards=True)
        assert there.selection == back.selection
        assert len(model.asked) == asked


@pytest.mark.parametrize("variant", ["paper", "repo"])
async def test_a_replay_asks_and_runs_nothing(tmp_path: Path, variant: str) -> None:
    """Everything comes from the journal."""
    async with opened(tmp_path, THREE, AnsweringModel(FAIR)) as case:
        there = await choose(case, variant)
    model, sandbox = AnsweringModel(lambda _: "never"), ScriptedSandbox(says)
    async with opened(tmp_path, THREE, model, sandbox=sandbox) as case:
        assert await choose(case, variant) == there
    assert (model.asked, sandbox.executed) == ([], [])


@pytest.mark.bubblewrap
async def test_for_real(tmp_path: Path) -> None:
    """A model behind HTTP, programs in bubblewrap: real outputs decide, and a replay needs neither."""
    program = "```python\nfrom lib import double\nprint('doubled', double(3))\n```"
    case = Case({"right": RIGHT, "wrong": WRONG, "worse": "raise ValueError(x)"})
    async with for_real(tmp_path, case, judging(program, liking("doubled 6"))) as (it, server):
        chosen = await choose(it)
        assert it.named(chosen) == "right"
        assert len(server.calls) == 1 + 3 * 3
        shown = {tree: behaviour.output for (tree, _), behaviour in chosen.matrix.behaviours.items()}
        assert (shown[it.trees["right"]], shown[it.trees["wrong"]]) == ("doubled 6", "doubled 9")
    async with for_real(tmp_path, case, lambda _: "never") as (it, server):
        assert (await choose(it)) == chosen
        assert server.calls == []
