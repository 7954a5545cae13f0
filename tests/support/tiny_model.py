"""A scripted model that knows the tasks of the tiny dataset: a script that shows each issue, and its fix."""

from collections.abc import Mapping
from typing import Any

from support.openai_server import Respond
from support.tiny_dataset import TinyDataset, TinyTask
from support.whole_run import stage_of

CHECKS = {
    "example__timeslip-3": """\
    parse_log("2024-03-08\\n22:30-01:15 a: x")
    try:
        parse_log("2024-03-08\\n09:00-09:00 a: x")
        solved = False
    except ValueError:
        solved = True
""",
    "example__timeslip-5": """\
    solved = shares({"web": 30, "ops": 5, "mail": 5}) == {"web": 75, "ops": 13, "mail": 12}
""",
    "example__timeslip-8": """\
    times = ["09:00-15:00", "10:00-10:20", "11:00-11:20", "15:30-16:00"]
    entries = parse_log("2024-03-11\\n" + "\\n".join(time + " a: x" for time in times))
    solved = [str(pause) for pause in find_breaks(entries)] == ["15:00-15:30"]
""",
}
"""Task -> what says whether its issue is solved. A near miss does not pass either."""


def script_of(task: str) -> str:
    """A test script, as the model gives it."""
    return f"""```python
import sys

from timeslip import find_breaks, parse_log, shares

try:
{CHECKS[task]}except Exception as error:
    print(error)
    solved = False
sys.exit(0 if solved else 2)
```"""


def knows(dataset: TinyDataset, script: Mapping[str, str] | None = None) -> Respond:
    """Answers every request of a run over the dataset as a good model would."""

    def respond(request: Mapping[str, Any], _call: int, _attempt: int) -> str:
        task = task_of(dataset, request)
        match stage_of(request):
            case "script" | "script again":
                return (script or {}).get(task.id) or script_of(task.id)
            case "feedback":
                return "DONE"
            case _:
                return f"This mends it.\n\n```diff\n{task.gold}```\n"

    return respond


def task_of(dataset: TinyDataset, request: Mapping[str, Any]) -> TinyTask:
    """The task whose issue a request is about."""
    opening = request["messages"][1]["content"]
    text = opening if isinstance(opening, str) else opening[0]["text"]
    (found,) = [task for task in dataset.tasks if task.issue.strip() in text]
    return found
