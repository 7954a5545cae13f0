"""Scratch directories go when their owner goes, or are found afterwards."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.errors import UserError
from agent.scratch import remove_stale_scratch, scratch_directory, stale_scratch

HOLD = """
import sys, time
from pathlib import Path
from agent.scratch import scratch_directory
with scratch_directory(Path(sys.argv[1])) as place:
    (place / "file").write_text("x")
    print(place, flush=True)
    time.sleep(60)
"""


def test_a_scratch_directory_is_empty_private_and_gone_afterwards(tmp_path: Path) -> None:
    """Also when it holds what cannot be written to."""
    with scratch_directory(tmp_path / "root") as place:
        assert list(place.iterdir()) == []
        assert place.stat().st_mode & 0o077 == 0
        (place / "tree").mkdir()
        (place / "tree" / "file").write_text("x")
        (place / "tree").chmod(0o500)
    assert list((tmp_path / "root").iterdir()) == []


def test_what_is_in_use_is_not_stale(tmp_path: Path) -> None:
    """Two runs on one machine do not clean each other away."""
    with scratch_directory(tmp_path) as place:
        assert stale_scratch(tmp_path) == ()
        assert remove_stale_scratch(tmp_path) == ()
        assert place.is_dir()


def test_what_a_killed_process_left_is_found_and_removed(tmp_path: Path) -> None:
    """Even if it had no chance to say goodbye."""
    owner = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        place = Path(owner.stdout.readline().strip())
        assert stale_scratch(tmp_path) == ()
        owner.send_signal(signal.SIGKILL)
        owner.wait(timeout=60)
    assert stale_scratch(tmp_path) == (place,)
    assert remove_stale_scratch(tmp_path) == (place,)
    assert list(tmp_path.iterdir()) == []


def test_the_next_process_in_the_same_place_cleans_up(tmp_path: Path) -> None:
    """Nobody has to know that something was left."""
    lock = tmp_path / "left.lock"
    lock.touch()
    (tmp_path / "left").mkdir()
    with scratch_directory(tmp_path):
        assert not lock.exists()
        assert not (tmp_path / "left").exists()


def test_only_what_is_ours_is_removed(tmp_path: Path) -> None:
    """A directory without our lock stays."""
    (tmp_path / "somebody-elses").mkdir()
    assert remove_stale_scratch(tmp_path) == ()
    assert (tmp_path / "somebody-elses").is_dir()


def test_without_any_scratch_there_is_nothing_stale(tmp_path: Path) -> None:
    """Looking makes nothing."""
    assert stale_scratch(tmp_path / "none") == ()
    assert not (tmp_path / "none").exists()


def test_a_place_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """In a shared /tmp anybody could have put it there."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="somebody else"), scratch_directory(tmp_path / "root"):
        pass


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_a_place_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Its owner could read and change what is in it."""
    (tmp_path / "root").mkdir()
    os.chown(tmp_path / "root", 12345, 12345)
    with pytest.raises(UserError, match="somebody else"), scratch_directory(tmp_path / "root"):
        pass
