"""Files and functions stay small enough to be read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "sandbox", "selection", "swe_tasks")

FILE_LINES = 350
FUNCTION_LINES = 60
PARAMETERS = 12
METHODS = 12
PROTOCOL_METHODS = 5

# An exception is `"path": (what it measures, "the reason")`, or `"path:function"`. The list may only get
# shorter: one that is no longer needed fails a test.
EXCEPTIONS: dict[str, tuple[int, str]] = {}

FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def too_large() -> dict[str, int]:
    """Everything that is over a budget, by name."""
    found: dict[str, int] = {}
    for path in FILES:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            found[name_of(path)] = lines
        for node in nodes(path):
            if isinstance(node, Function) and (length := _length(node)) > FUNCTION_LINES:
                found[f"{name_of(path)}:{node.name}"] = length
    return found


def _length(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def test_there_is_something_to_measure() -> None:
    """A moved directory must not make the budgets pass."""
    assert {name_of(path).split("/")[0] for path in FILES} == set(PACKAGES)


def test_files_and_functions_are_within_their_budgets() -> None:
    """A longer one is two ideas, or has its reason written down."""
    over = {name: size for name, size in too_large().items() if size > EXCEPTIONS.get(name, (0, ""))[0]}
    assert over == {}


def test_exceptions_are_needed_and_have_reasons() -> None:
    """What has become small enough leaves the list."""
    sizes = too_large()
    assert [name for name, (_, reason) in EXCEPTIONS.items() if name not in sizes or len(reason) < 20] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_classes_and_signatures_are_narrow(path: Path) -> None:
    """Ports above all: what a backend must have, every backend and every stand-in must have."""
    for node in nodes(path):
        if isinstance(node, Function):
            count = len(node.args.posonlyargs) + len(node.args.args) + len(node.args.kwonlyargs)
            assert count <= PARAMETERS, f"{node.name} has {count} parameters"
        if isinstance(node, ast.ClassDef):
            methods = sum(isinstance(m, Function) and not m.name.startswith("_") for m in node.body)
            protocol = any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
            assert methods <= (PROTOCOL_METHODS if protocol else METHODS), f"{node.name} has {methods} public methods"
