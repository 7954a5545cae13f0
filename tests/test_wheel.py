"""The wheel, installed in a clean environment and used from another folder."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.engines import need
from support.openai_server import OpenAIServer
from support.whole_run import Command, good, make_calc, patch_of

ROOT = Path(__file__).parents[1]
PACKAGES = ("agent", "sandbox", "selection", "swe_tasks")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def uv(*arguments: str, cwd: Path = ROOT) -> str:
    """uv, as `make` found it."""
    program = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    done = subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--out-dir", str(out))
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bin_directory(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel, its locked dependencies, and no extra."""
    place = tmp_path_factory.mktemp("clean")
    uv("venv", "--quiet", "--python", sys.executable, str(place / "venv"))
    uv("export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--output-file", str(place / "locked.txt"))
    python = place / "venv" / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", str(python), "-r", str(place / "locked.txt"), str(wheel))
    return python.parent


def run(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd), "SHREWD_CACHE": str(cwd / "cache")}
    return subprocess.run(
        [str(program), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_it_holds_the_four_packages_typed_and_no_tests(wheel: Path) -> None:
    """`tests`, the examples and everything else stay outside."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert any(name.endswith(".j2") for name in names)


def test_the_packages_are_ours_and_tests_cannot_be_imported(bin_directory: Path, tmp_path: Path) -> None:
    """Wherever one stands."""
    code = (
        "import importlib.util, json, agent, sandbox, selection, swe_tasks;"
        "print(json.dumps([m.__file__ for m in (agent, sandbox, selection, swe_tasks)]"
        "+ [importlib.util.find_spec('tests') is None]))"
    )
    *files, no_tests = json.loads(run(bin_directory / "python", "-c", code, cwd=tmp_path).stdout)
    assert all(Path(file).is_relative_to(bin_directory.parent) for file in files)
    assert no_tests is True
    told = json.loads(run(bin_directory / "shrewd", "doctor", "--json", cwd=tmp_path).stdout)
    [packages] = [check for check in told["checks"] if check["name"] == "packages"]
    assert packages["status"] == "ok"


def test_help_runs(bin_directory: Path, tmp_path: Path) -> None:
    """Of every command, without any extra."""
    for command in ((), ("solve",), ("resume",), ("apply",), ("models",), ("doctor",), ("config",), ("clean",)):
        ended = run(bin_directory / "shrewd", *command, "--help", cwd=tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert "Exit codes" in ended.stdout


def test_a_missing_extra_names_its_install_command(bin_directory: Path, tmp_path: Path) -> None:
    """The embedded model needs one; `doctor` names those of all."""
    repository = make_calc(tmp_path / "calc")
    models = tmp_path / "cache" / "models"
    models.mkdir(parents=True)
    from agent.models.catalogue import find

    entry = find("qwen2.5-coder-0.5b")
    with (models / entry.file).open("wb") as file:
        file.truncate(entry.size)  # as large as the model; it is missed before it is read
    solve = ("solve", str(repository), "--issue", "x y", "--model", f"embedded/{entry.name}")
    ended = run(bin_directory / "shrewd", *solve, cwd=tmp_path)
    assert ended.returncode == 2
    assert "pip install 'shrewdness[local]'" in ended.stderr
    told = run(bin_directory / "shrewd", "doctor", cwd=tmp_path).stdout
    for extra in ("local", "swebench", "vllm", "ray"):
        assert f"shrewdness[{extra}]" in told


@pytest.mark.bubblewrap
def test_a_scripted_run_works(bin_directory: Path, tmp_path: Path) -> None:
    """From a folder that is not the checkout."""
    need("bubblewrap")
    repository = make_calc(tmp_path / "calc")
    with OpenAIServer(lambda request, *_: good(request)) as server:
        arguments = Command(tmp_path, server.url).solve(repository, tmp_path / "run", "--samples", "2")
        ended = run(bin_directory / "shrewd", *arguments, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert b"return 2 * x" in patch_of(tmp_path / "run")
