"""A module to edit by definitions, and answers about it."""

from support.edits import after

TEXT = b'''#!/usr/bin/env python
"""Slugs and wrapping."""

from __future__ import annotations

import re
from collections import OrderedDict

DEFAULT_WIDTH = 72
SEPARATORS = {
    "-": 1,
}


class Slugger(object):
    """Make unique slugs."""

    separator = "-"

    def __init__(self, maximum=None):
        self.maximum = maximum
        self._seen = OrderedDict()

    # Not thread safe.
    @property
    def size(self):
        return len(self._seen)

    @size.setter
    def size(self, value):
        raise AttributeError(value)

    def slug(self, text):
        base = re.sub(r"[^a-z0-9]+", self.separator, text.lower())
        return base


# Keeps words whole.
@trace
def wrap(text, width=DEFAULT_WIDTH):
    """Wrap text."""
    lines = []
    line = ""
    for word in text.split():
        line += word
    return lines


def indent(text):
    query = """
    select
      1
    """
    return query + text


if __name__ == "__main__":
    print(wrap("a"))
'''
FILES = {
    "kit/text.py": TEXT,
    "kit/other.py": b"def shared():\n    return 1\n\n\ndef indent(text):\n    return ' ' + text\n",
}
SHOWN = ["kit/text.py"]


def reply(code: str, before: str = "Here's the corrected function:", tag: str = "python") -> str:
    return f"{before}\n\n```{tag}\n{code}```\n\nThis should fix it.\n"


def result(code: str, before: str = "") -> str:
    return after(reply(code, before), FILES, "definitions", SHOWN)["kit/text.py"].decode()


def replaced(old: str, new: str) -> str:
    assert TEXT.decode().count(old) == 1
    return TEXT.decode().replace(old, new)


WRAP = TEXT.decode()[TEXT.decode().index("def wrap") : TEXT.decode().index("def indent")].rstrip() + "\n"
NEW_WRAP = 'def wrap(text, width=DEFAULT_WIDTH):\n    """Wrap text."""\n    return [text]\n'
