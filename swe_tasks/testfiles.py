"""Which files of a repository are its tests, and what configures what runs them.

Some products have parts that look like tests: `django/test`, `sympy/testing`, `jinja2/tests.py`. Others have tests in
places that look like products: pytest's `testing`.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import PurePosixPath

_PYTHON = re.compile(r"(test_.*|.*_test|tests|conftest)\.pyi?")
_OTHERS = re.compile(
    r".*_test\.go"
    r"|.*\.(test|spec|cy)\.[cm]?[jt]sx?|.*\.snap"
    r"|.+(Test|Tests|[a-z]IT)\.(java|kt|scala|groovy|cs|php)|.+Spec\.(scala|groovy)"
    r"|(test_.*|.*_(test|tests|unittest))\.(c|cc|cpp|cxx)"
    r"|.*_(spec|test)\.rb"
)
_FOLDERS = frozenset({"tests", "__tests__", "__mocks__", "__snapshots__", "testdata"})
_UNSURE = frozenset({"test", "testing"})
_TOP_FOLDERS = frozenset({"e2e", "cypress", "spec"})
_DOCUMENTS = frozenset({"doc", "docs"})
_JAVA = re.compile(r"(^|/)src/(test|androidTest|integrationTest|testFixtures)/")
_JAVA_PRODUCT = re.compile(r"(^|/)src/main/")
_MANIFESTS = ("package.json", "Cargo.toml", "go.mod", "pom.xml", "build.gradle", "build.gradle.kts", "CMakeLists.txt")
_CONFIGURATION = re.compile(
    r"\.?pytest\.(ini|toml)|tox\.(ini|toml)|noxfile\.py|\.coveragerc"
    r"|(jest|vitest|playwright|cypress)\.(config|workspace)\..*|karma\.conf\..*|cypress\.json|\.mocharc(\..*)?"
    r"|\.nycrc(\..*)?|phpunit\.xml(\.dist)?|\.rspec"
)


def configures_runner(path: str) -> bool:
    """Whether all of a file is about running tests."""
    return _CONFIGURATION.fullmatch(PurePosixPath(path).name) is not None


def in_test_folder(path: str, paths: Sequence[str]) -> bool:
    """Whether a file lies among tests. `paths` are all files around it, sorted."""
    parts = path.split("/")
    if _JAVA_PRODUCT.search(path):
        return False
    if _JAVA.search(path):
        return True
    if parts[0] in _DOCUMENTS:
        return False
    if len(parts) > 1 and parts[0] in _TOP_FOLDERS and any(named_as_test(one) for one in below(parts[0], paths)):
        return True
    folders = ["/".join(parts[:length]) for length in range(1, len(parts))]
    return any(
        name.lower() in _FOLDERS or (name in _UNSURE and _holds_tests(folder, paths))
        for folder, name in zip(folders, parts, strict=False)
    )


def named_as_test(path: str) -> bool:
    """Whether a file's name alone says that it holds tests. In a package, it may yet be part of the product."""
    name = PurePosixPath(path).name
    if _PYTHON.fullmatch(name) or path == "test.py":
        return True
    return _OTHERS.fullmatch(name) is not None and not _JAVA_PRODUCT.search(path)


def in_package(path: str, paths: Sequence[str]) -> bool:
    """Whether a file lies in a Python package below the repository's root."""
    folder = path.rpartition("/")[0]
    return bool(folder) and _is_file(f"{folder}/__init__.py", paths)


def below(folder: str, paths: Sequence[str]) -> Sequence[str]:
    """Those of the sorted paths that lie in a folder."""
    # '0' comes right after '/'.
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]


def _holds_tests(folder: str, paths: Sequence[str]) -> bool:
    """Most of its own modules are named as tests, or it is a top-level folder that nobody can import."""
    own = [
        path
        for path in below(folder, paths)
        if path.endswith(".py")
        and not path.endswith("/__init__.py")
        and _FOLDERS.isdisjoint(path[len(folder) :].split("/"))
    ]
    if own and 2 * sum(named_as_test(path) for path in own) > len(own):
        return True
    parent, _, _ = folder.rpartition("/")
    if not parent:
        return not _is_file(f"{folder}/__init__.py", paths)
    return not own and any(_is_file(f"{parent}/{name}", paths) for name in _MANIFESTS)


def _is_file(path: str, paths: Sequence[str]) -> bool:
    position = bisect_left(paths, path)
    return position < len(paths) and paths[position] == path
