"""Whether code can run here: every backend is asked, and then really used, once."""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

from agent.doctor.records import Check
from agent.scratch import scratch_directory
from agent.settings import Settings
from agent.terminal import one_line
from sandbox.choose import Backend, Choice, choose, diagnose_all, open_sandbox
from sandbox.errors import ImageError, SandboxError, SandboxUnavailable
from sandbox.records import Change, Diagnosis, Environment, Execution, Limits, Owner, Script, Tree

_DEADLINE: Final = 180.0
_KNOWN: Final = ("python:3.11-slim-bookworm", "python:3.12-slim", "debian:stable-slim", "ubuntu:latest", "busybox")
"""Images that may be on a machine already. None is fetched."""

# It reads what the base has and what a change brings, so it shows that both arrived.
_SCRIPT: Final = Script("cat base changed\n", "probe.sh", ("sh", "{script}"))
_EXPECTED: Final = "base\nchanged\n"


def check_sandboxes(settings: Settings, *, ask: Callable[[], Sequence[Diagnosis]] = diagnose_all) -> list[Check]:
    """One check for each backend, and one that says which of them the settings lead to."""
    found = {told.backend: told for told in ask()}
    tried = [_try(told, settings) for told in found.values()]
    usable = {told.backend for told, check in zip(found.values(), tried, strict=True) if check.status == "ok"}
    environment = Environment("/workspace", image=settings.image)
    try:
        choice = choose(settings.sandbox, environment, ask=lambda backend: found[backend])
    except SandboxError as error:
        # Its message tells how to mend it, after the first line.
        first, _, remedy = str(error).partition("\n")
        chosen = Check("sandbox", "broken", first, remedy.removeprefix("What mends it:\n"))
    else:
        if choice.backend in usable:
            chosen = Check("sandbox", "ok", f"{choice.backend} will be used: {choice.why}")
        else:
            chosen = Check("sandbox", "broken", f"{choice.backend} would be used, and does not run a script here")
    return [*tried, chosen]


def _try(told: Diagnosis, settings: Settings) -> Check:
    name = f"sandbox {told.backend}"
    if not told.works:
        return Check(name, "note", told.detail, told.remedy)
    backend: Backend = "docker" if told.backend == "docker" else "bubblewrap"
    problems: list[str] = []
    for image in _images(settings) if backend == "docker" else (None,):
        try:
            execution = asyncio.run(asyncio.wait_for(_execute(backend, image), _DEADLINE))
        except ImageError as error:
            problems.append(str(error))
            continue
        except (SandboxError, TimeoutError) as error:
            return Check(name, "note", f"answers, but does not run a script: {error or 'it takes too long'}")
        if (execution.exit_code, execution.stdout) != (0, _EXPECTED):
            said = one_line(f"exit code {execution.exit_code}: {execution.stdout}{execution.stderr}")
            return Check(name, "note", f"answers, but runs a script wrongly ({said})")
        where = f" in {image}" if image else ""
        return Check(name, "ok", f"ran a script{where} in {execution.seconds:.2f} s; {told.detail}")
    if settings.image is not None:
        return Check(name, "note", problems[0])
    return Check(name, "ok", f"answers, not tried for want of an image; {told.detail}", "shrewd doctor --image NAME")


def _images(settings: Settings) -> tuple[str, ...]:
    return _KNOWN if settings.image is None else (settings.image,)


async def _execute(backend: Backend, image: str | None) -> Execution:
    with scratch_directory() as scratch:
        base = scratch / "base"
        base.mkdir()
        (base / "base").write_text("base\n", encoding="utf-8")
        workdir = "/workspace" if backend == "docker" else str(base)
        sandbox = open_sandbox(
            Choice(backend, "to try it"),
            Environment(workdir, image=image),
            Owner(run="doctor", pid=os.getpid()),
            scratch=scratch,
            size=1,
        )
        try:
            tree = Tree(base, (Change("changed", b"changed\n"),))
            return await sandbox.execute(tree, _SCRIPT, Limits(seconds=30.0))
        finally:
            await sandbox.close()


def remove_orphans() -> list[str]:
    """Remove what dead runs left: containers, processes, control groups; what was removed, in words.

    Raises:
        SandboxBroken: the engine refused.
    """
    from sandbox import cgroups, orphans
    from sandbox.docker import reap

    try:
        containers = reap()
    except SandboxUnavailable:
        containers = []  # without an engine there are no containers
    processes = [f"process {pid} of a sandbox" for pid in orphans.reap()]
    return [*containers, *processes, *(f"control group {name}" for name in cgroups.sweep(cgroups.find()))]


def our_containers(run: str | None) -> list[str]:
    """The containers that carry our label, in words; those of one run, or all.

    Raises:
        SandboxBroken: the engine refused.
    """
    from sandbox.docker_engine import Engine
    from sandbox.docker_owner import RUN

    try:
        engine = Engine.connect()
    except SandboxUnavailable:
        return []  # without an engine there are no containers
    with closing(engine):
        found = engine.labelled(RUN if run is None else f"{RUN}={run}")
    return [f"container {one.id[:12]} of run {one.labels.get(RUN, '')}" for one in found]
