"""A model that only reads: the issue and the patches, nothing is run. A baseline for what running is worth.

All patches are shown in both orders, and no patch keeps its letter: a verdict that does not survive that says nothing.
Then pairs are judged, both orders again, and a patch gets a point for each pair it wins in both.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from agent.prompts import render
from agent.selecting.asking import Asker, letters
from agent.selecting.lettered import (
    NONE,
    called,
    choice_grammar,
    drawn_order,
    groups,
    read_choice,
    room_for_patches,
    show_patches,
)
from agent.selecting.method import Chosen
from agent.selecting.show import opening
from agent.workbench import Workbench
from selection.baselines import choose_by_majority
from selection.matrix import Candidate, OutcomeMatrix
from selection.result import Selection, Step

STAGE: Final = "judge"
BOTH_ORDERS: Final = 3 / 4
"""Belief where two verdicts of two agree: their share, with one more for and one against."""
_NO_EVIDENCE: Final = "the judge is not of one mind"
_NOBODY_RIGHT: Final = "the judge says that none is right"


@dataclass
class _Court:
    """What the judging of one task knows: whom it asks, how often it asked, and what came of it."""

    bench: Workbench
    asker: Asker
    standing: Mapping[str, int]
    """Candidate digest -> place by majority, 0 for the first."""
    trail: list[Step] = field(default_factory=list[Step])
    asked: int = 0
    won: Counter[str] = field(default_factory=Counter[str])
    """Candidate digest -> pairs won."""
    met: Counter[str] = field(default_factory=Counter[str])
    """Candidate digest -> pairs judged."""

    def share(self, candidate: Candidate) -> float:
        """Of its pairs, those won. A share of few is drawn towards one half, by one for and one against."""
        return (self.won[candidate.digest] + 1) / (self.met[candidate.digest] + 2)


async def judge(bench: Workbench, matrix: OutcomeMatrix, files: Mapping[str, str]) -> Chosen:
    """What the judge chooses in both orders, else the patch with most points in pairs, else the majority's.

    Raises:
        ModelError: the provider cannot or will not answer.
    """
    del files  # it reads nothing but the issue and the patches
    majority = choose_by_majority(matrix, seed=bench.seed)
    if len(majority.ranking) < 2:
        return Chosen(matrix, majority)
    standing = {row.candidate.digest: place for place, row in enumerate(majority.ranking)}
    court = _Court(bench, Asker(bench, STAGE, bench.choosing.calls if bench.asks else 0), standing)
    entrants = [row.candidate for row in majority.ranking]
    while len(met := groups(bench, entrants, STAGE, len(entrants))) > 1:
        verdicts = [await _judge_group(court, group, final=False) for group in met]
        entrants = [
            verdict if isinstance(verdict, Candidate) else min(group, key=lambda one: standing[one.digest])
            for group, verdict in zip(met, verdicts, strict=True)
        ]
    verdict = await _judge_group(court, met[0], final=True)
    return Chosen(matrix, replace(_concluded(court, majority, verdict), trail=tuple(court.trail)))


async def _judge_group(court: _Court, group: Sequence[Candidate], *, final: bool) -> Candidate | str:
    """The winner of a group, or why there is none. Pairs are for the last group: they take many completions."""
    verdict = await _both_orders(court, group)
    if isinstance(verdict, Candidate):
        court.trail.append(Step("judge", f"Of {len(group)} patches, {called(verdict)} in both orders."))
        return verdict
    if verdict == NONE:
        court.trail.append(Step("judge", f"None of {len(group)} patches is right, in both orders."))
        return _NOBODY_RIGHT
    if final and len(group) > 2:  # of two, the one pair there is has just been judged
        await _pairs(court, group)
    best = max(map(court.share, group))
    first = [one for one in group if court.won[one.digest] and court.share(one) == best]
    short = court.asker.stopped or ("no completions are left for more" if court.asker.left < 2 else "")
    why = f" ({short})" if short else ""
    if len(first) != 1:
        court.trail.append(Step("judge", f"No verdict on {len(group)} patches that both orders support{why}."))
        return _NO_EVIDENCE
    won, judged = court.won[first[0].digest], court.met[first[0].digest]
    court.trail.append(Step("judge", f"{called(first[0])} won {won} of {judged} pairs, the most{why}."))
    return first[0]


async def _pairs(court: _Court, group: Sequence[Candidate]) -> None:
    """Judge pairs in rounds in which everyone meets somebody else. A round that cannot be paid for is not begun,
    so that no patch has more chances than another."""
    for pairs in _rounds(group):
        if court.asker.left < 2 * len(pairs):
            return
        verdicts = [await _both_orders(court, pair) for pair in pairs]
        if court.asker.stopped:  # repairs took what the round needed
            return
        court.won.update(verdict.digest for verdict in verdicts if isinstance(verdict, Candidate))
        court.met.update(candidate.digest for pair in pairs for candidate in pair)


def _rounds(group: Sequence[Candidate]) -> list[list[tuple[Candidate, Candidate]]]:
    """All pairs, each once, in rounds: the first stays, the others move round the table."""
    seats: list[Candidate | None] = [*group, *([None] if len(group) % 2 else [])]
    rounds: list[list[tuple[Candidate, Candidate]]] = []
    for _ in range(len(seats) - 1):
        half = len(seats) // 2
        table = zip(seats[:half], reversed(seats[half:]), strict=True)
        rounds.append([(one, other) for one, other in table if one is not None and other is not None])
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return rounds


async def _both_orders(court: _Court, group: Sequence[Candidate]) -> Candidate | str | None:
    """What is chosen both in a drawn order and in the reverse of it, `NONE` included; None if that is nothing."""
    if court.asker.left < 2:  # one verdict would say nothing
        return None
    court.asked += 1
    order = drawn_order(court.bench, group, STAGE, court.asked)
    drawn = letters(court.bench.seed, court.bench.task.id, STAGE, court.asked, count=len(order))
    there = await _ask(court, dict(zip(drawn, order, strict=True)))
    if there is None:
        return None
    # Everyone gets the next one's letter: to love a letter is no more use than to love a place.
    moved = (*drawn[1:], drawn[0])
    back = await _ask(court, dict(reversed(list(zip(moved, order, strict=True)))))
    if isinstance(there, Candidate) and isinstance(back, Candidate):
        return there if there.digest == back.digest else None
    return NONE if there == back == NONE else None


async def _ask(court: _Court, shown: Mapping[str, Candidate]) -> Candidate | str | None:
    listed = ", ".join(sorted(shown))
    said = opening(court.bench, {})
    room = room_for_patches(court.bench, said, render("select_judge", patches="", letters=listed))
    question = render("select_judge", patches=show_patches(court.bench, shown, room), letters=listed)
    choice = await court.asker.ask(
        question, lambda reply: read_choice(reply, shown), opening=said, grammar=choice_grammar(shown)
    )
    return None if choice is None else shown.get(choice, NONE)


def _concluded(court: _Court, majority: Selection, verdict: Candidate | str) -> Selection:
    """The ranking by majority, with the judge's choice before all others."""
    if isinstance(verdict, str):
        rule = f"{verdict}: {majority.rule}"
        return replace(majority, rule=rule, belief=0.0 if verdict == _NOBODY_RIGHT else majority.belief)
    first = next(row for row in majority.ranking if row.candidate.digest == verdict.digest)
    ranking = (first, *(row for row in majority.ranking if row is not first))
    if court.won[verdict.digest]:
        belief = court.share(verdict)
        return replace(majority, ranking=ranking, rule="the judge's choice in pairs", belief=belief)
    return replace(majority, ranking=ranking, rule="the judge's choice in both orders", belief=BOTH_ORDERS)
