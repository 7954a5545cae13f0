"""Whether a Python file is laid out as Python wants it. The grammar is more tolerant: to it, a line may end anywhere
and stand at any depth, so a program and a broken one could have one tree."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_BLOCKS = frozenset({"module", "block"})
_CLAUSES = frozenset({"elif_clause", "else_clause", "except_clause", "except_group_clause", "finally_clause"})
_COMMENT = re.compile(rb"#[^\n]*")
_JOINED = re.compile(rb"\\\r?\n")
_JOINED_INDENT = re.compile(rb"\n[ \t\f]*\\\r?\n")
_NEVER = b"\0"
"""An indentation that no line has."""


class PythonLayout:
    """Is shown all nodes in order, and takes in where lines begin."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._end: int | None = None
        """Of the last token; None: there was none yet."""
        self._open = 0
        """How many brackets are open."""
        self._indents: list[bytes | None] = [b""]
        """Of the module and the blocks around; None: nothing of the block has come yet."""
        self._begun = -1
        """Where a line last began that may begin there."""

    def fits(self, node: "Node", parent: str) -> bool:
        """Whether a node, not the root, stands where it may stand."""
        if node.is_extra:
            return True
        if node.type == "block":
            self._indents.append(None)
            return any(not child.is_extra for child in node.children)
        indent = self._indent(node.start_byte)
        in_line = indent is None
        if parent in _BLOCKS:
            fits = self._fits_block(indent)
        elif node.type in _CLAUSES or (parent == "decorated_definition" and node.start_byte != self._begun):
            fits = not in_line and indent == self._indents[-1]
        else:
            return in_line or node.start_byte == self._begun
        self._begun = node.start_byte
        return fits

    def take(self, token: "Node") -> None:
        """Take in a node that is not entered."""
        self._end = token.end_byte
        self._open += (token.type in {"(", "[", "{"}) - (token.type in {")", "]", "}"})

    def leave(self, kind: str) -> None:
        """Of a node that was entered, all has been seen."""
        if kind == "block":
            self._indents.pop()

    def _fits_block(self, indent: bytes | None) -> bool:
        expected = self._indents[-1]
        if expected is not None:
            return indent is None or indent == expected
        around = next((one for one in reversed(self._indents[:-1]) if one not in {None, _NEVER}), b"") or b""
        # In a block on its head's line no further line can begin.
        self._indents[-1] = _NEVER if indent is None else indent
        return indent is None or (len(indent) > len(around) and indent.startswith(around))

    def _indent(self, start: int) -> bytes | None:
        """What a line begins with that begins here; None where none does."""
        gap = self._content[self._end or 0 : start]
        if self._open or (self._end is not None and b"\n" not in gap):
            return None
        bare = _COMMENT.sub(b"", gap)
        if _JOINED_INDENT.search(bare):
            return _NEVER
        bare = _JOINED.sub(b"", bare)
        if self._end is not None and b"\n" not in bare:
            return None
        # A form feed begins the line anew.
        return bare.rpartition(b"\n")[2].rpartition(b"\f")[2]
