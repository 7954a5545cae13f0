"""Commands that make a sandbox work on this machine, to be shown, never run."""

import os
from pathlib import Path

_INSTALL = {
    "debian": "apt-get install",
    "fedora": "dnf install",
    "rhel": "dnf install",
    "arch": "pacman -S",
    "suse": "zypper install",
    "alpine": "apk add",
}

_DOCKER = {"debian": "docker.io", "fedora": "moby-engine", "rhel": "podman-docker"}
"""What the package with an engine is called, where not `docker`."""

_PROFILE = (
    r"printf 'abi <abi/4.0>,\ninclude <tunables/global>\n"
    r"profile bwrap {bwrap} flags=(unconfined) {{ userns, }}\n'"
    " | {sudo}tee /etc/apparmor.d/bwrap && {sudo}apparmor_parser -r /etc/apparmor.d/bwrap"
)


def install(program: str, root: Path = Path("/")) -> str:
    """The command that installs `bubblewrap` or `docker` with this distribution's package manager."""
    family = _family(root)
    if family is None:
        return f"install {program} with your distribution's package manager"
    package = _DOCKER.get(family, program) if program == "docker" else program
    return f"{_sudo()}{_INSTALL[family]} {package}"


def allow_namespaces(bwrap: str, root: Path = Path("/")) -> str:
    """What lets bubblewrap make its namespaces; empty if nothing that is known forbids it."""
    kernel = root / "proc" / "sys"
    if _setting(kernel / "user" / "max_user_namespaces") == "0":
        return f"{_sudo()}sysctl -w user.max_user_namespaces=15000"
    if _setting(kernel / "kernel" / "unprivileged_userns_clone") == "0":
        return f"{_sudo()}sysctl -w kernel.unprivileged_userns_clone=1"
    if _setting(kernel / "kernel" / "apparmor_restrict_unprivileged_userns") == "1":
        return _PROFILE.format(bwrap=bwrap, sudo=_sudo())
    if any((root / mark).exists() for mark in (".dockerenv", "run/.containerenv")):
        return (
            "start the container around this with --security-opt seccomp=unconfined"
            " --security-opt apparmor=unconfined --security-opt systempaths=unconfined"
        )
    return ""


def _family(root: Path) -> str | None:
    try:
        text = (root / "etc" / "os-release").read_text()
    except FileNotFoundError:
        return None
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    kin = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', " ").split()
    return next((family for family in _INSTALL if any(family in name for name in kin)), None)


def _setting(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def _sudo() -> str:
    return "" if os.geteuid() == 0 else "sudo "
