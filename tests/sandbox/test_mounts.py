"""What is mounted where, as bubblewrap is told; a made-up system stands for this machine's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import mounts
from sandbox.mounts import Host
from sandbox.records import Environment

HOST = Host(Path("/x/base"), Path("/x/stage"), Path("/x/etc"))


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A root directory with a merged /usr and more in /etc than a program needs."""
    (tmp_path / "usr" / "bin").mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "lib").mkdir()
    for name in ("shadow", "ld.so.cache", "resolv.conf", "ssl/private/key", "ssl/certs/ca", "python3.12/x", "ssh/key"):
        path = tmp_path / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def places(arguments: list[str]) -> list[str]:
    """The mount points, in order."""
    two = {"--ro-bind", "--symlink"}
    one = {"--tmpfs", "--proc", "--dev", "--remount-ro", "--dir"}
    found = [arguments[i + 2] for i, word in enumerate(arguments) if word in two]
    return found + [arguments[i + 1] for i, word in enumerate(arguments) if word in one]


def test_of_etc_only_what_programs_need(system):
    """Neither passwords nor keys are shown; who is who is made up."""
    etc = [p for p in places(mounts.mounts(Environment("/w"), HOST, 1 << 20, system)) if p.startswith("/etc/")]
    assert sorted(etc) == [
        "/etc/group",
        "/etc/hosts",
        "/etc/ld.so.cache",
        "/etc/nsswitch.conf",
        "/etc/passwd",
        "/etc/python3.12",
        "/etc/ssl/certs",
    ]


def test_names_are_resolved_only_with_a_network(system):
    """The host's name servers are told to those who may ask them."""
    arguments = mounts.mounts(Environment("/w", network=True), HOST, 1 << 20, system)
    assert "/etc/resolv.conf" in places(arguments)


def test_the_system_is_laid_out_as_on_the_host(system):
    """A link stays a link, a directory a directory."""
    arguments = " ".join(mounts.mounts(Environment("/w"), HOST, 1 << 20, system))
    assert "--symlink usr/bin /bin" in arguments
    assert f"--ro-bind {system}/lib /lib" in arguments


def test_what_lies_in_the_work_directory_is_mounted_after_it(system):
    """A virtualenv in the repository is on top of the tree, a prefix around it is below."""
    environment = Environment("/opt/py/src/w", readonly=("/opt/py/src/w/.venv", "/opt/py"))
    arguments = mounts.mounts(environment, HOST, 1 << 20, system)
    order = [arguments.index(path) for path in ("/opt/py", "/opt/py/src/w", "/opt/py/src/w/.venv")]
    assert order == sorted(order)


@given(st.integers(min_value=1 << 16, max_value=1 << 40))
def test_what_can_be_written_is_never_more_than_the_limit(disk):
    """The sizes of all file systems in memory make the disk limit, whatever it is."""
    arguments = mounts.mounts(Environment("/w"), HOST, disk, Path("/nowhere"))
    sizes = [int(arguments[i + 1]) for i, word in enumerate(arguments) if word == "--size"]
    assert sum(sizes) == disk
    assert len(sizes) == arguments.count("--tmpfs")


@pytest.mark.parametrize(
    ("path", "expected"),
    [(".venv", True), (".venv/lib/x.py", True), (".venv2/x", False), ("src/x.py", False), ("tools", True)],
)
def test_paths_that_a_mount_hides(path, expected):
    """What lies below a read-only path in the tree is hidden, and so is what would take its place."""
    environment = Environment("/w", readonly=("/w/.venv", "/w/tools/python", "/usr/local"))
    assert mounts.covered(environment, path) is expected


@pytest.mark.parametrize("path", ["relative", "/", "/etc", "/tmp", "/a/", "/a//b", "/a/../b", "/proc/1", "/run/shrewd"])
def test_paths_that_cannot_be_shown_are_refused(path):
    """A read-only path must be normal, and none of the sandbox's own."""
    with pytest.raises(ValueError, match="readonly"):
        mounts.check(Environment("/w", readonly=(path,)))
