"""Changes to a base tree, and patches from and to them."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.git_repository import make_repository
from support.odd_tree import make_odd_tree, round_trip

from swe_tasks import edits
from swe_tasks.basetree import BaseTree, read
from swe_tasks.errors import PatchError
from swe_tasks.local import materialise_local
from swe_tasks.task import FileChange


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseTree:
    return make_odd_tree(tmp_path_factory.mktemp("edits"))


def test_patch_is_a_git_diff(base: BaseTree) -> None:
    """One changed line makes the patch that git makes."""
    changed = read(base, "shop/prices.py").replace(b"price = 1\n", b"price = 2\n", 1)

    lines = round_trip(base, [FileChange("shop/prices.py", changed)]).splitlines()

    assert lines[0] == b"diff --git a/shop/prices.py b/shop/prices.py"
    assert lines[4:7] == [b"@@ -1,4 +1,4 @@", b"-price = 1", b"+price = 2"]


def test_no_changes_are_the_base_tree_and_the_empty_patch(base: BaseTree) -> None:
    """Nothing in, nothing out."""
    assert edits.write_tree(base, []) == base.tree
    assert edits.diff(base, base.tree) == b""
    assert edits.apply_patch(base, b"") == base.tree
    assert edits.changes(base, base.tree) == ()


def test_rename_is_shown_as_one(base: BaseTree) -> None:
    """A moved file is one rename in the patch, and a deletion and a new file in the changes."""
    moved = [FileChange("shop/cart.py", None), FileChange("shop/basket.py", read(base, "shop/cart.py"))]

    assert b"rename from shop/cart.py\nrename to shop/basket.py\n" in round_trip(base, moved)
    assert edits.changes(base, edits.write_tree(base, moved)) == tuple(reversed(moved))


def test_line_ends_and_missing_final_newline_survive(base: BaseTree) -> None:
    """Every byte of a changed file comes back."""
    for path, content in (("dos.txt", b"one\r\n2\r\nthree"), ("no newline.txt", b"first\r\nlast\n")):
        tree = edits.apply_patch(base, round_trip(base, [FileChange(path, content)]))
        assert edits.changes(base, tree) == (FileChange(path, content),)


def test_binary_files_are_diffed_whole(base: BaseTree) -> None:
    """A binary change is a patch that applies, not a remark that files differ."""
    assert b"GIT binary patch" in round_trip(base, [FileChange("data.bin", b"\0\1" * 300)])


def test_modes_are_part_of_a_change(base: BaseTree) -> None:
    """The executable bit and symlinks are kept, each way."""
    round_trip(base, [FileChange("run.sh", b"#!/bin/sh\n", "file")])
    patch = round_trip(base, [FileChange("link", b"a file now\n"), FileChange("empty", b"run.sh", "symlink")])
    assert b"new file mode 120000" in patch


def test_equal_trees_have_equal_ids_in_any_order(base: BaseTree) -> None:
    """The order in which changes are given does not matter, nor does a change to the same content."""
    one, two, same = FileChange("a", b"1"), FileChange("b", b"2"), FileChange("empty", b"")

    assert edits.write_tree(base, [one, two]) == edits.write_tree(base, [two, same, one])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([FileChange("../out", b"")], "a '..'"),
        ([FileChange(".git/config", b"")], r"\.git"),
        ([FileChange("link/x", b"")], "'link' is a symlink"),
        ([FileChange("run.sh/x", b"")], r"'run.sh' is a file"),
        ([FileChange("shop", b"")], "directory that holds 'shop/cart.py'"),
        ([FileChange("x", b""), FileChange("x/y", b"")], "makes 'x' a file"),
        ([FileChange("x", b""), FileChange("x", b"1")], "'x' is changed twice"),
        ([FileChange("nothing", None)], "no such file"),
    ],
)
def test_impossible_changes_are_refused(base: BaseTree, changes: list[FileChange], words: str) -> None:
    """Each with the path and what is wrong with it."""
    with pytest.raises(PatchError, match=words):
        edits.write_tree(base, changes)


def test_file_may_take_the_place_of_what_is_removed(base: BaseTree) -> None:
    """A directory becomes a file when all of it goes, and a link becomes a directory."""
    round_trip(base, [FileChange("shop/cart.py", None), FileChange("shop/prices.py", None), FileChange("shop", b"")])
    round_trip(base, [FileChange("link", None), FileChange("link/inner", b"1\n")])


def test_patch_that_does_not_apply_is_refused_in_gits_words(base: BaseTree) -> None:
    """The file and the line are named."""
    patch = edits.diff(base, edits.write_tree(base, [FileChange("shop/prices.py", b"price = 3\n")]))

    with pytest.raises(PatchError, match=r"patch failed: shop/prices\.py:1"):
        edits.apply_patch(base, patch.replace(b"-price = 1", b"-price = 9").replace(b"index ", b"index 0"))


@pytest.mark.parametrize("patch", [b"nonsense\n", b"\n", b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-broken"])
def test_text_that_is_no_patch_is_refused(base: BaseTree, patch: bytes) -> None:
    """What holds no patch is an error, not an empty change."""
    with pytest.raises(PatchError, match="does not apply"):
        edits.apply_patch(base, patch)


@pytest.mark.parametrize("path", ["../out", "/tmp/out", ".git/config", "a/.GIT/x", "link/x", "git~1/x"])
def test_patch_that_gets_out_is_refused(base: BaseTree, path: str) -> None:
    """Patches from elsewhere meet the same walls as changes."""
    patch = f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n".encode()

    with pytest.raises(PatchError):
        edits.apply_patch(base, patch)


def test_patch_that_adds_a_submodule_is_refused(base: BaseTree) -> None:
    """A reference to another repository is no file change."""
    patch = (
        b"diff --git a/sub b/sub\nnew file mode 160000\n--- /dev/null\n+++ b/sub\n@@ -0,0 +1 @@\n"
        b"+Subproject commit 0123456789012345678901234567890123456789\n"
    )

    with pytest.raises(PatchError, match="submodule"):
        edits.apply_patch(base, patch)


def test_patch_on_another_state_is_merged_by_its_blobs(base: BaseTree) -> None:
    """A patch whose context moved is merged three ways when its starting point is known."""
    lines = read(base, "shop/cart.py").splitlines(keepends=True)
    # Without its last lines the file on which the second patch was made is another one.
    first = b"".join([b"top\n" * 30, *lines])
    middle = edits.write_tree(base, [FileChange("shop/cart.py", first)])
    second = first.replace(b"line 20\n", b"line twenty\n")
    moved = BaseTree(base.commit, middle, base.path, base.git_dir, entries=base.entries)
    patch = edits.diff(moved, edits.write_tree(base, [FileChange("shop/cart.py", second)]))

    merged = edits.changes(base, edits.apply_patch(base, patch))

    assert merged == (FileChange("shop/cart.py", b"".join(lines).replace(b"line 20\n", b"line twenty\n")),)


@pytest.mark.parametrize("tree", ["HEAD", "--output=x", "0" * 40, ""])
def test_tree_that_is_not_there_is_refused(base: BaseTree, tree: str) -> None:
    """Only whole ids of trees in the store are taken."""
    with pytest.raises(PatchError):
        edits.diff(base, tree)
    with pytest.raises(PatchError):
        edits.changes(base, tree)


def test_many_threads_do_not_disturb_each_other(base: BaseTree) -> None:
    """Each call has an index of its own."""

    def work(number: int) -> bool:
        content = f"{number}\n".encode()
        tree = edits.write_tree(base, [FileChange("shop/prices.py", content), FileChange("shared", b"same\n")])
        patch = edits.diff(base, tree)
        changed = {change.path: change.content for change in edits.changes(base, tree)}
        return edits.apply_patch(base, patch) == tree and changed["shop/prices.py"] == content

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(16)))
    assert not list(base.git_dir.glob("index-*"))


def test_large_tree_is_no_burden(tmp_path: Path) -> None:
    """With 1,500 files, one candidate takes far less than a second, however busy the machine."""
    names = {f"pkg{number % 30}/module{number}.py": f"x = {number}\n" * 30 for number in range(1500)}
    base = materialise_local(make_repository(tmp_path / "r", names), tmp_path / "b", ref=None, uncommitted="refuse")

    best = 60.0
    for number in range(3):
        started = time.perf_counter()
        edits.diff(base, edits.write_tree(base, [FileChange("pkg0/module0.py", b"%d\n" % number)]))
        best = min(best, time.perf_counter() - started)

    assert best < 1.0
