"""Base trees on disk: all there or not there, and read-only."""

import json
from pathlib import Path

import pytest
from support.git_repository import commit_all, git, make_repository, write_files

from swe_tasks import edits
from swe_tasks.basetree import BaseTree, files, read
from swe_tasks.build import open_base, remove_base
from swe_tasks.errors import RepositoryError
from swe_tasks.local import materialise_local
from swe_tasks.task import FileChange


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = make_repository(tmp_path / "r", {"first.txt": "gone later\n"})
    (place / "first.txt").unlink()
    write_files(place, {"a/b.py": "b\n", "run.sh": "#!\n"})
    (place / "run.sh").chmod(0o755)
    (place / "a" / "link").symlink_to("b.py")
    commit_all(place)
    git(place, "tag", "later")
    git(place, "remote", "add", "origin", "https://example.org/x.git")
    return place


@pytest.fixture
def base(repository: Path, tmp_path: Path) -> BaseTree:
    return materialise_local(repository, tmp_path / "base", ref=None, uncommitted="refuse")


def mode(place: Path) -> int:
    return place.lstat().st_mode & 0o777


def test_checkout_is_read_only(base: BaseTree) -> None:
    """Files and directories cannot be written; what was executable still is."""
    modes = [mode(base.path / name) for name in ("", "a", "a/b.py", "run.sh")]

    assert modes == [0o555, 0o555, 0o444, 0o555]
    assert (base.path / "a" / "link").readlink() == Path("b.py")


def test_store_holds_the_tree_and_nothing_else(base: BaseTree, repository: Path) -> None:
    """No commit, no earlier file, no ref, no remote and no hook came along."""
    found = git(base.git_dir, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").splitlines()

    # The root and one directory; two files and a link.
    assert sorted(found) == ["blob", "blob", "blob", "tree", "tree"]
    assert git(base.git_dir, "for-each-ref") == ""
    assert "remote" not in (base.git_dir / "config").read_text()
    assert not (base.git_dir / "hooks").exists()
    assert not (base.git_dir / "objects" / "info" / "alternates").exists()


def test_store_outlives_the_repository(base: BaseTree, repository: Path) -> None:
    """Nothing refers back to where it came from."""
    repository.rename(repository.with_name("elsewhere"))

    tree = edits.write_tree(base, [FileChange("a/b.py", b"c\n")])

    assert b"+c" in edits.diff(base, tree)


def test_opening_gives_the_same_base_tree(base: BaseTree, tmp_path: Path) -> None:
    """What was made once is read back for a resumed run."""
    again = open_base(tmp_path / "base")

    assert (again, again.entries) == (base, base.entries)


@pytest.mark.parametrize("damage", ["all", "one file", "kind", "extra"])
def test_opening_mends_the_checkout(base: BaseTree, tmp_path: Path, damage: str) -> None:
    """A checkout that is missing or not whole is made anew."""
    base.path.chmod(0o755)
    if damage == "all":
        remove_base(base.path)
    elif damage == "one file":
        (base.path / "run.sh").unlink()
    elif damage == "kind":
        (base.path / "run.sh").chmod(0o644)
    else:
        write_files(base.path, {"extra.py": ""})

    again = open_base(tmp_path / "base")

    assert read(again, "run.sh") == b"#!\n"
    assert sorted(place.name for place in again.path.iterdir()) == ["a", "run.sh"]
    assert mode(again.path) == 0o555


def test_opening_mends_after_a_kill_in_the_middle(base: BaseTree, tmp_path: Path) -> None:
    """What a killed process left half made is swept away, and a lost index is read anew."""
    into = tmp_path / "base"
    remove_base(base.path)
    write_files(into, {".tree.making-x/a/half.py": ""})
    (base.git_dir / "base.index").unlink()

    again = open_base(into)

    assert files(again) == ("a/b.py", "a/link", "run.sh")
    assert sorted(place.name for place in into.iterdir()) == ["base.json", "history.json", "store.git", "tree"]


def test_nothing_is_left_of_a_failure(repository: Path, tmp_path: Path) -> None:
    """A base tree that cannot be made leaves neither the place nor anything beside it."""
    blob = git(repository, "rev-parse", "HEAD:run.sh")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    before = set(tmp_path.iterdir())

    with pytest.raises(RepositoryError, match="does not hold all objects"):
        materialise_local(repository, tmp_path / "base", ref=None, uncommitted="include")

    assert set(tmp_path.iterdir()) == before


def test_leftovers_of_a_killed_process_are_swept(repository: Path, tmp_path: Path) -> None:
    """A process that died while making the same base tree leaves a directory, which the next one removes."""
    write_files(tmp_path, {".base.making-dead/base/tree/x": ""})

    materialise_local(repository, tmp_path / "base", ref=None, uncommitted="refuse")

    assert sorted(place.name for place in tmp_path.iterdir()) == ["base", "r"]


def test_opening_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The message says that there is no base tree."""
    with pytest.raises(RepositoryError, match="holds no base tree"):
        open_base(tmp_path)


@pytest.mark.parametrize("facts", ["{", "{}", '{"commit": "c", "tree": "t", "future": 1}'])
def test_facts_that_cannot_be_read_are_an_error(base: BaseTree, tmp_path: Path, facts: str) -> None:
    """A damaged or unknown file is not guessed at."""
    (tmp_path / "base" / "base.json").write_text(facts)

    with pytest.raises(RepositoryError, match=r"base\.json cannot be read"):
        open_base(tmp_path / "base")


def test_store_without_the_tree_is_an_error(base: BaseTree, tmp_path: Path) -> None:
    """A store that lost its objects cannot be mended from itself."""
    place = tmp_path / "base" / "base.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"tree": "1" * 40}))

    with pytest.raises(RepositoryError, match="make the base tree anew"):
        open_base(tmp_path / "base")


def test_removing_takes_read_only_directories_along(base: BaseTree, tmp_path: Path) -> None:
    """The whole directory goes; removing what is not there is no error."""
    remove_base(tmp_path / "base")
    remove_base(tmp_path / "base")

    assert not (tmp_path / "base").exists()


def test_reading_what_is_not_there_is_an_error(base: BaseTree) -> None:
    """Paths are those of the tree, not of the disk."""
    for path in ("nothing", "a", "../base.json", "/etc/passwd", "a/../run.sh"):
        with pytest.raises(RepositoryError, match="has no file"):
            read(base, path)
