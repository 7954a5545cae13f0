"""Commands that are shown when a sandbox does not work."""

import os
from pathlib import Path

import pytest

from sandbox import remedies

SUDO = "" if os.geteuid() == 0 else "sudo "


def system(root: Path, **files: str) -> Path:
    """A made-up root directory; `__` in a name stands for a slash."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ("ID=debian\n", "apt-get install bubblewrap"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt-get install bubblewrap"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install bubblewrap"),
        ("ID=fedora\n", "dnf install bubblewrap"),
        ("ID=manjaro\nID_LIKE=arch\n", "pacman -S bubblewrap"),
        ('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', "zypper install bubblewrap"),
    ],
)
def test_the_distributions_own_command(tmp_path, release, command):
    """Each family has its package manager."""
    assert remedies.install("bubblewrap", system(tmp_path, **{"etc__os-release": release})) == SUDO + command


@pytest.mark.parametrize(
    ("release", "command"),
    [("ID=ubuntu\nID_LIKE=debian", "apt-get install docker.io"), ("ID=arch", "pacman -S docker")],
)
def test_docker_is_called_differently(tmp_path, release, command):
    """The package with the engine is not called docker everywhere."""
    assert remedies.install("docker", system(tmp_path, **{"etc__os-release": release})) == SUDO + command


def test_an_unknown_distribution_gets_words(tmp_path):
    """No command is made up."""
    assert remedies.install("bubblewrap", tmp_path) == "install bubblewrap with your distribution's package manager"


@pytest.mark.parametrize(
    ("setting", "value", "remedy"),
    [
        ("user__max_user_namespaces", "0\n", "sysctl -w user.max_user_namespaces=15000"),
        ("kernel__unprivileged_userns_clone", "0\n", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("kernel__apparmor_restrict_unprivileged_userns", "1\n", "apparmor_parser -r /etc/apparmor.d/bwrap"),
    ],
)
def test_what_forbids_namespaces_is_named(tmp_path, setting, value, remedy):
    """Each of the kernel's switches has the command that turns it."""
    assert remedy in remedies.allow_namespaces("/usr/bin/bwrap", system(tmp_path, **{f"proc__sys__{setting}": value}))


def test_the_profile_is_for_this_bubblewrap(tmp_path):
    """The exception is made for one program, not for all."""
    root = system(tmp_path, proc__sys__kernel__apparmor_restrict_unprivileged_userns="1")
    command = remedies.allow_namespaces("/opt/bin/bwrap", root)
    assert r"profile bwrap /opt/bin/bwrap flags=(unconfined) { userns, }\n" in command


def test_nothing_known_forbids_namespaces(tmp_path):
    """Then there is nothing to say."""
    assert remedies.allow_namespaces("/usr/bin/bwrap", tmp_path) == ""


def test_in_a_container_its_options_are_named(tmp_path):
    """A container around us usually forbids namespaces by its own filter."""
    assert "seccomp=unconfined" in remedies.allow_namespaces("/usr/bin/bwrap", system(tmp_path, **{".dockerenv": ""}))
