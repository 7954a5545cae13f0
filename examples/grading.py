"""Grades patches with hidden tests, inside the sandbox that the run itself used."""

import ast
import asyncio
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.stored import StoredTask
from sandbox.choose import Choice, open_sandbox
from sandbox.records import Change, Execution, Limits, Owner, Sandbox, Script, Tree
from swe_tasks.basetree import BaseTree
from swe_tasks.build import remove_base
from swe_tasks.edits import apply_patch, changes
from swe_tasks.local import materialise_local

HIDDEN = Path(__file__).resolve().parent / "hidden"
LIMITS = Limits(seconds=60)


@dataclass(frozen=True, slots=True)
class Grade:
    right: bool
    said: str
    """The last line that the tests printed, for people."""


async def grade(
    patches: Sequence[bytes], *, issue: str, repository: Path, stored: StoredTask, scratch: Path
) -> tuple[Grade, ...]:
    """Run the hidden tests of an issue on the repository's last commit with each patch applied.

    Raises:
        swe_tasks.errors.PatchError: a patch does not apply, which no run should leave behind.
        sandbox.errors.SandboxError: the sandbox broke; nothing is known about the patches then.
    """
    tests = hidden_tests(issue, stored.python)
    executions = await run_on_each(patches, tests, repository=repository, stored=stored, scratch=scratch)
    return tuple(graded(execution, tests) for execution in executions)


async def run_on_each(
    patches: Sequence[bytes], script: Script, *, repository: Path, stored: StoredTask, scratch: Path
) -> tuple[Execution, ...]:
    """Run a script on the repository's last commit with each patch applied. Raises as `grade` does."""
    base = await asyncio.to_thread(materialise_local, repository, scratch / "base", ref="HEAD", uncommitted="refuse")
    owner = Owner(run="demo", pid=os.getpid())
    choice = Choice(stored.backend, "the one that the run used")
    try:
        sandbox = open_sandbox(choice, stored.environment, owner, scratch=scratch, size=2)
        try:
            return tuple(await asyncio.gather(*(_run(sandbox, base, script, patch) for patch in patches)))
        finally:
            await sandbox.close()
    finally:
        remove_base(scratch / "base")


def hidden_tests(issue: str, python: str) -> Script:
    """The hidden tests of an issue. They travel as a script: the tree never holds them."""
    path = HIDDEN / issue / f"test_{issue}.py"
    return Script(path.read_text(encoding="utf-8"), name=path.name, command=(python, "{script}"))


def graded(execution: Execution, script: Script) -> Grade:
    """What an execution of the hidden tests says. All of them must have run: a program that ends early
    with exit code 0 has passed nothing."""
    lines = execution.stderr.strip().splitlines()
    said = "stopped at the time limit" if execution.timed_out else lines[-1] if lines else "printed nothing"
    ran = re.search(r"^Ran (\d+) tests? in ", execution.stderr, re.MULTILINE)
    whole = ran is not None and int(ran[1]) == count_tests(script.text)
    return Grade(execution.exit_code == 0 and whole, said)


def count_tests(text: str) -> int:
    """How many test methods a test file has."""
    nodes = ast.walk(ast.parse(text))
    return sum(isinstance(node, ast.FunctionDef) and node.name.startswith("test") for node in nodes)


async def _run(sandbox: Sandbox, base: BaseTree, script: Script, patch: bytes) -> Execution:
    tree = await asyncio.to_thread(apply_patch, base, patch)
    changed = tuple(Change(c.path, c.content, c.mode) for c in changes(base, tree))
    return await sandbox.execute(Tree(base.path, changed), script, LIMITS)
