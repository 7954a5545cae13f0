"""Every command that the documents show is run, as it stands there."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
from support.engines import need
from support.harness import need_harness
from support.openai_server import OpenAIServer
from support.tiny_dataset import build_tiny_image, make_tiny_dataset
from support.tiny_model import knows
from support.whole_run import ISSUE, Command, good, make_calc

from agent.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]


def shown(document: str) -> list[str]:
    """The commands of a document's console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


SHOWN = shown("README.md")


def test_there_is_something_to_run() -> None:
    """A README whose blocks are written otherwise would pass unseen."""
    assert len(SHOWN) >= 5
    assert all(line.startswith("shrewd ") for line in SHOWN)


@pytest.mark.bubblewrap
@pytest.mark.slow
@pytest.mark.parametrize("line", SHOWN)
def test_a_command_of_the_readme_runs(tmp_path: Path, line: str) -> None:
    """In a repository, with the model at a server that is scripted; nothing else is changed."""
    need("bubblewrap")
    repository = make_calc(tmp_path / "calc")
    (repository / "issue.md").write_text(ISSUE)
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
    with OpenAIServer(lambda request, *_: good({**request, "seed": 1})) as server:
        shrewd = Command(tmp_path, server.url)
        # The commands name no model of ours, but for one that names OpenAI's: all are sent to the scripted server.
        variables = {"SHREWD_MODEL": "hosted_vllm/scripted", "SHREWD_API_BASE": server.url}
        ended = shrewd("--debug", *shlex.split(line)[1:], cwd=repository, **variables)
    assert ended.code == 0, ended.err


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_commands_for_swe_bench_run_one_after_the_other(tmp_path: Path) -> None:
    """On two tasks of our own, with the model at a scripted server, graded by the official harness."""
    need_harness()
    dataset = make_tiny_dataset(tmp_path / "tiny")
    build_tiny_image(dataset)
    place = tmp_path / "place"
    place.mkdir()
    shutil.copy(dataset.rows, place / "rows.jsonl")
    shutil.copytree(dataset.repository, place / "timeslip")
    dataset.predictions(place / "gold.jsonl", {task.id: task.gold for task in dataset.tasks})
    with OpenAIServer(knows(dataset)) as server:
        shrewd = Command(tmp_path, server.url)
        variables = {"SHREWD_MODEL": "hosted_vllm/scripted", "SHREWD_API_BASE": server.url}
        for line in shown("docs/swebench.md"):
            ended = shrewd("--debug", *shlex.split(line)[1:], cwd=place, timeout=280, **variables)
            assert ended.code == 0, (line, ended.err)
    for run in ("RUN", "CHOSEN"):
        grades = json.loads((place / run / "grades.json").read_text())["tasks"]
        assert [grade["status"] for grade in grades.values()] == ["resolved"] * 2


@pytest.mark.bubblewrap
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_commands_for_selection_run_one_after_the_other(tmp_path: Path) -> None:
    """On three patches of a small repository, with the model at a scripted server."""
    need("bubblewrap")
    repository = make_calc(tmp_path / "calc")
    (repository / "issue.md").write_text(ISSUE)
    for name, body in {"a": "2 * x", "b": "x + 2", "c": "x + x"}.items():
        content = (repository / "calc.py").read_text()
        (repository / "calc.py").write_text(re.sub(r"return .*", f"return {body}", content, count=1))
        said = subprocess.run(["git", "diff"], cwd=repository, check=True, capture_output=True, text=True).stdout
        (repository / f"{name}.diff").write_text(said)
        (repository / "calc.py").write_text(content)
    with OpenAIServer(lambda request, *_: good({**request, "seed": 1})) as server:
        shrewd = Command(tmp_path, server.url)
        variables = {"SHREWD_MODEL": "hosted_vllm/scripted", "SHREWD_API_BASE": server.url}
        for line in shown("docs/selection.md"):
            (task,) = (path.name for path in (repository / "RUN/tasks").glob("*")) if "metrics" in line else ("",)
            (repository / "labels.json").write_text(json.dumps({task: {"a.diff": True, "b.diff": False}}))
            ended = shrewd("--debug", *shlex.split(line)[1:], cwd=repository, timeout=200, **variables)
            assert ended.code == 0, (line, ended.err)
            if "--explain" in line:
                assert "tests" in ended.out


@pytest.mark.bubblewrap
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_commands_for_context_run_one_after_the_other(tmp_path: Path) -> None:
    """On a small repository, with the model at a scripted server: a study, then a solution that begins with it."""
    need("bubblewrap")
    repository = make_calc(tmp_path / "calc")
    (repository / "issue.md").write_text(ISSUE)

    def answer(request: Mapping[str, Any]) -> str:
        question = request["messages"][-1]["content"]
        if "# Task: say which" in question:
            return "calc.py: relevant - it doubles\ntest_calc.py: not relevant - a test\nissue.md: not relevant - text"
        if "# Task: put these files in order" in question:
            return '["calc.py"]'
        return "Run pytest -q." if "# Task: notes" in question else good({**request, "seed": 1})

    with OpenAIServer(lambda request, *_: answer(request)) as server:
        shrewd = Command(tmp_path, server.url)
        variables = {"SHREWD_MODEL": "hosted_vllm/scripted", "SHREWD_API_BASE": server.url}
        for line in shown("docs/context.md"):
            ended = shrewd("--debug", *shlex.split(line)[1:], cwd=repository, timeout=200, **variables)
            assert ended.code == 0, (line, ended.err)
        assert any("Notes on the repository" in str(call.request) for call in server.calls)


DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/models.md",
    "docs/architecture.md",
    "docs/swebench.md",
    "docs/selection.md",
    "docs/context.md",
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_files_and_flags_exist(document: str) -> None:
    """What a document names is there."""
    text = (ROOT / document).read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"\bmake ([a-z][a-z-]*)\b", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / document).parent / target).exists(), target
    known = {flag for name in COMMANDS for flag in flags_of(name)}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= known


def flags_of(name: str) -> set[str]:
    """All long options of a command and of those below it."""
    found: object = getattr(import_module(COMMANDS[name].module), COMMANDS[name].name)
    assert isinstance(found, click.Command)
    commands = [found, *(found.commands.values() if isinstance(found, click.Group) else [])]
    options = [option for command in commands for option in command.params if isinstance(option, click.Option)]
    return {flag for option in options for flag in (*option.opts, *option.secondary_opts)}
