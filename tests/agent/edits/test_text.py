"""Bytes that an edit must leave alone."""

from support.edits import after, block, edited, told


def test_crlf_stays():
    """A file with CRLF keeps it, in new lines as well."""
    files = {"a.py": b"one\r\ntwo\r\nthree\r\n"}
    assert after(block("a.py", "two\n", "2\n2b\n"), files)["a.py"] == b"one\r\n2\r\n2b\r\nthree\r\n"


def test_crlf_reply_for_a_file_without():
    """A reply in CRLF does not bring it into other files."""
    files = {"a.py": b"one\ntwo\n"}
    reply = (block("a.py", "two\n", "2\n2b\n") + block("b.py", "", "new\n")).replace("\n", "\r\n")
    assert after(reply, files) == {"a.py": b"one\n2\n2b\n", "b.py": b"new\n"}


def test_mixed_endings():
    """Every untouched line keeps its own ending, also inside a block."""
    files = {"a.py": b"a\r\nb\nc\r\nd\ne\r\n"}
    assert after(block("a.py", "b\nc\nd\n", "b\nC\nd\n"), files)["a.py"] == b"a\r\nb\nC\r\nd\ne\r\n"


def test_latin_1():
    """Bytes that are not UTF-8 stay as they are."""
    files = {"a.py": b"# caf\xe9\nx = 1\n# \xff\xfe\n"}
    assert after(block("a.py", "x = 1\n", "x = 2\n"), files)["a.py"] == b"# caf\xe9\nx = 2\n# \xff\xfe\n"


def test_latin_1_can_be_quoted():
    """A reply quotes such a line as it reads, or as it was shown, and new letters are written alike."""
    files = {"a.py": b"# caf\xe9\nx = 1\n"}
    for quoted in ("# caf\u00e9", "# caf\ufffd"):
        changed = after(block("a.py", f"{quoted}\nx = 1\n", f"{quoted}\nx = 2\n"), files)["a.py"]
        assert changed == b"# caf\xe9\nx = 2\n"
    assert after(block("a.py", "x = 1\n", "x = 'ü'\n"), files)["a.py"] == b"# caf\xe9\nx = '\xfc'\n"


def test_byte_order_mark():
    """A BOM stays, and the first line can be quoted without it."""
    files = {"a.py": b"\xef\xbb\xbfone\ntwo\n"}
    assert after(block("a.py", "one\n", "1\n"), files)["a.py"] == b"\xef\xbb\xbf1\ntwo\n"
    assert after("a.py\n```\none\n2\n```\n", files, "whole")["a.py"] == b"\xef\xbb\xbfone\n2\n"


def test_form_feeds_and_separators():
    """Only newlines part lines: form feeds, NEL and Unicode separators are letters."""
    files = {"a.py": "a\x0c\nb\x85c\u2028d\ne\n".encode()}
    assert after(block("a.py", "e\n", "f\n"), files)["a.py"] == "a\x0c\nb\x85c\u2028d\nf\n".encode()


def test_whole_keeps_endings():
    """A whole file keeps the line endings, and the missing last newline of an unchanged last line."""
    files = {"a.txt": b"a\r\nb\nc\r\nd"}
    assert after("a.txt\n```\na\nB\nc\nd\n```\n", files, "whole")["a.txt"] == b"a\r\nB\nc\r\nd"


def test_definitions_keep_endings():
    """So do definitions."""
    files = {"a.py": b"x = 1\n\r\ndef f():\r\n    return x\r\n\r\n# caf\xe9"}
    reply = "```python\ndef f():\n    y = 2\n    return x\n```"
    assert after(reply, files, "definitions")["a.py"] == files["a.py"].replace(b"():\r\n", b"():\r\n    y = 2\r\n")


def test_lone_surrogates():
    """Half characters in a reply do not break anything."""
    assert edited(block("a.py", "", "x = '\ud800'\n"), {}).changes[0].content == "x = '\ufffd'\n".encode()
    assert "not in the file" in told(block("a.py", "\ud800\n", "x\n"), {"a.py": b"x\n"})
