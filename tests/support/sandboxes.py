"""Sandboxes of either backend for tests, on a small tree, and whether a backend works here."""

import os
import sys
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sandbox.records import MIB, Environment, Execution, Limits, Owner, Sandbox, Script, Tree

IMAGE = "python:3.11-slim-bookworm"

LIMITS = Limits(seconds=20, memory=192 * MIB, cpus=1, processes=48, disk=64 * MIB, output=8192)


def need(backend: str, problem: str | None) -> None:
    """Skip with the reason if `problem` is one, or fail where SHREWD_REQUIRE names the backend."""
    if problem is None:
        return
    if backend in os.environ.get("SHREWD_REQUIRE", "").split(","):
        pytest.fail(f"{backend} is required here, but {problem}")
    pytest.skip(f"{backend}: {problem}")


def docker_problem() -> str | None:
    """Why the tests cannot use Docker here; None if they can."""
    from sandbox.docker import diagnose
    from sandbox.docker_engine import Engine
    from sandbox.errors import SandboxError

    diagnosis = diagnose()
    if not diagnosis.works:
        return diagnosis.detail
    engine = Engine.connect()
    try:
        engine.remove(engine.create(IMAGE, {}, command=["true"], labels={"shrewd.run": "look"}))
    except SandboxError as error:
        return str(error)
    finally:
        engine.close()
    return None


def bubblewrap_problem() -> str | None:
    """Why the tests cannot use bubblewrap here; None if they can."""
    from sandbox.bubblewrap import diagnose

    diagnosis = diagnose()
    return None if diagnosis.works else diagnosis.detail


@dataclass
class Bench:
    """A sandbox together with a base tree: `await bench.run("print(1)")`."""

    sandbox: Sandbox
    base: Path
    limits: Limits = LIMITS
    environment: Environment = field(default_factory=lambda: Environment("/"))

    async def run(
        self, text: str, *changes: object, name: str = "script.py", command: tuple[str, ...] = (), **limits: float
    ) -> Execution:
        """Run a Python script, or another `command`, on the base tree with `changes`."""
        tree = Tree(self.base, changes)  # type: ignore[arg-type]
        script = Script(text, name, command or ("python3", "{script}"))
        return await self.sandbox.execute(tree, script, replace(self.limits, **limits))  # type: ignore[arg-type]

    async def out(self, text: str, *changes: object, **limits: float) -> str:
        """What a script that must succeed prints."""
        execution = await self.run(text, *changes, **limits)
        assert execution.exit_code == 0, execution
        return execution.stdout


def environment_for(backend: str, **settings: object) -> Environment:
    """Surroundings with a `python3`, on either backend."""
    if backend == "docker":
        return replace(Environment("/testbed", image=IMAGE), **settings)  # type: ignore[arg-type]
    # The interpreter that runs the tests may lie anywhere, for example below a home directory.
    prefix = sys.base_prefix
    readonly = () if prefix in {"/usr", "/usr/local"} else (prefix,)
    plain = Environment("/home/user/project", readonly=readonly)
    settings["variables"] = (("PATH", f"{prefix}/bin:/usr/bin:/bin"), *settings.get("variables", ()))  # type: ignore[misc]
    return replace(plain, **settings)  # type: ignore[arg-type]


def make_backend(backend: str, environment: Environment, scratch: Path, size: int, run: str = "test") -> Sandbox:
    """A sandbox of a backend."""
    owner = Owner(run=f"{run}-{uuid.uuid4().hex[:8]}", pid=os.getpid())
    scratch.mkdir(exist_ok=True)
    if backend == "docker":
        from sandbox.docker import DockerSandbox

        return DockerSandbox(environment, owner, scratch=scratch, size=size)
    from sandbox.bubblewrap import BubblewrapSandbox

    return BubblewrapSandbox(environment, owner, scratch=scratch, size=size)


def small_tree(base: Path) -> Path:
    """A little repository: a package, a data file, a symbolic link and a program."""
    (base / "pkg").mkdir(parents=True)
    (base / "pkg" / "__init__.py").write_text("VALUE = 1\n")
    (base / "data.txt").write_text("data\n")
    (base / "link").symlink_to("data.txt")
    (base / "tool.sh").write_text("#!/bin/sh\necho tool\n")
    (base / "tool.sh").chmod(0o755)
    return base
