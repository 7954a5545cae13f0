"""Bubblewrap processes of a program that was killed while it set a sandbox up.

From its start to its end a sandbox dies with its owner. Only between, while bubblewrap's child waits for its
users to be made, nothing ties it to anybody: it then waits for ever, idle, with no script running in it.
"""

import os
import re
import select
import signal
from pathlib import Path

_MARK = re.compile(rb"shrewd-gate-(\d+)")
_MILLISECONDS = 2000


def mark(owner: int) -> str:
    """A word for the command line of a sandbox's process 1, which tells whose it is."""
    return f"shrewd-gate-{owner}"


def reap(proc: Path = Path("/proc")) -> tuple[int, ...]:
    """Kill sandboxes whose owner is gone, as far as they are ours to kill, and say which."""
    return tuple(sorted(pid for pid in _numbers(proc) if _is_orphan(proc, pid) and _killed(proc, pid)))


def _numbers(proc: Path) -> list[int]:
    return [int(path.name) for path in proc.iterdir() if path.name.isdigit()]


def _is_orphan(proc: Path, pid: int) -> bool:
    try:
        words = (proc / str(pid) / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # gone, or somebody else's
        return False
    owners = [int(found[1]) for word in words if (found := _MARK.fullmatch(word))]
    return len(owners) == 1 and not (proc / str(owners[0])).exists()


def _killed(proc: Path, pid: int) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not _is_orphan(proc, pid):  # the number was another one's before it was held
            return False
        signal.pidfd_send_signal(process, signal.SIGKILL)
        ended = select.poll()
        ended.register(process, select.POLLIN)
        ended.poll(_MILLISECONDS)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(process)
    return True
