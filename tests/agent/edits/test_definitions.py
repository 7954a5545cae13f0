"""Definitions that replace those of the same name, in Python."""

import time

import pytest
from support.edits import after, edited, refused, told
from support.slugs import FILES, NEW_WRAP, SHOWN, WRAP, replaced, reply, result

from agent.edits import EditFormat


@pytest.mark.parametrize("asked", ["definitions", "blocks", "whole"])
def test_a_function(asked: EditFormat):
    """A complete function replaces its namesake, whatever was asked for; what stands above it stays."""
    edit = edited(reply(NEW_WRAP), FILES, asked, SHOWN)
    assert edit.format == "definitions"
    assert edit.changes[0].content == replaced(WRAP, NEW_WRAP).encode()


@pytest.mark.parametrize(
    ("before", "tag", "head"),
    [
        ("kit/text.py", "python", ""),
        ("`kit/text.py`:", "py", ""),
        ("### text.py", "", ""),
        ("", "python kit/text.py", ""),
        ("", "python:kit/text.py", ""),
        ("", "kit/text.py", ""),
        ("", "python", "# kit/text.py\n"),
        ("", "python", "# kit/text.py\n\n"),
        ("", "python", "# File: kit/text.py\n"),
        ("In `kit/text.py`:", "python", ""),
        ("path/to/file.py", "python", ""),
        ("src/wrong.py", "python", ""),
        ("", "python", "# slugger.py\n"),
        ("", "Python", ""),
        ("", "", ""),
    ],
)
def test_where_the_path_stands(before: str, tag: str, head: str):
    """The path stands above the fence, on it, in a first comment, or nowhere; a wrong one gives way to the name."""
    files = after(reply(head + NEW_WRAP, before, tag), FILES, "definitions", SHOWN)
    assert files == {**FILES, "kit/text.py": replaced(WRAP, NEW_WRAP).encode()}


def test_a_file_that_was_not_shown():
    """A definition that no shown file has is looked for in all files."""
    files = after(reply("def shared():\n    return 2\n"), FILES, "definitions", SHOWN)
    assert files["kit/other.py"].startswith(b"def shared():\n    return 2\n")


def test_several_files_have_it():
    """A definition of several shown files needs a path."""
    assert "several files" in told(reply("def indent(text):\n    return text\n"), FILES, "definitions")
    assert after(reply("def indent(text):\n    return text\n", "kit/other.py"), FILES, "definitions")


def test_no_file_has_it():
    """A definition of no file needs a path, too."""
    assert "no file defines `nothing`" in told(reply("def nothing():\n    return 1\n"), FILES, "definitions", SHOWN)


def test_decorators_and_comments_are_replaced():
    """Decorators and comments that are given take the place of the old ones."""
    code = "# Splits.\n@cached\n@other\n" + NEW_WRAP
    assert result(code) == replaced("# Keeps words whole.\n@trace\n" + WRAP, code)


@pytest.mark.parametrize(
    "tail",
    [
        "\n# Example usage\nprint(wrap('a b c'))\n",
        "\n\nif __name__ == '__main__':\n    print(wrap('a'))\n",
        "\ntext = 'a b c'\nresult = wrap(text)\nassert result == []\n",
        "\ndef test_wrap():\n    assert wrap('a') == ['a']\n\ntest_wrap()\n",
        "\nimport pytest\n\nclass TestWrap:\n    def test_it(self):\n        assert pytest\n",
        "\nprint(wrap('a b c'))  # Should output: ['a\n",
        "\nfor case in [1, 2]:\n    print(case)\n",
        "\nindent = wrap('a')\n",
    ],
)
def test_usage_examples_are_ignored(tail: str):
    """What follows the definitions as an example or a test is no part of the edit."""
    edit = edited(reply(NEW_WRAP + tail), FILES, "definitions", SHOWN)
    assert edit.changes[0].content == replaced(WRAP, NEW_WRAP).encode()
    assert edit.notes


@pytest.mark.parametrize(
    "body",
    [
        "    # ... existing code ...\n    return [text]\n",
        "    lines = []\n    # rest of the function remains unchanged\n",
        "    lines = []\n    ...\n    return lines\n",
        "    ...\n",
        "    for word in text:\n        # ...\n        pass\n",
    ],
)
def test_placeholders(body: str):
    """A placeholder in a function would cut off its code."""
    assert "leaves code out" in told(reply("def wrap(text):\n" + body), FILES, "definitions", SHOWN)


def test_syntax_errors():
    """Code that does not parse is a problem with its line."""
    problem = refused(reply("def wrap(text):\n    return (text\n\nx = 1\n"), FILES, "definitions", SHOWN).problems[0]
    assert "does not parse" in problem.message
    assert problem.line in {4, 5, 6, 7}


def test_two_versions():
    """Two different versions of one function are a problem; the original quoted first is none."""
    both = reply("def wrap(text):\n    return 1\n") + reply("def wrap(text):\n    return 2\n")
    assert "overlap" in told(both, FILES, "definitions", SHOWN)
    quoted = reply(WRAP, "The bug is here:") + reply(NEW_WRAP, "Corrected:")
    assert after(quoted, FILES, "definitions", SHOWN)["kit/text.py"] == replaced(WRAP, NEW_WRAP).encode()


def test_same_definition():
    """The same definition again changes nothing."""
    assert "changes nothing" in told(reply(WRAP), FILES, "definitions", SHOWN)


def test_duplicates_in_branches():
    """Two definitions in the branches of a condition are ambiguous."""
    files = {"a.py": b"try:\n    def f(x):\n        return 1\nexcept E:\n    def f(x):\n        return 2\n"}
    assert "lines 2, 5 of the file" in told(reply("def f(x):\n    return 3\n"), files, "definitions")


def test_definition_in_a_branch():
    """One in a branch is replaced at its indentation."""
    files = {"a.py": b"if X:\n    def f(x):\n        return 1\nelse:\n    f = None\n"}
    changed = after(reply("def f(x):\n    return 3\n"), files, "definitions")["a.py"]
    assert changed == files["a.py"].replace(b"return 1", b"return 3")


def test_two_files_in_one_block():
    """Definitions of one block go to the files that have them."""
    files = {"a.py": b"def f():\n    return 1\n", "b.py": b"def g():\n    return 1\n"}
    assert after(reply("def f():\n    return 2\n\ndef g():\n    return 2\n"), files, "definitions") == {
        "a.py": b"def f():\n    return 2\n",
        "b.py": b"def g():\n    return 2\n",
    }


def test_no_fence_at_all():
    """An answer that is nothing but code needs no fence."""
    assert after(NEW_WRAP, FILES, "definitions", SHOWN)["kit/text.py"] == replaced(WRAP, NEW_WRAP).encode()


def test_unclosed_fence():
    """Nor does the fence need to be closed."""
    assert (
        after("```python\n" + NEW_WRAP, FILES, "definitions", SHOWN)["kit/text.py"] == replaced(WRAP, NEW_WRAP).encode()
    )


def test_deletion_beside_definitions():
    """One-line operations stand beside any format."""
    files = after(reply(NEW_WRAP) + "\n<<<<<<< DELETE kit/other.py\n", FILES, "definitions", SHOWN)
    assert set(files) == {"kit/text.py"}


def test_deep_nesting():
    """Conditions nested as deep as anybody likes are no trouble."""
    deep = "".join("    " * level + "if x:\n" for level in range(400)) + "    " * 400 + "pass\n"
    files = {"a.py": deep.encode() + b"\n\ndef f():\n    return 1\n", "a.cpp": b"namespace a {\n" * 400 + b"}" * 400}
    assert b"return 2" in after(reply(deep + "def f():\n    return 2\n"), files, "definitions")["a.py"]
    told(
        reply("namespace a {\n" * 400 + "int f() { return 1; }\n" + "}" * 400 + "\n", "a.cpp", "cpp"),
        files,
        "definitions",
    )


def test_long_lines_are_fast():
    """A minified file costs no more than its size."""
    files = {"a.js": b";".join(b"function f%d(){return %d}" % (number, number) for number in range(20_000))}
    start = time.monotonic()
    assert "shares a line" in told("```js\nfunction f7(){return 8}\n```", files, "definitions")
    assert time.monotonic() - start < 20
