"""A patch on its way into the user's repository."""

import subprocess
from pathlib import Path

import pytest
from support.git_repository import commit_all, fingerprint, git, make_repository, write_files

from swe_tasks import edits
from swe_tasks.checkout import apply_to_checkout, commit_to_branch
from swe_tasks.errors import RepositoryError
from swe_tasks.local import materialise_local
from swe_tasks.task import FileChange

FILES = {"a.py": "a = 1\n", "b.py": "b = 1\n", "old/name.py": "n\n" * 20, "gone.py": "g\n"}


@pytest.fixture
def repository(tmp_path: Path, home: Path) -> Path:
    (home / ".gitconfig").write_text("[user]\n\tname = Zoë\n\temail = zoe@example.org\n")
    return make_repository(tmp_path / "my repo", FILES)


def make_patch(repository: Path, *changes: FileChange) -> bytes:
    into = repository.parent / f"base{len(list(repository.parent.iterdir()))}"
    base = materialise_local(repository, into, ref=None, uncommitted="include")
    return edits.diff(base, edits.write_tree(base, changes))


def test_patch_lands_in_the_work_tree_and_can_be_undone(repository: Path, tmp_path: Path) -> None:
    """All kinds of changes are made, nothing is staged, and the undo line takes them back."""
    patch = make_patch(
        repository,
        FileChange("a.py", b"a = 2\n"),
        FileChange("gone.py", None),
        FileChange("old/name.py", None),
        FileChange("new/name.py", b"n\n" * 20),
        FileChange("tool.sh", b"#!\n", "executable"),
    )
    patch_file = tmp_path / "it's a patch.diff"
    patch_file.write_bytes(patch)

    applied = apply_to_checkout(repository, patch, patch_file=patch_file)

    assert applied.paths == ("a.py", "gone.py", "new/name.py", "old/name.py", "tool.sh")
    assert (repository / "a.py").read_text() == "a = 2\n"
    assert not (repository / "old").exists()
    assert git(repository, "diff", "--cached", "--name-only") == ""
    subprocess.run(["sh", "-c", applied.undo], check=True, cwd="/")
    assert git(repository, "status", "--porcelain") == ""


def test_patch_beside_uncommitted_changes_is_applied(repository: Path, tmp_path: Path) -> None:
    """The user's other work does not stand in the way and stays as it is."""
    patch = make_patch(repository, FileChange("a.py", b"a = 2\n"))
    write_files(repository, {"b.py": "mine\n", "notes.txt": "mine\n"})

    apply_to_checkout(repository, patch, patch_file=tmp_path / "p")

    assert git(repository, "status", "--porcelain").split() == ["M", "a.py", "M", "b.py", "??", "notes.txt"]


@pytest.mark.parametrize("touch", ["modified", "staged", "deleted", "untracked", "rename source"])
def test_patch_over_uncommitted_changes_is_refused(repository: Path, tmp_path: Path, touch: str) -> None:
    """Whatever the kind of change, the file is named and nothing is written."""
    patch = make_patch(
        repository,
        FileChange("a.py", b"a = 2\n"),
        FileChange("fresh.py", b"f\n"),
        FileChange("old/name.py", None),
        FileChange("new.py", b"n\n" * 20),
    )
    name = {"untracked": "fresh.py", "rename source": "old/name.py"}.get(touch, "a.py")
    if touch == "deleted":
        (repository / name).unlink()
    else:
        write_files(repository, {name: "mine\n"})
    if touch == "staged":
        git(repository, "add", name)
    before = fingerprint(repository)

    with pytest.raises(RepositoryError, match=f"would change files: {name}"):
        apply_to_checkout(repository, patch, patch_file=tmp_path / "p")

    assert fingerprint(repository) == before


def test_patch_that_does_not_fit_changes_nothing(repository: Path, tmp_path: Path) -> None:
    """One hunk that fails keeps all others out."""
    patch = make_patch(repository, FileChange("a.py", b"a = 2\n"), FileChange("b.py", b"b = 2\n"))
    write_files(repository, {"b.py": "b = 'moved on'\n"})
    commit_all(repository)
    before = fingerprint(repository)

    with pytest.raises(RepositoryError, match=r"nothing was changed(.|\n)*patch failed: b\.py"):
        apply_to_checkout(repository, patch, patch_file=tmp_path / "p")

    assert fingerprint(repository) == before


def test_ignored_file_is_not_overwritten(repository: Path, tmp_path: Path) -> None:
    """A file that git does not track is the user's all the same."""
    patch = make_patch(repository, FileChange("a.py", b"a = 2\n"), FileChange("local.cfg", b"c\n"))
    write_files(repository, {".gitignore": "local.cfg\n", "local.cfg": "mine\n"})

    with pytest.raises(RepositoryError, match=r"local\.cfg: already exists"):
        apply_to_checkout(repository, patch, patch_file=tmp_path / "p")

    assert (repository / "a.py").read_text() == "a = 1\n"


def test_work_tree_with_converted_line_ends(repository: Path, tmp_path: Path) -> None:
    """Where the work tree has other line ends than the commit, the patch fits and the line ends stay."""
    write_files(repository, {".gitattributes": "*.txt eol=crlf\n", "t.txt": "one\ntwo\n"})
    commit_all(repository)
    (repository / "t.txt").unlink()
    git(repository, "checkout", "--", "t.txt")
    patch = make_patch(repository, FileChange("t.txt", b"one\n2\n"))

    apply_to_checkout(repository, patch, patch_file=tmp_path / "p")

    assert (repository / "t.txt").read_bytes() == b"one\r\n2\r\n"


@pytest.mark.parametrize("path", ["../out", ".git/config", "link/x"])
def test_patch_that_gets_out_is_refused(repository: Path, tmp_path: Path, path: str) -> None:
    """Neither above the work tree, nor into .git, nor through a link."""
    (repository / "link").symlink_to(tmp_path)
    commit_all(repository)
    patch = f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n".encode()
    before = fingerprint(repository)

    with pytest.raises(RepositoryError):
        apply_to_checkout(repository, patch, patch_file=tmp_path / "p")

    assert fingerprint(repository) == before
    assert not (tmp_path / "x").exists()


def test_text_that_is_no_patch_is_refused(repository: Path, tmp_path: Path) -> None:
    """With the same class of error as other patches that cannot be applied."""
    with pytest.raises(RepositoryError, match="No valid patches"):
        apply_to_checkout(repository, b"nonsense\n", patch_file=tmp_path / "p")


def test_bare_repository_has_nothing_to_apply_to(repository: Path, tmp_path: Path) -> None:
    """The message says so."""
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")

    with pytest.raises(RepositoryError, match="bare"):
        apply_to_checkout(tmp_path / "bare.git", b"x", patch_file=tmp_path / "p")


def test_branch_gets_one_commit_and_the_checkout_stays(repository: Path) -> None:
    """Work tree, index, HEAD and uncommitted changes are as before; the branch holds the patch."""
    head = git(repository, "rev-parse", "HEAD")
    patch = make_patch(repository, FileChange("a.py", b"a = 2\n"), FileChange("gone.py", None))
    write_files(repository, {"b.py": "mine\n"})
    before = {name: what for name, what in fingerprint(repository).items() if not name.startswith(".git")}
    index = (repository / ".git" / "index").read_bytes()

    commit = commit_to_branch(repository, "fix/1", patch, base_commit=head, message="Fix it\n\nWell.\n")

    assert git(repository, "rev-parse", "fix/1", "fix/1^", "HEAD").split() == [commit, head, head]
    shown = git(repository, "show", "-s", "--format=%an <%ae>|%cn|%B", commit)
    assert shown == "Zoë <zoe@example.org>|Zoë|Fix it\n\nWell."
    assert git(repository, "diff", "--name-status", head, commit).split() == ["M", "a.py", "D", "gone.py"]
    assert {n: w for n, w in fingerprint(repository).items() if not n.startswith(".git")} == before
    assert (repository / ".git" / "index").read_bytes() == index
    git(repository, "fsck", "--strict")


def test_patch_on_uncommitted_changes_gets_no_branch(repository: Path) -> None:
    """Even one that would apply: it was made on a file that the commit does not have."""
    head = git(repository, "rev-parse", "HEAD")
    lines = [f"{number}\n" for number in range(30)]
    write_files(repository, {"a.py": "".join(lines)})
    commit_all(repository)
    write_files(repository, {"a.py": "".join([*lines, "mine\n"])})
    patch = make_patch(repository, FileChange("a.py", "".join(["first\n", *lines, "mine\n"]).encode()))

    for parent in ("HEAD", head):
        with pytest.raises(RepositoryError, match="uncommitted changes"):
            commit_to_branch(repository, "fix", patch, base_commit=parent, message="m")

    assert git(repository, "branch", "--list", "fix") == ""


def test_branch_that_exists_is_refused(repository: Path) -> None:
    """Its commits are not lost."""
    with pytest.raises(RepositoryError, match="'main' exists already"):
        commit_to_branch(repository, "main", b"x", base_commit="HEAD", message="m")


def test_branch_in_the_way_of_another_is_refused(repository: Path) -> None:
    """`fix` and `fix/1` cannot both be; git says so."""
    git(repository, "branch", "fix")
    patch = make_patch(repository, FileChange("a.py", b"a = 2\n"))

    with pytest.raises(RepositoryError, match="refs/heads/fix"):
        commit_to_branch(repository, "fix/1", patch, base_commit="HEAD", message="m")


@pytest.mark.parametrize("name", ["", "a b", "-d", "a..b", "x.lock", "HEAD", "@{-1}", "a\0b", "/x"])
def test_name_that_is_no_branch_is_refused(repository: Path, name: str) -> None:
    """By git's own rules for names."""
    with pytest.raises(RepositoryError, match="cannot be the name of a branch"):
        commit_to_branch(repository, name, b"x", base_commit="HEAD", message="m")


def test_commit_without_an_author_says_how_to_name_one(repository: Path, home: Path) -> None:
    """Nobody is made up."""
    (home / ".gitconfig").unlink()

    with pytest.raises(RepositoryError, match=r"git config --global user\.name"):
        commit_to_branch(repository, "fix", b"x", base_commit="HEAD", message="m")


def test_empty_patch_makes_no_branch(repository: Path) -> None:
    """A commit that changes nothing is of no use."""
    with pytest.raises(RepositoryError, match="nothing to commit"):
        commit_to_branch(repository, "fix", b"", base_commit="HEAD", message="m")


def test_unknown_base_commit_is_an_error(repository: Path) -> None:
    """It is named."""
    with pytest.raises(RepositoryError, match="no commit 'cafe'"):
        commit_to_branch(repository, "fix", b"x", base_commit="cafe", message="m")
