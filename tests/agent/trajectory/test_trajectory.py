"""What a trajectory does with what the model answers and with what running it says."""

from pathlib import Path

import pytest
from support.bench import Reply, ScriptedModel, ScriptedSandbox, open_test_bench

from agent.edits.names import defined_names
from agent.errors import ModelError
from agent.files import TreeFiles
from agent.ledger import Budget
from agent.messages import Finish, Message
from agent.trajectory import Shared, Steps, TrajectoryResult, run_trajectory
from agent.trajectory.edits import edit_reader
from sandbox.errors import SandboxBroken
from swe_tasks.edits import diff

FILES: dict[str, str | bytes] = {"calc.py": "def double(x):\n    return x + 1\n"}
SCRIPT = "```python\nimport sys\nfrom calc import double\n\nsys.exit(0 if double(4) == 8 else 2)\n```"
BLIND = "```python\nimport sys\n\nsys.exit(0)\n```"
RIGHT = "calc.py\n```python\ndef double(x):\n    return 2 * x\n```"
WRONG = "calc.py\n```python\ndef double(x):\n    return x + 3\n```"
STEPS = Steps(3, 4, 2)
OPENING = (Message("system", "s"), Message("user", "issue"), Message("assistant", "ready"))


def judge(files: dict[str, bytes], script: str) -> int:
    """What the scripts above would exit with."""
    if "double" not in script:
        return 0
    return 0 if b"2 * x" in files["calc.py"] else 2


async def run(
    place: Path,
    replies: list[Reply],
    *,
    sandbox: ScriptedSandbox | None = None,
    steps: Steps = STEPS,
    budget: Budget | None = None,
    reads: int = 0,
) -> tuple[TrajectoryResult, ScriptedModel, ScriptedSandbox]:
    """One trajectory on `calc.py`."""
    model, sandbox = ScriptedModel(replies), sandbox or ScriptedSandbox(judge)
    async with open_test_bench(place, FILES, model, sandbox, budget=budget) as bench:
        files = TreeFiles(bench.base)
        shared = Shared(
            opening=OPENING,
            read_edit=edit_reader(bench.base, files, "definitions", ["calc.py"]),
            show_diff=lambda tree: diff(bench.base, tree).decode(),
            names=defined_names(files, ["calc.py"]),
            steps=steps,
            reads=reads,
            look=lambda wanted: f"Seen: {', '.join(wanted)}\n",
        )
        return await run_trajectory(bench, shared, 0), model, sandbox


async def test_the_happy_path(tmp_path: Path) -> None:
    """A script that shows the issue, an edit that resolves it, done."""
    result, model, sandbox = await run(tmp_path / "t", [SCRIPT, RIGHT, "DONE"])
    assert (result.ended, result.verified, result.iterations) == ("done", True, 2)
    assert (result.state.before, result.state.after) == (2, 0)
    assert len(model.asked) == 3
    assert len(sandbox.executed) == 2  # the base tree is run once, however often it is shown


async def test_every_conversation_begins_with_the_same_bytes(tmp_path: Path) -> None:
    """The shared prefix is what prompt caches are keyed by."""
    _, model, _ = await run(tmp_path / "t", [SCRIPT, WRONG, RIGHT, "DONE"])
    assert all(tuple(asked[: len(OPENING)]) == OPENING for asked in model.asked)


async def test_a_script_is_revised_until_it_shows_the_issue(tmp_path: Path) -> None:
    """One that passes on the broken code is sent back with what it did."""
    result, model, _ = await run(tmp_path / "t", [BLIND, SCRIPT, RIGHT, "DONE"])
    assert result.verified
    assert "Exit code: 0" in model.asked[1][-1].content


async def test_without_a_script_there_is_still_an_edit(tmp_path: Path) -> None:
    """Nothing readable came, so the edit is made without, and the result says that nothing vouches for it."""
    result, _, sandbox = await run(tmp_path / "t", ["no", "no", "no", RIGHT, "DONE"])
    assert (result.state.script, result.verified, result.ended) == (None, False, "done")
    assert result.state.tree is not None
    assert sandbox.executed == []


async def test_format_repairs_use_up_no_iterations(tmp_path: Path) -> None:
    """An answer that cannot be read is asked for again, with what was wrong with it."""
    result, model, _ = await run(tmp_path / "t", [SCRIPT, "I would double it.", RIGHT, "DONE"], steps=Steps(1, 2, 1))
    assert (result.ended, result.iterations) == ("done", 2)
    assert "could not be used" in model.asked[2][-1].content


async def test_repairs_are_bounded(tmp_path: Path) -> None:
    """A model that never keeps to the format ends its trajectory."""
    result, _, _ = await run(tmp_path / "t", [SCRIPT, "a", "b", "c"])
    assert (result.ended, result.state.tree) == ("format", None)
    assert result.detail


async def test_the_best_state_is_kept_not_the_last(tmp_path: Path) -> None:
    """A right edit followed by a wrong one stays the candidate."""
    result, _, _ = await run(tmp_path / "t", [SCRIPT, RIGHT, WRONG], steps=Steps(1, 2, 0))
    assert (result.ended, result.verified) == ("iterations", True)


async def test_a_new_script_is_run_on_both_trees(tmp_path: Path) -> None:
    """The model may mend the script instead of the edit."""
    better = SCRIPT.replace("double(4) == 8", "double(5) == 10")
    result, model, _ = await run(tmp_path / "t", [BLIND, RIGHT, "SCRIPT\n" + better, "DONE"], steps=Steps(1, 4, 0))
    assert result.verified
    assert "double(5)" in (result.state.script or "")
    assert "before the edit" in model.asked[3][-1].content


async def test_the_same_edit_again_means_done(tmp_path: Path) -> None:
    """Models repeat their edit instead of saying DONE."""
    result, _, _ = await run(tmp_path / "t", [SCRIPT, RIGHT, RIGHT])
    assert (result.ended, result.detail) == ("done", "the same edit again")


async def test_a_cut_answer_is_continued(tmp_path: Path) -> None:
    """What was cut at the token limit is gone on with, not thrown away."""
    half = len(RIGHT) // 2
    cut: list[Reply] = [SCRIPT, (RIGHT[:half], Finish.LENGTH), RIGHT[half:], "DONE"]
    result, model, _ = await run(tmp_path / "t", cut)
    assert result.verified
    assert model.asked[2][-1] == Message("assistant", RIGHT[:half])


async def test_an_answer_in_circles_is_not_continued(tmp_path: Path) -> None:
    """More of it would be more of the same."""
    result, model, _ = await run(tmp_path / "t", [SCRIPT, ("x = 1\n" * 40, Finish.LENGTH), RIGHT, "DONE"])
    assert result.verified
    assert model.asked[2][-1].role == "user"


@pytest.mark.parametrize(("finish", "ended"), [(Finish.REFUSED, "refused"), (Finish.OVERFLOW, "overflow")])
async def test_refusal_and_overflow_end_a_trajectory(tmp_path: Path, finish: Finish, ended: str) -> None:
    """They are results, and the script that was made is kept."""
    result, _, _ = await run(tmp_path / "t", [SCRIPT, finish])
    assert result.ended == ended
    assert result.state.before == 2


async def test_an_empty_answer_is_repaired(tmp_path: Path) -> None:
    """Nothing said is nothing that can be used."""
    result, _, _ = await run(tmp_path / "t", [SCRIPT, Finish.EMPTY, RIGHT, "DONE"])
    assert result.verified


async def test_a_reached_budget_keeps_what_there_is(tmp_path: Path) -> None:
    """The candidate made so far is not lost; and a second life stops at the same place."""
    budget = Budget(tokens=2500)
    for _ in range(2):
        result, _, _ = await run(tmp_path / "t", [SCRIPT, RIGHT] + ["DONE"] * 9, budget=Budget(tokens=1000))
        assert result.ended == "budget"
    result, _, _ = await run(tmp_path / "t", [RIGHT, "DONE"], budget=budget)
    assert (result.ended, result.verified) == ("done", True)


async def test_a_replay_asks_nothing_and_gives_the_same(tmp_path: Path) -> None:
    """The second life runs on the journal alone."""
    first, _, _ = await run(tmp_path / "t", [SCRIPT, WRONG, RIGHT, "DONE"])
    second, model, sandbox = await run(tmp_path / "t", [])
    assert second == first
    assert (model.asked, sandbox.executed) == ([], [])


async def test_broken_machinery_is_tried_twice_and_then_raised(tmp_path: Path) -> None:
    """A lost container says nothing of the script: it is never shown to the model as a failing program."""
    broken = ScriptedSandbox(lambda *_: SandboxBroken("the container is gone"))
    with pytest.raises(SandboxBroken):
        await run(tmp_path / "t", [SCRIPT], sandbox=broken)
    assert len(broken.executed) == 2


async def test_a_model_that_cannot_be_asked_is_raised(tmp_path: Path) -> None:
    """What was paid for before is in the journal."""
    with pytest.raises(ModelError):
        await run(tmp_path / "t", [SCRIPT, ModelError("no")])
    result, model, _ = await run(tmp_path / "t", [RIGHT, "DONE"])
    assert result.verified
    assert len(model.asked) == 2


async def test_old_turns_go_when_the_context_is_full(tmp_path: Path) -> None:
    """The opening and the last feedback stay."""
    long = "# " + "x" * 14000 + "\n"
    edits = [RIGHT.replace("2 * x", f"x + {n}").replace("def double", f"{long}def double") for n in range(5, 8)]
    _, model, _ = await run(tmp_path / "t", [SCRIPT, *edits, "DONE"])
    last = model.asked[-1]
    assert tuple(last[: len(OPENING)]) == OPENING
    assert sum(len(message.content) for message in last) < 4 * 8192
    assert len(last) < len(OPENING) + 2 * 3 + 1


async def test_a_model_is_shown_what_it_asks_for(tmp_path: Path) -> None:
    """That uses up no iteration; the edit that follows is read as ever."""
    asks = "I must see it.\n<read>calc.py</read>\n<read>double</read>"
    result, model, _ = await run(tmp_path / "t", [SCRIPT, asks, RIGHT, "DONE"], steps=Steps(1, 2, 0), reads=2)
    assert (result.ended, result.verified, result.iterations) == ("done", True, 2)
    assert "at most 2 times" in model.asked[1][-1].content
    assert model.asked[2][-1].content.startswith("Seen: calc.py, double\n")
    assert "1 more time." in model.asked[2][-1].content


async def test_asking_for_more_is_bounded(tmp_path: Path) -> None:
    """After that, only an edit will do; a request beside an edit is not heeded."""
    asks = "<read>calc.py</read>"
    replies: list[Reply] = [SCRIPT, asks, asks, asks, f"{asks}\n\n{RIGHT}", "DONE"]
    result, model, _ = await run(tmp_path / "t", replies, steps=Steps(1, 2, 1), reads=2)
    assert (result.ended, result.verified) == ("done", True)
    assert "Nothing more can be shown" in model.asked[3][-1].content
    assert "Nothing more can be shown" in model.asked[4][-1].content


async def test_who_may_not_ask_is_not_told_of_it(tmp_path: Path) -> None:
    """Models that are held to a grammar cannot ask."""
    _, model, _ = await run(tmp_path / "t", [SCRIPT, RIGHT, "DONE"])
    assert not any("<read>" in message.content for said in model.asked for message in said)
