"""Two patches before a judge, in both orders: what is shown of them, and whom it names."""

from collections.abc import Callable, Mapping, Sequence

from agent.messages import Message
from agent.prompts import render
from agent.selecting.asking import Asker, letters
from agent.selecting.inputs import Seen
from agent.selecting.lettered import NONE, choice_grammar, read_choice
from agent.selecting.show import fenced
from agent.trajectory.show import show_execution
from agent.workbench import Workbench
from selection.matrix import Candidate
from selection.tournament import NEITHER

Ask = Callable[[Mapping[str, Candidate]], str]
"""The question about patches under these letters, to be shown in this order."""


def lettered(bench: Workbench, what: str, first: Candidate, second: Candidate) -> dict[str, Candidate]:
    """Letters for a pair, in the order in which it is shown. The other order gives each the other's letter, so a
    liking for a place or for a letter favours nobody."""
    pair = sorted((first.digest, second.digest))
    drawn = letters(bench.seed, bench.task.id, what, *pair, count=2)
    return dict(zip(drawn, (first, second), strict=True))


async def name_one(
    asker: Asker, ask: Ask, shown: Mapping[str, Candidate], *, opening: tuple[Message, ...]
) -> str | None:
    """Whom the judge names of those shown: a digest, `NEITHER`, or None where there is no answer that can be read."""
    answer = await asker.ask(
        ask(shown), lambda reply: read_choice(reply, shown.keys()), opening=opening, grammar=choice_grammar(shown)
    )
    if answer is None:
        return None
    return NEITHER if answer == NONE else shown[answer].digest


def show_runs(bench: Workbench, runs: Sequence[Seen], shown: Mapping[str, Candidate]) -> str:
    """Programs with what they really printed: on the repository as it was, and with each patch."""
    most = max(200, bench.profile.output_chars // max(1, len(runs)))

    def ended(seen: Seen, tree: str) -> str:
        execution = seen.ended.get(tree)
        return show_execution(execution, bench.limits, most=most).strip() if execution else "It could not be run."

    return "\n\n".join(
        render(
            "select_inputs_run",
            program=fenced(seen.written, "python"),
            before=ended(seen, bench.base.tree),
            after=[(letter, ended(seen, candidate.digest)) for letter, candidate in shown.items()],
        ).rstrip()
        for seen in runs
    )
