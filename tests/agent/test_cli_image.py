"""`shrewd image`: from a repository to an image in which a harness can work."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.engines import need
from support.git_repository import git, make_repository
from support.sandboxes import IMAGE

from agent.cli.main import Lazy
from agent.cli.main import main as run_main
from sandbox.docker_commit import labelled_images
from sandbox.docker_engine import Engine
from sandbox.docker_images import remove_tag
from sandbox.image_build import ask_image

EXAMPLES = Path(__file__).parents[2] / "examples"

FILES = {
    "shop.py": "PRICE = 1\n",
    "test_shop.py": "import shop\nassert shop.PRICE == 2\n",
    ".gitignore": "*.pyc\n",
    "notes.txt": "old\n",
}

# What an evaluation does first, in the harness's own order and with its strictness.
EVALUATION = """
set -uo pipefail
source /opt/miniconda3/bin/activate
conda activate testbed
cd /testbed
git config --global --add safe.directory /testbed
git diff --exit-code HEAD || exit 3
printf -- '--- a/shop.py\\n+++ b/shop.py\\n@@ -1 +1 @@\\n-PRICE = 1\\n+PRICE = 2\\n' | git apply - || exit 4
git checkout {commit} test_shop.py || exit 5
python test_shop.py && command -v python
"""


def main(*arguments: str) -> int:
    """The command line with this command in it."""
    return run_main(["image", *arguments], {"image": Lazy("agent.cli.image", "image", "")})


@pytest.fixture
def name() -> Iterator[str]:
    """A name that no image has, and none has afterwards."""
    need("docker")
    name = f"shrewd-test/{uuid.uuid4().hex[:12]}:one"
    yield name
    engine = Engine.connect()
    try:
        remove_tag(engine, name)
    finally:
        engine.close()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a second commit that nobody may see."""
    place = make_repository(tmp_path / "shop", FILES)
    (place / "later.py").write_text("the fix\n")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "-m", "later")
    return place


@pytest.mark.docker
def test_an_image_of_a_commit_is_one_a_harness_can_work_in(
    repository: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a network: the checkout, git, `conda activate`, and what was set up is no part of any diff."""
    commit = git(repository, "rev-parse", "HEAD~1")
    options = ("--repo", str(repository), "--commit", commit, "--base", IMAGE, "--conda-shim", "--network", "none")
    setup = ("--setup", "echo made >made.txt", "--setup", "echo new >notes.txt")

    assert main("build", *options, *setup, "--tag", name) == 0
    assert capsys.readouterr().out == f"{name}\n"

    said = ask_image(name, EVALUATION.format(commit=commit))
    assert said is not None
    assert said.splitlines()[-1] == "/opt/miniconda3/envs/testbed/bin/python"
    assert (
        ask_image(name, "cd /testbed && git status --porcelain && ls") == "made.txt\nnotes.txt\nshop.py\ntest_shop.py"
    )
    assert ask_image(name, "cd /testbed && git rev-parse HEAD~1; git rev-list --all --count") == f"{commit}\n2"
    assert ask_image(name, "python -m pip config get global.no-index") == "true"


@pytest.mark.docker
def test_the_sample_repository_becomes_an_image_with_nothing_but_the_checkout(tmp_path: Path, name: str) -> None:
    """As in continuous integration: its own commit is the only one, and its tests run."""
    program = f"import sys; sys.path.insert(0, {str(EXAMPLES)!r}); import sample_repository as s, pathlib\n"
    program += f"print(s.make_repository(pathlib.Path({str(tmp_path / 'sample')!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    commit = done.stdout.strip()

    assert main("build", "--repo", str(tmp_path / "sample"), "--base", IMAGE, "--network", "none", "--tag", name) == 0
    assert ask_image(name, "cd /testbed && git log --all --format=%H") == commit
    assert ask_image(name, "cd /testbed && python -m unittest discover -q 2>&1 | tail -1") == "OK"


@pytest.mark.docker
def test_images_are_listed_and_removed(repository: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With their commit; another build of the same makes nothing anew."""
    options = ("--repo", str(repository), "--base", IMAGE, "--network", "none", "--tag", name)
    assert main("build", *options) == 0
    assert main("build", *options) == 0
    assert "0 layers made, 2 found from earlier builds" in capsys.readouterr().err

    assert main("list") == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(name))
    assert git(repository, "rev-parse", "HEAD")[:12] in line
    assert main("remove", name) == 0
    assert capsys.readouterr().out == f"removed {name}\n"
    assert main("remove", name) == 2


@pytest.mark.docker
def test_a_set_up_that_fails_is_told(repository: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command, its words, and no image."""
    options = ("--repo", str(repository), "--base", IMAGE, "--network", "none", "--tag", name)
    assert main("build", *options, "--setup", "echo these words; exit 4") == 2
    said = capsys.readouterr().err
    assert "failed with exit status 4:\n  echo these words; exit 4\nIts last lines:\n  these words" in said
    engine = Engine.connect()
    try:
        assert not [one for one in labelled_images(engine, "shrewd.image") if name in one.names]
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "either --repo or --dataset"),
        (("--repo", ".", "--dataset", "rows.jsonl"), "either --repo or --dataset"),
        (("--repo", "."), "--tag NAME"),
        (("--repo", ".", "--tag", "x", "--only", "a"), "--only belongs to --dataset"),
        (("--dataset", "rows.jsonl", "--setup", "true"), "--setup comes from the rows"),
        (("--dataset", "rows.jsonl", "--lay-at", "/x"), "at /testbed"),
        (("--repo", ".", "--tag", "x", "--as-of", "spring"), "such as 2023-05-31"),
        (("--repo", ".", "--tag", "x", "--lay-at", "etc"), "absolute path"),
        (("--repo", ".", "--tag", "x", "--lay-at", "/usr"), "belongs to the system"),
        (("--repo", ".", "--tag", "No Name"), "no image name"),
        (("--dataset", "rows.jsonl"), "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_done(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    """With exit code 2."""
    monkeypatch.chdir(tmp_path)
    assert main("build", *arguments) == 2
    assert words in capsys.readouterr().err
