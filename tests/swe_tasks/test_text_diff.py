"""Patches for formats that hold text alone."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from support.changes import change_sets
from support.git_repository import git, make_repository
from support.odd_tree import make_odd_tree

from swe_tasks import edits
from swe_tasks.basetree import BaseTree
from swe_tasks.errors import PatchError
from swe_tasks.local import materialise_local
from swe_tasks.task import FileChange

FILES: dict[str, str | bytes] = {
    "latin.txt": b"one\ntwo\ncaf\xe9\nfour\n",
    "far.txt": b"caf\xe9\n" + b"line\n" * 30,
    "dos latin.txt": b"".join(b"line %d \xe9\r\n" % number for number in range(30)),
    "dos.txt": b"one\r\ntwo\r\n",
    "open.txt": "no newline",
    "plain.py": "price = 1\n",
    "na me*.txt": b"\xe9\n",
    'quo"te\n.txt': b"\xe9\n",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("text") / "r", FILES)


@pytest.fixture(scope="module")
def base(repository: Path) -> BaseTree:
    return materialise_local(repository, repository.parent / "base", ref=None, uncommitted="refuse")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> BaseTree:
    return make_odd_tree(tmp_path_factory.mktemp("odd"))


def applied_by_git(repository: Path, patch: str) -> str:
    """The tree after plain `git apply` of the patch as the harness writes it to a file, and leave no trace."""
    place = repository.parent / "patch.diff"
    place.write_text(patch, encoding="utf-8")
    assert place.read_bytes() == patch.encode()
    git(repository, "apply", "--index", "--whitespace=nowarn", str(place))
    tree = git(repository, "write-tree")
    git(repository, "reset", "--quiet", "--hard")
    return tree


def test_text_is_the_plain_diff(base: BaseTree) -> None:
    """Line ends and a missing one at the end included, and a rename as a rename."""
    changes = [
        FileChange("dos.txt", b"one\r\nTWO\r\n"),
        FileChange("open.txt", b"still none"),
        FileChange("plain.py", None),
        FileChange("moved.py", b"price = 1\n"),
    ]
    tree = edits.write_tree(base, changes)

    patch = edits.text_diff(base, tree)

    assert patch.encode() == edits.diff(base, tree)
    assert "rename to moved.py\n" in patch
    assert "+TWO\r\n" in patch


def test_only_files_that_are_no_text_become_binary_patches(repository: Path, base: BaseTree) -> None:
    """Everything beside them stays readable, and git makes the same tree of it."""
    changes = [
        FileChange("latin.txt", b"one\nTWO\ncaf\xe9\nfour\n"),
        FileChange("plain.py", b"price = 2\n"),
        FileChange("dos.txt", b"one\r\n2\r\n"),
        FileChange("ü.txt", b"\xc3\xbc\n"),
    ]
    tree = edits.write_tree(base, changes)

    patch = edits.text_diff(base, tree)

    assert patch.count("GIT binary patch\n") == 1
    assert "-price = 1\n+price = 2\n" in patch
    assert applied_by_git(repository, patch) == tree


def test_an_odd_byte_that_the_patch_does_not_show_changes_nothing(base: BaseTree) -> None:
    """Whether a file is text is asked of its patch."""
    tree = edits.write_tree(base, [FileChange("far.txt", b"caf\xe9\n" + b"line\n" * 29 + b"last\n")])
    assert edits.text_diff(base, tree).encode() == edits.diff(base, tree)


@pytest.mark.parametrize(
    "changes",
    [
        [FileChange("na me*.txt", b"\xe8\n"), FileChange('quo"te\n.txt', b"\xe8\n")],
        [FileChange("latin.txt", None), FileChange("moved.txt", b"one\ntwo\ncaf\xe9\nfour\n")],
        [FileChange("latin.txt", None), FileChange("moved.txt", b"one\ntwo\ncaf\xe9s\nfour\n")],
        # Like each other as text, unlike each other as bytes.
        [
            FileChange("dos latin.txt", None),
            FileChange("unix.txt", b"".join(b"line %d \xe9\n" % number for number in range(30))),
        ],
        [FileChange("latin.txt", b"\xe9 no newline")],
        [FileChange("latin.txt", b"t\xe9", "symlink"), FileChange("link", b"\xe9", "symlink")],
        [FileChange("latin.txt", b"one\ntwo\ncaf\xe8\nfour\n", "executable")],
        [FileChange("caf\udce9.txt", b"text\n"), FileChange("caf\udce9/\udce8.txt", b"\xe9")],
        [FileChange("diff.txt", b"\xe9\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n")],
        [FileChange("latin.txt", None), FileChange("new.bin", bytes(range(256)) * 40)],
    ],
    ids=[
        "names",
        "move",
        "move and edit",
        "line ends",
        "no newline",
        "links",
        "mode",
        "names not UTF-8",
        "like a patch",
        "binary",
    ],
)
def test_git_makes_the_same_tree_of_it(repository: Path, base: BaseTree, changes: list[FileChange]) -> None:
    """Whatever bytes are in names, contents and targets of links."""
    tree = edits.write_tree(base, changes)
    assert applied_by_git(repository, edits.text_diff(base, tree)) == tree


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=change_sets())
def test_any_changes_survive_as_text(odd: BaseTree, changes: list[FileChange]) -> None:
    """apply(text_diff(tree)) is the tree, and its text can be written to any file."""
    try:
        tree = edits.write_tree(odd, changes)
    except PatchError:
        reject()
    assert edits.apply_patch(odd, edits.text_diff(odd, tree).encode()) == tree


def test_any_patch_can_be_made_portable(base: BaseTree) -> None:
    """A patch with odd bytes becomes one without; nothing stays nothing; a patch that does not apply is refused."""
    tree = edits.write_tree(base, [FileChange("latin.txt", b"caf\xe8\n")])

    patch = edits.portable(base, edits.diff(base, tree))

    assert edits.apply_patch(base, patch.encode()) == tree
    assert edits.portable(base, b"") == ""
    with pytest.raises(PatchError, match="does not apply"):
        edits.portable(base, b"--- a/none\n+++ b/none\n@@ -1 +1 @@\n-a\n+b\n")
