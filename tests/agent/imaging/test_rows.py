"""Rows of data sets, as far as images need them."""

import json
from pathlib import Path

import pytest

from agent.errors import UserError
from agent.imaging.rows import find_repository, read_rows

ROW = {"instance_id": "acme__shop-1", "repo": "acme/shop", "base_commit": "a" * 40, "version": "1.0", "patch": "diff"}


@pytest.mark.parametrize("as_list", [True, False])
def test_rows_are_read_and_chosen(tmp_path: Path, as_list: bool) -> None:
    """From JSON lines or a list; nothing of an answer is kept."""
    rows = [ROW, {**ROW, "instance_id": "acme__shop-2", "image": "local/two:latest"}]
    file = tmp_path / "rows"
    file.write_text(json.dumps(rows) if as_list else "".join(json.dumps(row) + "\n" for row in rows))

    assert [row.instance_id for row in read_rows(file, [])] == ["acme__shop-1", "acme__shop-2"]
    (second,) = read_rows(file, ["*-2"])
    assert (second.name, "patch" in second.model_dump()) == ("local/two:latest", False)


def test_a_row_without_an_image_has_the_official_name(tmp_path: Path) -> None:
    """Under which harnesses look for it."""
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({**ROW, "instance_id": "Acme__Shop-1"}))
    assert read_rows(file, [])[0].name == "swebench/sweb.eval.x86_64.acme_1776_shop-1:latest"


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "JSON lines"), (json.dumps({"repo": "x"}), "instance_id"), (json.dumps(ROW), "none of 1 rows")],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    """The file, the field, or the pattern that fits nothing."""
    file = tmp_path / "rows.jsonl"
    file.write_text(text)
    with pytest.raises(UserError, match=words):
        read_rows(file, ["other*"])


@pytest.mark.parametrize("name", ["acme__shop.git", "acme__shop", "acme/shop", "shop.git", "shop"])
def test_clones_are_found_under_their_usual_names(tmp_path: Path, name: str) -> None:
    """Bare or not."""
    (tmp_path / name).mkdir(parents=True)
    assert find_repository(tmp_path, "acme/shop") == tmp_path / name


def test_a_missing_clone_is_told_with_the_command_that_makes_it(tmp_path: Path) -> None:
    """And with the names it may have."""
    with pytest.raises(UserError, match=r"git clone --bare https://github\.com/acme/shop"):
        find_repository(tmp_path, "acme/shop")
