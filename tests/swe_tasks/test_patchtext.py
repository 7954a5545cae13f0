"""Diffs are taken apart as git reads them."""

from hypothesis import given
from hypothesis import strategies as st

from swe_tasks.patchmending import put_together, with_lost_lines
from swe_tasks.patchtext import FilePatch, count_lines, take_apart


def lines_of(file: FilePatch) -> list[tuple[bytes, ...]]:
    return [hunk.lines for hunk in file.hunks]


def test_each_file_has_its_names_and_hunks() -> None:
    """Deleted and new files have one name."""
    patch = (
        b"words\ndiff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@ f\n-1\n+2\n@@ -9 +9 @@\n-3\n+4\n"
        b"--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n--- /dev/null\t2024\n+++ b/new\t2024\n@@ -0,0 +1 @@\n+1\n"
    )
    one, two, three = take_apart(patch)

    assert [(file.old, file.new) for file in (one, two, three)] == [("a/x", "b/x"), ("a/old", None), (None, "b/new")]
    assert lines_of(one) == [(b"-1\n", b"+2\n"), (b"-3\n", b"+4\n")]
    assert one.apply(count_lines(b"1\n0\n3\n")) == count_lines(b"2\n0\n4\n")


def test_names_without_lines_to_show() -> None:
    """Renames, modes and binary patches."""
    patch = (
        b"diff --git a/a b b/c d\nsimilarity index 100%\nrename from a b\nrename to c d\n"
        b"diff --git a/run b/run\nold mode 100644\nnew mode 100755\n"
        b'diff --git "a/\\303\\244\\n" "b/\\303\\244\\n"\nnew file mode 100644\nGIT binary patch\nliteral 1\nIcmZ\n\n'
    )
    moved, mode, binary = take_apart(patch)

    assert (moved.old, moved.new, moved.moves) == ("a/a b", "b/c d", True)
    assert (mode.old, mode.new, mode.hunks) == ("a/run", "b/run", ())
    assert (binary.old, binary.new, binary.binary) == (None, "b/ä\n", True)


def test_lines_that_look_like_headings_are_lines_where_the_counts_say_so() -> None:
    """A removed line may begin with two dashes, and an added one with two plusses."""
    (file,) = take_apart(b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a/y\n+++ b/y\n-1\n+2\n")
    assert lines_of(file) == [(b"--- a/y\n", b"+++ b/y\n", b"-1\n", b"+2\n")]


def test_wrong_counts_are_counted_anew() -> None:
    """A hunk then ends where the next heading begins; an empty line before that belongs to neither."""
    patch = b"--- a/x\n+++ b/x\n@@ -1,9 +1,3 @@\n a\n-b\n+c\n\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-1\n+2\n"
    one, two = take_apart(patch)

    assert lines_of(one) == [(b" a\n", b"-b\n", b"+c\n")]
    assert two.old == "a/y"
    assert b"@@ -1,2 +1,2 @@\n" in put_together([one])


def test_a_mail_signature_is_no_removed_line() -> None:
    """`git format-patch` ends with one."""
    (file,) = take_apart(b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n-- \n2.39.0\n")
    assert lines_of(file) == [(b"-1\n", b"+2\n")]


def test_lost_blank_lines_are_put_back_only_where_both_counts_lack_as_many() -> None:
    """Otherwise it is the counts that are wrong."""
    lost = take_apart(b"--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@\n a\n-b\n+c")
    wrong = take_apart(b"--- a/x\n+++ b/x\n@@ -1,4 +1,3 @@\n a\n-b\n+c")

    assert lines_of(with_lost_lines(lost)[0]) == [(b" a\n", b"-b\n", b"+c\n", b" \n", b" \n")]
    assert with_lost_lines(wrong) == wrong


PIECES = st.sampled_from(
    [
        *(
            b"diff --git a/x b/x\n",
            b'diff --git "a/\\3" b\n',
            b"--- a/x\n",
            b"+++ b/x\n",
            b"--- \n",
            b"+++ /dev/null\n",
        ),
        *(
            b"@@ -1 +1 @@\n",
            b"@@ -1,3 +1,0 @@ f\r\n",
            b"@@ -0,0 +1,2 @@\n",
            b" a\n",
            b"-b\n",
            b"+c\n",
            b"\n",
            b"\\ No\n",
        ),
        *(
            b"rename from x\n",
            b"rename to \n",
            b"Binary files a and b differ\n",
            b"\xff\n",
            b"+end",
            b"new file mode 1\n",
        ),
    ]
)


@given(st.lists(PIECES, max_size=15).map(b"".join) | st.binary(max_size=80))
def test_anything_can_be_taken_apart_and_what_is_mended_stays_so(patch: bytes) -> None:
    """A second mending finds nothing to do."""
    files = [file for file in take_apart(patch) if file.hunks]
    mended = put_together(files)

    assert put_together(take_apart(mended)) == mended
