"""What is read from a whole syntax tree, without recursion: trees may be as deep as a reply makes them."""

from typing import TYPE_CHECKING

from agent.code.syntax import COMMENTS

if TYPE_CHECKING:
    from tree_sitter import Node


def first_error(root: "Node") -> int | None:
    """The first row that does not parse."""
    node = root
    if not node.has_error:
        return None
    while True:
        wrong = next((child for child in node.children if child.has_error or child.is_missing), None)
        if wrong is None or wrong.is_error or wrong.is_missing:
            return (wrong or node).start_point[0]
        node = wrong


def details_of(root: "Node") -> tuple[frozenset[int], tuple[tuple[int, str], ...]]:
    """The rows that begin inside a string, docstrings apart, and every comment with its row."""
    inner: set[int] = set()
    comments: list[tuple[int, str]] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in COMMENTS:
            comments.append((node.start_point[0], text_of(node)))
        elif "string" in node.type and node.end_point[0] > node.start_point[0]:
            if not _is_docstring(node):
                inner.update(range(node.start_point[0] + 1, node.end_point[0] + 1))
        else:
            stack.extend(reversed(node.children))
    return frozenset(inner), tuple(comments)


def _is_docstring(node: "Node") -> bool:
    parent = node.parent
    return parent is not None and parent.type in {"block", "module", "expression_statement"}


def text_of(node: "Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")
