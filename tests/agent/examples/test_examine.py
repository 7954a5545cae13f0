"""The issue's examples on a repository and on candidates, run for real."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.bench import ScriptedModel, open_test_bench
from support.played import LocalSandbox

from agent.examples import Examined, examine
from agent.workbench import Workbench
from selection.examples import behaviour_groups, example_evidence
from selection.matrix import Candidate, OutcomeMatrix
from swe_tasks.edits import apply_patch, diff

FILES = {
    "sums.py": "def double(n):\n    return n * n\n\n\ndef noise():\n    return object(), __import__('time').time()\n"
}
ISSUE = "`double` is wrong:\n```\n>>> from sums import double\n>>> double(3)\n9\n```\nIt should be `6`.\n"


def patch(line: str) -> bytes:
    head = "--- a/sums.py\n+++ b/sums.py\n@@ -1,4 +1,4 @@\n def double(n):\n"
    return f"{head}-    return n * n\n+{line}\n \n \n".encode()


async def examined(
    place: Path, issue: str, lines: list[str], sandbox: LocalSandbox
) -> tuple[Workbench, tuple[Candidate, ...], Examined]:
    async with open_test_bench(place, FILES, ScriptedModel(()), sandbox) as plain:  # type: ignore[arg-type]
        bench = replace(plain, task=replace(plain.task, issue=issue))
        trees = [apply_patch(bench.base, patch(line)) for line in lines]
        candidates = tuple(Candidate(tree, diff(bench.base, tree), ("x",)) for tree in trees)
        return bench, candidates, await examine(bench, candidates)


def as_matrix(candidates: tuple[Candidate, ...], found: Examined) -> OutcomeMatrix:
    return OutcomeMatrix(
        candidates, (), probes=found.probes, base_behaviours=found.base_behaviours, behaviours=found.behaviours
    )


async def test_right_and_wrong_candidates_are_told_apart(tmp_path: Path) -> None:
    """One gives what is wanted, one leaves it as it is, one raises."""
    lines = ["    return n + n", "    return n ** 2", "    return n / 0"]
    _, candidates, found = await examined(tmp_path, ISSUE, lines, LocalSandbox())
    right, same, raises = (candidate.digest for candidate in candidates)
    (probe,) = found.probes
    assert found.base_behaviours[probe.digest].output == "#1\n#2\n9\n#end"
    matrix = as_matrix(candidates, found)
    ratios = {digest: one.ratio for digest, one in example_evidence(matrix).items()}
    assert ratios[right] > 1
    assert max(ratios[same], ratios[raises]) < 0
    assert len(behaviour_groups(matrix)) == 3
    assert "2 of 3 candidates change it, in 3 ways" in found.trail[0].said


async def test_what_flickers_or_cannot_run_is_left_out(tmp_path: Path) -> None:
    """And the trail says so."""
    issue = (
        "`sums.noise(1 if 0 else 2)` and\n```python\nimport no_such_thing_anywhere\nno_such_thing_anywhere.f(1)\n```\n"
    )
    issue += "\n```\n>>> import time\n>>> time.time_ns()\n```\n"
    _, _, found = await examined(tmp_path, issue, ["    return 1"], LocalSandbox())
    assert [probe.origin for probe in found.probes] == ["issue, calls in the text"]
    assert sorted(step.said.split(":")[1].split(",")[0] for step in found.trail[:2]) == [" left out", " left out"]


async def test_a_lost_machine_is_missing_data(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No cell, a warning, and the others go on."""
    lost = FILES["sums.py"].replace("n * n", "n + 0").encode()
    lines = ["    return n + 0", "    return n + n"]
    _, candidates, found = await examined(tmp_path, ISSUE, lines, LocalSandbox(broken=frozenset({lost})))
    assert [key[0] for key in found.behaviours] == [candidates[1].digest]
    assert "nothing is known of issue, block 1" in caplog.text


async def test_again_nothing_is_run(tmp_path: Path) -> None:
    """The journal has it all."""
    _, _, first = await examined(tmp_path, ISSUE, ["    return n + n"], LocalSandbox())
    again = LocalSandbox()
    _, _, second = await examined(tmp_path, ISSUE, ["    return n + n"], again)
    assert (second, again.executed) == (first, [])


async def test_an_issue_without_examples(tmp_path: Path) -> None:
    """Nothing is run, and the trail says why."""
    sandbox = LocalSandbox()
    _, _, found = await examined(tmp_path, "It does not work.", ["    return 1"], sandbox)
    assert (found.probes, sandbox.executed) == ((), [])
    assert found.trail[0].said == "the issue shows nothing that can be run"
