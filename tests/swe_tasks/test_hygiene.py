"""What is taken out of a patch, and what is not."""

from pathlib import Path

import pytest
from support.git_repository import make_repository

from swe_tasks import edits
from swe_tasks.basetree import BaseTree
from swe_tasks.hygiene import clean, set_aside
from swe_tasks.local import materialise_local
from swe_tasks.task import FileChange

FILES: dict[str, str | bytes] = {
    "setup.py": "import shop\n",
    "setup.cfg": "[metadata]\nname = shop\n\n[tool:pytest]\naddopts = -ra\n",
    "conftest.py": "",
    "shop/__init__.py": "from shop.ab_test import split\n",
    "shop/ab_test.py": "def split(): ...\n",
    "shop/cart.py": "import logging\nimport shop.prices\n",
    "shop/prices.py": "price = 1\n",
    "shop/test_unused.py": "",
    "shop/testing/__init__.py": "",
    "shop/testing/helpers.py": "",
    "shop/tests/test_cart.py": "import shop.cart\n",
    "tests/test_shop.py": "import shop\n",
    "scripts/release.py": "",
    "build/tool.py": "",
    "kept.orig": "",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseTree:
    place = tmp_path_factory.mktemp("hygiene")
    return materialise_local(make_repository(place / "r", FILES), place / "base", ref=None, uncommitted="refuse")


def stripped_of(base: BaseTree, files: dict[str, bytes | None]) -> dict[str, str]:
    """What is stripped of a patch with these files; None deletes one."""
    changes = [FileChange(path, content) for path, content in files.items()]
    tree = edits.write_tree(base, changes)
    found = clean(base, tree, edits.changes(base, tree))
    assert {change.path for change in found.kept} | set(found.stripped) == set(files)
    return dict(found.stripped)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("tests/test_shop.py", "tests"),
        ("tests/new_helper.py", "tests"),
        ("shop/tests/data.json", "tests"),
        ("shop/test_unused.py", "tests"),
        ("shop/test_new.py", "tests"),
        ("test_fix.py", "tests"),
        ("conftest.py", "tests"),
        ("shop/conftest.py", "tests"),
        ("pytest.ini", "the configuration of the test runner"),
        ("tox.ini", "the configuration of the test runner"),
        ("shop/sitecustomize.py", "start-up hooks of the interpreter"),
        ("evil.pth", "start-up hooks of the interpreter"),
        ("shop/__pycache__/cart.cpython-311.pyc", "artefacts"),
        ("dist/shop.tar", "artefacts"),
        ("shop.egg-info/PKG-INFO", "artefacts"),
        ("shop/cart.py.orig", "artefacts"),
        ("shop/.cart.py.swp", "artefacts"),
        ("shop/cart_backup.py", "artefacts"),
        ("=3.0", "artefacts"),
        ("reproduce.py", "stray scripts"),
        ("r.py", "stray scripts"),
        ("run_test.sh", "stray scripts"),
        ("demo/demo.py", "stray scripts"),
        ("scripts/reproduce_bug.py", "stray scripts"),
    ],
)
def test_what_is_stripped(base: BaseTree, path: str, kind: str) -> None:
    """By path, with what kind of thing it is."""
    assert stripped_of(base, {path: b"changed\n", "shop/prices.py": b"price = 2\n"}) == {path: kind}


@pytest.mark.parametrize(
    "path",
    [
        *("shop/cart.py", "shop/new_module.py", "shop/sub/__init__.py", "shop/debug.py", "shop/testing/helpers.py"),
        *("shop/testing/more.py", "shop/ab_test.py", "scripts/release.py", "scripts/publish.py", "main.py"),
        *("build/tool.py", "kept.orig", "README.rst", "docs/conf.py", "changelog/1.bugfix.rst", "setup.cfg", "LICENSE"),
        *("shop/cart_old.txt", "setup.py", "web/index.html"),
    ],
)
def test_what_is_kept(base: BaseTree, path: str) -> None:
    """Products, however they are called, and what the repository keeps on purpose."""
    files = {path: b"changed = 1\n" if path != "setup.cfg" else str(FILES[path]).replace("shop", "x").encode()}
    assert stripped_of(base, files) == {}


def test_a_new_module_that_is_imported_is_no_stray_script(base: BaseTree) -> None:
    """Wherever it lies, and whatever its name."""
    assert stripped_of(base, {"debug_log.py": b"", "shop/cart.py": b"import logging, debug_log\n"}) == {}
    assert stripped_of(base, {"verify.sh": b"", "setup.py": b"run('verify.sh')\n"}) == {}


def test_an_import_of_pythons_own_module_is_no_import_of_a_stray(base: BaseTree) -> None:
    """Unless the name is qualified."""
    assert stripped_of(base, {"bot/logging.py": b""}) == {"bot/logging.py": "stray scripts"}
    assert stripped_of(base, {"bot/logging.py": b"", "shop/cart.py": b"from bot import logging\n"}) == {}
    assert stripped_of(base, {"bot/logging.py": b"", "shop/cart.py": b"import bot.logging\n"}) == {}


def test_stray_scripts_do_not_vouch_for_each_other(base: BaseTree) -> None:
    """Nor do tests, nor notes."""
    strays = {"reproduce.py": b"import helper\n", "helper.py": b"", "tests/test_a.py": b"import helper\n"}

    assert set(stripped_of(base, {**strays, "notes.md": b"see helper.py\n"})) == set(strays)


def test_a_module_that_moves_is_no_stray_script(base: BaseTree) -> None:
    """It was part of the repository before."""
    assert stripped_of(base, {"scripts/release.py": None, "release.py": b""}) == {}


def test_without_packages_a_script_at_the_root_may_be_the_product(tmp_path: Path) -> None:
    """Unless its name says what it is."""
    repository = make_repository(tmp_path / "r", {"tool.py": "x = 1\n"})
    flat = materialise_local(repository, tmp_path / "base", ref=None, uncommitted="refuse")

    assert stripped_of(flat, {"other.py": b"", "reproduce_it.py": b""}) == {"reproduce_it.py": "stray scripts"}


def test_deleted_tests_come_back(base: BaseTree) -> None:
    """A patch cannot pass by removing what it fails."""
    assert stripped_of(base, {"tests/test_shop.py": None, "kept.orig": None}) == {"tests/test_shop.py": "tests"}


def test_nothing_takes_the_place_of_what_comes_back(base: BaseTree) -> None:
    """A file in the place of the tests' folder is stripped with the rest."""
    folder = {"tests/test_shop.py": None, "tests": b"a file\n"}
    below = {"conftest.py": None, "conftest.py/x.txt": b"1\n"}

    assert set(stripped_of(base, folder)) == set(folder)
    assert set(stripped_of(base, below)) == set(below)


def test_of_a_file_that_configures_other_things_the_rest_is_kept(base: BaseTree) -> None:
    """It is listed all the same."""
    content = b"[metadata]\nname = better\n\n[tool:pytest]\naddopts = -p cheat\n"
    tree = edits.write_tree(base, [FileChange("setup.cfg", content)])

    found = clean(base, tree, edits.changes(base, tree))

    assert found.kept == (FileChange("setup.cfg", content.replace(b"-p cheat", b"-ra")),)
    assert dict(found.stripped) == {"setup.cfg": "the configuration of the test runner"}


def test_what_is_known_by_its_path_is_known_without_a_tree(base: BaseTree) -> None:
    """So it need not even apply."""
    paths = ["tests/test_x.py", "shop/cart.py", "dist/x", "shop/test_unused.py"]
    assert dict(set_aside(base, paths)) == {
        "tests/test_x.py": "tests",
        "dist/x": "artefacts",
        "shop/test_unused.py": "tests",
    }


@pytest.mark.parametrize(
    "path", ["a b/répro'duce.py", 'repro".py', "repro\n.py", "repro*.py", "repro[a.py", "-repro.py"]
)
def test_odd_names_break_nothing(base: BaseTree, path: str) -> None:
    """They get into patterns and command lines."""
    assert set(stripped_of(base, {path: b"", "shop/prices.py": b"price = 2\n"})) <= {path}
