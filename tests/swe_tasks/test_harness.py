"""Patches graded by the real official harness, in real containers, on a tiny dataset."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.harness import UNFITTING, graded, hidden_rows, need_harness
from support.tiny_dataset import TinyDataset, build_tiny_image, make_tiny_dataset

from swe_tasks.errors import GradingError
from swe_tasks.harness import Manner, grade_patches, harness_environment
from swe_tasks.harness_docker import check_engine, image_ids, remove_containers
from swe_tasks.harness_reports import Grade
from swe_tasks.rows import GradingRow

TESTS = Path(__file__).resolve().parents[1]
IDS = ("example__timeslip-3", "example__timeslip-5", "example__timeslip-8")
FIRST, SECOND, THIRD = IDS


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyDataset:
    return make_tiny_dataset(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def with_image(tiny: TinyDataset) -> TinyDataset:
    need_harness()
    build_tiny_image(tiny)
    return tiny


def containers() -> list[str]:
    command = ["docker", "ps", "--all", "--format", "{{.Names}}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.docker
@pytest.mark.slow
async def test_right_wrong_and_unfitting_patches_are_told_apart(with_image: TinyDataset, tmp_path: Path) -> None:
    """Each by the hidden tests alone; the id of the image is kept, the names of the tests are not."""
    first, second, _ = with_image.tasks
    rows = hidden_rows(with_image.rows)
    found = await graded(rows, {FIRST: first.gold, SECOND: second.wrong, THIRD: UNFITTING}, tmp_path)
    assert {task: grade.status for task, grade in found.items()} == {
        FIRST: "resolved",
        SECOND: "unresolved",
        THIRD: "patch_failed",
    }
    assert found[FIRST].detail == "3 of 3 to mend pass, 11 of 11 to keep pass"
    assert found[FIRST].image == image_ids([with_image.image], harness_environment({"PATH": _path()}))[with_image.image]
    assert not any("test_" in grade.detail for grade in found.values())
    assert not [name for name in containers() if name.startswith("sweb.eval.example")]


@pytest.mark.docker
@pytest.mark.slow
async def test_no_grade_is_taken_for_that_of_another_patch(with_image: TinyDataset, tmp_path: Path) -> None:
    """The harness goes by a run's name: the same patch is found again there, another one never."""
    task = with_image.tasks[0]
    rows = hidden_rows(with_image.rows)
    for patch, expected in ((task.gold, "resolved"), (task.wrong, "unresolved"), (task.gold, "resolved")):
        found = await graded(rows, {FIRST: patch}, tmp_path)
        assert found[FIRST].status == expected
    assert len(list(tmp_path.glob("shrewd-*"))) == 2


@pytest.mark.docker
@pytest.mark.slow
async def test_what_breaks_is_never_a_patch_that_fails(with_image: TinyDataset, tmp_path: Path) -> None:
    """No image, a parser that does not exist, tests that do not end: each is said."""
    gold = {task.id: task.gold for task in with_image.tasks}
    rows = {
        FIRST: hidden_rows(with_image.rows, image="shrewd-no-such-image:latest")[FIRST],
        SECOND: hidden_rows(with_image.rows, log_parser="parse_log_nonsense")[SECOND],
        THIRD: hidden_rows(with_image.rows, eval_script="#!/bin/bash\nsleep 300\n")[THIRD],
    }
    found = await graded(rows, gold, tmp_path, seconds=3)
    assert {task: grade.status for task, grade in found.items()} == {
        FIRST: "no_image",
        SECOND: "error",
        THIRD: "timed_out",
    }
    log = tmp_path.parent / found[SECOND].detail.rpartition(" see ")[2].replace("grading", tmp_path.name, 1)
    assert "parse_log_nonsense" in log.read_text(encoding="utf-8")


@pytest.mark.docker
@pytest.mark.slow
async def test_tests_that_say_nothing_are_ambiguous(with_image: TinyDataset, tmp_path: Path) -> None:
    """They ran to an end, and nothing that can be read came out."""
    rows = hidden_rows(with_image.rows, eval_script="#!/bin/bash\necho nothing\n")
    found = await graded(rows, {FIRST: with_image.tasks[0].gold}, tmp_path)
    assert found[FIRST].status == "ambiguous"


@pytest.mark.docker
@pytest.mark.slow
async def test_an_interrupted_run_leaves_no_container(with_image: TinyDataset, tmp_path: Path) -> None:
    """The harness would leave it to run to its end."""
    rows = hidden_rows(with_image.rows, eval_script="#!/bin/bash\nsleep 300\n")
    work = asyncio.create_task(graded(rows, {FIRST: with_image.tasks[0].gold}, tmp_path))

    def ours() -> list[str]:
        [run] = tmp_path.glob("shrewd-*")
        return [name for name in containers() if name.endswith(run.name)]

    async with asyncio.timeout(60):
        while not (list(tmp_path.glob("shrewd-*")) and ours()):
            await asyncio.sleep(0.5)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert ours() == []


@pytest.mark.docker
@pytest.mark.slow
async def test_what_a_killed_run_leaves_is_removed_by_the_next(with_image: TinyDataset, tmp_path: Path) -> None:
    """After kill -9 the harness ends by itself, and its container goes when somebody grades there again."""
    slow = tmp_path / "slow.jsonl"
    slow.write_text(with_image.rows.read_text().replace("python -m unittest", "sleep 300; python -m unittest"))
    program = (
        f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
        "import asyncio, pathlib\nfrom support.harness import graded, hidden_rows\n"
        f"rows = hidden_rows(pathlib.Path({str(slow)!r}))\n"
        f"asyncio.run(graded(rows, {{{FIRST!r}: 'x'}}, pathlib.Path({str(tmp_path / 'grading')!r})))\n"
    ).replace("'x'", repr(with_image.tasks[0].gold))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)

    def ours() -> list[str]:
        runs = tuple(run.name for run in (tmp_path / "grading").glob("shrewd-*"))
        return [name for name in containers() if name.endswith(runs)] if runs else []

    async with asyncio.timeout(60):
        while not ours():
            await asyncio.sleep(0.5)
    process.kill()
    await process.wait()
    assert ours()
    found = await graded(hidden_rows(with_image.rows), {FIRST: with_image.tasks[0].gold}, tmp_path / "grading")
    assert found[FIRST].resolved
    assert ours() == []
    assert not [one for one in Path("/proc").glob("[0-9]*/cmdline") if _is_harness(one, str(process.pid))]


@pytest.mark.docker
def test_only_the_containers_of_these_runs_are_removed(with_image: TinyDataset) -> None:
    """Another grading of the same task may be going on."""
    names = ["sweb.eval.shrewdtest-1.shrewd-mine", "sweb.eval.shrewdtest-1.shrewd-mine.17", "sweb.eval.shrewdtest-1.x"]
    try:
        for name in names:
            subprocess.run(["docker", "create", "--name", name, with_image.image], check=True, capture_output=True)
        assert remove_containers(["shrewd-mine"], {"PATH": _path()}) == 2
        assert [name for name in containers() if "shrewdtest" in name] == names[2:]
        assert remove_containers([], {"PATH": _path()}) == 0
    finally:
        subprocess.run(["docker", "rm", "--force", *names], check=False, capture_output=True)


@pytest.mark.docker
async def test_without_an_engine_nothing_is_said_of_the_patches(with_image: TinyDataset, tmp_path: Path) -> None:
    """It is an error, which names the remedy."""
    rows = hidden_rows(with_image.rows)
    told: list[Grade] = []
    manner = Manner(harness_environment({"PATH": _path(), "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}))
    with pytest.raises(GradingError, match="shrewd doctor"):
        await grade_patches(
            [rows[FIRST]], {FIRST: with_image.tasks[0].gold}, folder=tmp_path, manner=manner, graded=told.append
        )
    assert told == []


def test_without_the_program_docker_it_is_said(tmp_path: Path) -> None:
    """The harness would fall over it at the end of every task."""
    with pytest.raises(GradingError, match="`docker`, which is not on the PATH"):
        check_engine({"PATH": str(tmp_path)})


async def test_what_needs_no_tests_needs_no_engine(tiny: TinyDataset, tmp_path: Path) -> None:
    """An empty patch is not run, and a row that lacks something is named with what it lacks."""
    pytest.importorskip("swebench", reason="the extra `swebench` is not installed")
    rows = hidden_rows(tiny.rows)
    rows[SECOND] = GradingRow(
        SECOND, {name: value for name, value in rows[SECOND].row.items() if name != "eval_script"}
    )
    found = await graded(rows, {FIRST: "\n", SECOND: tiny.tasks[1].gold}, tmp_path / "grading")
    assert {task: grade.status for task, grade in found.items()} == {FIRST: "empty_patch", SECOND: "no_row"}
    assert "eval_script" in found[SECOND].detail
    assert not (tmp_path / "grading").exists()


def test_the_harness_sees_no_keys() -> None:
    """What it needs to reach the engine, and nothing else."""
    seen = harness_environment(
        {"PATH": "/bin", "HOME": "/home/ann", "OPENAI_API_KEY": "sk-1", "GITHUB_TOKEN": "t", "HF_TOKEN": "h"}
    )
    assert seen == {
        "PATH": "/bin",
        "DOCKER_HOST": "unix:///var/run/docker.sock",
        "DOCKER_CONFIG": "/home/ann/.docker",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "PYTHON_DOTENV_DISABLED": "1",
    }
    assert harness_environment({"DOCKER_HOST": "unix:///run/podman.sock"})["DOCKER_HOST"] == "unix:///run/podman.sock"


def _is_harness(command_line: Path, parent: str) -> bool:
    try:
        return f"swe_tasks.harness_process\0{parent}\0" in command_line.read_text()
    except OSError:  # it has ended since
        return False


def _path() -> str:
    program = shutil.which("docker")
    return str(Path(program).parent) if program else ""
