"""The environments of classic tasks, out of a wheel that is never installed."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from swe_tasks.environment_tables import Packages, Spec, Tables, find_packages, find_spec, read_tables
from swe_tasks.errors import TaskError

MODULE = """
SPECS = {k: {"python": "3.9", "install": "python -m pip install -e .", "nano_cpus": 1} for k in ["1.0", "2.0"]}
SPECS["2.0"]["pip_packages"] = ["six==1.16.0"]
MAP_REPO_VERSION_TO_SPECS_PY = {"acme/shop": SPECS}
MAP_REPO_TO_REQS_PATHS = {"acme/shop": ["requirements/dev.txt", "dev.txt"]}
MAP_REPO_TO_ENV_YML_PATHS = {"acme/shop": ["environment.yml"]}
"""


def make_wheel(path: Path, module: str = MODULE, member: str = "swebench/harness/constants/python.py") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, module)
    return path


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    """Tables that know one repository."""
    return read_tables(make_wheel(tmp_path / "w.whl"), sha256=None)


def test_specs_are_found_by_repository_and_version(tables: Tables) -> None:
    """As loops in the module made them; what is not needed is left out."""
    expected = Spec(python="3.9", install="python -m pip install -e .", pip_packages=("six==1.16.0",))
    assert find_spec(tables, "acme/shop", "2.0") == expected


@pytest.mark.parametrize(
    ("repo", "version", "words"), [("acme/shop", "3.0", "1.0, 2.0"), ("acme/shops", "1.0", "acme/shop")]
)
def test_what_the_tables_do_not_know_is_named(tables: Tables, repo: str, version: str, words: str) -> None:
    """With what they know instead."""
    with pytest.raises(TaskError, match=words):
        find_spec(tables, repo, version)


def test_only_the_pinned_wheel_is_run(tmp_path: Path) -> None:
    """Its constants are code, so a wheel that is not the known one is refused."""
    wheel = make_wheel(tmp_path / "w.whl")
    with pytest.raises(TaskError, match="SHA-256"):
        read_tables(wheel)
    assert read_tables(wheel, sha256=hashlib.sha256(wheel.read_bytes()).hexdigest()).specs


def test_a_wheel_without_tables_is_told_apart(tmp_path: Path) -> None:
    """Later versions have none."""
    with pytest.raises(TaskError, match="not in later ones"):
        read_tables(make_wheel(tmp_path / "w.whl", member="swebench/__init__.py"), sha256=None)


@pytest.mark.parametrize("module", ["1 / 0", "import swebench", MODULE.replace('"python": "3.9", ', "")])
def test_tables_that_make_no_sense_are_an_error(tmp_path: Path, module: str) -> None:
    """A program that fails, one that wants the package, and one without a Python."""
    with pytest.raises(TaskError, match=r"w\.whl"):
        read_tables(make_wheel(tmp_path / "w.whl", module), sha256=None)


def packages(tables: Tables, named: str, files: Mapping[str, str]) -> Packages:
    return find_packages(tables, "acme/shop", Spec(python="3.9", packages=named), files.get)


def test_packages_may_be_plain_names(tables: Tables) -> None:
    """Quoted as for a shell."""
    assert packages(tables, "'a==1' b", {}).requirements == ("a==1", "b")


def test_requirements_are_read_with_the_files_they_include(tables: Tables) -> None:
    """Without options, comments, and the project itself."""
    files = {
        "requirements/dev.txt": "-r tests.txt\n# words\nsix # why\n-e .\n.[test]\n-i https://example.org\ntypes-pkg_resources==0.1\n",
        "requirements/tests.txt": "-r dev.txt\npytest>=7; python_version > '3'\n",
    }
    found = packages(tables, "requirements.txt", files)
    assert found.requirements == ("pytest>=7; python_version > '3'", "six", "types-setuptools")
    assert found.source == "requirements/dev.txt"


def test_an_environment_of_conda_is_translated(tables: Tables) -> None:
    """What pip may not know is set apart."""
    text = "dependencies:\n- python=3.9\n- numpy=1.2\n- conda-forge::scipy >=1\n- pip:\n  - six==1\n"
    found = packages(tables, "environment.yml", {"environment.yml": text})
    assert (found.requirements, found.optional) == (("six==1",), ("numpy==1.2.*", "scipy>=1"))


@pytest.mark.parametrize("named", ["requirements.txt", "environment.yml"])
def test_a_missing_file_of_requirements_is_named(tables: Tables, named: str) -> None:
    """With the places that were looked at."""
    with pytest.raises(TaskError, match=r"dev\.txt|environment\.yml"):
        packages(tables, named, {})
