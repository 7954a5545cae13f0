"""User namespaces for a caller that is root.

The kernel never counts root's processes against their limit, and a program that runs as root owns too much
of the machine even without capabilities. So when root is the caller, a sandbox has two users: its root, who
is the machine's but may do nothing except become the other, and a host user whom nobody is. Bubblewrap mounts
as the first, and so sees what only root may. Process 1 stays the first: the program can neither signal nor
trace it, and it dies with bubblewrap, which the kernel would not let end another user's process.
"""

import os
import shlex
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from sandbox.errors import SandboxUnavailable

SANDBOX_ID = 1000
"""User and group as the program sees itself."""

NOBODY = 2_000_000_000
"""The same outside: an id beyond every range that distributions hand out."""

CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_CHOWN")
"""What process 1 needs to make the program somebody else. The program has none."""

TOOLS = ("setpriv", "chown")
"""Programs of the system that `becoming` needs inside."""

_MAP = f"0 0 1\n{SANDBOX_ID} {NOBODY} 1\n"
"""Inside id, outside id, count."""


def is_real_root(proc: Path = Path("/proc")) -> bool:
    """Whether this process is root, and root of the machine rather than of some user namespace."""
    if os.geteuid() != 0:
        return False
    rows = [tuple(map(int, line.split())) for line in (proc / "self" / "uid_map").read_text().splitlines()]
    return rows == [(0, 0, 2**32 - 1)]


def give_users(pid: int) -> None:
    """Give a process's new user namespace its two users.

    Raises:
        ProcessLookupError: it has ended.
        OSError: a container around us forbids it.
    """
    try:
        for name in ("uid_map", "gid_map"):
            Path("/proc", str(pid), name).write_text(_MAP)
    except FileNotFoundError:
        raise ProcessLookupError(f"process {pid} has ended") from None


def becoming(directories: Iterable[str], command: Sequence[str]) -> tuple[str, ...]:
    """A command for process 1 that runs `command` as the other user, who shall own `directories`."""
    user = f"{SANDBOX_ID}:{SANDBOX_ID}"
    become = f"setpriv --reuid {SANDBOX_ID} --regid {SANDBOX_ID} --clear-groups --inh-caps=-all"
    script = f'chown {user} {shlex.join(directories)} && exec {become} -- "$@"'
    return ("/bin/sh", "-c", script, "become", *command)


def refuse_private(paths: Iterable[str]) -> None:
    """Raise SandboxUnavailable if a directory is closed to the user whom root's sandboxes run as."""
    for path in map(Path, paths):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o005 != 0o005:
            raise SandboxUnavailable(
                f"only its owner may read {path}, and root's sandboxes run as another user:"
                f" chmod -R go+rX {shlex.quote(str(path))}"
            )
