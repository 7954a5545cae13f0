"""One vote: a conversation of its own, in which a model may run a few programs before it chooses a patch."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.edits.fences import fences
from agent.prompts import render
from agent.selecting.asking import Asker, letters
from agent.selecting.lettered import (
    choice_grammar,
    drawn_order,
    outside_fences,
    read_choice,
    room_for_patches,
    room_for_turns,
    show_patches,
)
from agent.selecting.running import run_on, show_ended
from agent.selecting.show import opening
from agent.selecting.talk import Talk
from agent.trajectory.dialogue import Unreadable
from agent.workbench import Workbench
from selection.matrix import Candidate

RUNS: Final = 3
"""How many programs a voter may run."""
BASE: Final = "base"
_TOGETHER: Final = 3
"""On how many trees one program is run at most: what it prints must fit the conversation."""
_RUN = re.compile(r"^[ \t*_`]*RUN[ \t*_`]*:[ \t*_`]*([^\n]*?)[ \t*_`.]*$", re.MULTILINE | re.IGNORECASE | re.ASCII)
_PYTHON: Final = frozenset({"", "python", "py", "python3"})


@dataclass(frozen=True, slots=True)
class Run:
    """A program that the model wants to see run."""

    where: tuple[str, ...]
    """Letters, or `BASE`."""
    program: str


async def cast_vote(
    bench: Workbench, asker: Asker, files: Mapping[str, str], group: Sequence[Candidate], *, number: int, turns: int
) -> str | None:
    """The digest that the voter of this number votes for, the word for none, or None if that could not be read.

    `turns` is how many answers it may give, the vote included; a repair comes on top.

    Raises:
        ModelError: the provider cannot or will not answer.
    """
    order = drawn_order(bench, group, "vote", number)
    drawn = letters(bench.seed, bench.task.id, "vote", number, count=len(order))
    shown = dict(zip(drawn, order, strict=True))
    talk = Talk(bench, asker, opening(bench, files))
    runs = _runs_left(asker, turns - 1)
    question = _question(bench, talk, shown, runs)
    while True:
        last = runs == 0
        answer = await talk.ask(
            question,
            lambda reply, last=last: read_choice(reply, shown) if last else read_step(reply, shown),
            grammar=choice_grammar(shown) if last else None,
        )
        if not isinstance(answer, Run):
            return shown[answer].digest if answer in shown else answer
        turns -= 1
        runs = _runs_left(asker, min(turns - 1, runs - 1))
        outcomes = await _run(bench, answer, shown)
        question = render("select_agent_ran", outcomes=outcomes, runs=runs, letters=", ".join(sorted(shown)))


def read_step(reply: str, allowed: Collection[str]) -> str | Run | Unreadable:
    """A vote, or a program and what to run it with."""
    asked = _RUN.findall(outside_fences(reply))
    choice = read_choice(reply, allowed)
    if not asked:
        return choice
    if not isinstance(choice, Unreadable):
        return Unreadable("The answer both votes and wants to run a program: do one of them.")
    where = _read_where(asked, allowed)
    if isinstance(where, Unreadable):
        return where
    found = [fence for fence in fences(reply.splitlines()) if fence.info.split(" ")[0].lower() in _PYTHON]
    if len(found) != 1:
        return Unreadable("There should be one fenced `python` block, the whole program.")
    return Run(where, "\n".join(found[0].lines).rstrip() + "\n")


def _read_where(asked: Sequence[str], allowed: Collection[str]) -> tuple[str, ...] | Unreadable:
    """What a program is to be run with, from the lines that say so."""
    if len(asked) > 1:
        return Unreadable("The answer has several lines `RUN: `: one program at a time.")
    words = [word.lower() if word.lower() == BASE else word.upper() for word in re.findall(r"\w+", asked[0])]
    where = tuple(dict.fromkeys(words))
    if not where or any(word != BASE and word not in allowed for word in where):
        return Unreadable(f"After `RUN: ` there may stand {', '.join(sorted(allowed))} and the word {BASE}.")
    if len(where) > _TOGETHER:
        return Unreadable(f"A program is run on {_TOGETHER} of them at most.")
    return where


def _runs_left(asker: Asker, wanted: int) -> int:
    """A program is no use without an answer after it."""
    return max(0, min(RUNS, wanted, asker.left - 1))


def _question(bench: Workbench, talk: Talk, shown: Mapping[str, Candidate], runs: int) -> str:
    listed = ", ".join(sorted(shown))
    bare = render("select_agent", patches="", runs=runs, letters=listed)
    reserve = room_for_turns(bench, _TOGETHER) if runs else 0
    room = room_for_patches(bench, talk.opening, bare, reserve=reserve)
    return render("select_agent", patches=show_patches(bench, shown, room), runs=runs, letters=listed)


async def _run(bench: Workbench, asked: Run, shown: Mapping[str, Candidate]) -> dict[str, str]:
    """What the program printed, under where it ran."""
    trees = {where: bench.base.tree if where == BASE else shown[where].digest for where in asked.where}
    ended = await run_on(bench, trees.values(), asked.program)
    return {
        "On the repository as it was" if where == BASE else f"With patch {where}": show_ended(bench, ended.get(tree))
        for where, tree in trees.items()
    }
