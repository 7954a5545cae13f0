"""Laws of reading and writing edits."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.edits import Edit, EditFormat, Problems, read_edit, render_edit, render_problems
from agent.edits.paths import refusal
from swe_tasks.task import FileChange

FORMATS = st.sampled_from(["blocks", "definitions", "whole"])
FILES = {
    "pkg/a.py": (
        b'"""Doc."""\nimport os\n\n\ndef f(x):\n    return x\n\n\nclass A:\n    def m(self):\n        return 1\n'
    ),
    "pkg/b.js": b"export function g(x) {\n  return x;\n}\n",
    "doc.rst": b"Title\n=======\n\nText.\n=======\n",
    "crlf.txt": b"a\r\nb\r\n\r\nc",
    "latin.txt": b"caf\xe9\n\xff\n",
    "link/x.py": b"def f(x):\n    return x\n",
    "empty": b"",
}
LINKS = frozenset({"link", "link/x.py"})
FRAGMENTS = [
    "<<<<<<< SEARCH",
    "=======",
    ">>>>>>> REPLACE",
    "<<<<<<< DELETE ",
    "<<<<<<< RENAME ",
    " -> ",
    "```",
    "```python",
    "````",
    "~~~",
    "```diff",
    "--- a/pkg/a.py",
    "+++ b/pkg/a.py",
    "@@ -1 +1 @@",
    "-def f(x):",
    "+def f(y):",
    "\\ No newline at end of file",
    "pkg/a.py",
    "pkg/b.js",
    "doc.rst",
    "crlf.txt",
    "../x",
    "/etc/x",
    ".git/config",
    "link/x.py",
    "new/file.py",
    "C:\\x",
    "path/to/file.py",
    "def f(x):",
    "    return 2",
    "    return x",
    "class A:",
    "    def m(self):",
    "        return 2",
    "@property",
    "import re",
    "# ...",
    "    ...",
    "export function g(x) {",
    "  return 2;",
    "}",
    "x = 1",
    "if __name__ == '__main__':",
    '"""',
    "Title",
    "a",
    "b",
    "c",
    "caf\ufffd",
    "",
    " ",
    "\t",
    "\r",
    "\0",
    "\x85",
    "\u2028",
    "\udc80",
    "\ud800",
    "# pkg/a.py",
    "### `pkg/a.py`",
    "File: doc.rst",
    "func (c *C) T() {",
    "((((",
]


@st.composite
def replies(draw: st.DrawFn) -> str:
    """Texts full of what the reader looks for."""
    pieces = draw(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=20)), max_size=40))
    joints = draw(
        st.lists(
            st.sampled_from(["\n", "\n", "\n", "", " ", "\r\n", "\n\n"]), min_size=len(pieces), max_size=len(pieces)
        )
    )
    return "".join(piece + joint for piece, joint in zip(pieces, joints, strict=True))


def check(reply: str, asked: EditFormat) -> None:
    result = read_edit(reply, FILES, asked=asked, shown=["pkg/a.py", "crlf.txt"], symlinks=LINKS)
    if isinstance(result, Problems):
        assert result.problems
        assert len(render_problems(result)) <= 6000
        return
    assert result.changes
    for change in result.changes:
        assert refusal(change.path, LINKS) is None
        assert change.content != FILES.get(change.path)


@settings(max_examples=150)
@given(replies(), FORMATS)
def test_any_text_is_read(reply: str, asked: EditFormat):
    """Whatever a model writes gives an edit with an effect on allowed paths, or problems; never an exception."""
    check(reply, asked)


GOOD = [
    "pkg/a.py\n<<<<<<< SEARCH\n    return x\n=======\n    return x + 1\n>>>>>>> REPLACE\n",
    "doc.rst\n<<<<<<< SEARCH\nTitle\n=======\n\nText.\n=======\nT\n=======\n>>>>>>> REPLACE\n<<<<<<< DELETE crlf.txt\n",
    (
        "Here it is:\n\n```python\nimport re\n\nclass A:\n    # ...\n    def m(self):\n"
        "        return re\n\ndef h():\n    return 1\n\nprint(1)\n```\nDone."
    ),
    "pkg/b.js\n```js\nfunction g(x) {\n  return 2;\n}\n```\n\n```bash\nnpm test\n```\n",
    "crlf.txt\n```\na\nb\nB\nc\n```\n<<<<<<< RENAME doc.rst -> docs/doc.rst\n",
    "```diff\n--- a/pkg/a.py\n+++ b/pkg/a.py\n@@ -5 +5 @@\n-def f(x):\n+def f(y):\n```\n",
]


@settings(max_examples=150)
@given(st.data(), st.sampled_from(GOOD), FORMATS)
def test_mutated_replies_are_read(data: st.DataObject, reply: str, asked: EditFormat):
    """Nor does a good reply with pieces cut out, doubled, moved or put in."""
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(reply)))
        stop = data.draw(st.integers(start, min(len(reply), start + 30)))
        piece = data.draw(st.sampled_from(["", reply[start:stop] * 2, "\n", *FRAGMENTS]))
        reply = reply[:start] + piece + reply[stop:]
    check(reply, asked)


LINE = st.one_of(
    st.sampled_from(
        [
            "a",
            "b",
            "a",
            "  a",
            "",
            "=======",
            "=====",
            "```",
            "~~~",
            "<<<<<<< SEARCH",
            ">>>>>>> REPLACE",
            "x.py",
            "# ...",
            "def f():",
            "    return 1",
        ]
    ),
    st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=["Cs"]), max_size=8),
)


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Files with any line ending, with or without the last one; some are not UTF-8."""
    lines = draw(st.lists(LINE, max_size=12))
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines).encode()
    text += draw(st.sampled_from([b"", b"\n", b"\r\n"]))
    return draw(st.sampled_from([b"", b"", b"\xff", b"\xe9\n", b"\xef\xbb\xbf"])) + text


PATHS = st.sampled_from(["a.py", "b.txt", "pkg/c.md", "pkg/d e.txt", "Makefile", "pkg/sub/f.js"])


@st.composite
def edits(draw: st.DrawFn) -> tuple[dict[str, bytes], tuple[FileChange, ...]]:
    """A tree, and changes of it."""
    files = draw(st.dictionaries(PATHS, contents(), max_size=4))
    changed = draw(st.dictionaries(PATHS, st.one_of(st.none(), contents()), min_size=1, max_size=3))
    real = {path: content for path, content in changed.items() if files.get(path) != content}
    return files, tuple(FileChange(path, real[path]) for path in sorted(real))


@settings(max_examples=150)
@given(edits(), FORMATS)
def test_rendered_edits_read_the_same(edit: tuple[dict[str, bytes], tuple[FileChange, ...]], written: EditFormat):
    """Reading a rendered edit gives the edit, byte by byte."""
    files, changes = edit
    assume(changes)
    result = read_edit(render_edit(changes, files, written), files, asked=written, shown=sorted(files))
    assert isinstance(result, Edit), render_problems(result)
    assert result.changes == changes


@settings(max_examples=100)
@given(contents(), st.data())
def test_untouched_lines_stay(content: bytes, data: st.DataObject):
    """A block that adds a line leaves every byte around it alone."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    assume(len(lines) > 1)
    index = data.draw(st.integers(0, len(lines) - 2))
    quoted = lines[index].removesuffix(b"\r").decode("utf-8", "surrogateescape")
    assume(quoted.strip() and not set(quoted) & set("<>=`"))
    reply = f"a.txt\n<<<<<<< SEARCH\n{quoted}\n=======\n{quoted}\nADDED\n>>>>>>> REPLACE\n"
    result = read_edit(reply, {"a.txt": content}, asked="blocks", shown=["a.txt"])
    if isinstance(result, Edit):
        changed = result.changes[0].content or b""
        assert changed.replace(b"ADDED\r\n", b"", 1).replace(b"ADDED\n", b"", 1) == content
