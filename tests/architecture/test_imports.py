"""Importing is light and does nothing; imports point down the floors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "sandbox", "selection", "swe_tasks")

HEAVY = frozenset(
    {
        *("litellm", "openai", "aiohttp", "httpx", "huggingface_hub", "tiktoken", "xllamacpp"),
        *("docker", "requests", "git", "jinja2", "bm25s", "numpy", "tree_sitter", "tree_sitter_language_pack"),
        *("swebench", "datasets", "vllm", "ray"),
    }
)
"""What no help text and no plain import may load. LiteLLM alone takes seconds."""

ALSO_ABSENT_FROM_HELP = frozenset({"pydantic", "yaml", "rich", "platformdirs", "asyncio", "tenacity"})
"""`shrewd --help` needs nothing but click."""


def modules_after(program: str, *arguments: str) -> set[str]:
    """Top-level modules that are loaded when `program` has run in a fresh interpreter."""
    code = f"import json, sys\n{program}\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


RUN_COMMAND = "from agent.cli.main import main\nassert main(sys.argv[1:]) == 0"


def test_the_main_help_loads_nothing_but_click() -> None:
    """It is there at once, on any machine."""
    assert not modules_after(RUN_COMMAND, "--help") & (HEAVY | ALSO_ABSENT_FROM_HELP)


COMMANDS_WITH_HELP = [
    *("solve", "context", "study", "resume", "apply", "models", "doctor", "config", "clean", "models pull"),
    *("bench", "select", "grade", "report", "export", "metrics", "image", "image build"),
]


@pytest.mark.parametrize("command", COMMANDS_WITH_HELP)
def test_the_help_of_a_command_loads_nothing_heavy(command: str) -> None:
    """Libraries are loaded when they are used."""
    assert not modules_after(RUN_COMMAND, *command.split(), "--help") & HEAVY


def test_showing_the_settings_loads_nothing_heavy(tmp_path: Path) -> None:
    """Although it reads and checks all of them."""
    assert not modules_after(RUN_COMMAND, "config", str(tmp_path)) & HEAVY


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    """Whoever uses one of them as a library pays for what is used."""
    assert not modules_after(f"import {package}") & HEAVY


def test_public_names_are_loaded_on_demand() -> None:
    """`import agent` reads no settings code before it is asked for."""
    assert "pydantic" not in modules_after("import agent")
    assert "pydantic" in modules_after("import agent\nagent.Settings")


EVERYTHING = """
import importlib, logging, os, pkgutil, sys, threading
before = (dict(os.environ), threading.active_count(), os.getcwd())
for package in sys.argv[1:]:
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(module.__path__, package + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
ours = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in sys.argv[1:]]
assert (dict(os.environ), threading.active_count(), os.getcwd()) == before
assert not any(logging.getLogger(name).handlers for name in ours)
assert not any(logging.getLogger(name).level for name in ours)
"""


def test_importing_everything_leaves_no_trace(tmp_path: Path) -> None:
    """No file, no output, no thread, no variable, no handler; warnings are errors."""
    places = {name: tmp_path / name.lower() for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    work = tmp_path / "work"
    for place in (*places.values(), work):
        place.mkdir()
        place.chmod(0o500)
    done = subprocess.run(
        [sys.executable, "-W", "error::::", "-c", EVERYTHING, *PACKAGES],
        cwd=work,
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            **{name: str(place) for name, place in places.items()},
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path for place in (*places.values(), work) for path in place.rglob("*")] == []


def test_imports_point_down_the_floors() -> None:
    """agent > selection > sandbox | swe_tasks, and nothing imports the command line."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_configuration_and_environment_are_read_on_the_top_floor_only() -> None:
    """Below `agent` everything takes plain arguments, and what child processes get is made there."""
    readers = [
        f"{path.relative_to(ROOT)}:{number}"
        for package in ("sandbox", "selection", "swe_tasks")
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "SHREWD_" in line or "platformdirs" in line
    ]
    assert readers == []
