"""Answers in the manner of small models, to one issue about one module."""

from textwrap import dedent

import pytest
from support.edits import after, edited, told

from agent.edits import EditFormat

MODULE = '''"""Small text utilities."""

import re
from collections import OrderedDict


DEFAULT_WIDTH = 72


class Slugger:
    """Make unique slugs."""

    separator = "-"

    def __init__(self, maximum=None):
        self.maximum = maximum
        self._seen = OrderedDict()

    def slug(self, text):
        """Return a unique slug for text."""
        base = re.sub(r"[^a-z0-9]+", self.separator, text.lower())
        if self.maximum:
            base = base[: self.maximum]
        count = self._seen.get(base, 0)
        self._seen[base] = count + 1
        if count:
            return f"{base}{self.separator}{count}"
        return base

    def reset(self):
        self._seen.clear()


def wrap(text, width=DEFAULT_WIDTH):
    """Wrap text to width, keeping words whole."""
    lines = []
    line = ""
    for word in text.split():
        if len(line) + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = line + " " + word if line else word
    return lines
'''
FILES = {"textkit/text.py": MODULE.encode(), "textkit/__init__.py": b"from textkit.text import Slugger, wrap\n"}
SHOWN = ["textkit/text.py"]
ASKED: list[EditFormat] = ["definitions", "blocks", "whole"]

WRAP = MODULE[MODULE.index("def wrap") :]
FIXED_WRAP = WRAP.replace("    return lines\n", "    if line:\n        lines.append(line)\n    return lines\n")
SLUG = MODULE[MODULE.index("    def slug") : MODULE.index("    def reset")].rstrip() + "\n"
FIXED_SLUG = SLUG.replace("text.lower())", "text.lower()).strip(self.separator)")
FIXED = MODULE.replace(WRAP, FIXED_WRAP)
FIXED_BOTH = FIXED.replace(SLUG, FIXED_SLUG)
CLASS_HEAD = 'class Slugger:\n    """Make unique slugs."""\n\n'


def fenced(code: str, tag: str = "python") -> str:
    return f"```{tag}\n{code}```\n"


GOOD = {
    "one function": (
        "The issue is that the last line is never appended. Here's the corrected function:\n\n"
        + fenced(FIXED_WRAP)
        + "\nThis change makes sure that the last line is kept.",
        FIXED,
    ),
    "function with an example": (
        "### Corrected Code\n\n"
        + fenced(FIXED_WRAP + "\n# Example usage:\ntext = 'a b c'\nprint(wrap(text))  # Output: ['a b c']\n")
        + "\n### Explanation\n\n1. **wrap**: we now append `line` at the end.\n",
        FIXED,
    ),
    "function with imports and tests": (
        fenced(
            "import re\nfrom textkit.text import Slugger\n\n"
            + FIXED_WRAP
            + "\n\ndef test_wrap():\n    assert wrap('a b c') == ['a b c']\n"
        ),
        FIXED,
    ),
    "file name in bold": ("**textkit/text.py**\n\n" + fenced(FIXED_WRAP), FIXED),
    "old and new": (
        "The bug is in this function:\n\n" + fenced(WRAP) + "\nIt should be:\n\n" + fenced(FIXED_WRAP),
        FIXED,
    ),
    "class excerpt": (
        fenced(
            "# textkit/text.py\n"
            + CLASS_HEAD
            + "    # ... existing code ...\n\n"
            + FIXED_SLUG
            + "\n    # ... existing code ...\n\n\n"
            + FIXED_WRAP
        ),
        FIXED_BOTH,
    ),
    "bare method": (
        "For the slugs:\n\n" + fenced(dedent(FIXED_SLUG)) + "\nand for the lines:\n\n" + fenced(FIXED_WRAP),
        FIXED_BOTH,
    ),
    "method still indented": (fenced(FIXED_SLUG + "\n\n") + fenced(FIXED_WRAP, "py"), FIXED_BOTH),
    "whole module with an example": (
        "Here's the complete corrected module:\n\ntextkit/text.py\n" + fenced(FIXED_BOTH),
        FIXED_BOTH,
    ),
    "list item": ("1. Update `wrap`:\n\n" + "".join(f"   {line}\n" for line in fenced(FIXED_WRAP).splitlines()), FIXED),
    "cut after the function": (
        "```python\n" + FIXED_WRAP + "\n\n# Test the corrected function\nprint(wrap('a b",
        FIXED,
    ),
    "unlabelled fence": (fenced(FIXED_WRAP, ""), FIXED),
    "diff-like": (
        (
            "```diff\n--- a/textkit/text.py\n+++ b/textkit/text.py\n"
            "@@ -40,6 +40,8 @@ def wrap(text):\n             line = word\n"
            '         else:\n             line = line + " " + word if line else word\n'
            "+    if line:\n+        lines.append(line)\n     return lines\n```\n"
        ),
        FIXED,
    ),
    "blocks with the example's path": (
        (
            "path/to/file.py\n<<<<<<< SEARCH\n    return lines\n=======\n    if line:\n"
            "        lines.append(line)\n    return lines\n>>>>>>> REPLACE"
        ),
        FIXED,
    ),
    "blocks in a fence": (
        (
            "```python\n<<<<<<< SEARCH\nreturn lines\n=======\nif line:\n"
            "    lines.append(line)\nreturn lines\n>>>>>>> REPLACE\n```"
        ),
        FIXED,
    ),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("name", GOOD)
def test_understood(name: str, asked: EditFormat):
    """Whatever was asked for, the meant change is what comes out, and nothing else."""
    reply, wanted = GOOD[name]
    files = after(reply, FILES, asked, SHOWN)
    assert files["textkit/text.py"].decode() == wanted
    assert files.keys() == FILES.keys()


BAD = {
    "part of a line": (
        (
            "path/to/file.py\n<<<<<<< SEARCH\nwrap(text, width=DEFAULT_WIDTH)\n"
            "=======\nwrap(text, width=DEFAULT_WIDTH) if text else []\n>>>>>>> REPLACE"
        ),
        "   34 | def wrap(text, width=DEFAULT_WIDTH):",
    ),
    "blocks without dividers": (
        "textkit/text.py\n<<<<<<< SEARCH\nslugger.slug('  Hello!') == '-hello-' >>>>>>> REPLACE\n",
        "must stand alone",
    ),
    "nothing changed": ("Corrected:\n\n" + fenced(MODULE[MODULE.index("class") :]), "changes nothing"),
    "shortened function": (
        fenced(
            "def wrap(text, width=DEFAULT_WIDTH):\n    # ... existing code ...\n"
            "    if line:\n        lines.append(line)\n    return lines\n"
        ),
        "leaves code out",
    ),
    "only a call": ("You can call it like this:\n\n" + fenced("print(wrap('a b c'))\n"), "holds no edit"),
    "only advice": ("You should append the last line after the loop.", "holds no edit"),
    "invented diff": (
        (
            "```diff\n--- a/textkit/text.py\n+++ b/textkit/text.py\n@@ -23,6 +23,7 @@\n"
            '         line = ""\n         for word in text.split():\n'
            "+            if line:\n             line = word\n```"
        ),
        "not in the file",
    ),
    "broken code": (fenced("def wrap(text:\n    return [text]\n"), "does not parse"),
    "cut in a function": ("```python\ndef wrap(text, width=DEFAULT_WIDTH):\n    lines = [\n", "does not parse"),
}


@pytest.mark.parametrize("asked", ["definitions", "blocks"])
@pytest.mark.parametrize("name", BAD)
def test_refused(name: str, asked: EditFormat):
    """What is unclear or changes nothing is told, not guessed."""
    reply, message = BAD[name]
    assert message in told(reply, FILES, asked, SHOWN)


def test_all_definitions_are_not_a_file():
    """All definitions of a module without its imports are not the whole file."""
    edit = edited(fenced(MODULE[MODULE.index("class") :].replace(WRAP, FIXED_WRAP)), FILES, "whole", SHOWN)
    assert edit.changes[0].content == FIXED.encode()
    assert edit.format == "definitions"


def test_whole_file_with_a_broken_end():
    """A file that parsed is not replaced by one that does not."""
    assert "does not parse" in told(fenced(FIXED_BOTH + "print(wrap('a\n"), FILES, "whole", SHOWN)
