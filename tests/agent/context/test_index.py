"""The index of a tree: cached by blob, equal whatever was cached, and not to be broken by odd trees."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from support.git_repository import make_repository
from support.trees import indexed, order, ranked

from agent.context import rank_tree
from agent.context.index import Index
from agent.context.store import FILE, FactsStore
from swe_tasks import materialise_local

FILES = {f"pkg/m{number}.py": f"def function_{number}():\n    return {number}\n" for number in range(50)}


def same(one: Index, other: Index) -> bool:
    arrays = ("terms", "parts", "counts", "names", "named", "first")
    return one.paths == other.paths and all(np.array_equal(getattr(one, a), getattr(other, a)) for a in arrays)


def test_what_was_seen_once_is_not_read_again(tmp_path: Path) -> None:
    """One changed file is one file to read; the index is the same as a new one."""
    store = FactsStore(tmp_path)
    indexed(FILES, store)
    changed = FILES | {"pkg/m7.py": "def other():\n    return 7\n"}
    asked: list[str] = []

    class Watched(FactsStore):
        def save(self, rows):
            asked.extend(rows)
            super().save(rows)

    again = indexed(changed, Watched(tmp_path))
    assert len(asked) == 1
    assert same(again, indexed(changed))


def test_large_trees_are_read_by_several_processes(tmp_path: Path) -> None:
    """The result is what one process makes."""
    text = "# many words are said here, and none of them matters\n" * 2000 + "def f(a):\n    return a\n"
    files = {f"m{number}.py": f"# {number}\n{text}" for number in range(120)}
    index = indexed(files)
    assert len(index.paths) == 120
    assert same(index, indexed(dict(reversed(files.items()))))


def test_a_damaged_cache_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It costs time and nothing else, and it is said."""
    store = FactsStore(tmp_path)
    indexed(FILES, store)
    (tmp_path / FILE).write_bytes(b"no database at all " * 1000)
    assert same(indexed(FILES, FactsStore(tmp_path)), indexed(FILES))
    assert "damaged" in caplog.text
    assert len(FactsStore(tmp_path).load([])) == 0
    indexed(FILES, FactsStore(tmp_path))
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("SELECT count(*) FROM facts").fetchone() == (50,)
    database.close()


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A full or read-only disk stops no search."""
    (tmp_path / "file").write_text("in the way")
    assert same(indexed(FILES, FactsStore(tmp_path / "file" / "below")), indexed(FILES))
    assert "cannot be kept" in caplog.text


def test_the_same_content_in_another_language_is_another_file() -> None:
    """What a blob means depends on the ending of its path."""
    text = "class A:\n    def run(self):\n        pass\n"
    index = indexed({"a.py": text, "a.txt": text})
    assert len(index.meta(0).parts) > len(index.meta(1).parts)


def test_an_empty_tree_and_one_without_python() -> None:
    """There is always an answer, if only that there is nothing."""
    assert order(ranked("anything", {})) == []
    files = {"Main.java": "class Main { void run() {} }\n", "go.mod": "module x\n", "README.md": "Run it.\n"}
    assert order(ranked("`run` fails", files))[0] == "Main.java"


def test_odd_files_of_a_real_repository(tmp_path: Path) -> None:
    """A hundred megabytes, a million lines, odd bytes, loops of symlinks, a submodule: none of it is in the way."""
    repository = make_repository(
        tmp_path / "repository",
        {
            "app.py": "def needle():\n    return 1\n",
            "latin.py": "# gr\xf6\xdfe\ndef other(): ...\n".encode("latin-1"),
            "lines.txt": "line\n" * 1_000_000,
            "huge.bin": b"\0" + b"x" * (100 << 20),
            "huge.csv": b"needle,1\n" * (12 << 20),
            "odd\n\xff name.py": "def strange(): ...\n",
        },
    )
    (repository / "loop").symlink_to("loop")
    (repository / "up").symlink_to("..")
    base = materialise_local(repository, tmp_path / "base", ref=None, uncommitted="include")
    found = rank_tree(base, "`needle` is wrong", tmp_path / "cache")
    assert order(found)[0] == "app.py"
    assert "loop" not in order(found)
    assert {found.index.roles[found.index.paths.index(path)] for path in ("huge.bin",)} == {"binary"}


def test_very_many_files() -> None:
    """Fifty thousand of them; what is named is found."""
    files = {f"d{number % 100}/f{number}.txt": f"word{number}\n" for number in range(50_000)}
    assert order(ranked("word4711 is missing", files))[0] == "d11/f4711.txt"
