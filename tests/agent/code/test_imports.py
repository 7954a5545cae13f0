"""What files import, read from their text."""

from hypothesis import given
from hypothesis import strategies as st

from agent.code.imports import Import, ImportGraph, imports_of


def test_all_kinds_of_imports() -> None:
    """Several on a line, in brackets over lines, after a backslash, within functions, with other names."""
    text = b"""
import os, a.b as c
from . import near
from ..up.there import (one,  # said (here)
    two as second,
)
from pkg import first, \\
    last
def later():
    from pkg.inner import thing; import late
"""
    assert imports_of(text) == (
        Import("os"),
        Import("a.b"),
        Import("", "near", 1),
        Import("up.there", "one", 2),
        Import("up.there", "two", 2),
        Import("pkg", "first"),
        Import("pkg", "last"),
        Import("pkg.inner", "thing"),
        Import("late"),
    )


def test_a_file_for_another_python_is_read_all_the_same() -> None:
    """A print statement, or a syntax of the future, spoils nothing but itself."""
    assert imports_of(b"import a\nprint 'no'\nimport b\nfrom x import\nmatch? :=\nfrom c import d\n") == (
        Import("a"),
        Import("b"),
        Import("c", "d"),
    )


def test_what_only_looks_like_an_import() -> None:
    """Prose and interactive sessions in docstrings."""
    assert imports_of(b'"""\nimport the thing from there\n>>> import nothing\n"""\n') == ()


@given(st.binary(max_size=300) | st.text("from import.x,()\\\n #", max_size=80).map(str.encode))
def test_no_text_is_too_odd(text: bytes) -> None:
    """Whatever a repository holds, its imports can be asked for."""
    assert all(isinstance(one.module, str) for one in imports_of(text))


def test_absolute_and_relative_imports_within_packages() -> None:
    """A package is known by its own name wherever it lies; a dot is the package, two the one around it."""
    found = ImportGraph(
        {
            "src/pkg/__init__.py": b"",
            "src/pkg/core.py": b"from .low import f\nfrom . import low as x",
            "src/pkg/low.py": b"",
            "src/pkg/deep/__init__.py": b"from ..core import g",
            "src/pkg/deep/leaf.py": b"from . import other\nfrom .. import low",
            "src/pkg/deep/other.py": b"",
            "tests/test_core.py": b"import pkg.core\nfrom pkg import deep",
        }
    )
    assert found.imported("src/pkg/core.py") == {"src/pkg/low.py"}
    assert found.imported("src/pkg/deep/__init__.py") == {"src/pkg/core.py"}
    assert found.imported("src/pkg/deep/leaf.py") == {"src/pkg/deep/other.py", "src/pkg/low.py"}
    assert found.imported("tests/test_core.py") == {"src/pkg/core.py", "src/pkg/deep/__init__.py"}
    assert found.importers["src/pkg/low.py"] == {"src/pkg/core.py", "src/pkg/deep/leaf.py"}


def test_a_name_that_a_package_hands_on() -> None:
    """It is imported from where the package has it, if the package says so by name."""
    found = ImportGraph(
        {
            "pkg/__init__.py": b"from .shapes import Circle\nfrom .others import *",
            "pkg/shapes.py": b"",
            "pkg/others.py": b"",
            "test_a.py": b"from pkg import Circle",
            "test_b.py": b"from pkg import Star",
        }
    )
    assert found.imported("test_a.py") == {"pkg/shapes.py"}
    assert found.imported("test_b.py") == {"pkg/__init__.py"}


def test_imports_from_outside_lead_nowhere() -> None:
    """The standard library, and more dots than there are packages."""
    found = ImportGraph({"a.py": b"import os.path\nfrom .... import x\nfrom json import loads"})
    assert found.imported("a.py") == frozenset()
    assert found.importers == {}


def test_a_module_by_its_path() -> None:
    """Directories without an `__init__` are packages to those that import them so."""
    found = ImportGraph({"tools/run.py": b"", "test_run.py": b"import tools.run"})
    assert found.imported("test_run.py") == {"tools/run.py"}
