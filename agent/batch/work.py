"""Works through the tasks of a run: a few at a time, each alone in its failure."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Protocol, get_args

from agent.batch.external import Externals
from agent.batch.state import State, progress_of, store_failure
from agent.choose import choose
from agent.errors import BudgetReached, ModelSetupError, TaskBusy, UserError
from agent.export import export_trajectories
from agent.failures import Failure, FailureKind, classify
from agent.logs import task_log
from agent.machinery import Machinery
from agent.prepare import Prepared
from agent.rollup import read_result, write_run_files
from agent.rundir import RunDir, TaskDir
from agent.settings import Settings
from agent.solve import solve
from agent.spent import recorded_completions
from agent.work import Pipeline, Worked, work_on
from agent.workbench import Watcher

log = logging.getLogger(__name__)

ALL_KINDS = "all"
CHOSEN = "shrewd-select"
"""What a prediction that was chosen among others' says made it."""


class BatchWatcher(Protocol):
    """Is told what happens to which task. Never changes what happens."""

    def begin(self, tasks: int, settled: int) -> None: ...
    def task(self, task: str) -> AbstractContextManager[Watcher]:
        """The watcher of one task, while it is worked on."""
        ...

    def say(self, task: str, state: str) -> None: ...
    def finished(self, task: str, worked: Worked) -> None: ...
    def failed(self, task: str, failure: Failure) -> None: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What working through a run needs to know."""

    run: RunDir
    settings: Settings
    order: tuple[str, ...]
    """All tasks of the run, in the dataset's order."""
    mine: tuple[str, ...]
    """Those that this process works on."""
    workers: int
    retry: Collection[str] = ()
    """Kinds of failures that are tried again; `all` for every kind."""
    save_trajectories: bool = False
    """Write a file of each trajectory for other programs to read."""
    externals: Externals | None = None
    """The patches to choose among; None where the run writes its own."""

    def pipeline(self, task: str) -> Pipeline:
        """What is done with a task."""
        if self.externals is None:
            return solve
        return partial(choose, externals=self.externals[task])


@dataclass(frozen=True, slots=True)
class Ended:
    """How a batch ended."""

    done: int
    failed: Mapping[str, str]
    """The kind of each task's failure."""
    left: tuple[str, ...]
    """Tasks that were not finished: a limit was reached, or another process holds them."""
    out_of_budget: bool


def check_kinds(kinds: Sequence[str]) -> None:
    """Raises:
    UserError: there is no such kind of failure.
    """
    known = (*get_args(FailureKind), ALL_KINDS)
    for kind in kinds:
        if kind not in known:
            raise UserError(f"there is no failure of kind {kind!r}; there are: {', '.join(known)}")


Prepare = Callable[[str, Callable[[str], None]], "AbstractContextManager[Prepared]"]
"""Makes a task ready, and holds what it needs. Blocks; the second argument hears what is being done."""


def to_do(batch: Batch) -> tuple[str, ...]:
    """The tasks that have to be worked on, in order.

    Raises:
        RunConflict: a file of a task cannot be read.
    """
    chosen: list[str] = []
    for task in batch.mine:
        progressed = progress_of(batch.run.task(task), batch.settings)
        again = progressed.failure is not None and {progressed.failure.kind, ALL_KINDS} & set(batch.retry)
        if progressed.state is State.TO_DO or again:
            chosen.append(task)
    return tuple(chosen)


def book_what_was_spent(batch: Batch, machinery: Machinery, tasks: Sequence[str]) -> None:
    """Count what tasks cost that are not worked on again: a budget is for the run, however often it is resumed."""
    for task in tasks:
        place = batch.run.task(task)
        result = read_result(place)
        if result is not None:
            for stage, tally in result.spent.tallies().items():
                machinery.ledger.book(stage, 0, tally)
        elif place.journal.exists():  # it failed, and had spent something by then
            for stage, trajectory, completion in recorded_completions(place.journal):
                machinery.ledger.replay(stage, trajectory, completion)


async def work_through(
    batch: Batch, machinery: Machinery, prepare: Prepare, *, redact: Callable[[str], str], watcher: BatchWatcher
) -> Ended:
    """Work on what there is to do. A task that fails is recorded and stops no other; a reached budget begins none.

    Raises:
        ModelSetupError: the model cannot be used at all.
        RunConflict: a file of the run cannot be read.
    """
    waiting = to_do(batch)
    book_what_was_spent(batch, machinery, [task for task in batch.order if task not in set(waiting)])
    watcher.begin(len(batch.mine), len(batch.mine) - len(waiting))
    queue = deque(waiting)
    write_run_files(batch.run, batch.order)
    crew = _Crew(batch, machinery, prepare, redact, watcher, queue, asyncio.Lock())
    async with asyncio.TaskGroup() as group:
        for _ in range(min(batch.workers, len(waiting))):
            group.create_task(crew.work())
    return _ended(batch, out_of_budget=crew.out_of_budget)


@dataclass(slots=True)
class _Crew:
    """What the workers of a batch share."""

    batch: Batch
    machinery: Machinery
    prepare: Prepare
    redact: Callable[[str], str]
    watcher: BatchWatcher
    queue: deque[str]
    writing: asyncio.Lock
    out_of_budget: bool = False

    async def work(self) -> None:
        """One worker: task after task until there is none, or no budget."""
        while self.queue and not self.out_of_budget:
            await self._one(self.queue.popleft())

    async def _one(self, task: str) -> None:
        place = self.batch.run.task(task)
        place.path.mkdir(parents=True, exist_ok=True)
        with task_log(task, place.log, self.redact):
            await self._settle(task, place)

    async def _settle(self, task: str, place: TaskDir) -> None:
        try:
            worked = await self._solve(task)
        except ModelSetupError:
            raise  # no other task would fare better
        except BudgetReached:
            self.out_of_budget = True
            return
        except TaskBusy as error:
            self.watcher.say(task, str(error))
            return
        except Exception as error:  # noqa: BLE001 - a task fails alone; what it is, the one table says
            self._record(place, classify(error), error)
        else:
            self.out_of_budget |= worked.solution.out_of_budget
            self.watcher.finished(task, worked)
        async with self.writing:
            await asyncio.to_thread(write_run_files, self.batch.run, self.batch.order)

    async def _solve(self, task: str) -> Worked:
        stopped = threading.Event()

        def say(state: str) -> None:
            if stopped.is_set():
                raise InterruptedError  # in the thread that makes the task ready: nobody waits for it any more
            self.watcher.say(task, state)

        with self.watcher.task(task) as watcher, ExitStack() as held:
            try:
                prepared = await asyncio.to_thread(held.enter_context, self.prepare(task, say))
            except asyncio.CancelledError:
                stopped.set()
                raise
            worked = await work_on(
                prepared,
                self.machinery,
                redact=self.redact,
                watcher=watcher,
                pipeline=self.batch.pipeline(task),
                name=None if self.batch.externals is None else CHOSEN,
            )
            if self.batch.save_trajectories:
                await asyncio.to_thread(export_trajectories, prepared.place, prepared.place.trajectories)
            return worked

    def _record(self, place: TaskDir, failure: Failure, error: Exception) -> None:
        log.error("task %s failed: %s", place.path.name, failure.message, exc_info=error)
        store_failure(place, failure)
        self.watcher.failed(place.path.name, failure)


def _ended(batch: Batch, *, out_of_budget: bool) -> Ended:
    states = [progress_of(batch.run.task(task), batch.settings) for task in batch.mine]
    left = tuple(progressed.task for progressed in states if progressed.state is State.TO_DO)
    return Ended(
        sum(progressed.state is State.DONE for progressed in states),
        {progressed.task: progressed.failure.kind for progressed in states if progressed.failure is not None},
        left,
        out_of_budget,
    )
