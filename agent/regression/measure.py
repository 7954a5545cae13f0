"""Which tests pass on the base tree every time, and which of those a candidate breaks every time."""

import asyncio
import logging
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.journal import digest
from agent.regression.order import COMMAND_FILE, Allowed, Kind, Order
from agent.regression.report import Report, Verdict, read_report
from agent.workbench import Workbench
from sandbox.errors import SandboxError
from sandbox.records import MIB
from selection.matrix import Candidate

log = logging.getLogger(__name__)

RUNS = 3
"""Of every test on the base tree, and of a test that fails on a candidate."""
_FEW = 0.6
"""A smaller share of tests that pass on the base tree is a sign of an environment that does not fit."""
COMMAND_TEST = "the test command"
_OUTPUT = 16 * MIB

Tests = Mapping[str, tuple[str, ...]]
"""File -> names of tests in it."""


@dataclass(frozen=True, slots=True)
class Stable:
    """The tests that pass on the base tree every time."""

    order: Order
    """Runs them."""
    runner: str
    tests: Tests
    begun: tuple[str, ...]
    """The files that were run at all, nearest first."""
    unstable: int
    """Tests that were seen on the base tree and do not pass there every time."""

    @property
    def count(self) -> int:
        return sum(map(len, self.tests.values()))


@dataclass(frozen=True, slots=True)
class Nothing:
    """There are no tests to ask, and why, for people."""

    why: str


async def stable_tests(bench: Workbench, files: Sequence[str], kind: Kind | None) -> Stable | Nothing:
    """The tests of those files, in their order, that fit into half the time allowed and pass in three runs."""
    first = _command_order(bench, files) if kind == "command" else _first_order(bench, files, kind)
    report = await _run(bench, bench.base.tree, first)
    while kind == "command" and len(files) > 1 and "{files}" in first.command_text and _was_too_long(report):
        files = files[: len(files) // 2]
        first = _command_order(bench, files)
        report = await _run(bench, bench.base.tree, first)
    if report is not None and kind != "command":
        first, report = await _otherwise(bench, first, report)
    if report is None or report.runner is None:
        return Nothing("the base tree's run gave no report")
    if not _passed(report):
        return Nothing(f"none passes on the base tree by {report.runner.said}{_complaint(report)}")
    begun = tuple(files) if kind == "command" else tuple(file for file in files if file in report.files)
    return await _stable(bench, first, report, begun)


async def _otherwise(bench: Workbench, first: Order, report: Report) -> tuple[Order, Report]:
    """The same run made another way, if that lets more tests pass: environments are often newer than what they hold."""
    if report.runner is None or report.runner.runner != "pytest":
        return first, report
    seen = sum(len(record.tests) for record in report.files.values())
    if _count(report) < _FEW * max(1, seen):
        lenient = replace(first, kind="pytest", lenient=True)
        other = await _run(bench, bench.base.tree, lenient)
        if other is not None and _count(other) > _count(report):
            return lenient, _called(other, f"{report.runner.said} with warnings let pass")
    if first.kind is None and not _count(report):
        # A pytest that is there need not be one that can run these tests.
        plain = replace(first, kind="plain")
        other = await _run(bench, bench.base.tree, plain)
        if other is not None and other.runner and _count(other):
            said = f"{other.runner.said}, as none passes by {report.runner.said}{_complaint(report)}"
            return plain, _called(other, said)
    return first, report


def _called(report: Report, said: str) -> Report:
    assert report.runner is not None
    return replace(report, runner=report.runner.model_copy(update={"said": said}))


def _count(report: Report) -> int:
    return sum(map(len, _passed(report).values()))


async def _stable(bench: Workbench, first: Order, report: Report, begun: tuple[str, ...]) -> Stable | Nothing:
    assert report.runner is not None
    passed = _passed(report)
    order = _order_of(replace(first, kind=report.runner.runner), report, passed, bench.choosing.test_seconds)
    kept = passed
    again = (_run(bench, bench.base.tree, replace(order, seed=turn)) for turn in range(1, RUNS))
    for other in await asyncio.gather(*again):
        if other is None:
            return Nothing("a run of the base tree gave no report")
        kept = _those(kept, other, Verdict.PASSED)
    seen = {(file, test) for file, record in report.files.items() for test in record.tests}
    seen -= {(COMMAND_FILE, COMMAND_TEST)}
    stable = Stable(
        _asking(order, kept),
        report.runner.said,
        kept,
        begun,
        unstable=max(0, len(seen) - sum(map(len, kept.values()))),
    )
    return stable if kept else Nothing(f"none passes on the base tree in each of {RUNS} runs")


async def broken_by(bench: Workbench, candidate: Candidate, stable: Stable) -> frozenset[str] | None:
    """The stable tests that fail on the candidate in each of three runs; None if nothing is known of it."""
    failing: Tests = stable.tests
    for turn in range(RUNS):
        report = await _run(bench, candidate.digest, replace(_asking(stable.order, failing), seed=turn))
        if report is None:
            return None
        found = _those(failing, report, Verdict.FAILED)
        if not turn and not found and not _those(failing, report, Verdict.PASSED):
            return None  # so slow that not one test was run
        failing = found
        if not failing:
            break
    return frozenset(_name(file, test) for file, tests in failing.items() for test in tests)


def _name(file: str, test: str) -> str:
    return test if file == COMMAND_FILE else f"{file}::{test}"


async def _run(bench: Workbench, tree: str, order: Order) -> Report | None:
    """What the run says; None when the machinery failed."""
    limits = replace(bench.limits, seconds=order.seconds, output=max(_OUTPUT, bench.limits.output))
    try:
        execution = await bench.execute(tree, order.script, priority=1, limits=limits, repeat=order.seed)
    except SandboxError as error:
        log.warning("the tests could not be run on tree %s: %s", tree[:8], error)
        return None
    return read_report(execution.stdout, order.nonce)


def _first_order(bench: Workbench, files: Sequence[str], kind: Kind | None) -> Order:
    allowed = bench.choosing.test_seconds
    # A file that alone would take the time of all is stopped, and what it has shown by then is kept. The nearest may
    # take longest: it says most.
    soft, pause = 0.2 * allowed, max(10.0, 0.2 * allowed)
    return Order(
        _nonce(bench),
        tuple(files),
        begin=0.5 * allowed,
        allowed=Allowed(soft, soft + pause),
        limits={files[0]: Allowed(1.5 * soft, 1.5 * soft + pause)},
        kind=kind,
    )


def _command_order(bench: Workbench, files: Sequence[str]) -> Order:
    allowed, text = bench.choosing.test_seconds, bench.choosing.test_command
    assert text is not None
    return Order(
        _nonce(bench),
        (COMMAND_FILE,),
        begin=allowed,
        allowed=Allowed(allowed, allowed),
        kind="command",
        command=text.replace("{files}", shlex.join(files)),
        command_text=text,
    )


def _nonce(bench: Workbench) -> str:
    return digest("tests", bench.seed, bench.task.id, bench.base.tree)[:32]


def _order_of(first: Order, report: Report, passed: Tests, allowed: float) -> Order:
    """Allows each file a multiple of what it took. Machines are noisy, and a candidate may be slower and right."""
    took = {file: report.files[file].seconds for file in passed}
    pause = min(15.0, allowed / 8)
    limits = {file: Allowed(pause + 4 * one, pause + 4 * one + max(pause, 3 * one)) for file, one in took.items()}
    order = replace(first, begin=max(allowed, 3 * sum(took.values())), limits=limits)
    return _asking(order, passed)


def _asking(order: Order, tests: Tests) -> Order:
    return replace(order, files=tuple(file for file in order.files if file in tests), wanted=tests)


def _passed(report: Report | None) -> Tests:
    if report is None:
        return {}
    found = {file: tuple(t for t, how in one.tests.items() if how == "p") for file, one in report.files.items()}
    if (command := report.files.get(COMMAND_FILE)) is not None and len(command.tests) > 1:
        # Where the command reports single tests, its exit code says nothing that they do not say better.
        found[COMMAND_FILE] = tuple(test for test in found[COMMAND_FILE] if test != COMMAND_TEST)
    return {file: tests for file, tests in found.items() if tests}


def _those(tests: Tests, report: Report, verdict: Verdict) -> Tests:
    found = {file: tuple(t for t in names if report.verdict(file, t) is verdict) for file, names in tests.items()}
    return {file: names for file, names in found.items() if names}


def _was_too_long(report: Report | None) -> bool:
    return report is not None and any(record.how == "killed" for record in report.files.values())


def _complaint(report: Report) -> str:
    said = [record.said.strip() for record in report.files.values() if record.said.strip()]
    return f"; {said[0].splitlines()[-1][:200]}" if said else ""
