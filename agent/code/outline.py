"""The definitions of a source file as ranges of lines, found by tree-sitter.

What stands directly above a definition belongs to it: decorators, attributes, and comments without a blank
line between.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

from agent.code.nodes import details_of, first_error, text_of
from agent.code.syntax import (
    ATTRIBUTES,
    BRANCHES,
    CLASSES,
    COMMENTS,
    FUNCTIONS,
    IMPORTS,
    NAMESPACES,
    PACKAGES,
    TYPES,
    VALUES,
    WRAPPERS,
    name_of,
    role_of,
)  # fmt: skip

if TYPE_CHECKING:
    from tree_sitter import Node
    from tree_sitter_language_pack import SupportedLanguage

Kind = Literal["function", "class", "type", "value", "import", "package", "docstring", "statement"]
_DEPTH = 6
"""How deep definitions inside definitions are looked for."""
_BRANCHES = 20
"""And how deep inside conditions and namespaces."""
_LONG_LINE = 5000
"""Bytes; what begins or ends inside a longer line never counts as alone on it."""


@dataclass(frozen=True, slots=True)
class Item:
    """Rows count from 0; ranges are half open."""

    kind: Kind
    name: str
    role: str
    """`setter`, `deleter`, `overload`, `declaration`: what else may share a name; mostly empty."""
    params: str
    lead: int
    """First row of the comments above."""
    start: int
    """First row of the decorators."""
    core: int
    """First row of the definition itself."""
    stop: int
    column: int
    alone: bool
    """Nothing else stands on its rows."""
    body: tuple[int, int]
    """Rows between the head and the end of a class; empty where it has none."""
    items: tuple["Item", ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    items: tuple[Item, ...]
    error: int | None
    """The first row that does not parse."""
    inner: frozenset[int]
    """Rows that begin inside a string, docstrings apart."""
    comments: tuple[tuple[int, str], ...]
    """Every comment, with its row."""


def outline(language: str, lines: Sequence[str], *, branches: bool, details: bool = False) -> Outline:
    """`branches`: also what is defined under top-level conditions, as in a file. `details`: strings and
    comments, which take a walk through the whole tree."""
    from tree_sitter_language_pack import get_parser  # heavy, and not every reply needs it

    text = "\n".join(lines) + "\n"
    parser = get_parser(cast("SupportedLanguage", language))
    root = parser.parse(re.sub("[\ud800-\udfff]", "?", text).encode()).root_node
    items = tuple(_items(root, lines, branches=_BRANCHES if branches else 0, depth=0))
    inner, comments = details_of(root) if details else (frozenset[int](), ())
    return Outline(items, first_error(root), inner, comments)


def _items(
    parent: "Node", lines: Sequence[str], *, branches: int, depth: int, spaces: int = _BRANCHES
) -> Iterator[Item]:
    """`branches` and `spaces` are how many conditions and namespaces are still looked into."""
    children = [child for child in parent.children if child.is_named]
    for index, node in enumerate(children):
        if node.type in COMMENTS or node.type in ATTRIBUTES:
            continue
        space = _namespace(node) if spaces else None
        inside = space or (node if branches and node.type in BRANCHES else None)
        if inside is not None and not _is_main_guard(node):
            left = (branches, spaces - 1) if space else (branches - 1, spaces)
            within = _items(inside, lines, branches=left[0], depth=depth, spaces=left[1])
            yield from (item for item in within if item.kind != "statement")
            continue
        yield _with_above(_item(node, lines, depth), children[max(0, index - 50) : index], lines)


def _namespace(node: "Node") -> "Node | None":
    """Also one that is exported, or that TypeScript's grammar wraps in a statement."""
    if node.type in NAMESPACES:
        return node
    if node.type in {"expression_statement", "export_statement"}:
        return next((child for child in node.children if child.type == "internal_module"), None)
    braces = node.type in {"statement_block", "compound_statement"}
    return node if braces and node.parent and node.parent.type in NAMESPACES else None


def _is_main_guard(node: "Node") -> bool:
    return node.type == "if_statement" and b"__name__" in (node.text or b"").partition(b"\n")[0]


def _item(node: "Node", lines: Sequence[str], depth: int) -> Item:
    core = _unwrapped(node)
    kind = _kind(core)
    start, stop = node.start_point[0], _stop(node)
    first = core.start_point[0] if node.type == "decorated_definition" else start
    if node.type == "export_statement":
        first = next((child.start_point[0] for child in node.children if child.type == "export"), start)
    body = core.child_by_field_name("body") if kind in {"class", "function"} else None
    wanted = kind == "class" or (kind == "function" and body is not None and depth > 0) or depth == 0
    items = tuple(_items(body, lines, branches=0, depth=depth + 1)) if body and wanted and depth < _DEPTH else ()
    if kind == "function":
        items = tuple(each for each in items if each.kind in {"function", "class"})
    params = core.child_by_field_name("parameters")
    return Item(
        kind=kind,
        name=name_of(core) if kind in {"function", "class", "type", "value"} else "",
        role=role_of(node, core),
        params="".join(text_of(params).split()) if params else _declared_params(core),
        lead=start,
        start=start,
        core=first,
        stop=stop,
        column=node.start_point[1],
        alone=_alone(node, lines),
        body=_body_rows(body, start, stop) if body else (stop, stop),
        items=items,
    )


def _declared_params(core: "Node") -> str:
    """C hides parameters in the declarator."""
    declarator = core.child_by_field_name("declarator")
    text = text_of(declarator) if declarator else ""
    return "".join(text.partition("(")[2].split())


def _unwrapped(node: "Node") -> "Node":
    for _ in range(4):
        if node.type not in WRAPPERS:
            break
        inner = node.child_by_field_name("definition") or node.child_by_field_name("declaration")
        inner = inner or node.child_by_field_name("value") or _last_definition(node)
        if inner is None:
            break
        node = inner
    return node


def _last_definition(node: "Node") -> "Node | None":
    known = FUNCTIONS | CLASSES | TYPES | VALUES | WRAPPERS | {"assignment_expression"}
    return next((child for child in reversed(node.children) if child.type in known), None)


_KINDS: tuple[tuple[frozenset[str], Kind], ...] = (
    (FUNCTIONS, "function"),
    (CLASSES, "class"),
    (TYPES, "type"),
    (VALUES, "value"),
    (IMPORTS, "import"),
    (PACKAGES, "package"),
)


def _kind(node: "Node") -> Kind:
    if node.type == "assignment_expression":
        right = node.child_by_field_name("right")
        function = right is not None and right.type in {"function_expression", "arrow_function", "function"}
        return "function" if function else "statement"
    if node.type == "string" or (node.type == "expression_statement" and text_of(node).startswith(('"', "'", 'r"'))):
        return "docstring"
    for types, kind in _KINDS:
        if node.type in types:
            return kind
    return "statement"


def _stop(node: "Node") -> int:
    row, column = node.end_point
    return row if column == 0 and row > node.start_point[0] else row + 1


def _body_rows(body: "Node", start: int, stop: int) -> tuple[int, int]:
    first = body.start_point[0]
    braced = text_of(body).startswith("{")
    inside = (first + 1, stop - 1) if braced else (first, stop)
    return inside if inside[0] > start and inside[0] <= inside[1] else (stop, stop)


def _alone(node: "Node", lines: Sequence[str]) -> bool:
    (row, column), (end_row, end_column) = node.start_point, node.end_point
    if (column and len(lines[row]) > _LONG_LINE) or (end_row < len(lines) and len(lines[end_row]) > _LONG_LINE):
        return False
    before = lines[row].encode("utf-8", "replace")[:column] if row < len(lines) else b""
    after = lines[end_row].encode("utf-8", "replace")[end_column:] if end_row < len(lines) and end_column else b""
    return not before.strip() and re.fullmatch(rb"[\s;,]*(#.*|//.*|/\*.*\*/\s*)?", after, re.DOTALL) is not None


def _with_above(item: Item, above: Sequence["Node"], lines: Sequence[str]) -> Item:
    """With the attributes and comments that stand directly above at the same column."""
    lead, start = item.lead, item.start
    for node in reversed(above):
        touching = _stop(node) == lead and node.start_point[1] == item.column and _alone(node, lines)
        if not touching or (node.type in COMMENTS and _is_file_comment(node)):
            break
        if node.type in ATTRIBUTES:
            lead = start = node.start_point[0]
        elif node.type in COMMENTS:
            lead = node.start_point[0]
        else:
            break
    return replace(item, lead=lead, start=start) if lead != item.lead else item


def _is_file_comment(node: "Node") -> bool:
    return node.start_point[0] < 2 and re.match(r"#!|#.*coding[:=]", text_of(node)) is not None
