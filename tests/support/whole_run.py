"""Whole runs of the installed command, on a small repository, against the scripted HTTP server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.git_repository import make_repository

ISSUE = "`double(4)` gives 5. It should give 8."
FILES: dict[str, str | bytes] = {
    "calc.py": "def double(x):\n    return x + 1\n",
    "test_calc.py": "from calc import double\n\n\ndef test_one():\n    assert double(1) == 2\n",
}
SCRIPT = (
    "```python\nimport sys\n\nfrom calc import double\n\nprint('actual:', double(4))\n"
    "sys.exit(0 if double(4) == 8 else 2)\n```"
)
RIGHT = "It adds one.\n\ncalc.py\n<<<<<<< SEARCH\n    return x + 1\n=======\n    return 2 * x\n>>>>>>> REPLACE\n"
WRONG = RIGHT.replace("2 * x", "x + 2")
FIXED = b"def double(x):\n    return 2 * x\n"


def stage_of(request: Mapping[str, Any]) -> str:
    """What the last question of a request asks for."""
    question = next(m["content"] for m in reversed(request["messages"]) if m["role"] == "user")
    if "# Task: a test script" in question:
        return "script"
    if "# Task: the fix" in question:
        return "edit"
    if "the single word DONE" in question:
        return "feedback"
    if "could not be used" in question:
        return "repair"
    return "continue" if "cut off" in question else "script again"


def good(request: Mapping[str, Any]) -> str:
    """A model that works: a script, an edit that is right for two seeds in three, then done once it is right."""
    match stage_of(request):
        case "script" | "script again":
            return SCRIPT
        case "edit":
            return RIGHT if request.get("seed", 0) % 3 else WRONG
        case "feedback":
            solved = "Exit code: 0" in request["messages"][-1]["content"]
            return "DONE" if solved else RIGHT
        case _:
            return SCRIPT if "# Task: a test script" in request["messages"][-3]["content"] else RIGHT


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Command:
    """`shrewd` with an environment of its own: no settings, no keys, nothing of the user's."""

    home: Path
    url: str

    def arguments(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).parent / "shrewd"), *arguments]

    def environment(self, **more: str) -> dict[str, str]:
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.home), "COLUMNS": "160", "LC_ALL": "C.UTF-8"}
        return kept | more

    def __call__(self, *arguments: str, cwd: Path | None = None, timeout: float = 120, **environment: str) -> Ended:
        done = subprocess.run(
            self.arguments(*arguments),
            capture_output=True,
            text=True,
            env=self.environment(**environment),
            cwd=cwd or self.home,
            timeout=timeout,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """One that runs on, in a process group of its own, to be killed."""
        return subprocess.Popen(
            self.arguments(*arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment(**environment),
            cwd=self.home,
            start_new_session=True,
        )

    def solve(self, repository: Path, out: Path, *more: str) -> list[str]:
        """The arguments of a run with the scripted model."""
        return [
            *("solve", str(repository), "--issue", ISSUE, "--out", str(out), "--model", "hosted_vllm/scripted"),
            *("--api-base", self.url, "--price-input", "1", "--price-output", "1", *more),
        ]


def make_calc(place: Path) -> Path:
    return make_repository(place, FILES)


def patch_of(run: Path) -> bytes:
    [patch] = run.glob("tasks/*/patch.diff")
    return patch.read_bytes()


def selection_of(run: Path) -> dict[str, Any]:
    [path] = run.glob("tasks/*/selection.json")
    return json.loads(path.read_text())


def kill_group(process: subprocess.Popen[str]) -> None:
    """kill -9 of the program and nothing else: what it started must end by itself."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def completions(run: Path) -> Sequence[dict[str, Any]]:
    [journal] = run.glob("tasks/*/journal.jsonl")
    notes = [json.loads(line) for line in journal.read_text().splitlines()]
    return [note for note in notes if note["kind"] == "completion"]
