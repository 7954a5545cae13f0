"""Whose a container is: the labels it carries, and what is done with those whose owner is gone."""

import os
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox.docker_engine import Engine, Labelled
from sandbox.records import Owner

RUN = "shrewd.run"
"""Every container of ours carries this label; no other container is ever touched."""

_PID, _STARTED = "shrewd.pid", "shrewd.started"
_MACHINE, _BOOT, _NAMESPACE = "shrewd.machine", "shrewd.boot", "shrewd.pid-namespace"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a process id means something: a machine, since it was started, in one pid namespace."""

    machine: str
    boot: str
    namespace: str


def here() -> Place:
    """The place of this process."""
    try:
        machine = Path("/etc/machine-id").read_text().strip()
    except FileNotFoundError:
        machine = ""
    return Place(
        machine=machine or socket.gethostname(),
        boot=Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        namespace=os.readlink("/proc/self/ns/pid"),  # noqa: PTH115 - no path, but a name
    )


def started(pid: int) -> str | None:
    """When a process began, in the kernel's ticks since the machine did; None if there is no such process."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name, in brackets, and may hold brackets and blanks itself.
    return status.rpartition(")")[2].split()[19]


def labels(owner: Owner) -> dict[str, str]:
    """The labels that say whose a container is."""
    place = here()
    return {
        RUN: owner.run,
        _PID: str(owner.pid),
        _STARTED: started(owner.pid) or "",
        _MACHINE: place.machine,
        _BOOT: place.boot,
        _NAMESPACE: place.namespace,
        **{f"shrewd.{name}": value for name, value in owner.extra},
    }


def is_orphan(marks: Mapping[str, str], place: Place, begun: Callable[[int], str | None] = started) -> bool:
    """Whether the owner is certainly dead; False where it cannot be known from this place."""
    pid = marks.get(_PID, "")
    if marks.get(_MACHINE) != place.machine or not pid.isdecimal():
        return False
    if marks.get(_BOOT) != place.boot:
        return True
    if marks.get(_NAMESPACE) != place.namespace:
        return False
    # The id of a dead process is given to new ones, which began at another time.
    return begun(int(pid)) != marks.get(_STARTED)


def reap() -> list[str]:
    """Remove the containers whose owner on this machine is dead; returns what was removed.

    Containers are all that is ever made: their volumes go with them, and networks are never made.

    Raises:
        SandboxUnavailable: no engine answers.
        SandboxBroken: the engine refused.
    """
    place = here()
    return _remove(RUN, lambda one: is_orphan(one.labels, place))


def clean(run: str | None = None) -> list[str]:
    """Remove all containers of ours, or all of one run, in use or not; returns what was removed.

    Raises:
        SandboxUnavailable: no engine answers.
        SandboxBroken: the engine refused.
    """
    return _remove(RUN if run is None else f"{RUN}={run}", lambda _: True)


def _remove(label: str, chosen: Callable[[Labelled], bool]) -> list[str]:
    engine = Engine.connect(connections=8)
    try:
        doomed = [one for one in engine.labelled(label) if chosen(one)]
        with ThreadPoolExecutor(max_workers=8) as threads:
            list(threads.map(engine.remove, [one.id for one in doomed]))
    finally:
        engine.close()
    return [f"container {one.id[:12]} of run {one.labels.get(RUN, '')}" for one in doomed]
