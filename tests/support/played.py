"""Plays the examples of an issue for real: as processes of this Python, on a copy of a small tree."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.records import Execution, Limits, Script, Tree


def play(program: str, files: dict[str, str] | None = None, *, seconds: float = 60.0) -> Execution:
    """What the program shows in a tree of these files."""
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place, "tree")
        tree.mkdir()
        for path, text in (files or {}).items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text, encoding="utf-8")
        return _run(Path(place), tree, program, seconds)


def _run(place: Path, tree: Path, program: str, seconds: float) -> Execution:
    script = place / "script.py"
    script.write_text(program, encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, str(script)],
            cwd=tree,
            env={"PATH": "/usr/bin:/bin", "HOME": str(place)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Execution(137, "", "", timed_out=True)
    return Execution(done.returncode, done.stdout, done.stderr)


@dataclass
class LocalSandbox:
    """Implements `sandbox.records.Sandbox` without a jail, for programs that the tests themselves wrote."""

    name: str = "local"
    broken: frozenset[bytes] = frozenset()
    """Trees with a file of this content are lost with the machine."""
    executed: list[str] = field(default_factory=list[str])

    async def execute(self, tree: Tree, script: Script, limits: Limits) -> Execution:
        from sandbox.errors import SandboxBroken

        self.executed.append(script.text)
        if any(change.content in self.broken for change in tree.changes):
            raise SandboxBroken("the machine is gone")
        with tempfile.TemporaryDirectory() as place:
            root = Path(place, "tree")
            shutil.copytree(tree.base, root, ignore=shutil.ignore_patterns(".git"))
            for change in tree.changes:
                (root / change.path).write_bytes(change.content or b"")
            return await asyncio.to_thread(_run, Path(place), root, script.text, limits.seconds)

    async def close(self) -> None: ...
