"""`shrewd metrics`: methods side by side, and labels that reach none of them."""

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.graded_run import keep_grades
from support.stored_run import contents, store_task

from agent.cli.main import Lazy, main
from agent.decisions import AS_CHOSEN
from agent.rundir import RunDir
from selection import METHODS

ROOT = Path(__file__).parents[2]
COMMANDS = {"metrics": Lazy("agent.cli.metrics", "metrics", "Measure selection methods on a stored run.")}
RIGHT, WRONG = b"right\n", b"wrong\n"


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """Two tasks: in the first the scripts know better than the majority, in the second it is the other way round."""
    run = RunDir(tmp_path / "run")
    rare, common = ("careful 0",), ("hasty 0", "hasty 1", "hasty 2")
    store_task(run, "first", "uu", {RIGHT: ("su", rare), WRONG: ("uu", common)})
    store_task(run, "second", "uu", {RIGHT: ("uu", common), WRONG: ("us", rare)}, refused=1, fruitless=3)
    run.externals.write_text("{}")  # sources are not trajectories: those of `second` only wrote scripts
    return run


LABELS = {
    "first": {"careful 0": True, "hasty 0": False, "hasty 1": False},
    "second": {"0.diff": True, "candidates/1.diff": False, "refused 0": False},
    "of another run": {"a": True},
}


def measured(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str], labels: object = None, *more: str
) -> dict[str, Any]:
    """What `--json` says with these labels; None: without a file of them."""
    arguments = ["metrics", str(run.path), "--json", *more]
    if labels is not None:
        file = tmp_path / "labels.json"
        file.write_text(json.dumps(labels))
        arguments += ["--labels", str(file)]
    assert main(arguments, COMMANDS) == 0
    return json.loads(capsys.readouterr().out)


def rows(found: Mapping[str, Any], figure: str) -> dict[str, Any]:
    return {row["name"]: row[figure] and round(row[figure]["value"], 4) for row in found["metrics"]["rows"]}


def test_all_methods_stand_side_by_side(run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a random pick, the best choice and the worst; a refused patch is a wrong pick."""
    found = measured(run, tmp_path, capsys, LABELS)
    assert [row["name"] for row in found["metrics"]["rows"]] == [
        *("adversary", "random-trajectory", "random-candidate", *METHODS, AS_CHOSEN, "oracle")
    ]
    accuracy = rows(found, "accuracy")
    assert (accuracy["adversary"], accuracy["oracle"]) == (0.0, 1.0)
    assert accuracy["random-trajectory"] == round((1 / 4 + 3 / 5) / 2, 4)
    assert (accuracy["majority"], accuracy["votes"], accuracy["votes-valid"]) == (0.5, 0.5, 0.5)
    assert rows(found, "gap_closed")["oracle"] == 1.0
    assert (found["metrics"]["measured"], found["metrics"]["decidable"]) == (2, 2)


def test_labels_change_no_choice(run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Absent, shuffled or inverted: what the methods chose, and why, is the same to the last byte."""
    inverted = {task: {name: not right for name, right in some.items()} for task, some in LABELS.items()}
    shuffled = {"first": LABELS["second"], "second": LABELS["first"]}
    seen: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for labels in (None, LABELS, inverted, shuffled, {}):
        found = measured(run, tmp_path, capsys, labels)
        seen.append((
            {task: (one["choices"], one["rules"]) for task, one in found["tasks"].items()},
            rows(found, "accuracy"),
        ))  # fmt: skip
    assert all(choices == seen[0][0] for choices, _ in seen)
    assert seen[0][0]["first"][0].keys() == {*METHODS, AS_CHOSEN}
    assert seen[1][1] != seen[2][1] or seen[1][1] != seen[3][1]  # they did reach the metrics


def test_grades_of_the_run_change_no_choice_either(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Although they lie in the directory that the methods' matrices come from."""
    before = {task: one["choices"] for task, one in measured(run, tmp_path, capsys)["tasks"].items()}
    patches = [(run.task("first").candidates / f"{number}.diff").read_text() for number in range(2)]
    for grades in (("resolved", "unresolved"), ("unresolved", "resolved")):
        keep_grades(run, {}, {"first": list(zip(grades, patches, strict=True))})
        found = measured(run, tmp_path, capsys)
        assert {task: one["choices"] for task, one in found["tasks"].items()} == before
        assert list(found["tasks"]["first"]["labels"].values()) == [grade == "resolved" for grade in grades]
        assert found["metrics"]["left_out"] == ["second"]


def test_trajectories_without_a_candidate_are_wrong_picks(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where trajectories write the candidates; so are patches that were refused."""
    run.externals.unlink()
    found = measured(run, tmp_path, capsys, LABELS)
    assert [one["without_candidate"] for one in found["tasks"].values()] == [0, 1 + 3]
    assert rows(found, "accuracy")["random-trajectory"] == round((1 / 4 + 3 / 8) / 2, 4)


@pytest.mark.parametrize("package", ["agent", "sandbox", "selection", "swe_tasks"])
def test_only_the_metrics_know_labels(package: str) -> None:
    """Solving, selecting and every method are without a way to them, and so the oracle exists here alone."""
    allowed = {"agent/labels.py", "agent/cli/metrics.py"}
    importers: set[str] = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            if {"agent.labels", "selection.metrics"} & set(names):
                importers.add(str(path.relative_to(ROOT)))
    assert importers <= allowed


def test_whatever_chooses_loads_nothing_that_reads_labels() -> None:
    """Choosing for the first time or again, and applying all methods."""
    code = (
        "import sys, agent.choose, agent.solve, agent.decisions, agent.reselect, selection\n"
        "print({'agent.grades', 'agent.labels', 'selection.metrics'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_grades_of_other_patches_are_no_labels(run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run went on after it was graded; and what could not be graded is not known."""
    patch = (run.task("first").candidates / "0.diff").read_text()
    keep_grades(run, {}, {"first": [("no_image", patch), ("resolved", "another patch")]})
    found = measured(run, tmp_path, capsys)
    assert found["tasks"]["first"]["labels"] == {}
    assert found["metrics"]["unlabelled"] == 4


def test_a_graded_prediction_labels_its_candidate(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where candidates were not graded."""
    patch = run.task("first").patch.read_text()
    keep_grades(run, {"first": ("resolved", patch), "second": ("no_prediction", "")})
    assert list(measured(run, tmp_path, capsys)["tasks"]["first"]["labels"].values()) == [True]


def test_labels_that_contradict_each_other_are_not_known(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two sources with one tree, and the harness said two things; null says that it is not known."""
    labels = {"first": {"careful 0": None, "hasty 0": True, "hasty 1": False}}
    found = measured(run, tmp_path, capsys, labels)
    [[task, tree]] = found["contradicted"]
    assert (task, tree) == ("first", found["tasks"]["first"]["choices"]["majority"])
    assert found["tasks"]["first"]["labels"] == {}


def test_a_right_patch_that_is_no_candidate_is_told(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was lost before there was anything to choose."""
    labels = {**LABELS, "second": {**LABELS["second"], "refused 0": True}}
    assert measured(run, tmp_path, capsys, labels)["right_but_no_candidate"] == [["second", "refused 0"]]
    assert main(["metrics", str(run.path), "--labels", str(tmp_path / "labels.json")], COMMANDS) == 0
    assert "Labels about no candidate: 1; right among them: second refused 0" in capsys.readouterr().out


def test_digests_name_candidates(run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As `selection.json` and `outcomes.json` do."""
    trees = [one["digest"] for one in json.loads(run.task("first").outcomes.read_text())["candidates"]]
    labels = {"first": dict(zip(trees, (True, False), strict=True))}
    assert measured(run, tmp_path, capsys, labels)["tasks"]["first"]["labels"] == labels["first"]


def test_the_table_tells_what_it_was_measured_on(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With intervals; nothing is written."""
    place = run.task("third")
    place.path.mkdir(parents=True)
    place.task.write_text("{}")
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"first": LABELS["first"]}))
    before = contents(run.path)
    arguments = ["metrics", str(run.path), "--labels", str(labels), "--method", "votes-valid", "--method", "majority"]
    assert main([*arguments, "--against", "majority"], COMMANDS) == 0
    told = capsys.readouterr().out
    for words in (
        "votes-valid",
        "100.0 % (100.0 to 100.0)",
        "minus majority",
        "Measured on 1 tasks: in 1 it matters what is chosen",
        "Left out, for 2 of their candidates are not labelled: 1 tasks: second",
        "Without a result, and not measured: 1 tasks: third",
    ):
        assert words in told
    assert "consensus" not in told
    assert contents(run.path) == before


def test_without_labels_it_says_how_to_get_them(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that was not graded is no error."""
    assert main(["metrics", str(run.path)], COMMANDS) == 0
    assert f"shrewd grade {run.path} --candidates" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "holds no labels"),
        ('{"first": ["careful 0"]}', "first"),
        ('{"first": {"careful 0": "yes"}}', "first / careful 0"),
        ('{"first": {"careful 0": 1}}', "first / careful 0"),
    ],
)
def test_a_damaged_file_of_labels_is_refused(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    """With the place and the form that it should have."""
    file = tmp_path / "labels.json"
    file.write_text(content)
    assert main(["metrics", str(run.path), "--labels", str(file)], COMMANDS) == 2
    told = capsys.readouterr().err
    assert words in told
    assert '{"TASK": {"CANDIDATE": true}}' in told


@pytest.mark.parametrize("arguments", [["--method", "vote"], ["--against", "vote"], ["--method", "oracle"]])
def test_an_unknown_method_is_an_error(run: RunDir, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """It names those there are; the oracle is none."""
    assert main(["metrics", str(run.path), *arguments], COMMANDS) == 2
    assert "majority" in capsys.readouterr().err


def test_what_is_no_run_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory of something else."""
    assert main(["metrics", str(tmp_path)], COMMANDS) == 2
    assert "not a run directory" in capsys.readouterr().err
