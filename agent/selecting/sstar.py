"""S* over patches (arXiv 2502.14382): a set of test inputs, clusters of behaviours, inputs written for each pair.

An input is a short program that prints; what it printed is shown to the judge, for both patches and for the
repository as it was, and nothing that anybody predicted.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from agent.messages import Message
from agent.prompts import render
from agent.selecting.asking import Asker
from agent.selecting.facing import Ask, lettered, name_one, show_runs
from agent.selecting.inputs import (
    Input,
    Seen,
    behaviour_of,
    differs,
    inputs_grammar,
    observe,
    read_inputs,
    steady,
    with_probe,
)
from agent.selecting.lettered import room_for_patches, show_patches
from agent.selecting.method import Chosen
from agent.selecting.running import run_on
from agent.selecting.show import opening
from agent.workbench import Workbench
from selection.behaviour import Probe
from selection.clusters import clusters, key_of, shown
from selection.matrix import Candidate, OutcomeMatrix, Step
from selection.methods import Method, method
from selection.public import agreed_scripts, survivors
from selection.sstar import Judge, Verdict, choose_by_sstar, selection_of
from selection.tournament import NEITHER

INPUTS: Final = 5
"""Test inputs written for all at once, at most."""
PAIR_INPUTS: Final = 3
"""Inputs written for one pair, at most."""
MOST: Final = 4
"""Clusters that meet in the variant `paper`, at most, where the limit on completions allows for as many."""
MATCH: Final = 3
"""Completions that a match takes: inputs, and a verdict in either order."""
KNOWN: Final = 2
"""Programs of the matrix that a pair is judged by where no input of its own tells the two apart."""


@dataclass
class _Table:
    """What one choice knows: whom it asks, and what was run so far."""

    bench: Workbench
    asker: Asker
    opening: tuple[Message, ...]
    matrix: OutcomeMatrix
    trail: list[Step] = field(default_factory=list[Step])
    written: dict[str, str] = field(default_factory=dict[str, str])
    """Digest of a probe from here -> the program as the model wrote it."""
    executions: int = 0
    """Those made again to see whether they hold are not counted."""

    def say(self, stage: str, said: str) -> None:
        self.trail.append(Step(stage, said))


async def sstar(bench: Workbench, matrix: OutcomeMatrix, files: Mapping[str, str]) -> Chosen:
    """Choose by S*, and by `consensus` where it must stop at its limit.

    Raises:
        ModelError: the provider cannot or will not answer. What was paid for is in the journal.
    """
    return await sstar_or(method("consensus"), bench, matrix, files)


async def sstar_or(fallback: Method, bench: Workbench, matrix: OutcomeMatrix, files: Mapping[str, str]) -> Chosen:
    """`sstar` with another method for where the limit on completions is reached, or there is no model to ask."""
    asker = Asker(bench, "select", bench.choosing.calls if bench.asks else 0)
    table = _Table(bench, asker, opening(bench, files), matrix)
    passing = survivors(matrix)
    table.say("tests", f"{len(passing)} of {len(matrix.candidates)} pass the public tests: {_public(matrix)}")
    if _open(matrix, passing):
        await _write_inputs(table, passing)
    played = await choose_by_sstar(
        table.matrix, _judge(table), variant=bench.choosing.sstar_variant, most=_affordable(asker.left)
    )
    spent = f"{asker.calls} completions, {table.executions} executions"
    table.say("clusters", f"{played.groups} behaviours, {played.matches} matches, {spent}")
    if asker.stopped:
        selection = fallback(table.matrix, seed=bench.seed)
        table.say("fallback", f"{asker.stopped}: the winner of execution is taken")
        selection = replace(selection, rule=f"S* stopped at its limit: {selection.rule}")
    else:
        selection = selection_of(table.matrix, played)
    return Chosen(table.matrix, replace(selection, trail=(*table.trail, *selection.trail)))


def _judge(table: _Table) -> Judge[tuple[Seen, ...]]:
    """Matches over what is really run. The pair's inputs that tell the two apart are judged by, no others."""
    bench = table.bench

    async def look(one: Candidate, other: Candidate) -> tuple[Seen, ...]:
        written = await _write_pair(table, one, other)
        telling = [seen for seen in written if differs(bench, seen, one, other)]
        telling = telling or await _known(table, one, other)
        table.say("duel", f"{one.digest[:8]} and {other.digest[:8]}: {len(telling)} programs tell them apart")
        return tuple(telling)

    async def say(first: Candidate, second: Candidate, seen: tuple[Seen, ...]) -> Verdict | None:
        if not seen:
            return None

        def question(letters: Mapping[str, Candidate]) -> str:
            runs = show_runs(bench, seen, letters)
            return _with_patches(table, "select_sstar", letters, runs=runs)

        return await named("sstar, match", first, second, question)

    async def code(first: Candidate, second: Candidate) -> Verdict | None:
        return await named("sstar, code", first, second, partial(_with_patches, table, "select_sstar_code"))

    async def named(what: str, first: Candidate, second: Candidate, question: Ask) -> Verdict | None:
        letters = lettered(bench, what, first, second)
        name = await name_one(table.asker, question, letters, opening=table.opening)
        verdicts = {first.digest: Verdict.FIRST, second.digest: Verdict.SECOND, NEITHER: Verdict.EQUAL}
        called = "nothing" if name is None else name[:8]
        table.say("duel", f"{first.digest[:8]} shown before {second.digest[:8]}: the judge named {called}")
        return None if name is None else verdicts[name]

    return Judge(look, say, code)


async def _write_inputs(table: _Table, passing: tuple[Candidate, ...]) -> None:
    """A set of test inputs for the issue, written without sight of any patch, run on all that are still in play."""
    asked = table.bench.profile.script_format
    inputs = await table.asker.ask(
        render("select_inputs", most=INPUTS, format=asked),
        partial(read_inputs, asked=asked, most=INPUTS),
        opening=table.opening,
        grammar=inputs_grammar(INPUTS, asked),
    )
    await _observe(table, inputs or (), "S* input", passing)
    table.say("inputs", f"{len(inputs or ())} test inputs were written")


async def _write_pair(table: _Table, one: Candidate, other: Candidate) -> list[Seen]:
    """Inputs that are meant to tell two patches apart, run on both."""
    bench, asked = table.bench, table.bench.profile.script_format
    inputs = await table.asker.ask(
        _with_patches(
            table, "select_inputs_pair", lettered(bench, "sstar, inputs", one, other), most=PAIR_INPUTS, format=asked
        ),
        partial(read_inputs, asked=asked, most=PAIR_INPUTS),
        opening=table.opening,
        grammar=inputs_grammar(PAIR_INPUTS, asked),
    )
    return await _observe(table, inputs or (), f"S* input for {one.digest[:8]} and {other.digest[:8]},", (one, other))


async def _observe(
    table: _Table, inputs: Sequence[Input], origin: str, candidates: tuple[Candidate, ...]
) -> list[Seen]:
    """Run programs on the base tree and on candidates, and keep those that do not tell them apart by chance."""
    bench = table.bench
    trees = [bench.base.tree, *(candidate.digest for candidate in candidates)]

    async def one(number: int, item: Input) -> tuple[Seen, bool]:
        seen = await observe(bench, item, f"{origin} {number}", trees)
        kinds = {key_of(behaviour_of(bench, seen.ended[tree])) for tree in trees[1:] if tree in seen.ended}
        return seen, len(kinds) < 2 or await steady(bench, seen)

    found = await asyncio.gather(*(one(number, item) for number, item in enumerate(inputs, 1)))
    table.executions += sum(len(seen.ended) for seen, _ in found)
    kept = [seen for seen, holds in found if holds]
    for seen, item in zip((seen for seen, _ in found), inputs, strict=True):
        table.written[seen.probe.digest] = item.written
    for seen in kept:
        table.matrix = with_probe(bench, table.matrix, seen)
    return kept


async def _known(table: _Table, one: Candidate, other: Candidate) -> list[Seen]:
    """Programs of the matrix that tell two patches apart. They ran before, so the journal has what they print."""
    if table.asker.stopped:
        return []
    texts = {f"probe {probe.digest}": (probe.digest, probe.text) for probe in table.matrix.probes}
    texts |= {f"script {script.digest}": (script.digest, script.text) for script in table.matrix.scripts}
    found: list[Seen] = []
    for column, values in shown(table.matrix).items():
        if one.digest in values and other.digest in values and values[one.digest] != values[other.digest]:
            name, text = texts[column]
            ended = await run_on(table.bench, [table.bench.base.tree, one.digest, other.digest], text)
            table.executions += len(ended)
            seen = Seen(Probe(name, text, column, quoted=False), table.written.get(name, text), ended)
            if differs(table.bench, seen, one, other):
                found.append(seen)
        if len(found) == KNOWN:
            break
    return found


def _with_patches(table: _Table, template: str, letters: Mapping[str, Candidate], **more: object) -> str:
    """A question with as much of the patches as there is room for."""
    room = room_for_patches(table.bench, table.opening, render(template, patches="", letters=tuple(letters), **more))
    return render(template, patches=show_patches(table.bench, letters, room), letters=tuple(letters), **more)


def _open(matrix: OutcomeMatrix, passing: tuple[Candidate, ...]) -> bool:
    """Whether there is something to ask: more than one in play, not seen to do the same in all that was run."""
    known = {candidate for candidate, _ in (*matrix.cells, *matrix.behaviours)}
    playing = replace(matrix, candidates=passing)
    alike = len(clusters(playing)) == 1 and all(candidate.digest in known for candidate in passing)
    return len(passing) > 1 and not alike


def _affordable(calls: int) -> int:
    """As many clusters as can all meet each other within so many completions, from two to `MOST`."""
    fitting = [count for count in range(2, MOST + 1) if MATCH * count * (count - 1) // 2 <= calls]
    return max(fitting, default=2)


def _public(matrix: OutcomeMatrix) -> str:
    """What the public tests are, for people."""
    tests = f"the repository's {matrix.tests} tests" if matrix.regressions else "no tests of the repository"
    return f"{tests}, {len(agreed_scripts(matrix))} scripts that most agree on"
