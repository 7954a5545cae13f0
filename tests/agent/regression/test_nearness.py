"""Which test files are tests, and which are near an edit."""

import pytest

from agent.regression.layout import paths_of_tests, python_files
from agent.regression.nearness import Edited, rank_tests


def ranked(files: dict[str, bytes], *edited: str, patch: bytes = b"") -> list[str]:
    tests = paths_of_tests(files, every_language=False)
    found = rank_tests(files, tests, [Edited(path, 1 / len(edited)) for path in edited], [patch])
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    return [path for path, _ in found]


def test_the_usual_names() -> None:
    """Configuration of tests is no test, nor is a file that only lies among them."""
    files = dict.fromkeys(
        ["test_a.py", "pkg/b_test.py", "app/tests.py", "tests/conftest.py", "tests/help.py", "t.py"], b""
    )
    assert paths_of_tests(files, every_language=False) == ("test_a.py", "pkg/b_test.py", "app/tests.py")


def test_other_languages() -> None:
    """Only a command of the user's can run them."""
    files = dict.fromkeys(["a_test.go", "src/b.spec.ts", "src/FooTest.java", "main.go"], b"")
    assert paths_of_tests(files, every_language=False) == ()
    assert paths_of_tests(files, every_language=True) == ("a_test.go", "src/b.spec.ts", "src/FooTest.java")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pytest.ini", "[pytest]\npython_files = check_*.py testing/*/*.py\n"),
        ("tox.ini", "[tox]\nx = %(y)s\n[pytest]\npython_files =\n  check_*.py\n  testing/*/*.py\n"),
        ("setup.cfg", "[tool:pytest]\npython_files = check_*.py testing/*/*.py *.py\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\npython_files = ["check_*.py", "testing/*/*.py"]\n'),
    ],
)
def test_names_that_pytest_is_told(path: str, text: str) -> None:
    """Wherever pytest reads them; a pattern for every file says nothing."""
    files = {path: text.encode(), "check_a.py": b"", "testing/python/collect.py": b"", "src/x.py": b""}
    assert paths_of_tests(files, every_language=False) == ("check_a.py", "testing/python/collect.py")


@pytest.mark.parametrize("path", ["pytest.ini", "pyproject.toml"])
def test_configuration_that_cannot_be_read(path: str) -> None:
    """The usual names remain."""
    assert python_files({path: b"]]\xff python_files = x\n= ="}) == ()


def test_the_test_of_a_module_comes_first() -> None:
    """Before those that import it, those that import what imports it, and the rest."""
    files = {
        "pkg/__init__.py": b"",
        "pkg/dates.py": b"",
        "pkg/report.py": b"from pkg import dates",
        "tests/test_dates.py": b"from pkg.dates import day",
        "tests/test_misc.py": b"import pkg.dates",
        "tests/test_report.py": b"from pkg.report import show",
        "tests/test_zoo.py": b"import os",
    }
    assert ranked(files, "pkg/dates.py") == [
        "tests/test_dates.py",
        "tests/test_misc.py",
        "tests/test_report.py",
        "tests/test_zoo.py",
    ]


def test_among_tests_of_one_name_the_one_beside() -> None:
    """In a big tree many packages have a test_utils.py."""
    files = dict.fromkeys(["a/utils.py", "a/tests/test_utils.py", "b/utils.py", "b/tests/test_utils.py"], b"")
    assert ranked(files, "b/utils.py")[0] == "b/tests/test_utils.py"


def test_classes_of_the_patch_are_looked_for() -> None:
    """Where nothing else tells test files apart."""
    files = {"x/core.py": b"", "t/test_a.py": b"", "t/test_b.py": b"Rectangle(1)", "t/test_c.py": b""}
    patch = b"--- a/x/core.py\n+++ b/x/core.py\n@@ -1,2 +1,2 @@ class Rectangle:\n-    a\n+    b\n"
    assert ranked(files, "x/core.py", patch=patch)[0] == "t/test_b.py"


def test_what_only_looks_like_tests_comes_later() -> None:
    """Material of tests is often called so, too."""
    files = dict.fromkeys(["pkg/foo.py", "tests/roots/foo/test_foo.py", "tests/test_foo.py"], b"")
    assert ranked(files, "pkg/foo.py") == ["tests/test_foo.py", "tests/roots/foo/test_foo.py"]


def test_every_edited_file_has_its_tests() -> None:
    """All candidates together decide; no test of a file that one of them edits is far."""
    files = dict.fromkeys(["a/one.py", "a/two.py", *(f"a/tests/test_{n}.py" for n in ("one", "two", "six"))], b"")
    assert set(ranked(files, "a/one.py", "a/two.py")[:2]) == {"a/tests/test_one.py", "a/tests/test_two.py"}
