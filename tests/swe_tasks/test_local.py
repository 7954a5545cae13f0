"""Base trees of repositories on this machine."""

from pathlib import Path

import pytest
from support.git_repository import commit_all, fingerprint, git, make_repository, write_files

from swe_tasks.basetree import files, read
from swe_tasks.errors import RepositoryError
from swe_tasks.local import materialise_local

FILES = {"shop/cart.py": "total = 1\n", "README.md": "A shop.\n", "old.txt": "old\n"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", FILES)


def test_clean_work_tree_gives_the_commit_and_its_tree(shop: Path, tmp_path: Path) -> None:
    """The base tree of a clean work tree is that of HEAD."""
    base = materialise_local(shop, tmp_path / "base", ref=None, uncommitted="refuse")

    assert base.commit == git(shop, "rev-parse", "HEAD")
    assert base.tree == git(shop, "rev-parse", "HEAD^{tree}")
    assert files(base) == ("README.md", "old.txt", "shop/cart.py")
    assert read(base, "shop/cart.py") == b"total = 1\n"
    assert base.notes == ()


def test_uncommitted_changes_of_every_kind_are_included(shop: Path, tmp_path: Path) -> None:
    """Modified, staged, new and deleted files are part of the base tree, and the user is told; ignored are not."""
    write_files(shop, {"shop/cart.py": "total = 2\n", "staged.py": "s", "new dir/näw.py": "n", ".gitignore": "*.log\n"})
    write_files(shop, {"debug.log": "ignored"})
    git(shop, "add", "staged.py")
    (shop / "old.txt").unlink()

    base = materialise_local(shop, tmp_path / "base", ref=None, uncommitted="include")

    assert files(base) == (".gitignore", "README.md", "new dir/näw.py", "shop/cart.py", "staged.py")
    assert read(base, "shop/cart.py") == b"total = 2\n"
    assert base.commit == git(shop, "rev-parse", "HEAD")
    assert base.tree != git(shop, "rev-parse", "HEAD^{tree}")
    assert "old.txt" in base.notes[0]


def test_uncommitted_changes_are_refused_by_name(shop: Path, tmp_path: Path) -> None:
    """The refusal names the files and the flag that mends it."""
    write_files(shop, {"shop/cart.py": "total = 2\n", "new.py": ""})

    with pytest.raises(RepositoryError, match=r"new\.py, shop/cart\.py(.|\n)*--uncommitted include"):
        materialise_local(shop, tmp_path / "base", ref=None, uncommitted="refuse")

    assert not (tmp_path / "base").exists()


def test_nothing_of_the_repository_is_written_to(shop: Path, tmp_path: Path) -> None:
    """Work tree, index, refs and objects stay byte for byte as they were, with all their times."""
    write_files(shop, {"shop/cart.py": "total = 2\n", "new.py": "", "staged.py": ""})
    git(shop, "add", "staged.py")
    before = fingerprint(shop)

    materialise_local(shop, tmp_path / "base", ref=None, uncommitted="include")

    assert fingerprint(shop) == before


def test_ref_names_an_earlier_commit(shop: Path, tmp_path: Path) -> None:
    """Any name that git knows for a commit will do while the work tree is clean."""
    first = git(shop, "rev-parse", "HEAD")
    git(shop, "tag", "-a", "-m", "one", "v1")
    write_files(shop, {"shop/cart.py": "total = 2\n"})
    commit_all(shop)

    for number, ref in enumerate(("v1", "HEAD~1", first[:10])):
        base = materialise_local(shop, tmp_path / f"base{number}", ref=ref, uncommitted="refuse")
        assert (base.commit, read(base, "shop/cart.py")) == (first, b"total = 1\n")


def test_other_ref_with_uncommitted_changes_is_refused(shop: Path, tmp_path: Path) -> None:
    """Changes on top of HEAD belong to no other commit, whatever the flag says."""
    git(shop, "branch", "old")
    write_files(shop, {"x": ""})
    commit_all(shop)
    write_files(shop, {"new.py": ""})

    with pytest.raises(RepositoryError, match=r"do not belong to 'old': new\.py"):
        materialise_local(shop, tmp_path / "base", ref="old", uncommitted="include")


def test_ref_that_is_head_takes_uncommitted_changes_along(shop: Path, tmp_path: Path) -> None:
    """Naming the commit that is checked out is no different from naming none."""
    write_files(shop, {"new.py": ""})

    base = materialise_local(shop, tmp_path / "base", ref="main", uncommitted="include")

    assert "new.py" in files(base)


@pytest.mark.parametrize("ref", ["nowhere", "--all", "", "HEAD:README.md"])
def test_ref_that_is_no_commit_is_an_error(shop: Path, tmp_path: Path, ref: str) -> None:
    """What names no commit, an option among them, is refused by name."""
    with pytest.raises(RepositoryError, match="has no commit"):
        materialise_local(shop, tmp_path / "base", ref=ref, uncommitted="include")


def test_subdirectory_stands_for_the_whole_repository(shop: Path, tmp_path: Path) -> None:
    """A directory within a work tree will do; the user is told that all of it is used."""
    base = materialise_local(shop / "shop", tmp_path / "base", ref=None, uncommitted="refuse")

    assert "README.md" in files(base)
    assert "lies in the repository" in base.notes[0]


def test_bare_repository_with_ref(shop: Path, tmp_path: Path) -> None:
    """A bare repository has no uncommitted changes."""
    git(tmp_path, "clone", "--quiet", "--bare", str(shop), "bare.git")

    base = materialise_local(tmp_path / "bare.git", tmp_path / "base", ref="main", uncommitted="refuse")

    assert base.commit == git(shop, "rev-parse", "HEAD")


def test_linked_work_tree_has_its_own_state(shop: Path, tmp_path: Path) -> None:
    """In a linked work tree its own HEAD and its own changes count."""
    git(shop, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    write_files(tmp_path / "side", {"side.py": ""})

    base = materialise_local(tmp_path / "side", tmp_path / "base", ref=None, uncommitted="include")

    assert "side.py" in files(base)


def test_base_tree_inside_the_work_tree_does_not_hold_itself(shop: Path) -> None:
    """What is being made within the work tree is not taken for the user's new files."""
    base = materialise_local(shop, shop / "base", ref=None, uncommitted="refuse")

    assert base.tree == git(shop, "rev-parse", "HEAD^{tree}")
    again = materialise_local(shop, shop / "base2", ref=None, uncommitted="include")
    assert any(name.startswith("base/") for name in files(again))


def test_repository_without_a_commit_is_an_error(tmp_path: Path) -> None:
    """There is nothing to start from before the first commit."""
    (tmp_path / "fresh").mkdir()
    git(tmp_path / "fresh", "init", "--quiet")

    with pytest.raises(RepositoryError, match="no commit yet"):
        materialise_local(tmp_path / "fresh", tmp_path / "base", ref=None, uncommitted="include")


@pytest.mark.parametrize(("name", "words"), [("plain", "not in a git repository"), ("absent", "does not exist")])
def test_directory_that_is_no_repository_is_an_error(tmp_path: Path, name: str, words: str) -> None:
    """The message says which of the two it is."""
    (tmp_path / "plain").mkdir()

    with pytest.raises(RepositoryError, match=words):
        materialise_local(tmp_path / name, tmp_path / "base", ref=None, uncommitted="include")


def test_unresolved_conflict_is_an_error(shop: Path, tmp_path: Path) -> None:
    """Conflict markers are no base to work on."""
    git(shop, "checkout", "--quiet", "-b", "side")
    write_files(shop, {"old.txt": "side\n"})
    commit_all(shop)
    git(shop, "checkout", "--quiet", "main")
    write_files(shop, {"old.txt": "main\n"})
    commit_all(shop)
    with pytest.raises(AssertionError):
        git(shop, "merge", "side")

    with pytest.raises(RepositoryError, match=r"merge conflicts in old\.txt"):
        materialise_local(shop, tmp_path / "base", ref=None, uncommitted="include")


def test_place_that_is_taken_is_refused(shop: Path, tmp_path: Path) -> None:
    """Nothing is ever overwritten."""
    write_files(tmp_path / "base", {"mine.txt": ""})

    with pytest.raises(RepositoryError, match="already there"):
        materialise_local(shop, tmp_path / "base", ref=None, uncommitted="include")


def test_submodule_is_kept_as_a_reference_and_noted(shop: Path, tmp_path: Path) -> None:
    """A submodule's files are not part of the base tree, and the tree's id stays that of the commit."""
    other = make_repository(tmp_path / "other", {"x": "x"})
    git(shop, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "libs/other")
    commit_all(shop)
    write_files(shop, {"libs/other/x": "changed inside"})

    base = materialise_local(shop, tmp_path / "base", ref=None, uncommitted="refuse")

    assert base.tree == git(shop, "rev-parse", "HEAD^{tree}")
    assert "libs/other" not in files(base)
    assert base.notes == ("submodules are left empty: libs/other",)


def test_repository_within_the_work_tree_is_left_out_and_noted(shop: Path, tmp_path: Path) -> None:
    """A clone that lies around untracked is not the user's change, but it is not passed over in silence."""
    make_repository(shop / "vendor" / "clone", {"x": "x"})

    base = materialise_local(shop, tmp_path / "base", ref=None, uncommitted="refuse")

    assert base.notes == ("vendor/clone/ is a repository of its own and is left out",)


def test_partial_clone_says_what_to_fetch(shop: Path, tmp_path: Path) -> None:
    """Objects that are not here are not fetched behind the user's back."""
    git(shop, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--bare", "--filter=blob:none", f"file://{shop}", "part.git")

    with pytest.raises(RepositoryError, match="partial clone"):
        materialise_local(tmp_path / "part.git", tmp_path / "base", ref=None, uncommitted="include")


def test_sha256_repository(tmp_path: Path) -> None:
    """Repositories of git's newer object format work alike."""
    repository = make_repository(tmp_path / "new", FILES, "--object-format=sha256")
    write_files(repository, {"new.py": ""})

    base = materialise_local(repository, tmp_path / "base", ref=None, uncommitted="include")

    assert (len(base.tree), "new.py" in files(base)) == (64, True)


def test_empty_commit_has_an_empty_base_tree(tmp_path: Path) -> None:
    """A repository without files is odd, but no error."""
    base = materialise_local(make_repository(tmp_path / "bare", {}), tmp_path / "base", ref=None, uncommitted="refuse")

    assert files(base) == ()
