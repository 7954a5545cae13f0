"""A pull, shown as a progress bar."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from agent.models.transfer import Watcher


@contextmanager
def pull_bar(title: str, size: int, console: Console) -> Generator[Watcher]:
    """A bar of `size` bytes on `console`, with the pull's remarks above it."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(title, total=size)
        yield Watcher(
            say=lambda text: bar.console.print(text, markup=False, highlight=False, soft_wrap=True),
            moved=lambda count: bar.update(task, completed=min(count, size)),
        )
