"""A trajectory: a script is drafted until it shows the issue on the base tree, then an edit and the script are
improved against what running them prints.

The two-machine shape is CodeMonkeys' (arXiv 2501.14723, section 3). Here format repairs do not use up
iterations, the base tree is not run again under a script it was run under, and the best state is kept, not
the last.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from agent.edits.names import Names
from agent.errors import BudgetReached
from agent.messages import Message
from agent.prompts import render
from agent.trajectory.dialogue import Dialogue, Unanswered, Unreadable
from agent.trajectory.grammars import edit_grammar, script_grammar, turn_grammar
from agent.trajectory.printed import parts_of
from agent.trajectory.replies import Done, More, NewEdit, NewScript, Turn, or_more, read_turn, script_reader
from agent.trajectory.show import clip, show_execution
from agent.workbench import Purpose, Workbench
from sandbox.records import Execution

SHOWS_ISSUE = 2
SOLVED = 0
Ended = Literal["done", "iterations", "format", "refused", "overflow", "budget"]


@dataclass(frozen=True, slots=True)
class Steps:
    """How far a trajectory may go, in completions; repairs of one answer's format are extra."""

    script: int
    edit: int
    repairs: int


@dataclass(frozen=True, slots=True)
class State:
    """A script and an edit with what the script says before and after. Exit codes; None is not run."""

    script: str | None = None
    before: int | None = None
    tree: str | None = None
    after: int | None = None

    @property
    def worth(self) -> tuple[bool, bool, bool, bool]:
        """Better states compare greater: fails before and passes after, then less and less."""
        fails, passes = self.before == SHOWS_ISSUE, self.after == SOLVED
        return (self.tree is not None, fails and passes, fails, passes)


@dataclass(frozen=True, slots=True)
class TrajectoryResult:
    """How a trajectory ended, and the best of what it had."""

    trajectory: int
    state: State
    ended: Ended
    detail: str = ""
    iterations: int = 0

    @property
    def verified(self) -> bool:
        """Whether its own script was seen to fail before the edit and to pass after it."""
        return self.state.before == SHOWS_ISSUE and self.state.after == SOLVED


@dataclass(frozen=True, slots=True)
class Shared:
    """What all trajectories of a task have in common."""

    opening: tuple[Message, ...]
    """System, issue, files: byte for byte the same, so that prompt caches hit."""
    read_edit: Callable[[str], NewEdit | Unreadable]
    show_diff: Callable[[str], str]
    names: Names
    """What the shown files define, where an edit is one of these definitions; else nothing."""
    steps: Steps
    look: Callable[[Sequence[str]], str]
    """What a trajectory is shown that asks to see more of the repository."""
    reads: int = 0
    """How often it may ask."""


async def run_trajectory(bench: Workbench, shared: Shared, trajectory: int) -> TrajectoryResult:
    """One trajectory from its first question to its best candidate.

    Raises:
        ModelError, SandboxError: the machinery failed; what was paid for is in the journal.
    """
    best = State()
    iterations = 0

    def keep(state: State) -> None:
        nonlocal best
        if state.worth >= best.worth:
            best = state

    def ended(how: Ended, detail: str = "") -> TrajectoryResult:
        bench.watcher.stage(trajectory, how)
        return TrajectoryResult(trajectory, best, how, detail, iterations)

    try:
        bench.watcher.stage(trajectory, "script")
        await write_script(bench, shared, trajectory, keep)
        bench.watcher.stage(trajectory, "edit")
        dialogue = Dialogue(bench, Purpose("edit", trajectory, 2), shared.opening, shared.steps.repairs)
        state, question = best, await _first_question(bench, best, shared.reads)
        read_script = script_reader(bench.profile.script_format)
        first_grammar, grammar = edit_grammar(shared.names), turn_grammar(shared.names, bench.profile.script_format)
        reads = shared.reads
        for _ in range(shared.steps.edit):
            first = state.tree is None
            reader = (
                shared.read_edit if first else partial(read_turn, read_edit=shared.read_edit, read_script=read_script)
            )
            answer, reads = await _turn(
                dialogue, shared, question, reader, grammar=first_grammar if first else grammar, reads=reads
            )
            iterations += 1
            match answer:
                case Unanswered(reason, detail):
                    return ended(reason, detail)
                case Done():
                    return ended("done")
                case NewEdit(tree) if tree == state.tree:
                    return ended("done", "the same edit again")
                case NewEdit(tree):
                    state = await _try(bench, replace(state, tree=tree))
                case NewScript(text):
                    state = await _try(bench, replace(state, script=text))
            keep(state)
            question = await _feedback(bench, shared, state)
    except BudgetReached as error:
        return ended("budget", str(error))
    return ended("iterations")


async def _turn(
    dialogue: Dialogue,
    shared: Shared,
    question: str,
    read: Callable[[str], Turn | Unreadable],
    *,
    grammar: str | None,
    reads: int,
) -> tuple[Turn | Unanswered, int]:
    """An answer, once the model has seen what it asks for; and how often it may still ask. Like repairs, that is no
    iteration: it is bounded by itself."""
    while True:
        answer = await dialogue.ask(question, or_more(read, reads) if shared.reads else read, grammar=grammar)
        if isinstance(answer, Unanswered):
            return answer, reads
        if not isinstance(answer.value, More):
            return answer.value, reads
        reads -= 1
        shown = await asyncio.to_thread(shared.look, answer.value.wanted)
        question = render("more", shown=shown, left=reads)


async def write_script(bench: Workbench, shared: Shared, trajectory: int, keep: Callable[[State], None]) -> None:
    """Draft a script and revise it until it exits 2 on the base tree or the iterations end."""
    dialogue = Dialogue(bench, Purpose("script", trajectory, 4), shared.opening, shared.steps.repairs)
    asked = bench.profile.script_format
    question = render("script", format=asked)
    for _ in range(shared.steps.script):
        answer = await dialogue.ask(question, script_reader(asked), grammar=script_grammar(asked))
        if isinstance(answer, Unanswered):
            return
        execution = await bench.execute(bench.base.tree, answer.value, priority=4)
        keep(State(script=answer.value, before=execution.exit_code))
        if execution.exit_code == SHOWS_ISSUE:
            return
        question = render(
            "script_feedback", outcome=_shown(bench, execution), exit_code=execution.exit_code, format=asked
        )


async def _try(bench: Workbench, state: State) -> State:
    """The state with its script run on the base tree (once in a run) and on the edited one."""
    if state.script is None or state.tree is None:
        return state
    before = await bench.execute(bench.base.tree, state.script, priority=2)
    after = await bench.execute(state.tree, state.script, priority=2)
    return replace(state, before=before.exit_code, after=after.exit_code)


async def _first_question(bench: Workbench, state: State, reads: int) -> str:
    # A broken script is not shown: a model would set about mending that instead of the issue.
    script = state.script if state.before == SHOWS_ISSUE else None
    outcome = ""
    if script is not None:
        outcome = _shown(bench, await bench.execute(bench.base.tree, script, priority=2))
    parts = parts_of(script) if script else None
    edit_format = bench.profile.edit_format
    return render("edit", script=script, parts=parts, outcome=outcome, format=edit_format, reads=reads)


async def _feedback(bench: Workbench, shared: Shared, state: State) -> str:
    before = after = ""
    assert state.tree is not None  # feedback follows an edit
    script = state.script if state.before == SHOWS_ISSUE else None
    if script is not None:
        before = _shown(bench, await bench.execute(bench.base.tree, script, priority=2))
        after = _shown(bench, await bench.execute(state.tree, script, priority=2))
    diff = clip(shared.show_diff(state.tree), 4 * bench.profile.output_chars)
    return render(
        "edit_feedback",
        diff=diff,
        script=script,
        passed=state.after == SOLVED,
        before=before,
        after=after,
        edit_format=bench.profile.edit_format,
        script_format=bench.profile.script_format,
    )


def _shown(bench: Workbench, execution: Execution) -> str:
    return show_execution(execution, bench.limits, most=bench.profile.output_chars)
