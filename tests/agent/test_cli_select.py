"""`shrewd select --task`: diffs against one's own repository, by the installed command; and what is refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.engines import need
from support.git_repository import fingerprint, git
from support.openai_server import OpenAIServer
from support.whole_run import FIXED, ISSUE, Command, Ended, good, make_calc, patch_of, selection_of

DIFF = """\
diff --git a/calc.py b/calc.py
--- a/calc.py
+++ b/calc.py
@@ -1,2 +1,2 @@
 def double(x):
-    return x + 1
+    return {}
"""
EXAMPLE = "```python\n>>> from calc import double\n>>> double(4)\n5\n```\nIt should give 8."
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    place.mkdir()
    (place / ".gitconfig").write_text("[user]\n\tname = Ann\n\temail = ann@example.org\n")
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The repository in `calc`, and diffs beside it."""
    make_calc(tmp_path / "calc")
    diffs = {"right": DIFF.format("2 * x"), "again": DIFF.format("x + x"), "wrong": DIFF.format("x + 2")}
    for name, text in (diffs | {"empty": "", "prose": "Dear all,\n"}).items():
        (tmp_path / f"{name}.diff").write_text(text)
    (tmp_path / "issue.md").write_text(f"{ISSUE}\n\n{EXAMPLE}\n")
    return tmp_path


def select(shrewd: Command, folder: Path, *more: str, model: str = "none") -> Ended:
    return shrewd("select", "--task", "issue.md", "--repo", "calc", "--model", model, *more, cwd=folder)


def explanation(ended: Ended) -> dict[str, Any]:
    return json.loads(ended.out)["explanation"]


needs_bubblewrap = pytest.mark.bubblewrap


@pytest.fixture
def shrewd(home: Path) -> Command:
    need("bubblewrap")
    return Command(home, NOWHERE)


@needs_bubblewrap
@pytest.mark.slow
def test_the_better_of_two_diffs_is_chosen_without_a_model(shrewd: Command, folder: Path) -> None:
    """By what the repository's tests and the issue's example show; the work tree stays as it was."""
    before = fingerprint(folder / "calc")
    ended = select(shrewd, folder, "wrong.diff", "right.diff", "--out", "run")
    assert ended.code == 0, ended.err
    assert b"+    return 2 * x" in patch_of(folder / "run")
    assert selection_of(folder / "run")["ranking"][0]["origins"] == ["right.diff"]
    assert fingerprint(folder / "calc") == before
    assert ended.out.splitlines()[-1].startswith("Patch: ")


@needs_bubblewrap
@pytest.mark.slow
def test_the_patch_is_applied_where_that_is_asked_for(shrewd: Command, folder: Path) -> None:
    """To the work tree, or committed to a branch."""
    assert select(shrewd, folder, "right.diff", "--branch", "mended", "--out", "first").code == 0
    assert git(folder / "calc", "show", "mended:calc.py") in {FIXED.decode(), FIXED.decode().rstrip()}
    assert select(shrewd, folder, "right.diff", "--apply", "--out", "second").code == 0
    assert (folder / "calc" / "calc.py").read_bytes() == FIXED


@needs_bubblewrap
@pytest.mark.slow
def test_what_is_no_patch_is_recorded_and_the_rest_is_chosen_among(shrewd: Command, folder: Path) -> None:
    """Empty files and files that are no diffs are shown with the reason."""
    ended = select(shrewd, folder, "empty.diff", "prose.diff", "right.diff", "--out", "run")
    assert ended.code == 0, ended.err
    refused = {one["source"]: one["reason"] for one in selection_of(folder / "run")["refused"]}
    assert refused.keys() == {"empty.diff", "prose.diff"}
    assert "Refused: empty.diff" in ended.out


@needs_bubblewrap
@pytest.mark.slow
def test_nothing_can_be_chosen_where_nothing_is_a_patch(shrewd: Command, folder: Path) -> None:
    """Exit code 1, and no patch."""
    ended = select(shrewd, folder, "empty.diff", "prose.diff", "--out", "run", "--json")
    assert ended.code == 1, ended.err
    assert json.loads(ended.out)["patch"] is None
    again = select(shrewd, folder, "empty.diff", "prose.diff", "--out", "run")
    assert again.out.splitlines()[-1] == "No patch: none of the patches can be used."


@needs_bubblewrap
@pytest.mark.slow
def test_one_patch_needs_no_model(shrewd: Command, folder: Path) -> None:
    """Nor do copies of it: none is opened, whatever the settings say."""
    (folder / "copy.diff").write_text((folder / "right.diff").read_text())
    ended = select(shrewd, folder, "right.diff", "copy.diff", "--out", "run", model="openai/gpt-5-mini")
    assert ended.code == 0, ended.err
    assert selection_of(folder / "run")["ranking"][0]["origins"] == ["right.diff", "copy.diff"]


@needs_bubblewrap
@pytest.mark.slow
def test_a_run_goes_on_and_chooses_again(shrewd: Command, folder: Path) -> None:
    """Its patches lie in it; the diffs may be gone."""
    out = str(folder / "run")
    assert select(shrewd, folder, "me=right.diff", "me=again.diff", "wrong.diff", "--out", out).code == 0
    for name in ("right", "again", "wrong"):
        (folder / f"{name}.diff").unlink()
    before = patch_of(folder / "run")
    resumed = shrewd("resume", out, "--json")
    assert resumed.code == 0, resumed.err
    assert patch_of(folder / "run") == before
    origins = {one for row in selection_of(folder / "run")["ranking"] for one in row["origins"]}
    assert origins == {"me 1", "me 2", "wrong.diff"}
    again = shrewd("select", "--run", out, "--method", "random", "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["method"] == "random"
    selection = selection_of(folder / "run")
    other = shrewd("select", "--run", out, "--method", "majority", "--seed", "3")
    assert other.code == 2
    assert "seed was 0 and is now 3" in other.err
    assert selection_of(folder / "run") == selection  # it is refused before anything is written


@needs_bubblewrap
@pytest.mark.slow
def test_a_choice_is_explained_then_and_later(shrewd: Command, folder: Path) -> None:
    """As tables and as data; later without changing a byte."""
    diffs = ("wrong.diff", "right.diff", "empty.diff")
    told = select(shrewd, folder, *diffs, "--out", "run", "--explain")
    assert told.code == 0, told.err
    for words in ("Candidates", "Refused: empty.diff", "Example: ", "Clusters", "Chosen: ", "Confidence: "):
        assert words in told.out
    data = explanation(select(shrewd, folder, *diffs, "--out", "run", "--explain", "--json"))
    [wanted] = [one for one in data["candidates"] if one["origins"] == ["right.diff"]]
    assert data["winner"] == wanted["digest"]
    assert [one["source"] for one in data["refused"]] == ["empty.diff"]
    assert all(step["said"] for step in data["trail"])
    files = {path: path.read_bytes() for path in (folder / "run").rglob("*.json")}
    later = shrewd("select", "--run", str(folder / "run"), "--explain", "--json")
    [stored] = explanation(later).values()
    assert stored == data
    assert "Chosen: " in shrewd("select", "--run", str(folder / "run"), "--explain").out
    assert {path: path.read_bytes() for path in (folder / "run").rglob("*.json")} == files


@needs_bubblewrap
@pytest.mark.slow
def test_scripts_are_written_where_there_is_a_model(home: Path, folder: Path) -> None:
    """They are run on every candidate, and the same command again asks nothing."""
    need("bubblewrap")

    def respond(request: Mapping[str, Any], *_: object) -> str:
        return good(request)

    with OpenAIServer(respond) as server:
        shrewd = Command(home, server.url)
        arguments = ("wrong.diff", "right.diff", "--out", "run", "--api-base", server.url, "--select-calls", "0")
        first = select(shrewd, folder, *arguments, model="hosted_vllm/scripted")
        asked = len(server.calls)
        again = select(shrewd, folder, *arguments, model="hosted_vllm/scripted")
        assert len(server.calls) == asked > 0
    assert (first.code, again.code) == (0, 0), first.err
    assert "Votes: candidates x scripts" in first.out
    assert selection_of(folder / "run")["ranking"][0]["origins"] == ["right.diff"]


@needs_bubblewrap
@pytest.mark.slow
def test_candidates_of_an_earlier_run_stand_beside_diffs(shrewd: Command, folder: Path) -> None:
    """Those for the same issue of the same repository."""
    assert select(shrewd, folder, "wrong.diff", "--out", "first").code == 0
    ended = select(shrewd, folder, "right.diff", "--candidates", "first", "--out", "second")
    assert ended.code == 0, ended.err
    origins = {one for row in selection_of(folder / "second")["ranking"] for one in row["origins"]}
    assert origins == {"right.diff", "first wrong.diff"}


@needs_bubblewrap
@pytest.mark.slow
def test_other_patches_make_another_run(shrewd: Command, folder: Path) -> None:
    """By default each has a directory of its own; one that is named keeps to its patches."""
    for diff in ("right.diff", "wrong.diff"):
        assert select(shrewd, folder, diff).code == 0
    runs = list(folder.rglob("*-select-*"))
    assert len(runs) == 2, runs
    assert all("-select-" in run.name for run in runs)
    assert select(shrewd, folder, "right.diff", "--out", "run").code == 0
    refused = select(shrewd, folder, "wrong.diff", "--out", "run")
    assert refused.code == 2
    assert "was begun with other patches" in refused.err
    solving = shrewd("solve", "calc", "--issue", "@issue.md", "--model", "x/y", "--out", "run", cwd=folder)
    assert "is a run that chooses among patches" in solving.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "give --task and diffs"),
        (["a.diff"], "give --task and diffs"),
        (["--task", "issue.md"], "among which patches?"),
        (["--task", "issue.md", "none.diff"], "there is no file 'none.diff'"),
        (["--task", "issue.md", "calc"], "calc is a directory and no diff"),
        (["--task", "issue.md", "right.diff", "./right.diff"], "right.diff is given twice"),
        (["--task", "issue.md", "right.diff", "--workers", "2"], "--workers does not go together with --task"),
        (["--task", "issue.md", "right.diff", "--dataset", "lite"], "--dataset does not go together with --task"),
        (["--run", "calc", "--candidates", "a"], "--candidates does not go together with --run"),
        (["--run", "calc", "right.diff"], "give no files"),
        (["--run", "calc", "--explain"], "calc is not a run directory"),
        (["--dataset", "x.jsonl", "--candidates", "a", "--out", "r", "--apply"], "--apply does not go together with"),
        (["--task", "issue.md", "--repo", "https://x.org/a/b", "right.diff", "--apply"], "need a work tree"),
    ],
)
def test_what_cannot_be_meant_is_refused(home: Path, folder: Path, arguments: list[str], problem: str) -> None:
    """With what was wrong, before anything is made."""
    ended = Command(home, NOWHERE)("select", *arguments, cwd=folder)
    assert ended.code == 2
    assert problem in " ".join(ended.err.split())
    assert not (folder / "home" / ".local").exists()
