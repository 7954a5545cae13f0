"""Rules that no other tool checks."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for package in ("agent", "sandbox", "selection", "swe_tasks") for path in (ROOT / package).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))

IGNORE = re.compile(
    r"#\s*(?:pyright:\s*ignore|type:\s*ignore|noqa)(?P<code>\[[\w, -]+\]|:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?(?P<rest>.*)"
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_what_a_checker_is_told_to_ignore_has_a_code_and_a_reason(path: Path) -> None:
    """In words, on the same line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := IGNORE.search(line):
            assert found["code"], f"line {number}: which rule?"
            assert len(re.findall(r"\w+", found["rest"])) >= 2, f"line {number}: why?"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_is_cleaned_up_by_the_garbage_collector(path: Path) -> None:
    """Whoever opens something closes it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "__del__"
    ] == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    """In its first line, for whoever looks for the place of something."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or path.name == "__init__.py", "the module has no docstring"


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_our_own_code_is_not_patched(path: Path) -> None:
    """Stand-ins are handed in; a test that patches fixes an internal name in its place."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not [name for name in names if name.startswith("unittest.mock")]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr":
            target = ast.unparse(node.args[0])
            assert not re.match(r"['\"]?(agent|sandbox|selection|swe_tasks)\b", target), target


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_every_test_says_in_a_sentence_what_it_shows(path: Path) -> None:
    """A failing test is read by somebody who has never seen it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    silent = [node.name for node in functions if node.name.startswith("test_") and not ast.get_docstring(node)]
    assert silent == []
