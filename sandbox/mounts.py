"""What a program in a bubblewrap sandbox sees of the file system: a list of mounts, as arguments.

All of it is read-only, but for a copy of the tree, `/tmp` (with the home directory in it) and `/dev/shm`,
which are file systems in memory, whose sizes together make the disk limit.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sandbox.records import Environment
from sandbox.staging import HOME

BASE = "/run/shrewd/base"
"""Where the unchanged tree lies inside."""

STAGE = "/run/shrewd/stage"
"""Where what was laid out for one execution lies inside."""

_TMP = "/tmp"  # noqa: S108 - a path inside the sandbox, whose /tmp is its own

_SHM = "/dev/shm"  # noqa: S108 - as above

_SYSTEM = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")

_ETC = (
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "debian_version",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "localtime",
    "magic",
    "mime.types",
    "os-release",
    "perl",
    "pki/ca-trust",
    "pki/tls/cert.pem",
    "pki/tls/certs",
    "pki/tls/openssl.cnf",
    "protocols",
    "services",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
)
"""What programs need of the host's /etc. Never all of it: keys and passwords lie there."""

_SYNTHETIC = {
    "group": "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
    "passwd": f"root:x:0:0::/:/bin/false\nuser:x:1000:1000::{HOME}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
}

_RESERVED = ("/", "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", _TMP, "/usr")


@dataclass(frozen=True, slots=True)
class Host:
    """Directories of this machine that one execution is made of."""

    base: Path
    stage: Path
    etc: Path
    """As `write_etc` filled it."""


def write_etc(directory: Path) -> None:
    """Write the few files of /etc that tell who and where a program is, made up for the sandbox."""
    for name, text in _SYNTHETIC.items():
        (directory / name).write_text(text)


def check(environment: Environment) -> None:
    """Refuse paths that cannot be mounted where they are wanted.

    Raises:
        ValueError: a path is relative, is not normal, or would hide or expose the system.
    """
    for what, path in (("workdir", environment.workdir), *(("readonly", p) for p in environment.readonly)):
        if not path.startswith("/") or os.path.normpath(path) != path:
            raise ValueError(f"{what} must be an absolute path without '..' or a closing slash: {path!r}")
        within = PurePosixPath(path)
        if path in _RESERVED or within.is_relative_to("/proc") or within.is_relative_to("/run/shrewd"):
            raise ValueError(f"{what} cannot be {path!r}: the sandbox itself lies there")


def covered(environment: Environment, path: str) -> bool:
    """Whether a path of the tree lies where something read-only is mounted on top of it."""
    full = PurePosixPath(environment.workdir, path)
    workdir = PurePosixPath(environment.workdir)
    return any(
        full.is_relative_to(p) or PurePosixPath(p).is_relative_to(full)
        for p in environment.readonly
        if PurePosixPath(p).is_relative_to(workdir)
    )


def directories(environment: Environment) -> list[str]:
    """The work directory and those that bubblewrap makes in it for what is mounted there."""
    workdir = PurePosixPath(environment.workdir)
    made = {workdir}
    for path in map(PurePosixPath, environment.readonly):
        if path.is_relative_to(workdir):
            made.update(parent for parent in path.parents if parent.is_relative_to(workdir))
    return sorted(map(str, made))


def mounts(environment: Environment, host: Host, disk: int, root: Path = Path("/")) -> list[str]:
    """The file system's part of bubblewrap's arguments, in the order in which it mounts."""
    workdir = PurePosixPath(environment.workdir)
    paths = sorted(environment.readonly, key=lambda p: (p.count("/"), p))
    inside = [path for path in paths if PurePosixPath(path).is_relative_to(workdir)]
    outside = [path for path in paths if path not in inside]
    shared = disk // 16
    temporary = disk * 3 // 16
    return [
        *_system(root),
        *_etc(environment, host.etc, root),
        *("--proc", "/proc", "--dev", "/dev"),
        *_at(_SHM, *_memory(shared, "1777")),
        *_at(_TMP, *_memory(temporary, "1777")),
        *_bind(outside),
        *_at(BASE, "--ro-bind", str(host.base)),
        *_at(STAGE, "--ro-bind", str(host.stage)),
        *_at(environment.workdir, *_memory(disk - shared - temporary, "0755")),
        *_bind(inside),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
    ]


def _system(root: Path) -> Iterator[str]:
    yield from ("--ro-bind", str(root / "usr"), "/usr")
    for name in _SYSTEM:
        path = root / name
        if path.is_symlink():  # into /usr
            yield from ("--symlink", str(path.readlink()), f"/{name}")
        elif path.is_dir():
            yield from ("--ro-bind", str(path), f"/{name}")


def _etc(environment: Environment, synthetic: Path, root: Path) -> Iterator[str]:
    yield from ("--dir", "/etc")
    names = list(_ETC)
    names += sorted(p.name for p in (root / "etc").glob("python3*"))
    if environment.network:
        names.append("resolv.conf")
    for name in names:
        if (root / "etc" / name).exists():
            yield from ("--ro-bind", str(root / "etc" / name), f"/etc/{name}")
    for name in _SYNTHETIC:
        yield from ("--ro-bind", str(synthetic / name), f"/etc/{name}")


def _bind(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        yield from _at(path, "--ro-bind", path)


def _memory(size: int, mode: str) -> tuple[str, ...]:
    return ("--size", str(size), "--perms", mode, "--tmpfs")


def _at(place: str, *what: str) -> tuple[str, ...]:
    # Bubblewrap alone would close the directories above to all but its own user.
    return ("--dir", str(PurePosixPath(place).parent), *what, place)
