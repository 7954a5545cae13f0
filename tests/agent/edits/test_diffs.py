"""Unified diffs, as models write them."""

import pytest
from support.edits import after, told

TEXT = b"def f(x):\n    y = x\n\n    return y\n\n\ndef g():\n    return 1\n"
FILES = {"pkg/a.py": TEXT, "b.txt": b"one\ntwo"}
DIFF = "--- a/pkg/a.py\n+++ b/pkg/a.py\n@@ -2,9 +2,9 @@ def wrong():\n     y = x\n\n-    return y\n+    return y + 1\n"


@pytest.mark.parametrize(
    "reply",
    [
        f"```diff\n{DIFF}```\n",
        f"```patch\ndiff --git a/pkg/a.py b/pkg/a.py\nindex 123..456 100644\n{DIFF}```\n",
        f"```\n{DIFF}```\n",
        DIFF,
        f"Here is the patch:\n\n{DIFF}",
        "```diff\n@@ -4 +4 @@\n-    return y\n+    return y + 1\n```\n",
        "pkg/a.py\n```diff\n-    return y\n+    return y + 1\n```\n",
        "```diff\n-return y\n+return y + 1\n```\n",
    ],
)
def test_forms(reply: str):
    """A diff is taken where its old lines stand, whatever its line numbers say."""
    assert after(reply, FILES)["pkg/a.py"] == TEXT.replace(b"return y", b"return y + 1")


def test_new_and_deleted_files():
    """New and deleted files are understood."""
    reply = (
        "```diff\n--- /dev/null\n+++ b/new/c.py\n@@ -0,0 +1 @@\n+x = 1\n"
        "--- a/pkg/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-def f(x):\n```"
    )
    assert after(reply, FILES) == {"b.txt": b"one\ntwo", "new/c.py": b"x = 1\n"}


def test_no_newline_at_the_end():
    """So is the marker for a missing newline."""
    end = "\\ No newline at end of file\n"
    reply = f"```diff\n--- a/b.txt\n+++ b/b.txt\n@@ -1,2 +1,2 @@\n one\n-two\n{end}+2\n{end}```\n"
    assert after(reply, FILES)["b.txt"] == b"one\n2"


def test_several_hunks():
    """Several hunks change several places."""
    reply = (
        "```diff\n--- a/pkg/a.py\n+++ b/pkg/a.py\n@@ @@\n-    y = x\n"
        "+    y = 2\n@@ @@\n def g():\n-    return 1\n+    return 2\n```"
    )
    assert after(reply, FILES)["pkg/a.py"] == TEXT.replace(b"y = x", b"y = 2").replace(b"return 1", b"return 2")


def test_diff_of_nothing_known():
    """Old lines that are not in the file are a problem."""
    assert "not in the file" in told("```diff\n--- a/pkg/a.py\n+++ b/pkg/a.py\n@@ @@\n-nope\n+x\n```", FILES)
