"""What this machine has for bubblewrap sandboxes, and whether that works."""

import platform
import re
import shutil
import subprocess
from dataclasses import dataclass, replace

from sandbox import cgroups, jail, remedies, rlimits, userns
from sandbox.records import Diagnosis

OLDEST = (0, 7)
"""The first release that limits the size of what can be written."""

_DISABLES_NAMESPACES = (0, 8)
_SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine has for sandboxes."""

    bwrap: str
    version: tuple[int, ...]
    root: bool
    """Whether we are its root, so that programs can run as somebody else."""
    groups: cgroups.Hierarchy

    def describe(self) -> str:
        """Version and what is enforced."""
        if self.groups.parents:
            limits = f"control groups {self.groups.note}"
        else:
            limits = (
                f"no control groups ({self.groups.note}), so memory is limited for each process alone"
                " and processor time is not"
            )
        return f"bubblewrap {'.'.join(map(str, self.version))}; {limits}"


def survey(bwrap: str | None = None, groups: cgroups.Hierarchy | None = None) -> Machine | Diagnosis:
    """What this machine has, or why that is not enough. Starts nothing but `bwrap --version`."""
    bwrap = bwrap or shutil.which("bwrap")
    if bwrap is None:
        return _no("bubblewrap is not installed", remedies.install("bubblewrap"))
    try:
        told = subprocess.run([bwrap, "--version"], capture_output=True, text=True, env={}, check=False)
    except OSError as error:
        return _no(f"{bwrap} cannot be started: {error.strerror}", remedies.install("bubblewrap"))
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", told.stdout)
    version = tuple(int(part) for part in found.groups() if part) if found else ()
    machine = Machine(bwrap, version, userns.is_real_root(), cgroups.find() if groups is None else groups)
    return _lacking(machine) or machine


def _lacking(machine: Machine) -> Diagnosis | None:
    if machine.version < OLDEST:
        return _no(
            f"bubblewrap {'.'.join(map(str, machine.version))} cannot limit what is written",
            f"upgrade bubblewrap to {'.'.join(map(str, OLDEST))} or newer",
        )
    if not machine.groups.parents and not rlimits.counts_by_namespace():
        return _no(
            f"Linux {platform.release()} does not count a sandbox's processes, and there are no control"
            f" groups: {machine.groups.note}",
            "systemd-run --user --scope -p Delegate=yes shrewd ...",
        )
    tools = [tool for tool in userns.TOOLS if shutil.which(tool, path=_SYSTEM_PATH) is None]
    if machine.root and tools:
        return _no(f"this system has no {' and no '.join(tools)}", remedies.install("util-linux"))
    return None


def diagnose() -> Diagnosis:
    """Whether bubblewrap works here: it is started with every namespace it will need."""
    machine = survey()
    if isinstance(machine, Diagnosis):
        return machine
    command = [machine.bwrap, *isolation(replace(machine, root=False), network=False), "--ro-bind", "/", "/"]
    command += ["--dev", "/dev", "--proc", "/proc", "--", "/bin/true"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env={}, timeout=jail.SETUP_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _no(f"bubblewrap does not start: {error}", remedies.allow_namespaces(machine.bwrap))
    if done.returncode:
        return _no(done.stderr.strip(), remedies.allow_namespaces(machine.bwrap))
    return Diagnosis("bubblewrap", works=True, detail=machine.describe())


def isolation(machine: Machine, *, network: bool) -> list[str]:
    """Bubblewrap's arguments for everything but files. For root, `jail.Plan.nobody` goes with them."""
    capabilities = [word for name in userns.CAPABILITIES for word in ("--cap-add", name)]
    identity = 0 if machine.root else userns.SANDBOX_ID
    return [
        *("--unshare-user", "--uid", str(identity), "--gid", str(identity)),
        *(("--disable-userns",) if machine.version >= _DISABLES_NAMESPACES and not machine.root else ()),
        *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *(() if network else ("--unshare-net",)),
        *("--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"),
        *(capabilities if machine.root else ()),
    ]


def _no(detail: str, remedy: str) -> Diagnosis:
    return Diagnosis("bubblewrap", works=False, detail=detail, remedy=remedy)
