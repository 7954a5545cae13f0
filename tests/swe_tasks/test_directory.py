"""Base trees of plain directories."""

import os
import shutil
from pathlib import Path

import pytest
from support.git_repository import fingerprint, git, make_repository, write_files

from swe_tasks import edits
from swe_tasks.basetree import BaseTree, files, mode_of
from swe_tasks.build import open_base, remove_base, remove_tree
from swe_tasks.directory import materialise_directory
from swe_tasks.errors import RepositoryError
from swe_tasks.local import materialise_local
from swe_tasks.task import FileChange

COMMIT = "0123456789abcdef0123456789abcdef01234567"

FILES: dict[str, str | bytes] = {
    "pkg/__init__.py": "x = 1\r\n",
    "pkg/fast.so": b"\x7fELF\0built",
    ".gitignore": "*.so\nbuild/\n",
    ".gitattributes": "*.py text eol=lf filter=evil ident\n*.so export-ignore\n",
    "build/out.txt": "ignored",
    "näme/日本.txt": "utf-8\n",
    'quo"te\n.txt': "odd\n",
    "keyword.py": "$Id$\r\n",
    "empty": b"",
    "big.bin": bytes(range(256)) * 4096,
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A directory with every kind of file that git can hold."""
    place = tmp_path / "source"
    write_files(place, FILES)
    (place / "run.sh").write_text("#!/bin/sh\n")
    (place / "run.sh").chmod(0o755)
    (place / "link").symlink_to("pkg/fast.so")
    (place / "out").symlink_to("/nowhere/at all")
    (place / "folder").symlink_to("pkg")
    return place


@pytest.fixture(params=["copied", "moved"])
def move(request: pytest.FixtureRequest) -> bool:
    """Both ways must come to the same."""
    return request.param == "moved"


def make(source: Path, tmp_path: Path, *, move: bool) -> BaseTree:
    """The base tree of a directory."""
    return materialise_directory(source, tmp_path / "base", commit=COMMIT, move=move)


def test_every_byte_and_bit_is_there(source, tmp_path, move):
    """Ignored, built, odd, executable and empty files, and links, whatever the directory's own attributes say."""
    base = make(source, tmp_path, move=move)
    assert set(files(base)) == {*FILES, "run.sh", "link", "out", "folder"}
    for name, content in FILES.items():
        assert (base.path / name).read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert (mode_of(base, "run.sh"), mode_of(base, "empty"), mode_of(base, "out")) == ("executable", "file", "symlink")
    assert str((base.path / "out").readlink()) == "/nowhere/at all"
    assert (base.commit, base.notes, base.path) == (COMMIT, (), tmp_path / "base" / "tree")
    assert open_base(tmp_path / "base") == base


def test_it_is_the_tree_that_git_makes(source, tmp_path, move):
    """The same tree as that of a repository whose ignored files were forced in, byte for byte."""
    (source / ".gitattributes").unlink()
    repository = shutil.copytree(source, tmp_path / "r", symlinks=True)
    git(repository, "init", "--quiet")
    git(repository, "add", "--all", "--force")
    assert make(source, tmp_path, move=move).tree == git(repository, "write-tree")


def test_edits_work_on_it(source, tmp_path, move):
    """A patch is made and read as on any base tree, and the store holds no history."""
    base = make(source, tmp_path, move=move)
    changes = (FileChange("pkg/__init__.py", b"x = 2\n"), FileChange("run.sh", None))
    tree = edits.write_tree(base, changes)
    assert edits.apply_patch(base, edits.diff(base, tree)) == tree
    assert git(base.git_dir, "rev-list", "--all") == ""


def test_the_checkout_is_read_only_and_can_be_made_anew(source, tmp_path, move):
    """A lost checkout comes from the store; removing all of it works."""
    base = make(source, tmp_path, move=move)
    modes = {path: value.split()[0] for path, value in fingerprint(base.path).items()}
    assert not any(int(mode, 8) & 0o222 for path, mode in modes.items() if not (base.path / path).is_symlink())
    remove_tree(base.path)
    again = open_base(tmp_path / "base")
    assert {path: value.split()[0] for path, value in fingerprint(again.path).items()} == modes
    remove_base(tmp_path / "base")
    assert not (tmp_path / "base").exists()


def test_a_source_is_left_alone_unless_it_may_be_moved(source, tmp_path):
    """A copy writes nothing; a move takes it away."""
    before = fingerprint(source)
    materialise_directory(source, tmp_path / "one", commit=COMMIT)
    assert fingerprint(source) == before
    materialise_directory(source, tmp_path / "two", commit=COMMIT, move=True)
    assert not source.exists()


def test_what_a_tree_cannot_hold_is_left_out_with_a_note(source, tmp_path, move):
    """Histories within it, pipes, and names that git refuses; the files beside them stay."""
    make_repository(source / "vendor/lib", {"code.py": "x\n"})
    make_repository(source / ".git/x", {})
    (source / "vendor/linked").mkdir()
    (source / "vendor/linked/.git").write_text("gitdir: /elsewhere\n")
    (source / "vendor/linked/more.py").write_text("y\n")
    os.mkfifo(source / "pipe")
    write_files(source, {".GIT/config": "[core]\n", "sub/git~1": "x"})
    base = make(source, tmp_path, move=move)
    assert set(files(base)) == {
        *FILES,
        "run.sh",
        "link",
        "out",
        "folder",
        "vendor/lib/code.py",
        "vendor/linked/more.py",
    }
    assert base.notes == (
        "repositories within the tree are left without their history: vendor/lib/, vendor/linked/",
        "neither files nor directories nor links, and left out: pipe",
        "names that a repository cannot hold, left out: .GIT, sub/git~1",
    )
    on_disk = {
        str(Path(folder, name).relative_to(base.path)) for folder, _, names in os.walk(base.path) for name in names
    }
    assert on_disk == set(files(base)) - {"folder"}  # a link to a folder is listed among the folders


def test_empty_directories_are_lost_without_a_word(source, tmp_path, move):
    """As everywhere in git."""
    (source / "void/deep").mkdir(parents=True)
    base = make(source, tmp_path, move=move)
    assert not (base.path / "void").exists()
    assert base.notes == ()


def test_an_empty_directory_has_an_empty_tree(tmp_path, move):
    """Nothing is nothing, and no error."""
    (tmp_path / "source").mkdir()
    assert files(make(tmp_path / "source", tmp_path, move=move)) == ()


def test_notes_of_the_caller_come_first(source, tmp_path):
    """What was told before is told still."""
    os.mkfifo(source / "pipe")
    base = materialise_directory(source, tmp_path / "base", commit=COMMIT, notes=["from an image"])
    assert base.notes[0] == "from an image"
    assert len(base.notes) == 2


def test_a_long_id_means_a_store_of_long_ids(source, tmp_path):
    """A repository may use SHA-256."""
    base = materialise_directory(source, tmp_path / "base", commit="a" * 64)
    assert len(base.tree) == 64


@pytest.mark.parametrize("commit", ["", "HEAD", "abc123", COMMIT.upper(), COMMIT + "\n"])
def test_a_commit_is_named_by_its_full_id(source, tmp_path, commit):
    """Anything else would be no fact."""
    with pytest.raises(RepositoryError, match="not the full id of a commit"):
        materialise_directory(source, tmp_path / "base", commit=commit)


def test_a_place_that_is_taken_is_refused(source, tmp_path):
    """Nothing is written over, and nothing of the attempt is left."""
    write_files(tmp_path / "base", {"mine": "x"})
    with pytest.raises(RepositoryError, match="already there"):
        make(source, tmp_path, move=True)
    assert source.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "source"]


@pytest.mark.parametrize("name", ["nothing", "file", "link"])
def test_only_a_directory_is_taken(tmp_path, name):
    """No file, no link to a directory, nothing that is not there."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(RepositoryError, match="is not a directory"):
        make(tmp_path / name, tmp_path, move=False)


def test_a_local_checkout_with_nothing_ignored_gives_the_same_tree(tmp_path):
    """The two ways to a base tree agree."""
    repository = make_repository(tmp_path / "r", {"a/b.py": "x\n", "c": "y"})
    local = materialise_local(repository, tmp_path / "local", ref=None, uncommitted="refuse")
    assert make(repository, tmp_path, move=False).tree == local.tree
