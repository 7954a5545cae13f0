"""A task directory with real trajectories in its journal, of a scripted model."""

from collections.abc import Sequence
from pathlib import Path

from support.bench import Reply, ScriptedModel, ScriptedSandbox, open_test_bench

from agent.edits.names import defined_names
from agent.files import TreeFiles
from agent.messages import Message
from agent.rundir import TaskDir, write_file, write_json
from agent.stored import StoredTask, store_task
from agent.trajectory import Shared, Steps, run_trajectory
from agent.trajectory.edits import edit_reader
from sandbox.records import Environment
from swe_tasks.edits import diff

FILES: dict[str, str | bytes] = {"calc.py": "def double(x):\n    return x + 1\n"}
SCRIPT = "```python\nimport sys\nfrom calc import double\n\nsys.exit(0 if double(4) == 8 else 2)\n```"
RIGHT = "calc.py\n```python\ndef double(x):\n    return 2 * x\n```"
WRONG = "calc.py\n```python\ndef double(x):\n    return x + 3\n```"
OPENING = (Message("system", "the system's words"), Message("user", "the issue"), Message("assistant", "ready"))


async def make_task(place: TaskDir, replies: Sequence[Sequence[Reply]], *, selected: bool = True) -> None:
    """Run one trajectory for each list of replies, and leave what a run leaves."""
    names: list[str | None] = []
    endings: list[dict[str, object]] = []
    patches: dict[str, bytes] = {}
    for number, some in enumerate(replies):
        model = ScriptedModel(list(some))
        sandbox = ScriptedSandbox(lambda files, _: 0 if b"2 * x" in files["calc.py"] else 2)
        async with open_test_bench(place.path, FILES, model, sandbox) as bench:
            files = TreeFiles(bench.base)
            shared = Shared(
                opening=OPENING,
                read_edit=edit_reader(bench.base, files, "definitions", ["calc.py"]),
                show_diff=lambda tree, base=bench.base: diff(base, tree).decode(),
                look="\n".join,
                names=defined_names(files, ["calc.py"]),
                steps=Steps(2, 3, 1),
            )
            result = await run_trajectory(bench, shared, number)
            tree = result.state.tree
            names.append(tree)
            if tree is not None:
                patches[tree] = diff(bench.base, tree)
            store_task(place, StoredTask(bench.task, Environment("/testbed", "an-image:1"), "docker", "python"))
        endings.append(
            {
                "trajectory": number,
                "ended": result.ended,
                "detail": result.detail,
                "iterations": result.iterations,
                "verified": result.verified,
                "script_before": result.state.before,
                "script_after": result.state.after,
                "candidate": tree,
            }
        )
    if selected:
        for number, patch in enumerate(patches.values()):
            write_file(place.candidates / f"{number}.diff", patch)
        write_json(place.outcomes, {"candidates": [{"digest": tree} for tree in patches]})
        write_json(place.selection, {"trajectories": endings, "failed": []})


def task_dir(path: Path) -> TaskDir:
    """The directory of the task `t` in a run."""
    return TaskDir(path / "tasks" / "t")
