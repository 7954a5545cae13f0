"""What each single process may use, whether or not there are control groups."""

import platform
import re
import resource

from sandbox.records import Limits

OPEN_FILES = 4096

_COUNTS_BY_NAMESPACE = (5, 14)


def counts_by_namespace() -> bool:
    """Whether the kernel counts the processes of each sandbox apart, rather than all of a user's."""
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    return found is not None and (int(found[1]), int(found[2])) >= _COUNTS_BY_NAMESPACE


def limit(pid: int, limits: Limits, *, own: int, memory: bool) -> None:
    """Limit a process of another user namespace that has no children yet, and all that it will start.

    `own` is the number of processes that are the sandbox's. `memory` asks for a limit of each process's
    memory, for want of one of all together.

    Raises:
        ProcessLookupError: it has ended.
    """
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.disk,
        resource.RLIMIT_NOFILE: OPEN_FILES,
    }
    if counts_by_namespace():
        wanted[resource.RLIMIT_NPROC] = limits.processes + own
    if memory:  # data and not address space, of which many programs reserve more than there is
        wanted[resource.RLIMIT_DATA] = limits.memory
    for kind, value in wanted.items():
        highest = resource.prlimit(pid, kind)[1]
        allowed = value if highest == resource.RLIM_INFINITY else min(value, highest)
        resource.prlimit(pid, kind, (allowed, allowed))
