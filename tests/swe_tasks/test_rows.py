"""Rows of datasets: what solving sees of each kind, and what it never does."""

import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rows import ALL, CLASSIC, COMMIT, FIVE, GYM, LIVE, MULTI, MULTIMODAL, SMITH, without

from swe_tasks.datasets import load_dataset
from swe_tasks.errors import DatasetError
from swe_tasks.row_formats import FORMATS, VISIBLE
from swe_tasks.rows import GradingRow, TaskRow, gradable_problem, read_row, render_grading

OFFICIAL = "swebench/sweb.eval.x86_64.shop_1776_cart-7:latest"


def task_of(row: Mapping[str, object]) -> TaskRow:
    return read_row(row, where="line 1")[0]


def grading_of(row: Mapping[str, object]) -> GradingRow:
    return read_row(row, where="line 1")[1]


def refusal(row: Mapping[str, object]) -> str:
    with pytest.raises(DatasetError) as caught:
        read_row(row, where="line 3")
    return str(caught.value)


def test_a_classic_row_has_the_official_image() -> None:
    """Its name is made of the id, as the harness makes it."""
    assert task_of(CLASSIC) == TaskRow(
        id="shop__cart-7",
        issue="The total of an empty cart is None.\n\nIt should be 0.",
        repository="shop/cart",
        base_commit=COMMIT,
        image=OFFICIAL,
        workdir=None,
        version="1.2",
        created_at="2024-05-06T07:08:09Z",
    )


@pytest.mark.parametrize(
    ("row", "image", "workdir", "commit"),
    [
        (FIVE, "registry.example:5000/cart:7", None, COMMIT),
        (LIVE, "starryzhang/sweb.eval.x86_64.shop_1776_cart-7:latest", "/testbed", COMMIT),
        ({**LIVE, "docker_image": "own/image"}, "own/image", "/testbed", COMMIT),
        (SMITH, SMITH["image_name"], None, SMITH["instance_id"]),
        ({**SMITH, "base_commit": COMMIT}, SMITH["image_name"], None, COMMIT),
        (GYM, "xingyaoww/sweb.eval.x86_64.project-monai_s_monai-7:latest", None, COMMIT),
        (MULTI, "mswebench/shop_m_cart:pr-7", "/home/cart", COMMIT),
        ({**FIVE, "image": None}, OFFICIAL, None, COMMIT),
        ({**CLASSIC, "workdir": "/src"}, OFFICIAL, "/src", COMMIT),
    ],
    ids=["5.x", "live", "live, named", "smith", "smith, commit", "gym", "multi", "no image", "own workdir"],
)
def test_each_kind_of_row_says_where_its_task_runs(
    row: Mapping[str, object], image: str, workdir: str | None, commit: str
) -> None:
    """By its own fields, or by what its makers call their images."""
    task = task_of(row)
    assert (task.image, task.workdir, task.base_commit) == (image, workdir, commit)


def test_a_multi_swe_row_is_named_by_its_request_and_shows_the_issues() -> None:
    """Not the request's own title and text, which tell of the solution."""
    task = task_of(MULTI)
    assert (task.id, task.repository) == ("Shop__cart-7", "Shop/cart")
    assert task.issue == "# Total of an empty cart\n\nIt is None."


def test_images_of_an_issue_are_counted() -> None:
    """They cannot be shown, and a reader should know that something is missing."""
    assert task_of(MULTIMODAL).issue.endswith("It should be 0.\n\n(The issue shows 2 images not given here.)")
    assert task_of({**CLASSIC, "image_assets": {"problem_statement": []}}).issue == CLASSIC["problem_statement"]


def test_the_grading_row_is_whole() -> None:
    """Every field as it came, with the image's name and the id that the harness looks for."""
    assert dict(grading_of(FIVE).row) == FIVE
    assert dict(grading_of(CLASSIC).row) == {**CLASSIC, "image": task_of(CLASSIC).image}
    assert grading_of(MULTI).row["instance_id"] == "Shop__cart-7"


def test_times_of_binary_files_become_text() -> None:
    """A Parquet file may hold real times; the harness reads JSON."""
    hidden = grading_of({**CLASSIC, "created_at": dt.datetime(2024, 5, 6, tzinfo=dt.UTC)})
    assert hidden.row["created_at"] == "2024-05-06T00:00:00+00:00"


def test_the_rows_for_grading_are_lines_whatever_they_hold() -> None:
    """The harness splits at every kind of line end, so none may be in a line."""
    rendered = render_grading([grading_of({**FIVE, "patch": "a\u2028b\x85c\nd"})])
    (line,) = rendered.splitlines()
    assert json.loads(line)["patch"] == "a\u2028b\x85c\nd"


MARK = "HIDDEN-7f3a"
marked = st.recursive(
    st.integers(0, 99).map(lambda number: f"{MARK}-{number}"),
    lambda inner: st.lists(inner, min_size=1, max_size=2) | st.dictionaries(st.just(MARK), inner, min_size=1),
    max_leaves=4,
)
SEEN = {*VISIBLE, "docker_image", "image_name", "org", "number", "resolved_issues", "base", "image_assets"}
HIDDEN = sorted({name for row in ALL.values() for name in row} - SEEN | {"eval_script", "rebuild_cmds", "p2p_tests"})


@given(
    kind=st.sampled_from(sorted(ALL)),
    hidden=st.dictionaries(st.sampled_from(HIDDEN) | st.text(max_size=8).filter(lambda n: n not in SEEN), marked),
    assets=st.none() | st.fixed_dictionaries({"patch": marked, "test_patch": marked, "problem_statement": marked}),
)
def test_nothing_hidden_is_in_what_solving_sees(kind: str, hidden: dict[str, object], assets: object) -> None:
    """Whatever the field is called and however deep the text lies."""
    row = {**ALL[kind], **{name: f"{MARK}-{name}" for name in ALL[kind] if name in HIDDEN}, **hidden}
    if assets is not None:
        row["image_assets"] = assets
    if kind == "multi":
        row["base"] = {"label": MARK, "ref": MARK, "sha": COMMIT}

    task, grading = read_row(row, where="line 1")

    assert MARK not in repr(task)
    assert MARK not in repr(grading)
    assert all(grading.row[name] == value for name, value in hidden.items())


@pytest.mark.parametrize("kind", sorted(ALL))
def test_formats_hand_on_nothing_but_the_visible_names(kind: str) -> None:
    """A task is made of these alone."""
    row = json.loads(json.dumps(ALL[kind]))
    known = next(known for known in FORMATS if known.is_of(row))
    assert set(known.visible(row)) <= set(VISIBLE)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (without(CLASSIC, "problem_statement"), "'problem_statement' is missing"),
        ({**SMITH, "problem_statement": ""}, "'problem_statement' is empty; a SWE-smith row needs it"),
        (without(SMITH, "image_name"), "'image_name' is missing; a SWE-smith row needs it"),
        (without(CLASSIC, "base_commit"), "'base_commit' is missing"),
        (without(CLASSIC, "repo"), "'repo' is missing"),
        (without(MULTI, "resolved_issues"), "'resolved_issues' is missing; a Multi-SWE-bench row needs it"),
        ({**MULTI, "resolved_issues": [{"body": "x"}]}, "'resolved_issues' is not a list of issues"),
        ({**MULTI, "base": {"ref": "main"}}, "'base.sha' is missing"),
        ({**MULTI, "number": None}, "'number' is null"),
        ({**CLASSIC, "problem_statement": 5}, "'problem_statement' is a number, not text"),
        ({**CLASSIC, "problem_statement": "\ud800"}, "'problem_statement' holds half of a surrogate pair"),
        ({**CLASSIC, "image": "--privileged"}, "'image' is '--privileged', which cannot be the name of an image"),
        ({**CLASSIC, "base_commit": "--exec=sh"}, "'base_commit' is '--exec=sh', which cannot be a commit"),
        ({**CLASSIC, "workdir": "src"}, "'workdir' is 'src'; it has to be an absolute path"),
        ({**CLASSIC, "image_assets": "{"}, "'image_assets' is not JSON"),
        ({**CLASSIC, "version": {}}, "'version' is an object"),
        ({**CLASSIC, "test_patch": b"x"}, "'test_patch' holds a bytes, which JSON cannot carry"),
    ],
)
def test_what_a_row_lacks_is_named(row: Mapping[str, object], field: str) -> None:
    """With the place of the row, so that it can be mended."""
    said = refusal(row)
    assert said.startswith("line 3")
    assert f"the field {field}" in said


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "-rf", "", "a b", "x" * 201, "a\n", 7, None])
def test_ids_that_cannot_name_a_directory_are_refused(name: object) -> None:
    """Everything of a task lies in a directory of that name."""
    assert "the field 'instance_id'" in refusal({**CLASSIC, "instance_id": name})


def test_a_row_of_version_5_can_be_graded() -> None:
    """It has all that the harness asks for, with test lists as text or as lists."""
    assert gradable_problem(grading_of(FIVE)) is None
    assert gradable_problem(grading_of({**FIVE, "FAIL_TO_PASS": ["a"], "PASS_TO_PASS": []})) is None


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (CLASSIC, "its SWE-bench row lacks eval_script, log_parser, eval_type;"),
        (without(FIVE, "log_parser"), "lacks log_parser;"),
        (without(FIVE, "version", "PASS_TO_PASS"), "lacks version, PASS_TO_PASS;"),
        (MULTI, "its Multi-SWE-bench row lacks eval_script, "),
        ({**FIVE, "FAIL_TO_PASS": "not JSON"}, "'FAIL_TO_PASS' is not a list of test names"),
        ({**FIVE, "eval_type": "vibes"}, "'eval_type' is none of pass_and_fail, fail_only"),
    ],
)
def test_what_keeps_a_row_from_being_graded_is_named(row: Mapping[str, object], problem: str) -> None:
    """Such a row can be solved all the same."""
    assert problem in str(gradable_problem(grading_of(row)))
    with pytest.raises(DatasetError, match="cannot be graded"):
        read_row(row, where="line 1", gradable=True)


def test_published_rows_are_read() -> None:
    """Real rows of SWE-bench Lite: all are used, all can be graded, and none shows its solution."""
    shared = os.environ.get("SHREWD_SHARED_DATA")
    if not shared:
        pytest.skip("SHREWD_SHARED_DATA is not set; it names a directory with swebench/lite.jsonl")
    data = load_dataset(str(Path(shared) / "swebench" / "lite.jsonl"), split=None)
    assert len(data.rows) == len(data.grading) > 50
    assert [row for row in data.grading.values() if gradable_problem(row)] == []
    for task in data.rows:
        hidden = data.grading[task.id].row
        assert task.image == hidden["image"]
        assert not any(str(hidden[name]) in repr(task) for name in ("patch", "test_patch", "FAIL_TO_PASS"))
