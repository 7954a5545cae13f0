"""A tiny dataset of SWE-bench 5.x rows, made from the sample repository, with the image that its tasks run in.

dataset = make_tiny_dataset(folder)   # rows only: no Docker
build_tiny_image(dataset)             # once a machine; later calls find it by its name
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLES: Final = ROOT / "examples"
BASE_IMAGE: Final = "python:3.11-slim-bookworm"
HINT: Final = "A hint of the maintainers that nobody may see while solving."

ISSUES: Final = {"example__timeslip-3": "overnight", "example__timeslip-5": "shares", "example__timeslip-8": "breaks"}
"""Instance id -> the issue of the sample repository that it is about."""

_END: Final = "EOF_114329324912"

_DOCKERFILE: Final = f"""\
FROM {BASE_IMAGE}
RUN command -v git || (apt-get update && apt-get install -y --no-install-recommends git)
COPY testbed /testbed
WORKDIR /testbed
STOPSIGNAL SIGKILL
CMD ["/bin/bash"]
"""


@dataclass(frozen=True, slots=True)
class TinyTask:
    id: str
    issue: str
    """The issue text."""
    gold: str
    """The patch that solves it."""
    wrong: str
    """A plausible patch that does not."""
    hidden: str
    """The text of the hidden test file."""


@dataclass(frozen=True, slots=True)
class TinyDataset:
    rows: Path
    """JSON lines, one row a task, with everything that the official harness 5.x asks for."""
    image: str
    """Of all tasks: the repository lies at /testbed, with git's history up to the base commit."""
    repository: Path
    """The same repository on this machine."""
    commit: str
    tasks: tuple[TinyTask, ...]

    def predictions(self, path: Path, patches: dict[str, str], model: str = "tiny") -> Path:
        """Write a predictions file of these patches."""
        lines = [
            json.dumps({"instance_id": task, "model_name_or_path": model, "model_patch": patch})
            for task, patch in patches.items()
        ]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path


def make_tiny_dataset(folder: Path, ids: Sequence[str] = tuple(ISSUES)) -> TinyDataset:
    """The rows of `ids` in `folder/rows.jsonl`, and the repository in `folder/timeslip`."""
    sys.path.insert(0, str(EXAMPLES))  # they are programs, not a package
    try:
        from sample_repository import make_repository
    finally:
        sys.path.remove(str(EXAMPLES))
    repository = folder / "timeslip"
    commit = make_repository(repository)
    name = hashlib.sha256((_DOCKERFILE + commit).encode()).hexdigest()[:12]
    image = f"shrewd-tiny-timeslip:{name}"
    tasks = tuple(_task(task, ISSUES[task]) for task in ids)
    rows = folder / "rows.jsonl"
    made = [_row(task, repository, commit, image) for task in tasks]
    rows.write_text("".join(f"{json.dumps(row)}\n" for row in made), encoding="utf-8")
    return TinyDataset(rows, image, repository, commit, tasks)


def build_tiny_image(dataset: TinyDataset) -> str:
    """Build the image unless the machine has it; its name. Needs a Docker engine that has `BASE_IMAGE`."""
    import docker
    import docker.errors

    client = docker.from_env()
    try:
        try:
            client.images.get(dataset.image)
        except docker.errors.ImageNotFound:
            context = dataset.rows.parent / "image"
            shutil.copytree(dataset.repository, context / "testbed")
            (context / "Dockerfile").write_text(_DOCKERFILE, encoding="utf-8")
            client.images.build(path=str(context), tag=dataset.image, rm=True)
            shutil.rmtree(context)
    finally:
        client.close()
    return dataset.image


def _task(task: str, issue: str) -> TinyTask:
    patches = ROOT / "tests" / "examples"
    return TinyTask(
        id=task,
        issue=(EXAMPLES / "issues" / f"{issue}.md").read_text(encoding="utf-8"),
        gold=(patches / "fixes" / f"{issue}.diff").read_text(encoding="utf-8"),
        wrong=(patches / "near_misses" / f"{issue}.diff").read_text(encoding="utf-8"),
        hidden=(EXAMPLES / "hidden" / issue / f"test_{issue}.py").read_text(encoding="utf-8"),
    )


def _row(task: TinyTask, repository: Path, commit: str, image: str) -> dict[str, str]:
    module = f"test_hidden_{ISSUES[task.id]}"
    lines = task.hidden.splitlines()
    test_patch = (
        f"diff --git a/tests/{module}.py b/tests/{module}.py\nnew file mode 100644\n--- /dev/null\n"
        f"+++ b/tests/{module}.py\n@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)
    )
    modules = [f"tests.{module}", "tests.test_parser", "tests.test_totals"]
    before, after = (_run(repository, test_patch + patch, modules) for patch in ("", task.gold))
    assert set(after.values()) == {"ok"}, after
    script = [
        "#!/bin/bash",
        "set -uxo pipefail",
        "cd /testbed",
        "git config --global --add safe.directory /testbed",
        "git status",
        f"git apply -v - <<'{_END}'",
        test_patch + _END,
        ": '>>>>> Start Test Output'",
        f"python -m unittest -v {' '.join(modules)}",
        ": '>>>>> End Test Output'",
        f"rm -f tests/{module}.py",
        "",
    ]
    return {
        "repo": "example/timeslip",
        "instance_id": task.id,
        "base_commit": commit,
        "patch": task.gold,
        "test_patch": test_patch,
        "problem_statement": task.issue,
        "hints_text": HINT,
        "created_at": "2024-03-09T08:00:00Z",
        "version": "0.4",
        "FAIL_TO_PASS": json.dumps([name for name in after if before.get(name) != "ok"]),
        "PASS_TO_PASS": json.dumps([name for name in after if before.get(name) == "ok"]),
        "environment_setup_commit": commit,
        "eval_script": "\n".join(script),
        "image": image,
        "log_parser": "parse_log_django",  # it reads what `unittest -v` prints
        "eval_type": "pass_and_fail",
    }


def _run(repository: Path, patch: str, modules: Sequence[str]) -> dict[str, str]:
    """Test -> ok, FAIL or ERROR, in a copy of the repository with a patch applied."""
    copy = repository.parent / "copy"
    shutil.copytree(repository, copy)
    try:
        subprocess.run(["git", "apply", "-"], cwd=copy, input=patch, text=True, check=True)
        done = subprocess.run(
            [sys.executable, "-m", "unittest", "-v", *modules],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
        )
    finally:
        shutil.rmtree(copy)
    return dict(re.findall(r"^(\w+ \([\w.]+\)) \.\.\. .*?(ok|FAIL|ERROR)$", done.stderr, re.MULTILINE))
