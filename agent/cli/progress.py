"""What is happening, while it happens: a live table on a terminal, plain lines elsewhere. On stderr only."""

import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.ledger import Ledger

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


class Progress:
    """A `Watcher` that knows how to show itself."""

    def __init__(self, console: "Console", samples: int) -> None:
        self._console = console
        self._states = dict.fromkeys(range(samples), "waiting")
        self._phase = ""
        self._flight: Counter[str] = Counter()
        self._began = time.monotonic()
        self._ledger: Ledger | None = None

    def follow(self, ledger: Ledger) -> None:
        """Show what this ledger says is spent and left."""
        self._ledger = ledger

    def phase(self, what: str) -> None:
        """Beside the trajectories: before them, or after."""
        if self._phase == what:
            return
        self._phase = what
        if not self._console.is_terminal:
            self._console.print(f"[{self._elapsed()}] {what}   {spent(self._ledger)}".rstrip(), markup=False)

    def stage(self, trajectory: int, state: str) -> None:
        if self._states.get(trajectory) == state:
            return
        self._states[trajectory] = state
        if not self._console.is_terminal:
            self._console.print(f"[{self._elapsed()}] trajectory {trajectory}: {state}   {spent(self._ledger)}")

    def count(self, what: str, by: int) -> None:
        self._flight[what] += by

    def say(self, line: str) -> None:
        """A line that stays."""
        self._console.print(line)

    @contextmanager
    def live(self) -> Generator[None]:
        """Show it while the block runs."""
        if not self._console.is_terminal:
            yield
            return
        from rich.live import Live

        with Live(console=self._console, get_renderable=self._table, refresh_per_second=4, transient=True):
            yield

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self._began)
        return f"{seconds // 60}:{seconds % 60:02}"

    def _table(self) -> "RenderableType":
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        if self._phase:
            table.add_row("now", self._phase)
        states = Counter(self._states.values())
        table.add_row("trajectories", ", ".join(f"{count} {state}" for state, count in sorted(states.items())))
        flight = ", ".join(f"{self._flight[what]} {what}" for what in ("completions", "executions"))
        table.add_row("in flight", flight)
        table.add_row("spent", spent(self._ledger) or "nothing")
        table.add_row("time", self._elapsed())
        return table


def spent(ledger: Ledger | None) -> str:
    """Tokens and money, and what is left of a budget."""
    if ledger is None:
        return ""
    total, budget = ledger.totals().total, ledger.budget
    parts = [f"{total.tokens:,} tokens"]
    if budget.tokens is not None:
        parts.append(f"{budget.tokens - total.tokens:,} left")
    if total.dollars:
        parts.append(f"${total.dollars:.4f}")
    if total.unpriced:
        parts.append(f"{total.unpriced} answers of unknown price")
    if budget.dollars is not None:
        parts.append(f"${budget.dollars - total.spent:.4f} left")
    return ", ".join(parts)
