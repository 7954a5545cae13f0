"""What a run of many tasks is doing: a line for each task at work, and the totals. On stderr only."""

import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.cli.progress import spent
from agent.failures import Failure
from agent.ledger import Ledger
from agent.terminal import one_line
from agent.work import Worked

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_LINES = 40
"""Tasks at work that are shown, at most."""


@dataclass
class TaskProgress:
    """The watcher of one task."""

    owner: "BatchProgress"
    began: float
    said: str = ""
    states: dict[int, str] = field(default_factory=dict[int, str])
    ledger: Ledger | None = None

    def follow(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def phase(self, what: str) -> None:
        self.said = what
        self.states.clear()

    def stage(self, trajectory: int, state: str) -> None:
        self.states[trajectory] = state

    def count(self, what: str, by: int) -> None:
        self.owner.flight[what] += by

    @property
    def line(self) -> str:
        """What it is doing, and what it has spent."""
        if not self.states:
            return f"{self.said}   {spent(self.ledger)}".rstrip()
        states = ", ".join(f"{count} {state}" for state, count in sorted(Counter(self.states.values()).items()))
        return f"{states}   {spent(self.ledger)}"


class BatchProgress:
    """A `BatchWatcher` that knows how to show itself."""

    def __init__(self, console: "Console", ledger: Ledger) -> None:
        self._console = console
        self._ledger = ledger
        self._tasks: dict[str, TaskProgress] = {}
        self._began = time.monotonic()
        self._total = self._settled = self._before = self._patched = 0
        self._failures: Counter[str] = Counter()
        self.flight: Counter[str] = Counter()

    def begin(self, tasks: int, settled: int) -> None:
        self._total, self._settled, self._before = tasks, settled, settled
        self._console.print(f"{tasks} tasks, {settled} of them finished before", style="dim")

    @contextmanager
    def task(self, task: str) -> Generator[TaskProgress]:
        self._tasks[task] = TaskProgress(self, time.monotonic())
        self._tell(task, "begins")
        try:
            yield self._tasks[task]
        finally:
            del self._tasks[task]

    def say(self, task: str, state: str) -> None:
        if task in self._tasks:
            self._tasks[task].said = state
        else:
            self._tell(task, state)

    def finished(self, task: str, worked: Worked) -> None:
        self._settled += 1
        self._patched += worked.solution.patch is not None
        answer = "a patch" if worked.solution.patch is not None else "no patch"
        count = len(worked.solution.matrix.candidates)
        candidates = "1 candidate" if count == 1 else f"{count} candidates"
        self._tell(task, f"{answer}, {candidates}, {worked.seconds:.0f} s", always=True)

    def failed(self, task: str, failure: Failure) -> None:
        self._settled += 1
        self._failures[failure.kind] += 1
        self._tell(task, f"failed ({failure.kind}): {failure.message}", always=True)

    @contextmanager
    def live(self) -> Generator[None]:
        """Show it while the block runs."""
        if not self._console.is_terminal:
            yield
            return
        from rich.live import Live

        with Live(console=self._console, get_renderable=self._table, refresh_per_second=2, transient=True):
            yield

    def _tell(self, task: str, what: str, *, always: bool = False) -> None:
        if always or not self._console.is_terminal:
            line = f"[{clock(time.monotonic() - self._began)}] {task}: {what}   ({self._settled} of {self._total})"
            self._console.print(one_line(line, 300), markup=False)

    def _table(self) -> "RenderableType":
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        now = time.monotonic()
        for name, task in list(self._tasks.items())[:_LINES]:
            table.add_row(one_line(name, 48), clock(now - task.began), one_line(task.line, 100))
        failures = "".join(f", {count} failed ({kind})" for kind, count in sorted(self._failures.items()))
        table.add_row("total", clock(now - self._began), f"{self._settled} of {self._total} finished{failures}")
        table.add_row("rate", "", self._rate(now))
        flight = ", ".join(f"{self.flight[what]} {what}" for what in ("completions", "executions"))
        table.add_row("in flight", "", flight)
        table.add_row("spent", "", spent(self._ledger))
        return table

    def _rate(self, now: float) -> str:
        done, left = self._settled - self._before, self._total - self._settled
        if not done:
            return "not known yet"
        each = (now - self._began) / done
        return f"{3600 / each:.1f} tasks an hour, {clock(each * left)} left"


def clock(seconds: float) -> str:
    """Hours, minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
