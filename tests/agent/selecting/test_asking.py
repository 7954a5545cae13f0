"""How a choice asks: counted, capped, replayed for nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.bench import PROFILE, Reply, ScriptedModel, ScriptedSandbox, open_test_bench

from agent.errors import ModelError
from agent.ledger import Budget
from agent.messages import Finish, Message
from agent.selecting.asking import Asker, letters
from agent.trajectory.dialogue import Unreadable

FILES: dict[str, str | bytes] = {"a.py": "x = 1\n"}


def number(reply: str) -> int | Unreadable:
    return int(reply) if reply.isdigit() else Unreadable("Answer with a number.")


async def asked(
    place: Path,
    replies: list[Reply],
    cap: int,
    *,
    questions: int = 1,
    budget: Budget | None = None,
    read: Callable[[str], int | Unreadable] = number,
    continues: bool = True,
) -> tuple[list[int | None], Asker, ScriptedModel]:
    model = ScriptedModel(replies)
    opened = open_test_bench(
        place, FILES, model, ScriptedSandbox(lambda files, script: 0), budget=budget, continues=continues
    )
    async with opened as bench:
        asker = Asker(bench, "select", cap)
        return [await asker.ask(f"question {n}?", read) for n in range(questions)], asker, model


async def test_an_answer(tmp_path: Path) -> None:
    """One completion, one answer."""
    answers, asker, model = await asked(tmp_path, ["7"], 3)
    assert (answers, asker.calls, asker.left, asker.stopped) == ([7], 1, 2, "")
    assert model.asked[0] == [Message("user", "question 0?")]


async def test_an_answer_that_cannot_be_read_is_asked_for_again(tmp_path: Path) -> None:
    """Once, with what is wrong; the repair counts."""
    answers, asker, model = await asked(tmp_path, ["seven", "7"], 3)
    assert (answers, asker.calls) == ([7], 2)
    assert "Answer with a number." in model.asked[1][-1].content


@pytest.mark.parametrize(
    "replies", [["x", "y"], [Finish.REFUSED], [Finish.OVERFLOW], [Finish.EMPTY, Finish.EMPTY], ["", "  "]]
)
async def test_no_answer_is_none(tmp_path: Path, replies: list[Reply]) -> None:
    """Unreadable twice, refused, too long, empty: no evidence, never a default."""
    answers, asker, _ = await asked(tmp_path, replies, 9)
    assert answers == [None]
    assert asker.calls == len(replies)


async def test_a_cut_answer_is_gone_on_with(tmp_path: Path) -> None:
    """And what it took counts."""
    answers, asker, _ = await asked(tmp_path, [("1", Finish.LENGTH), ("2", Finish.LENGTH), "3"], 9)
    assert (answers, asker.calls) == ([123], 3)


async def test_a_model_that_does_not_continue_by_itself_is_told_to(tmp_path: Path) -> None:
    """As everywhere else."""
    answers, _, model = await asked(tmp_path, [("1", Finish.LENGTH), "2"], 9, continues=False)
    assert answers == [12]
    assert "cut off" in model.asked[1][-1].content


@pytest.mark.parametrize("cap", range(8))
async def test_the_cap_is_never_exceeded(tmp_path: Path, cap: int) -> None:
    """Repairs and continuations included, whatever comes."""
    replies: list[Reply] = ["x", "1", ("2", Finish.LENGTH), "3", "y", ("z", Finish.LENGTH), ("z", Finish.LENGTH), "z"]
    answers, asker, model = await asked(tmp_path, replies, cap, questions=5)
    assert asker.calls == len(model.asked) == cap
    assert answers[-1] is None
    assert f"limit of {cap} completions" in asker.stopped
    assert asker.left == 0


REPLIES = st.one_of(
    st.sampled_from(["1", "x", "", Finish.REFUSED, Finish.OVERFLOW, Finish.EMPTY]),
    st.tuples(st.sampled_from(["1", "x"]), st.just(Finish.LENGTH)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(REPLIES, min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 8))
async def test_no_answers_exceed_any_cap(tmp_path: Path, replies: list[Reply], cap: int, questions: int) -> None:
    """Whatever the model does: what is counted is what was asked, and it is never more than the cap."""
    (tmp_path / "journal.jsonl").unlink(missing_ok=True)
    answers, asker, model = await asked(tmp_path, replies, cap, questions=questions)
    assert len(model.asked) == asker.calls <= cap
    assert len(answers) == questions
    assert all(answer is None or "1" in str(answer) for answer in answers)


async def test_the_budget_of_the_run_ends_it(tmp_path: Path) -> None:
    """The same as the cap, with the run's own words."""
    answers, asker, model = await asked(tmp_path, ["1", "2"], 9, questions=3, budget=Budget(tokens=600))
    assert answers == [1, None, None]
    assert len(model.asked) == asker.calls == 1
    assert asker.stopped


async def test_broken_machinery_is_no_answer(tmp_path: Path) -> None:
    """It is raised, and the next run asks again."""
    with pytest.raises(ModelError):
        await asked(tmp_path, [ModelError("down")], 3)
    answers, _, _ = await asked(tmp_path, ["7"], 3)
    assert answers == [7]


async def test_a_replay_asks_nothing(tmp_path: Path) -> None:
    """The journal answers, and the cap falls at the same place."""
    there, before, _ = await asked(tmp_path, ["x", "1", "2"], 3, questions=3)
    back, after, model = await asked(tmp_path, [], 3, questions=3)
    assert (
        (there, before.calls, before.stopped) == (back, after.calls, after.stopped) == ([1, 2, None], 3, after.stopped)
    )
    assert model.asked == []


async def test_questions_at_once_are_put_one_after_the_other(tmp_path: Path) -> None:
    """So that a replay numbers them alike."""
    import asyncio

    model = ScriptedModel(["x", "1", "2"])
    async with open_test_bench(tmp_path, FILES, model, ScriptedSandbox(lambda files, script: 0)) as bench:
        asker = Asker(replace(bench, profile=PROFILE), "select", 9)
        assert await asyncio.gather(asker.ask("a?", number), asker.ask("b?", number)) == [1, 2]
    assert [said[0].content for said in model.asked] == ["a?", "a?", "b?"]


@given(st.integers(), st.text(), st.integers(0, 26))
def test_letters_are_drawn_from_the_seed(seed: int, what: str, count: int) -> None:
    """The same for the same, each letter once."""
    drawn = letters(seed, what, count=count)
    assert drawn == letters(seed, what, count=count)
    assert sorted(drawn) == [chr(ord("A") + place) for place in range(count)]


def test_letters_differ_from_call_to_call() -> None:
    """Both orders of two letters come up."""
    assert {letters(0, "duel", number, count=2) for number in range(20)} == {("A", "B"), ("B", "A")}


def test_there_are_26_letters() -> None:
    """More candidates have to be met in groups."""
    with pytest.raises(ValueError, match="27"):
        letters(0, count=27)
