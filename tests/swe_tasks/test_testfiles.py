"""Tests are told from products that look like them."""

import pytest

from swe_tasks.testfiles import configures_runner, in_test_folder, named_as_test

DJANGO = ["django/__init__.py", "django/test/__init__.py", "django/test/client.py", "django/test/runner.py"]
SYMPY = ["sympy/testing/__init__.py", "sympy/testing/runtests.py", "sympy/testing/tests/test_runtests.py"]
NUMPY = ["numpy/testing/__init__.py", "numpy/testing/utils.py", "numpy/testing/tests/test_utils.py"]
PYTEST = ["src/_pytest/__init__.py", "src/_pytest/python.py", "testing/conftest.py", "testing/example_scripts/a.py"]
SQL = ["test/__init__.py", "test/orm/__init__.py", "test/orm/test_query.py", "test/orm/_fixtures.py", "test/test_a.py"]
ANSIBLE = ["lib/plugins/test/__init__.py", "lib/plugins/test/core.py", "lib/plugins/test/files.py", "test/unit/a.yml"]
NODE = [
    "packages/a/package.json",
    "packages/a/src/index.js",
    "packages/a/test/helper.js",
    "packages/a/src/engine/test/x.js",
]


@pytest.mark.parametrize(
    ("paths", "path"),
    [
        *((PYTEST, path) for path in ("testing/conftest.py", "testing/example_scripts/a.py", "testing/new.txt")),
        (SYMPY, "sympy/testing/tests/test_runtests.py"),
        (SQL, "test/orm/_fixtures.py"),
        (ANSIBLE, "test/unit/a.yml"),
        (NODE, "packages/a/test/helper.js"),
        ([], "tests/data/config.toml"),
        ([], "pkg/tests/test_a.py"),
        ([], "src/test/java/org/A.java"),
        ([], "web/__tests__/a.ts"),
        ([], "cmd/testdata/a.golden"),
        ([], "src/Component/Tests/Fixture.php"),
        (["spec/models/user_spec.rb"], "spec/factories.rb"),
    ],
)
def test_folders_of_tests(paths: list[str], path: str) -> None:
    """Whatever lies in them, data included."""
    assert in_test_folder(path, sorted({*paths, path}))


@pytest.mark.parametrize(
    ("paths", "path"),
    [
        (DJANGO, "django/test/client.py"),
        (SYMPY, "sympy/testing/runtests.py"),
        (NUMPY, "numpy/testing/utils.py"),
        (PYTEST, "src/_pytest/python.py"),
        (ANSIBLE, "lib/plugins/test/core.py"),
        (NODE, "packages/a/src/engine/test/x.js"),
        ([], "pylint/testutils/unittest_linter.py"),
        ([], "doc/contributing/tests/writing.rst"),
        ([], "src/main/java/org/tests/A.java"),
        ([], "spec/openapi.yaml"),
    ],
)
def test_products_that_look_like_folders_of_tests(paths: list[str], path: str) -> None:
    """Most of what lies there is not named as a test, or nothing but the name speaks for tests."""
    assert not in_test_folder(path, sorted({*paths, path}))


@pytest.mark.parametrize(
    "path",
    [
        *("test_a.py", "pkg/a_test.py", "app/tests.py", "conftest.py", "a_test.go", "a.spec.ts", "a.test.mjs"),
        *("a/UserTest.java", "a/user_spec.rb", "a/test_x.cpp", "a/list_unittest.cc", "test.py"),
    ],
)
def test_names_of_tests(path: str) -> None:
    """As the runners of each language find them."""
    assert named_as_test(path)


@pytest.mark.parametrize(
    "path",
    [
        *("testing.py", "latest.py", "contest.py", "pkg/test.py", "attest.go", "testutil.go", "inspector.ts"),
        *(
            "Latest.java",
            "src/main/java/SpeedTest.java",
            "unittest_linter.py",
            "test_plan.md",
            "PodSpec.java",
            "Test.java",
            "TestCase.php",
        ),
    ],
)
def test_names_of_products(path: str) -> None:
    """They have the same letters in them."""
    assert not named_as_test(path)


@pytest.mark.parametrize("path", ["pytest.ini", "a/tox.ini", "noxfile.py", ".coveragerc", "jest.config.ts", ".mocharc"])
def test_files_that_configure_a_runner(path: str) -> None:
    """And nothing else."""
    assert configures_runner(path)


@pytest.mark.parametrize("path", ["setup.cfg", "pyproject.toml", "webpack.config.js", "my_tox.ini", "mypy.ini"])
def test_files_that_configure_other_things_too(path: str) -> None:
    """They are looked into, or left alone."""
    assert not configures_runner(path)
