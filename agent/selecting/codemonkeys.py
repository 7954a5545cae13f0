"""CodeMonkeys' choice (arXiv 2501.14723, section 5): the best three by votes, and a conversation that tells them apart.

The model writes scripts, sees what they print on the repository as it was and with each of the three, and chooses.
Unlike what was published: letters are drawn, "none" can be said, and what no answer chose is not said to be chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from agent.prompts import render
from agent.selecting.asking import Asker, letters
from agent.selecting.lettered import (
    NONE,
    called,
    choice_grammar,
    read_choice,
    room_for_patches,
    room_for_turns,
    show_patches,
)
from agent.selecting.method import Chosen
from agent.selecting.running import run_on, show_ended, with_script
from agent.selecting.show import fenced, opening
from agent.selecting.talk import Talk
from agent.trajectory.dialogue import Unreadable
from agent.trajectory.printed import parts_of
from agent.trajectory.replies import NewScript, script_reader
from agent.trajectory.show import clip
from agent.workbench import Workbench
from selection.matrix import Candidate, OutcomeMatrix, TestScript
from selection.published import choose_by_published_votes
from selection.result import Ranked, Selection, Step

STAGE: Final = "codemonkeys"
SHORTLIST: Final = 3
_BY_VOTES: Final = "Most votes, then the shorter patch"


@dataclass(frozen=True, slots=True)
class _Told:
    """How the conversation ended."""

    choice: str | None
    """A letter, or `NONE`; None if there was no choice."""
    ran: int
    """Scripts that were run."""
    matrix: OutcomeMatrix


async def codemonkeys(bench: Workbench, matrix: OutcomeMatrix, files: Mapping[str, str]) -> Chosen:
    """The model's choice among the best three by published votes; the first of them where it makes none.

    Raises:
        ModelError: the provider cannot or will not answer.
    """
    voted = choose_by_published_votes(matrix, seed=bench.seed)
    best = [row.candidate for row in voted.ranking[:SHORTLIST]]
    if len(best) < 2:
        return Chosen(matrix, voted)
    drawn = letters(bench.seed, bench.task.id, STAGE, count=len(best))
    shown = dict(sorted(zip(drawn, best, strict=True)))
    asker = Asker(bench, STAGE, bench.choosing.calls if bench.asks else 0)
    talk = Talk(bench, asker, opening(bench, files))
    told = await _converse(talk, matrix, shown, _first_question(talk, shown, _example(matrix, best[0])))
    listed = "; ".join(called(candidate) for candidate in best)
    trail = (
        Step("shortlist", f"{_BY_VOTES}: {listed}."),
        Step("scripts", f"{told.ran} run on the base and on each, in {asker.calls} completions."),
        Step("choice", _said(told, shown, asker)),
    )
    return Chosen(told.matrix, replace(_concluded(voted, told, shown), trail=trail))


async def _converse(talk: Talk, matrix: OutcomeMatrix, shown: Mapping[str, Candidate], question: str) -> _Told:
    """Scripts and what they print, until a choice, an answer that cannot be read, or the cap."""
    bench, asker = talk.bench, talk.asker
    ran = 0
    while True:
        last = asker.left <= 1
        answer = await talk.ask(
            question,
            lambda reply, last=last: read_choice(reply, shown) if last else _read_turn(bench, reply, shown),
            grammar=choice_grammar(shown) if last else None,
        )
        if not isinstance(answer, NewScript):
            return _Told(answer, ran, matrix)
        ended = await run_on(bench, (bench.base.tree, *(c.digest for c in shown.values())), answer.text)
        ran += 1
        matrix = with_script(matrix, answer.text, f"selection {ran}", bench.base.tree, ended)
        question = render(
            "select_monkey_ran",
            before=show_ended(bench, ended.get(bench.base.tree)),
            outcomes={letter: show_ended(bench, ended.get(one.digest)) for letter, one in shown.items()},
            last=asker.left <= 1,
            format=bench.profile.script_format,
            letters=", ".join(shown),
        )


def _read_turn(bench: Workbench, reply: str, allowed: Mapping[str, Candidate]) -> str | NewScript | Unreadable:
    """Either a choice or a script."""
    choice, script = read_choice(reply, allowed), script_reader(bench.profile.script_format)(reply)
    if isinstance(script, Unreadable):
        if isinstance(choice, Unreadable) and "```" in reply:
            return script
        return choice
    if isinstance(choice, Unreadable):
        return NewScript(script)
    return Unreadable("The answer holds both a script and a choice: give one of them.")


def _first_question(talk: Talk, shown: Mapping[str, Candidate], example: TestScript | None) -> str:
    bench = talk.bench

    def question(patches: str) -> str:
        return render(
            "select_monkey",
            count=len(shown),
            patches=patches,
            example=_show_script(bench, example) if example else "",
            last=talk.asker.left <= 1,
            format=bench.profile.script_format,
            letters=", ".join(shown),
        )

    reserve = room_for_turns(bench, len(shown) + 1)
    room = room_for_patches(bench, talk.opening, question(""), reserve=reserve)
    return question(show_patches(bench, shown, room))


def _example(matrix: OutcomeMatrix, first: Candidate) -> TestScript | None:
    """A script by who made the first candidate."""
    own = [script for script in matrix.scripts if set(script.origins) & set(first.origins)]
    return min(own, key=lambda script: script.digest, default=None)


def _show_script(bench: Workbench, script: TestScript) -> str:
    most = 2 * bench.profile.output_chars
    if parts := parts_of(script.text):
        example, expected = clip(parts.example, most), clip(parts.expected, most)
        return f"{fenced(example, 'python')}\n\nIt should print:\n\n{fenced(expected, 'text')}"
    return fenced(clip(script.text, most), "python")


def _said(told: _Told, shown: Mapping[str, Candidate], asker: Asker) -> str:
    if told.choice is None:
        return f"The model made none: {asker.stopped or 'no answer could be read'}."
    if told.choice == NONE:
        return "The model says that none of them resolves the issue; the first by votes stands in."
    return f"The model chose {called(shown[told.choice])}."


def _concluded(voted: Selection, told: _Told, shown: Mapping[str, Candidate]) -> Selection:
    """The ranking by votes, with the model's choice before all others."""
    if told.choice is None:
        return replace(voted, rule=f"the model made no choice: {voted.rule}")
    if told.choice == NONE:
        # What is believed to be wrong may still be asked for: it comes without any confidence.
        return replace(voted, rule=f"the model says that none is right: {voted.rule}", belief=0.0)
    chosen = shown[told.choice].digest
    first = next(row for row in voted.ranking if row.candidate.digest == chosen)
    ranking = (first, *(row for row in voted.ranking if row is not first))
    what = f"after running {told.ran} of its scripts" if told.ran else "by reading alone"
    return replace(voted, ranking=ranking, rule=f"the model's choice {what}", belief=_share(voted, first))


def _share(voted: Selection, row: Ranked) -> float:
    """The share of votes that a row has, told from the share of the first one."""
    top = voted.ranking[0]
    return (voted.belief or 0.0) * row.score / top.score if top.score else 0.0
