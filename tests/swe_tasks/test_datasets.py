"""Datasets: where they come from, and what is said when they cannot be used."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.rows import CLASSIC, FIVE, GYM, LIVE, MULTI, SMITH, numbered, without

from swe_tasks.datasets import ALIASES, load_dataset, open_dataset, read_tasks
from swe_tasks.errors import DatasetError
from swe_tasks.subset import choose

ROOT = Path(__file__).parents[2]
needs_library = pytest.mark.skipif(
    find_spec("datasets") is None,
    reason="the library `datasets` is not installed; `uv sync --extra swebench` brings it",
)


def lines(rows: Sequence[Mapping[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def written(folder: Path, text: str, name: str = "rows.jsonl") -> str:
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return str(place)


def refusal(name: str, split: str | None = None, revision: str | None = None) -> str:
    with pytest.raises(DatasetError) as caught:
        load_dataset(name, split=split, revision=revision)
    return str(caught.value)


def ids(name: str, split: str | None = None) -> list[str]:
    return [row.id for row in load_dataset(name, split=split).rows]


def test_lines_are_tasks_in_their_order(tmp_path: Path) -> None:
    """What is hidden lies beside them, by id."""
    name = written(tmp_path, "\ufeff" + lines(numbered(3)) + "\n")

    data = load_dataset(name, split=None)

    assert (data.name, data.split) == (name, None)
    assert [row.id for row in data.rows] == list(data.grading) == ["shop__cart-1", "shop__cart-2", "shop__cart-3"]
    assert data.grading["shop__cart-2"].row["patch"] == "gold"
    assert "gold" not in repr(data)


def test_line_ends_within_a_row_end_no_line(tmp_path: Path) -> None:
    """JSON may hold some that only Python takes for line ends."""
    row = {**CLASSIC, "problem_statement": "a\u2028b\x85c\x1cd"}
    name = written(tmp_path, json.dumps(row, ensure_ascii=False) + "\r\n")
    assert load_dataset(name, split=None).rows[0].issue == "a\u2028b\x85c\x1cd"


def test_a_json_file_is_a_list_an_object_by_id_or_one_row(tmp_path: Path) -> None:
    """In an object, the rows need not repeat the id."""
    for form in ([CLASSIC], {"shop__cart-7": without(CLASSIC, "instance_id")}, CLASSIC):
        assert ids(written(tmp_path, json.dumps(form), "rows.json")) == ["shop__cart-7"]


def test_a_json_file_may_hold_splits(tmp_path: Path) -> None:
    """`test` is meant when none is named, or the only one."""
    name = written(tmp_path, json.dumps({"dev": numbered(1), "test": numbered(2)}), "rows.json")
    assert (len(ids(name)), len(ids(name, "dev"))) == (2, 1)
    assert "has no split 'train'; it has dev, test" in refusal(name, "train")
    assert ids(written(tmp_path, json.dumps({"train": numbered(1)}), "one.json")) == ["shop__cart-1"]


def test_rows_of_all_kinds_may_be_mixed(tmp_path: Path) -> None:
    """Each is read as what it is."""
    rows = [CLASSIC, SMITH, GYM, MULTI, {**LIVE, "instance_id": "shop__cart-8"}, {**FIVE, "instance_id": "x"}]
    assert len(ids(written(tmp_path, lines(rows)))) == len(rows)


def test_all_bad_rows_are_told_at_once(tmp_path: Path) -> None:
    """With their lines and fields; after ten their number."""
    good, *bad = numbered(13)
    said = refusal(written(tmp_path, lines([good, *(without(row, "base_commit") for row in bad)])))
    assert "has 12 problems:\n  line 2 (shop__cart-2): the field 'base_commit' is missing" in said
    assert said.endswith("\n  and 2 more")


def test_rows_that_are_not_chosen_may_be_bad(tmp_path: Path) -> None:
    """The choice is made by the ids alone."""
    raw = open_dataset(written(tmp_path, lines([CLASSIC, {**SMITH, "problem_statement": ""}])), split=None)

    chosen = read_tasks(raw, choose(raw.ids, only=["shop__cart-*"]))

    assert [row.id for row in chosen.rows] == list(chosen.grading) == ["shop__cart-7"]
    with pytest.raises(DatasetError, match=r"line 2 .*'problem_statement' is empty"):
        read_tasks(raw)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "rows.jsonl is empty"),
        (lines([CLASSIC]) + "{oops\n", "line 2 is not JSON"),
        (lines([CLASSIC]) + "7\n", "line 2 is a number, not an object"),
        ("{" * 100_000, "line 1 is not JSON"),
        (lines([CLASSIC, GYM, CLASSIC]), "line 3: the id 'shop__cart-7' is there already, at line 1"),
        (lines([CLASSIC, without(CLASSIC, "instance_id")]), "line 2: the field 'instance_id' is missing"),
        (lines([{**CLASSIC, "instance_id": "../up"}]), "line 1: the field 'instance_id' is '../up'"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, problem: str) -> None:
    """With the line."""
    assert problem in refusal(written(tmp_path, text))


def test_bytes_that_are_not_text_are_said(tmp_path: Path) -> None:
    """A file may be compressed, or of another encoding."""
    (tmp_path / "rows.jsonl").write_bytes(b"\x1f\x8b\x08\x00")
    assert "line 1 is not JSON" in refusal(str(tmp_path / "rows.jsonl"))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("rows.jsonl", "there is no file"),
        ("rows.json", "there is no file"),
        ("rows.parquet", "there is no file"),
        ("none/at/all", "there is no directory"),
        ("notes.md", "is no dataset by its name; it has to end with .jsonl, .json, .parquet"),
    ],
)
def test_files_that_are_not_there_are_said(tmp_path: Path, name: str, problem: str) -> None:
    """And those that are something else."""
    written(tmp_path, "hello", "notes.md")
    assert problem in refusal(str(tmp_path / name))


def test_files_have_neither_splits_nor_revisions(tmp_path: Path) -> None:
    """Asking for one is a mistake, not to be passed over."""
    name = written(tmp_path, lines([CLASSIC]))
    assert "has no splits; leave out 'test'" in refusal(name, "test")
    assert "has no revisions; leave out 'main'" in refusal(name, revision="main")
    assert "is empty; give" in refusal("  ")


def test_a_directory_may_hold_a_file_for_each_split(tmp_path: Path) -> None:
    """As the harness reads it; no library is needed for that."""
    written(tmp_path, lines(numbered(2)), "test.jsonl")
    written(tmp_path, json.dumps(numbered(1)), "dev.json")
    assert (len(ids(str(tmp_path))), len(ids(str(tmp_path), "dev"))) == (2, 1)
    assert load_dataset(str(tmp_path), split=None).split == "test"


@needs_library
def test_parquet_files_are_read(tmp_path: Path) -> None:
    """With lists and objects in them; what is no such file is said."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([dict(MULTI), {**MULTI, "number": 8}]), place)
    assert ids(str(place)) == ["Shop__cart-7", "Shop__cart-8"]
    place.write_bytes(b"PAR1 but not really")
    assert "cannot be read as Parquet" in refusal(str(place))


SHOW = """
import sys
from swe_tasks.datasets import load_dataset
from swe_tasks.errors import DatasetError
for argument in sys.argv[1:]:
    name, _, split = argument.partition("=")
    try:
        data = load_dataset(name, split=split or None)
        print(data.split, *(row.id for row in data.rows))
    except DatasetError as error:
        print("refused:", error)
"""


def shown(folder: Path, *names: str, before: str = "") -> list[str]:
    """What a fresh interpreter makes of datasets, with a cache of its own and no network."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "HF_HOME": str(folder / "hf"),
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", before + SHOW, *names],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@needs_library
def test_directories_and_names_go_through_the_library(tmp_path: Path) -> None:
    """One of files, one that it saved itself, a split that is not there, and a name that cannot be reached."""
    from datasets import Dataset, DatasetDict

    files, saved = tmp_path / "files", tmp_path / "saved"
    written(files, lines(numbered(2)), "data/train-00000.jsonl")
    DatasetDict({"test": Dataset.from_list(numbered(3)), "dev": Dataset.from_list(numbered(1))}).save_to_disk(saved)

    said = shown(tmp_path, str(files), f"{files}=test", str(saved), f"{saved}=dev", f"{saved}=train", "verified")

    assert said[:5] == [
        "train shop__cart-1 shop__cart-2",
        f"refused: {files} has no split 'test'; it has train. Choose one with --split.",
        "test shop__cart-1 shop__cart-2 shop__cart-3",
        "dev shop__cart-1",
        f"refused: {saved} has no split 'train'; it has dev, test. Choose one with --split.",
    ]
    assert said[5].startswith("refused: the dataset 'SWE-bench/SWE-bench_Verified' cannot be reached")
    assert said[5].endswith("try again with a network, or name a local file")


def test_without_the_libraries_it_is_said_how_to_get_them(tmp_path: Path) -> None:
    """Plain files need none of them."""
    name = written(tmp_path, lines([CLASSIC]))
    written(tmp_path, "", "rows.parquet")
    missing = "import sys\nsys.modules['datasets'] = sys.modules['pyarrow'] = None\n"

    said = shown(tmp_path, name, "lite", str(tmp_path / "rows.parquet"), before=missing)

    assert said == [
        "None shop__cart-7",
        "refused: the library 'datasets' is not installed: pip install 'shrewdness[swebench]'",
        "refused: the library 'pyarrow' is not installed: pip install 'shrewdness[swebench]'",
    ]


@pytest.mark.skipif(find_spec("swebench") is None, reason="swebench is not installed")
def test_short_names_mean_what_they_mean_to_the_harness() -> None:
    """It has them in two places."""
    code = "from swebench.cli._datasets import DATASET_ALIASES\nimport json\nprint(json.dumps(DATASET_ALIASES))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    assert dict(ALIASES) == {**theirs, "lite": "SWE-bench/SWE-bench_Lite"}
