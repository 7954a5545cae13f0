"""What a run says while it runs, on stderr: lines where nobody watches live."""

import io

from rich.console import Console

from agent.cli.batch_progress import BatchProgress
from agent.cli.progress import Progress
from agent.ledger import Budget, Ledger


def console(terminal: bool) -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, force_terminal=terminal, width=100), written


def test_every_phase_is_told_once() -> None:
    """Also between the last trajectory and the choice, which may take minutes."""
    shown, written = console(terminal=False)
    progress = Progress(shown, samples=1)
    for what in ("finding what must be read", "running [all] tests", "running [all] tests"):
        progress.phase(what)
    assert written.getvalue().splitlines() == ["[0:00] finding what must be read", "[0:00] running [all] tests"]


def test_a_terminal_shows_the_phase_in_place() -> None:
    """No line stays."""
    shown, written = console(terminal=True)
    progress = Progress(shown, samples=1)
    with progress.live():
        progress.phase("running the repository's tests")
    assert "running the repository's tests" in written.getvalue()


def test_a_task_of_a_batch_shows_its_phase_after_its_trajectories() -> None:
    """The states of trajectories say nothing any more once all have ended."""
    shown, _ = console(terminal=False)
    with BatchProgress(shown, Ledger(Budget())).task("a") as task:
        task.stage(0, "edit")
        assert task.line.startswith("1 edit")
        task.phase("choosing by shrewd")
        assert task.line == "choosing by shrewd"
