"""R2E-Gym's hybrid choice (arXiv 2504.07164): a cut by what a model thinks of a patch, then what execution shows.

Published, the execution-free score is the probability of the token YES in the answer of a model trained for it.
Probabilities of tokens are not to be had from every server, so here it is the share of YES among a few answers:
coarser, and all or nothing with a model that always answers alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.prompts import render
from agent.selecting.asking import Asker
from agent.selecting.lettered import called, drawn_order, outside_fences, room_for_patches, show_patch
from agent.selecting.method import Chosen
from agent.selecting.show import opening
from agent.trajectory.dialogue import Unreadable
from agent.workbench import Workbench
from selection.consensus import new_regressions
from selection.matrix import Candidate, OutcomeMatrix
from selection.result import Placed, Ranked, Selection, Step, rank, solved_by
from selection.votes import voting_scripts

STAGE: Final = "hybrid"
ANSWERS: Final = 3
"""How often the model is asked about each patch, each time with another seed."""
_GRAMMAR: Final = r'root ::= [^\n]{1,240} "\n\n" ("YES" | "NO")' + "\n"
_UNKNOWN: Final = 0.5
_RULES: Final = (
    "kept by the execution-free score",
    "fewest regressions",
    "regressions tied: more scripts",
    "scripts tied: the execution-free score",
    "execution-free scores tied: the shorter patch",
)


@dataclass(frozen=True, slots=True)
class _Scores:
    """Candidate digest -> share of YES. No entry: no answer could be read."""

    shares: Mapping[str, float]
    said: str


async def hybrid(bench: Workbench, matrix: OutcomeMatrix, files: Mapping[str, str]) -> Chosen:
    """Of the half that the model thinks best of, the patch with fewest regressions, then most scripts.

    Raises:
        ModelError: the provider cannot or will not answer.
    """
    del files  # the score is of the issue and the patch alone
    scores = _Scores({}, "There is nothing to choose.")
    if len(matrix.candidates) > 1:
        scores = await _score(bench, matrix.candidates)
    kept = _better_half(matrix.candidates, scores.shares)
    broken, voting = new_regressions(matrix), voting_scripts(matrix)
    placed: list[Placed] = []
    for candidate in matrix.candidates:
        voters = solved_by(matrix, candidate, voting)
        share = scores.shares.get(candidate.digest, _UNKNOWN)
        # What is not known is between none and one.
        regressions = len(broken[candidate.digest]) if candidate.digest in broken else _UNKNOWN
        place = (candidate.digest not in kept, regressions, -len(voters), -share, len(candidate.patch))
        placed.append(Placed(Ranked(candidate, len(voters), voters, share), place))
    ranking, rule = rank(placed, _RULES)
    trail = (
        Step("execution-free score", scores.said),
        Step("cut", _said_of_cut(matrix.candidates, kept)),
        Step("execution", f"{len(broken)} patches met the repository's tests, {len(voting)} scripts have a vote."),
    )
    return Chosen(matrix, Selection(ranking, voting, rule, trail=trail))


async def _score(bench: Workbench, candidates: tuple[Candidate, ...]) -> _Scores:
    """Ask about every patch, then about every patch again. A round that not all of them can have is not begun."""
    asker = Asker(bench, STAGE, bench.choosing.calls if bench.asks else 0)
    order = drawn_order(bench, candidates, STAGE)
    answers: dict[str, list[bool]] = {}
    rounds = 0
    while rounds < ANSWERS and asker.left >= len(order):
        rounds += 1
        for candidate in order:
            answer = await asker.ask(
                _question(bench, candidate), read_verdict, opening=opening(bench, {}), grammar=_GRAMMAR
            )
            if answer is not None:
                answers.setdefault(candidate.digest, []).append(answer)
    shares = {digest: sum(said) / len(said) for digest, said in answers.items()}
    if not rounds:
        why = asker.stopped or f"{asker.left} completions are too few for {len(order)} patches"
        return _Scores(shares, f"Nothing was asked: {why}.")
    listed = "; ".join(
        f"{called(one)} {sum(answers[one.digest])} of {len(answers[one.digest])}"
        if one.digest in answers
        else f"{called(one)} no readable answer"
        for one in sorted(candidates, key=called)
    )
    return _Scores(shares, f"Share of YES, asked up to {rounds} times each: {listed}.")


def _question(bench: Workbench, candidate: Candidate) -> str:
    room = room_for_patches(bench, opening(bench, {}), render("select_score", patch=""))
    return render("select_score", patch=show_patch(bench, candidate, room))


def read_verdict(reply: str) -> bool | Unreadable:
    """Whether the last line is YES or NO."""
    lines = [line.strip(" \t*_`\"'.!") for line in outside_fences(reply).splitlines()]
    last = next((line.upper() for line in reversed(lines) if line), "")
    if last in {"YES", "NO"}:
        return last == "YES"
    return Unreadable("The last line is neither YES nor NO.")


def _better_half(candidates: tuple[Candidate, ...], shares: Mapping[str, float]) -> frozenset[str]:
    """Half of those with a score, one at least, and whoever ties with the last of them. Who has none is not cut."""
    scored = sorted((shares[one.digest] for one in candidates if one.digest in shares), reverse=True)
    if not scored:
        return frozenset(candidate.digest for candidate in candidates)
    least = scored[max(1, len(scored) // 2) - 1]
    return frozenset(one.digest for one in candidates if shares.get(one.digest, least) >= least)


def _said_of_cut(candidates: tuple[Candidate, ...], kept: frozenset[str]) -> str:
    cut = sorted(called(one) for one in candidates if one.digest not in kept)
    return f"{len(kept)} of {len(candidates)} kept" + (f"; cut: {'; '.join(cut)}." if cut else ".")
