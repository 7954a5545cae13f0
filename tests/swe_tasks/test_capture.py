"""The state of a work tree: what counts as changed, and which bytes are taken."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from support.git_repository import commit_all, git, make_repository, write_files

from swe_tasks.basetree import BaseTree, files, mode_of, read
from swe_tasks.errors import RepositoryError
from swe_tasks.local import materialise_local


def materialise(repository: Path) -> BaseTree:
    return materialise_local(repository, repository.parent / "base", ref=None, uncommitted="include")


def refuse(repository: Path) -> BaseTree:
    return materialise_local(repository, repository.parent / "base", ref=None, uncommitted="refuse")


def test_changed_file_keeps_its_bytes(tmp_path: Path) -> None:
    """Line ends, a missing final newline and an encoding are taken as they lie, whatever the attributes say."""
    attributes = "* text=auto ident\n*.txt text eol=lf working-tree-encoding=UTF-16\n"
    repository = make_repository(tmp_path / "r", {"a.txt": "", "b.py": "x\n", ".gitattributes": attributes})
    write_files(repository, {"a.txt": b"one\r\ntwo \xff", "b.py": b"$Id$\r\nx = 1\r\n"})

    base = materialise(repository)

    assert read(base, "a.txt") == b"one\r\ntwo \xff"
    assert read(base, "b.py") == b"$Id$\r\nx = 1\r\n"


def test_clean_file_with_converted_line_ends_is_not_a_change(tmp_path: Path) -> None:
    """Where git itself sees no change there is none, even after a copy that lost the index's knowledge."""
    repository = make_repository(tmp_path / "r", {"a.txt": "one\n", ".gitattributes": "*.txt eol=crlf\n"})
    (repository / "a.txt").unlink()
    git(repository, "checkout", "--", "a.txt")
    assert (repository / "a.txt").read_bytes() == b"one\r\n"
    shutil.copytree(repository, tmp_path / "copy")

    assert read(refuse(tmp_path / "copy"), "a.txt") == b"one\n"


def test_file_that_git_lfs_put_there_is_not_a_change(tmp_path: Path) -> None:
    """The large file in place of its pointer is as clean as a work tree can be; the pointer stays a pointer."""
    large = b"x" * 5000
    pointer = (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(large).hexdigest()}\nsize {len(large)}\n"
    )
    repository = make_repository(tmp_path / "r", {"model.bin": pointer, ".gitattributes": "*.bin filter=lfs\n"})
    write_files(repository, {"model.bin": large})

    assert read(refuse(repository), "model.bin") == pointer.encode()


def test_changed_large_file_is_a_change(tmp_path: Path) -> None:
    """Other bytes than those the pointer stands for are an uncommitted change."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5000\n"
    repository = make_repository(tmp_path / "r", {"model.bin": pointer})
    write_files(repository, {"model.bin": b"x" * 5000})

    with pytest.raises(RepositoryError, match=r"model\.bin"):
        refuse(repository)


def test_modes_and_links_are_taken_along(tmp_path: Path) -> None:
    """A new executable bit, a new link and a file that became a link are changes."""
    repository = make_repository(tmp_path / "r", {"run.sh": "", "was_file": "x"})
    (repository / "run.sh").chmod(0o755)
    (repository / "was_file").unlink()
    (repository / "was_file").symlink_to("/etc/passwd")
    (repository / "link").symlink_to("run.sh")

    base = materialise(repository)

    assert [mode_of(base, name) for name in files(base)] == ["symlink", "executable", "symlink"]


def test_directory_and_file_may_trade_places(tmp_path: Path) -> None:
    """A directory where a file was, and the other way round."""
    repository = make_repository(tmp_path / "r", {"a": "file", "b/c": "inner"})
    (repository / "a").unlink()
    shutil.rmtree(repository / "b")
    write_files(repository, {"a/x": "inner", "b": "file"})

    assert files(materialise(repository)) == ("a/x", "b")


def test_names_that_are_hard_to_quote(tmp_path: Path) -> None:
    """Line ends, quotes, blanks, stars and bytes that are no UTF-8 are ordinary in names."""
    names = ["a\nb", 'c"d', " e ", "*", "-f", "tab\there", os.fsdecode(b"\xff"), ":(top)g", "h\\i"]
    repository = make_repository(tmp_path / "r", {"x": ""})
    for name in names:
        Path(repository, name).write_bytes(b"1")

    assert set(files(materialise(repository))) == {*names, "x"}


def test_ignored_files_stay_out_wherever_that_is_said(tmp_path: Path, home: Path) -> None:
    """The tree's .gitignore, the repository's own list and the user's own list all count."""
    repository = make_repository(tmp_path / "r", {".gitignore": "a\n"})
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "exclude").write_text("b\n")
    (home / "mine").write_text("c\n")
    (home / ".gitconfig").write_text("[core]\n\texcludesFile = ~/mine\n")
    write_files(repository, {"a": "", "b": "", "c": "", "d": ""})

    assert files(materialise(repository)) == (".gitignore", "d")


def test_sparse_checkout_keeps_the_files_it_does_not_show(tmp_path: Path) -> None:
    """Files that the user chose not to have on the disk are not deletions."""
    repository = make_repository(tmp_path / "r", {"a/x": "x", "b/y": "y", "top": ""})
    git(repository, "sparse-checkout", "set", "--cone", "--sparse-index", "a")
    assert not (repository / "b").exists()

    assert files(refuse(repository)) == ("a/x", "b/y", "top")


def test_split_index_is_read_whole(tmp_path: Path) -> None:
    """An index that lies in two files is understood."""
    repository = make_repository(tmp_path / "r", {"a": "1", "b": "2"})
    git(repository, "update-index", "--split-index")
    write_files(repository, {"c": ""})
    git(repository, "add", "c")

    assert files(materialise(repository)) == ("a", "b", "c")


def test_file_announced_but_not_added(tmp_path: Path) -> None:
    """`git add -N` leaves an entry without content in the index; the file's content counts."""
    repository = make_repository(tmp_path / "r", {"a": ""})
    write_files(repository, {"new.py": "x = 1\n"})
    git(repository, "add", "-N", "new.py")

    assert read(materialise(repository), "new.py") == b"x = 1\n"


def test_index_without_a_file_is_an_empty_one(tmp_path: Path) -> None:
    """A lost index makes every file a new one, and nothing worse."""
    repository = make_repository(tmp_path / "r", {"a": "1"})
    (repository / ".git" / "index").unlink()

    assert files(refuse(repository)) == ("a",)


def test_tracked_file_that_became_a_pipe_is_an_error(tmp_path: Path) -> None:
    """What git cannot hold is named, and not waited for."""
    repository = make_repository(tmp_path / "r", {"a": "1"})
    (repository / "a").unlink()
    os.mkfifo(repository / "a")

    with pytest.raises(RepositoryError, match="neither a file nor a directory"):
        materialise(repository)


def test_changes_right_after_a_commit_are_seen(tmp_path: Path) -> None:
    """A change of equal length in the same instant as the commit does not slip through."""
    repository = make_repository(tmp_path / "r", {"a": "1"})
    for number in range(3):
        write_files(repository, {"a": str(number)})
        commit_all(repository)
        write_files(repository, {"a": "x"})
        base = materialise_local(repository, tmp_path / f"base{number}", ref=None, uncommitted="include")
        assert read(base, "a") == b"x"
