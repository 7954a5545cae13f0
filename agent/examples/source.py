"""What is Python in an issue, and what it defines and needs."""

import ast
import builtins
import re
import textwrap
import warnings
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 20_000

_OLD_PRINT = re.compile(r"^(\s*)print (?!\()(.*)$", re.MULTILINE)
_ARROW = re.compile(r"[ \t]+<-{2,}[^\n]*$", re.MULTILINE)
_QUOTED = re.compile(r"^>[ \t]?")
_BUILTINS = frozenset(dir(builtins))
_STARS = "*"


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of Python that compiles."""

    text: str
    tree: ast.Module


def python_of(text: str) -> Source | None:
    """The text as Python of today, if it is Python; indentation, quoting, arrows and the old print are mended."""
    if len(text) > LONGEST or "\0" in text:
        return None
    text = textwrap.dedent(text).strip("\n")
    lines = [line for line in text.split("\n") if line.strip()]
    if lines and all(line.startswith(">") and not line.startswith(">>") for line in lines):
        text = "\n".join(textwrap.dedent(_QUOTED.sub("", line)).strip() for line in text.split("\n"))
    text = _ARROW.sub("", text)  # or it would be Python, and compare
    for guess in (text, _OLD_PRINT.sub(r"\1print(\2)", text)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an odd escape is the business
                tree = ast.parse(guess)
                compile(tree, "<example>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return Source(guess, tree) if tree.body else None
    return None


def is_test_module(source: Source) -> bool:
    """Whether it defines tests and does nothing else that could be looked at."""
    tests = [
        node
        for node in source.tree.body
        if (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"))
        or (isinstance(node, ast.ClassDef) and node.name.startswith("Test"))
    ]
    return bool(tests)


def acts(source: Source) -> bool:
    """Whether running it may show something: it does more than import, define and name constants."""
    return any(_acts(node) for node in source.tree.body)


def prepares(source: Source) -> bool:
    """Whether it only imports, defines and gives names."""
    quiet = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    return all(isinstance(node, quiet) for node in source.tree.body)


def _acts(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return any(isinstance(inner, ast.Call | ast.Compare | ast.BinOp | ast.Subscript) for inner in ast.walk(node))
    return isinstance(node, ast.With | ast.For | ast.While | ast.If | ast.Try | ast.Assert | ast.Delete)


def is_code(source: Source) -> bool:
    """Whether a block with no word on its language is a program, and no output that happens to be Python."""
    telling = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.Assert, ast.With, ast.Call)
    return any(isinstance(inner, telling) for inner in ast.walk(source.tree))


def names_bound(source: Source) -> frozenset[str]:
    """What it leaves behind; `*` stands for what an import of everything does."""
    bound: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return frozenset(bound)


def names_needed(source: Source) -> frozenset[str]:
    """What it uses and does not define itself."""
    used = {node.id for node in ast.walk(source.tree) if isinstance(node, ast.Name)}
    arguments = {node.arg for node in ast.walk(source.tree) if isinstance(node, ast.arg)}
    return frozenset(used - names_bound(source) - arguments - _BUILTINS)


def needs(later: Source, earlier: Source) -> bool:
    """Whether the later piece uses what only the earlier one defines, as far as the text shows."""
    needed, bound = names_needed(later), names_bound(earlier)
    return bool(needed & bound) or (_STARS in bound and bool(needed) and _STARS not in names_bound(later))


def call_of(text: str) -> Source | None:
    """An expression that calls something with arguments, as prose quotes it."""
    source = python_of(text)
    if source is None or len(source.tree.body) != 1 or "..." in text:
        return None
    node = source.tree.body[0]
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    telling = [call for call in calls if call.args or call.keywords]
    return source if isinstance(node, ast.Expr) and telling else None
