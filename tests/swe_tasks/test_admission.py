"""Patches from elsewhere are let in forwards or not at all, and do what they say."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, reject, settings
from support.changes import change_sets
from support.git_repository import make_repository
from support.odd_tree import make_odd_tree

from swe_tasks import edits
from swe_tasks.admission import Admitted, admit, strip
from swe_tasks.basetree import BaseTree, read
from swe_tasks.errors import PatchError
from swe_tasks.local import materialise_local
from swe_tasks.task import FileChange

BODY = [f"line {number}\n" if number % 5 else "\n" for number in range(60)]
FILES: dict[str, str | bytes] = {
    "shop/__init__.py": "",
    "shop/cart.py": "".join(BODY),
    "shop/same.py": "x = 1\n" * 30,
    "shop/dos.py": "".join(BODY).replace("\n", "\r\n"),
    "shop/tabs.py": "def f():\n\ta = 1 \n\tb = 2\n\tc = 3\n\td = 4\n",
    "shop/end.py": "first\nlast",
    "tests/test_cart.py": "import shop\n",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseTree:
    place = tmp_path_factory.mktemp("admission")
    return materialise_local(make_repository(place / "r", FILES), place / "base", ref=None, uncommitted="refuse")


def patch_of(base: BaseTree, path: str, edit: Callable[[bytes], bytes]) -> bytes:
    """The patch that git makes of a change to one file."""
    return edits.diff(base, edits.write_tree(base, [FileChange(path, edit(read(base, path)))]))


def seven(content: bytes) -> bytes:
    return content.replace(b"line 7", b"line seven")


def content_of(base: BaseTree, admitted: Admitted, path: str) -> bytes | None:
    return next(change.content for change in edits.changes(base, admitted.tree) if change.path == path)


def test_a_patch_that_fits_is_let_in(base: BaseTree) -> None:
    """As git applies it."""
    tree = edits.write_tree(base, [FileChange("shop/cart.py", seven(read(base, "shop/cart.py")))])
    assert admit(base, edits.diff(base, tree)) == Admitted(tree, (), "git")


MENDED: dict[str, Callable[[bytes], bytes]] = {
    "no final newline": lambda patch: patch.rstrip(b"\n"),
    "blank lines cut off": lambda patch: patch.rstrip(),
    "carriage returns": lambda patch: patch.replace(b"\n", b"\r\n"),
    "wrong counts": lambda patch: patch.replace(b"@@ -5,7 +5,7 @@", b"@@ -5,9 +5,4 @@"),
    "blank context without its sign": lambda patch: patch.replace(b"\n \n", b"\n\n"),
    "no prefixes": lambda patch: patch[patch.index(b"--- ") :].replace(b"a/", b"").replace(b"b/", b""),
    "prose around it": lambda patch: b"Here it is:\n```diff\n" + patch + b"```\nDone.\n",
    "two faults": lambda patch: patch.replace(b"@@ -5,7 +5,7 @@", b"@@ -5,9 +5,4 @@").rstrip(),
}


@pytest.mark.parametrize("fault", MENDED)
def test_small_faults_are_mended(base: BaseTree, fault: str) -> None:
    """The tree is the one that was meant."""
    patch = patch_of(base, "shop/cart.py", seven)
    damaged = MENDED[fault](patch)
    assert damaged != patch

    admitted = admit(base, damaged)

    assert content_of(base, admitted, "shop/cart.py") == seven(read(base, "shop/cart.py"))
    assert admitted.how == "git"


def test_blank_lines_cut_off_at_the_end_are_put_back(base: BaseTree) -> None:
    """Programs that strip white space from a patch cut off context too."""
    patch = patch_of(
        base, "shop/cart.py", lambda content: content.replace(b"line 7\nline 8\nline 9\n", b"line 7\nline 9\n")
    )
    assert patch.endswith(b" \n line 11\n")
    cut = patch.removesuffix(b" line 11\n").rstrip()

    assert admit(base, cut.replace(b",7 +5,6 ", b",6 +5,5 ")) == admit(base, patch)


def test_line_ends_are_those_of_the_file(base: BaseTree) -> None:
    """A patch that lost its carriage returns on the way does not mix them."""
    patch = patch_of(base, "shop/dos.py", seven)
    assert b"\r" in patch

    assert admit(base, patch.replace(b"\r", b"")) == admit(base, patch)


def test_new_files_do_not_get_the_carriage_returns_of_the_way(base: BaseTree) -> None:
    """Where all lines of a patch have them, headings too, nobody meant them."""
    patch = edits.diff(base, edits.write_tree(base, [FileChange("shop/new.py", b"x = 1\n")]))
    assert admit(base, patch.replace(b"\n", b"\r\n")) == admit(base, patch)


def test_one_hunk_with_stale_context_is_placed_with_less(base: BaseTree) -> None:
    """Near the place it names, and nowhere else."""
    stale = patch_of(base, "shop/cart.py", seven).replace(b" \n line 6", b" # stale\n line 6", 1)

    admitted = admit(base, stale)

    assert admitted.how == "fuzz"
    assert content_of(base, admitted, "shop/cart.py") == seven(read(base, "shop/cart.py"))


def test_blanks_at_the_ends_of_lines_do_not_matter(base: BaseTree) -> None:
    """Editors remove them."""
    patch = patch_of(base, "shop/tabs.py", lambda content: content.replace(b"c = 3", b"c = 5"))

    admitted = admit(base, patch.replace(b"a = 1 \n", b"a = 1\n"))

    assert admitted.how == "fuzz"
    assert content_of(base, admitted, "shop/tabs.py") == read(base, "shop/tabs.py").replace(b"c = 3", b"c = 5")


REFUSED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "blanks where they mean something": ("does not apply", lambda patch: patch.replace(b"\t", b"    ")),
    "a removed line that is not there": ("does not apply", lambda patch: patch.replace(b"-\tc = 3", b"-\tc = 9")),
    "another file": ("does not apply", lambda patch: patch.replace(b"tabs.py", b"nothing.py")),
    "nothing at all": ("is empty", lambda patch: b" \n\n"),
    "no patch": ("does not apply", lambda patch: b"I could not do it.\n"),
    "one of two files": (
        "does not apply",
        lambda patch: patch + patch.replace(b"tabs.py", b"cart.py"),
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_does_not_fit_is_refused_whole(base: BaseTree, fault: str) -> None:
    """With what is wrong; no part of it is applied."""
    words, damage = REFUSED[fault]
    patch = patch_of(base, "shop/tabs.py", lambda content: content.replace(b"c = 3", b"c = 5"))

    with pytest.raises(PatchError, match=words):
        admit(base, damage(patch))


def test_little_context_far_from_its_place_is_refused(base: BaseTree) -> None:
    """It may well be another place."""
    patch = patch_of(base, "shop/same.py", lambda content: b"y = 1\n" + content)
    odd = patch.replace(b"@@ -1,3 +1,4 @@", b"@@ -90,4 +90,5 @@\n # stale").replace(
        b"\n+y = 1\n", b"\n x = 1\n+y = 1\n"
    )

    with pytest.raises(PatchError, match="does not apply"):
        admit(base, odd)


def test_a_patch_that_is_applied_already_is_refused(base: BaseTree) -> None:
    """It is never taken backwards."""
    patch = patch_of(base, "shop/cart.py", seven)
    moved = edits.apply_patch(base, patch)
    there = BaseTree(base.commit, moved, base.path, base.git_dir, entries=base.entries)
    backwards = edits.diff(there, base.tree)

    with pytest.raises(PatchError, match="applied already"):
        admit(base, backwards)
    with pytest.raises(PatchError, match="applied already"):
        admit(base, backwards.rstrip())


def test_a_patch_on_another_state_is_merged_by_its_blobs(base: BaseTree) -> None:
    """When the store has what it starts from."""
    lines = read(base, "shop/cart.py")
    other = edits.write_tree(base, [FileChange("shop/cart.py", b"top\n" * 80 + lines.replace(b"line 6", b"line six"))])
    there = BaseTree(base.commit, other, base.path, base.git_dir, entries=base.entries)
    changed = b"top\n" * 80 + lines.replace(b"line 6", b"line six").replace(b"line 8\n", b"line eight\n")
    patch = edits.diff(there, edits.write_tree(base, [FileChange("shop/cart.py", changed)]))

    admitted = admit(base, patch)

    assert admitted.how == "merge"
    assert content_of(base, admitted, "shop/cart.py") == lines.replace(b"line 8\n", b"line eight\n")


def test_tests_are_stripped_and_named(base: BaseTree) -> None:
    """The rest is the tree."""
    code = FileChange("shop/cart.py", b"")
    both = edits.write_tree(base, [code, FileChange("tests/test_cart.py", b""), FileChange("reproduce.py", b"")])
    tree = edits.write_tree(base, [code])

    assert admit(base, edits.diff(base, both)) == Admitted(tree, ("reproduce.py", "tests/test_cart.py"), "git")
    assert strip(base, both) == (tree, ("reproduce.py", "tests/test_cart.py"))
    assert strip(base, tree) == (tree, ())


def test_a_patch_of_nothing_else_is_refused(base: BaseTree) -> None:
    """With what it would have changed."""
    tree = edits.write_tree(base, [FileChange("reproduce.py", b"1\n"), FileChange("tests/test_new.py", b"1\n")])

    with pytest.raises(PatchError, match=r"changes only stray scripts: reproduce\.py; tests: tests/test_new\.py"):
        admit(base, edits.diff(base, tree))
    assert strip(base, tree) == (base.tree, ("reproduce.py", "tests/test_new.py"))


def test_what_is_stripped_need_not_apply(base: BaseTree) -> None:
    """Tests of another state, and binary artefacts of which the patch says only that they differ."""
    good = patch_of(base, "shop/cart.py", seven)
    tests = b"--- a/tests/test_cart.py\n+++ b/tests/test_cart.py\n@@ -1 +1 @@\n-not there\n+x\n"
    binary = b"diff --git a/dist/x b/dist/x\nnew file mode 100644\nBinary files /dev/null and b/dist/x differ\n"

    admitted = admit(base, good + binary + tests)

    assert admitted == Admitted(admit(base, good).tree, ("dist/x", "tests/test_cart.py"), "git")


@pytest.mark.parametrize("path", ["../out", "/tmp/out", ".git/config", "a/.GIT/x"])
def test_a_patch_that_gets_out_is_refused(base: BaseTree, path: str) -> None:
    """In every way of applying it."""
    with pytest.raises(PatchError):
        admit(base, f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,9 @@\n+x".encode())


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> BaseTree:
    return make_odd_tree(tmp_path_factory.mktemp("odd"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=change_sets())
def test_every_patch_of_ours_is_let_in_and_does_what_it_says(odd: BaseTree, changes: list[FileChange]) -> None:
    """Every kind of name, content and mode is read as git reads it."""
    try:
        tree = edits.write_tree(odd, changes)
    except PatchError:
        reject()
    kept, stripped = strip(odd, tree)
    if kept == odd.tree:
        reject()

    assert admit(odd, edits.diff(odd, tree)) == Admitted(kept, stripped, "git")
