"""A workbench in a real sandbox for the repository's own tests, and candidates made of changed files."""

import sys
import venv
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from support.bench import ScriptedModel, ScriptedSandbox, open_test_bench
from support.sandboxes import make_backend

from agent.workbench import Choosing, Workbench
from sandbox.records import MIB, Environment, Limits
from selection.matrix import Candidate
from swe_tasks.edits import diff, write_tree
from swe_tasks.task import FileChange

WITH_PYTEST = sys.executable


def without_pytest(place: Path) -> str:
    """An interpreter with nothing but the standard library."""
    if not (place / "bare").exists():
        venv.create(place / "bare", symlinks=True)
    return str(place / "bare" / "bin" / "python")


@asynccontextmanager
async def open_regression_bench(
    place: Path, files: Mapping[str, str], *, with_pytest: bool = True, **choosing: object
) -> AsyncGenerator[Workbench]:
    """A workbench on a repository with these files, whose scripts run in bubblewrap."""
    place.mkdir(exist_ok=True)
    python = WITH_PYTEST if with_pytest else without_pytest(place)
    needed = dict.fromkeys((str(Path(python).parents[1]), sys.base_prefix))
    environment = Environment(
        "/home/user/project",
        readonly=tuple(path for path in needed if path not in {"/usr", "/usr/local"}),
        variables=(("PATH", f"{sys.base_prefix}/bin:/usr/bin:/bin"),),
    )
    sandbox = make_backend("bubblewrap", environment, place / "scratch", size=2)
    unused = ScriptedSandbox(lambda files, script: 0)
    try:
        async with open_test_bench(place, dict(files), ScriptedModel([]), unused) as bench:
            yield replace(
                bench,
                sandbox=sandbox,
                environment=environment,
                python=python,
                limits=Limits(seconds=60, memory=512 * MIB, disk=64 * MIB),
                choosing=Choosing(**{"test_seconds": 20.0, **choosing}),  # type: ignore[arg-type]
            )
    finally:
        await sandbox.close()


def candidate(bench: Workbench, **files: str | None) -> Candidate:
    """The base tree with Python files changed or removed: `calc="..."` is calc.py, `pkg__calc` is pkg/calc.py."""
    changes = [
        FileChange(f"{name.replace('__', '/')}.py", None if text is None else text.encode())
        for name, text in sorted(files.items())
    ]
    tree = write_tree(bench.base, changes)
    return Candidate(tree, diff(bench.base, tree), ("test",))
