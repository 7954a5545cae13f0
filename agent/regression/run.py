"""Finds the repository's tests, runs them on the base tree and on all candidates, and says what it found."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from agent.regression.find import find_tests
from agent.regression.measure import RUNS, Nothing, Stable, broken_by, stable_tests
from agent.regression.order import Kind
from agent.regression.tested import STAGE, Tested
from agent.workbench import Workbench
from selection.matrix import Candidate
from selection.result import Step

_MOST_FILES = 40
_FAR = 0.12
"""Files of less than this share of the nearest one's nearness are left for the full suite."""


async def run_tests(bench: Workbench, candidates: Sequence[Candidate]) -> Tested:
    """The tests of the repository nearest to the edits, on the base tree and on every candidate.

    Raises:
        PatchError: a candidate's tree is not in the store.
    """
    if not bench.choosing.tests:
        return Tested(0, {}, (_step("The repository's tests are not run: they are switched off."),), "", ())
    if not candidates:
        return Tested(0, {}, (), "", ())
    ranked = await _ranked(bench, candidates)
    near = [path for path, score in ranked if score >= _FAR * ranked[0][1]][:_MOST_FILES]
    return await _test(bench, candidates, near, len(ranked), _kind(bench))


async def run_full_suite(bench: Workbench, finalists: Sequence[Candidate], tested: Tested) -> Tested:
    """The test files that `run_tests` left, for a few candidates, as far as time allows. The answer holds both: its
    number of tests is what finalists were asked; others were asked those of `tested` alone.

    Raises:
        PatchError: a candidate's tree is not in the store.
    """
    if not bench.choosing.tests or not finalists or not tested.runner:
        return tested
    kind = _kind(bench) or ("pytest" if tested.runner.startswith("pytest") else "plain")
    ranked = await _ranked(bench, finalists)
    rest = [path for path, _ in ranked if path not in tested.files]
    if not rest or (kind == "command" and "{files}" not in (bench.choosing.test_command or "")):
        return replace(tested, trail=(*tested.trail, _step("Full suite: no test file is left that was not run.")))
    more = await _test(bench, finalists, rest, len(ranked), kind)
    broken = {name: tests | more.broken.get(name, frozenset()) for name, tests in tested.broken.items()}
    trail = (*tested.trail, *(replace(step, said=f"Full suite: {step.said}") for step in more.trail))
    return Tested(tested.tests + more.tests, broken, trail, tested.runner, (*tested.files, *more.files))


async def _ranked(bench: Workbench, candidates: Sequence[Candidate]) -> tuple[tuple[str, float], ...]:
    every = bench.choosing.test_command is not None
    return await asyncio.to_thread(find_tests, bench.base, candidates, every_language=every)


def _kind(bench: Workbench) -> Kind | None:
    return None if bench.choosing.test_command is None else "command"


async def _test(
    bench: Workbench, candidates: Sequence[Candidate], files: Sequence[str], of: int, kind: Kind | None
) -> Tested:
    if not files and not (kind == "command" and "{files}" not in (bench.choosing.test_command or "")):
        return Tested(0, {}, (_step("The repository has no test files that are known as such."),), "", ())
    stable = await stable_tests(bench, files, kind)
    if isinstance(stable, Nothing):
        return Tested(0, {}, (_step(f"The repository's tests say nothing: {stable.why}."),), "", tuple(files))
    found = await asyncio.gather(*(broken_by(bench, candidate, stable) for candidate in candidates))
    known = {one.digest: tests for one, tests in zip(candidates, found, strict=True) if tests is not None}
    trail = (_step(_about(stable, of)), *map(_step, _breakages(candidates, known, stable.count)))
    return Tested(stable.count, known, trail, stable.runner, stable.begun)


def _step(said: str) -> Step:
    return Step(STAGE, said)


def _about(stable: Stable, of: int) -> str:
    ran = "The test command ran" if stable.order.kind == "command" else (
        f"{stable.runner[0].upper()}{stable.runner[1:]} ran {len(stable.begun)} of {of} test files, those nearest to "
        "the edits"
    )  # fmt: skip
    left = f"; {stable.unstable} others do not and are left out" if stable.unstable else ""
    return f"{ran}. {stable.count} tests pass on the base tree in each of {RUNS} runs{left}."


def _breakages(candidates: Sequence[Candidate], known: dict[str, frozenset[str]], asked: int) -> list[str]:
    said: list[str] = []
    for one in candidates:
        if broken := sorted(known.get(one.digest, ())):
            more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
            said.append(f"Candidate {one.digest[:8]} breaks {len(broken)} of {asked}: {', '.join(broken[:3])}{more}.")
    clean = [one.digest[:8] for one in candidates if known.get(one.digest) == frozenset()]
    if clean:
        said.append(f"No test is broken by {len(clean)} of {len(candidates)} candidates: {', '.join(clean)}.")
    if unknown := [one.digest[:8] for one in candidates if one.digest not in known]:
        said.append(f"The tests could not be run on {', '.join(unknown)}: nothing is known of them.")
    return said
