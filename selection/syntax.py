"""What a source file says, whatever its comments and layout: files of equal keys behave alike.

Only what is known to mean nothing is left out. A file that does not parse, or in a language without a grammar here,
is keyed by its bytes.
"""

import re
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from selection.layout import PythonLayout
from swe_tasks.languages import language_of_path

if TYPE_CHECKING:
    from tree_sitter import Node, Tree
    from tree_sitter_language_pack import SupportedLanguage

_COMMENTS = frozenset({"comment", "line_comment", "block_comment", "html_comment"})
_BLANKS = frozenset({"line_continuation"})
_WHOLE = frozenset(
    {
        *("string", "string_literal", "raw_string_literal", "interpreted_string_literal", "template_string"),
        *("char_literal", "character_literal", "rune_literal", "regex", "jsx_element", "jsx_fragment"),
    }
)
"""Nodes within which every blank counts."""
_MACROS = frozenset({"token_tree", "token_tree_pattern", "token_repetition", "token_repetition_pattern"})
"""Within a macro of Rust it counts whether tokens touch."""
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_SHEBANG = re.compile(rb"#!")
_COOKIE = re.compile(rb"#.*coding[:=]")
_DIRECTIVES = {
    "go": re.compile(rb"//(go:|export |line |\s*\+build)"),
    "rust": re.compile(rb"///(?!/)|//!|/\*\*(?![*/])|/\*!"),
    **dict.fromkeys(("javascript", "typescript", "tsx"), re.compile(rb"///|(?s:.)*@(ts-|jsx)")),
}
"""Comments that the language or its compiler reads. Those of Rust are attributes."""
_CGO = re.compile(rb'^\s*import\s+(\(\s*)?"C"', re.MULTILINE)


def syntax_key(path: str, content: bytes) -> str:
    """A digest of the file's syntax tree and its path: Python, JavaScript, TypeScript, Go, Rust, Java, C and C++."""
    digest = _syntax_digest(path, content) or "bytes " + sha256(content).hexdigest()
    return sha256(f"{path}\0{digest}".encode("utf-8", "surrogateescape")).hexdigest()


def _syntax_digest(path: str, content: bytes) -> str | None:
    """None where there is no tree that all of the file's meaning is in."""
    language = language_of_path(path)
    if language is None or not _is_utf8(content) or _LONE_RETURN.search(content):
        return None
    if language == "go" and _CGO.search(content):
        return None
    # Headers of C++ have the extension of those of C.
    for name in ("c", "cpp") if language == "c" else (language,):
        from tree_sitter_language_pack import get_parser  # heavy, and not every choice needs it

        tree = get_parser(cast("SupportedLanguage", name)).parse(content)
        if not tree.root_node.has_error:
            walked = _Walk(content, name).digest(tree)
            return f"{name} {walked}" if walked else None
    return None


class _Walk:
    """Takes in all tokens of a tree in their nesting. Without recursion: a source file may nest very deeply."""

    def __init__(self, content: bytes, language: str) -> None:
        self._content = content
        self._hash = sha256()
        self._language = language
        self._layout = PythonLayout(content) if language == "python" else None
        self._parents: list[str] = []
        self._end = 0

    def digest(self, tree: "Tree") -> str | None:
        """None if the layout of a Python file is one that Python refuses; the grammar is more tolerant."""
        cursor = tree.walk()
        while cursor.node is not None:
            node = cursor.node
            if self._layout and self._parents and not self._layout.fits(node, self._parents[-1]):
                return None
            if self._enter(node, cursor.field_name or "") and cursor.goto_first_child():
                self._parents.append(node.type)
                continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return self._hash.hexdigest()
                left = self._parents.pop()
                if self._layout:
                    self._layout.leave(left)
                self._hash.update(b")" if self._parents else b"")
        raise AssertionError("a cursor always has a node")

    def _enter(self, node: "Node", field: str) -> bool:
        """Take a node in, or all that counts of it before its children. Whether these are to be visited."""
        if not self._parents:
            return True
        if node.is_extra and node.type in _COMMENTS | _BLANKS:
            self._comment(node)
            return False
        if self._parents and self._parents[-1] in _MACROS and node.start_byte == self._end:
            self._hash.update(b"~")
        if node.child_count and node.type not in _WHOLE:
            self._hash.update(f"({field}:{node.type}\0".encode())
            return True
        self._end = node.end_byte
        if self._layout:
            self._layout.take(node)
        text = self._content[node.start_byte : node.end_byte]
        if node.type == "preproc_arg":
            text = text.strip()
        # The ends of lines that some grammars have for tokens; what they end has a node of its own.
        if node.is_named or text.strip(b"\0 \t\r\n"):
            self._hash.update(f"{field}:{node.type} {len(text)}\0".encode() + text)
        return False

    def _comment(self, node: "Node") -> None:
        text, row = self._content[node.start_byte : node.end_byte], node.start_point[0]
        directive = _DIRECTIVES.get(self._language)
        if (
            (row == 0 and _SHEBANG.match(text))
            or (row < 2 and self._language == "python" and _COOKIE.match(text))
            or (directive and directive.match(text))
        ):
            self._hash.update(f"#{len(text.rstrip())}\0".encode() + text.rstrip())
        elif b"\n" in text.rstrip() and self._content[node.end_byte :].split(b"\n", 1)[0].strip():
            # Code stands behind it on the same line: in some languages it ends a statement as a line's end does.
            self._hash.update(b"#\n")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
