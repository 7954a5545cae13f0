"""Behaviours that execution leaves open meet in pairs: over a program that tells them apart, before a judge.

The model says what a program will print before it runs, and the judge sees what was really printed: neither the
patches nor who made them, how many agree, or that one of them is right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from agent.messages import Message
from agent.prompts import render
from agent.selecting.asking import Asker
from agent.selecting.facing import lettered, name_one, show_runs
from agent.selecting.inputs import (
    Foretold,
    Input,
    Seen,
    behaviour_of,
    differs,
    foretold_grammar,
    observe,
    read_foretold,
    steady,
    with_probe,
)
from agent.selecting.lettered import room_for_patches, show_patches
from agent.selecting.running import run_on, with_script
from agent.selecting.show import fenced, opening
from agent.workbench import Workbench
from sandbox.records import Execution
from selection.behaviour import Probe
from selection.clusters import key_of, telling_example
from selection.matrix import Candidate, Outcome, OutcomeMatrix, Step, outcome_of
from selection.tournament import (
    NEITHER,
    Contender,
    Duel,
    believed,
    contenders,
    next_pair,
    pair_weights,
    weights,
)

ATTEMPTS: Final = 3
"""Programs that are tried on a pair before it is taken to behave alike."""
LEAST_CALLS: Final = 3
"""Completions that a duel takes: a program, and a verdict in either order."""
ORIGIN: Final = "duel"
"""What the origins of probes and scripts from here begin with."""


@dataclass(frozen=True, slots=True)
class Dueled:
    """What the duels found, and the matrix with what they ran."""

    matrix: OutcomeMatrix
    duels: tuple[Duel, ...]
    weights: Mapping[str, float]
    """Candidate digest -> nats that the duels speak for it or against it. Nobody else has an entry."""
    pairs: Mapping[tuple[str, str], float]
    """(Winner, loser), representatives by digest -> nats by which the winner got likelier than the loser."""
    merges: tuple[tuple[str, str], ...]
    """Representatives that no program told apart."""
    trail: tuple[Step, ...]


@dataclass
class _Floor:
    """Where the duels of one choice are fought."""

    bench: Workbench
    asker: Asker
    opening: tuple[Message, ...]
    entrants: tuple[Contender, ...]
    matrix: OutcomeMatrix
    duels: list[Duel] = field(default_factory=list[Duel])
    trail: list[Step] = field(default_factory=list[Step])

    def say(self, said: str) -> None:
        self.trail.append(Step("duel", said))


async def duel(
    bench: Workbench,
    matrix: OutcomeMatrix,
    posterior: Mapping[str, float],
    *,
    asker: Asker,
    files: Mapping[str, str],
) -> Dueled:
    """Let the likeliest behaviours meet, the least certain pair first, until one leads by enough or no more may be
    asked. `posterior` is belief by candidate digest.

    Raises:
        ModelError: the provider cannot or will not answer. What was paid for is in the journal.
    """
    floor = _Floor(bench, asker, opening(bench, files), contenders(matrix, posterior), matrix)
    names = ", ".join(f"{one.candidate.digest[:8]} {one.belief:.0%}" for one in floor.entrants)
    floor.say(f"{len(floor.entrants)} behaviours are believed in enough to meet: {names or 'none'}")
    while pair := next_pair(floor.entrants, floor.duels):
        if asker.left < LEAST_CALLS:
            floor.say(f"the duel of {_called(pair)} is left out: {asker.left} completions are left for choosing")
            break
        fought = await _meet(floor, *pair)
        floor.duels.append(fought)
        floor.say(_told(fought))
        if asker.stopped:
            floor.say(asker.stopped)
            break
    shares = believed(floor.entrants, floor.duels)
    if floor.duels:
        floor.say("after the duels: " + ", ".join(f"{name[:8]} {share:.0%}" for name, share in shares.items()))
    return Dueled(
        floor.matrix,
        tuple(floor.duels),
        weights(floor.entrants, floor.duels) if floor.duels else {},
        pair_weights(floor.duels),
        tuple((one.one, one.other) for one in floor.duels if one.alike),
        tuple(floor.trail),
    )


async def _meet(floor: _Floor, one: Contender, other: Contender) -> Duel:
    """One duel: over the issue's own example if that tells the two apart, else over a program that does, if one is
    had; then the judge, in both orders."""
    first, second = one.candidate, other.candidate
    if (quoted := telling_example(floor.matrix, first, second)) is not None:
        seen = await _run_example(floor, quoted, first, second)
        if differs(floor.bench, seen, first, second):
            fought = Duel(first.digest, second.digest, 0, quoted.digest)
            return replace(fought, verdicts=await _judge(floor, seen, first, second))
    tried: list[Seen] = []
    for attempt in range(1, ATTEMPTS + 1):
        foretold = await _write(floor, first, second, tried)
        if foretold is None:
            break
        seen = await _run(floor, foretold.input, f"{ORIGIN} {len(floor.duels) + 1}, attempt {attempt}")
        kept = any(probe.digest == seen.probe.digest for probe in floor.matrix.probes)
        if kept and differs(floor.bench, seen, first, second):
            fought = Duel(first.digest, second.digest, attempt, seen.probe.digest, foretold.predictions)
            return replace(fought, verdicts=await _judge(floor, seen, first, second))
        tried.append(seen)
    # What crashes everywhere, or prints nothing, showed nothing of the patches.
    alike = len(tried) == ATTEMPTS and any(_says_something(seen, first) for seen in tried)
    return Duel(first.digest, second.digest, len(tried), alike=alike)


async def _run_example(floor: _Floor, probe: Probe, first: Candidate, second: Candidate) -> Seen:
    """The example on the base tree and on both: the journal keeps behaviours of examples, the judge sees outputs."""
    trees = [floor.bench.base.tree, first.digest, second.digest]
    return Seen(probe, f"# {probe.origin}, as the issue has it", await run_on(floor.bench, trees, probe.text))


async def _write(floor: _Floor, first: Candidate, second: Candidate, tried: Sequence[Seen]) -> Foretold | None:
    """A program that should tell the two apart, with what it should print on either: by the order of the pair."""
    bench = floor.bench
    asked = bench.profile.script_format
    shown = lettered(bench, f"duel, program {len(tried) + 1}", first, second)

    def question(patches: str) -> str:
        return render(
            "select_duel",
            patches=patches,
            letters=tuple(shown),
            tried="\n\n".join(fenced(seen.written, "python") for seen in tried),
            format=asked,
        )

    room = room_for_patches(bench, floor.opening, question(""))
    return await floor.asker.ask(
        question(show_patches(bench, shown, room)),
        partial(read_foretold, asked=asked),
        opening=floor.opening,
        grammar=foretold_grammar(asked),
    )


async def _run(floor: _Floor, written: Input, origin: str) -> Seen:
    """Run a program on the base tree and all representatives; if it tells any apart, on everybody, and keep it."""
    bench = floor.bench
    seen = await observe(bench, written, origin, [bench.base.tree, *(c.candidate.digest for c in floor.entrants)])
    kinds = {key_of(behaviour_of(bench, end)) for tree, end in seen.ended.items() if tree != bench.base.tree}
    if len(kinds) < 2 or not await steady(bench, seen):
        return seen
    everybody = [candidate.digest for candidate in floor.matrix.candidates]
    seen = replace(seen, ended={**seen.ended, **await run_on(bench, everybody, seen.probe.text)})
    floor.matrix = with_probe(bench, floor.matrix, seen)
    if _keeps_contract(bench.base.tree, seen.ended):
        floor.matrix = with_script(floor.matrix, seen.probe.text, origin, bench.base.tree, seen.ended)
    return seen


async def _judge(floor: _Floor, seen: Seen, first: Candidate, second: Candidate) -> tuple[str | None, str | None]:
    """Whom the judge names in either order. What cannot be read in the first is no evidence, whatever the second."""

    def question(shown: Mapping[str, Candidate]) -> str:
        return render("select_duel_verdict", runs=show_runs(floor.bench, [seen], shown), letters=tuple(shown))

    async def named(one: Candidate, other: Candidate) -> str | None:
        shown = lettered(floor.bench, "duel, verdict", one, other)
        return await name_one(floor.asker, question, shown, opening=floor.opening)

    straight = await named(first, second)
    return straight, await named(second, first) if straight is not None else None


def _says_something(seen: Seen, candidate: Candidate) -> bool:
    ended = seen.ended.get(candidate.digest)
    return ended is not None and ended.exit_code == 0 and bool(ended.stdout.strip())


def _keeps_contract(base: str, ended: Mapping[str, Execution]) -> bool:
    """Whether a program was seen to end as a test script does: 2 on the base tree, 0 somewhere, nothing else."""
    outcomes = {tree: outcome_of(execution.exit_code) for tree, execution in ended.items()}
    said = set(outcomes.values())
    return outcomes.get(base) is Outcome.UNSOLVED and said == {Outcome.UNSOLVED, Outcome.SOLVED}


def _called(pair: Sequence[Contender]) -> str:
    return " and ".join(one.candidate.digest[:8] for one in pair)


def _told(fought: Duel) -> str:
    """A duel, for people."""
    pair = f"{fought.one[:8]} and {fought.other[:8]}"
    if fought.alike:
        return f"{pair}: {fought.attempts} programs showed no difference, so they count as one"
    if fought.probe is None:
        return f"{pair}: no program that tells them apart was had in {fought.attempts} attempts; no evidence"
    if fought.winner is not None:
        return f"{pair}: the issue asks for what {fought.winner[:8]} does, said in both orders"
    said = " / ".join("nothing" if v is None else v if v == NEITHER else v[:8] for v in fought.verdicts)
    return f"{pair}: the judge named {said}; no evidence"
