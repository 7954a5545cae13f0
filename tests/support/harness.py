"""The official harness in tests: whether it can run here, and rows and patches for it."""

import json
import os
from importlib.util import find_spec
from pathlib import Path

from support.engines import need
from support.sandboxes import need as require

from swe_tasks.harness import Manner, grade_patches, harness_environment
from swe_tasks.harness_reports import Grade
from swe_tasks.rows import GradingRow, read_row

UNFITTING = """\
diff --git a/timeslip/clock.py b/timeslip/clock.py
--- a/timeslip/clock.py
+++ b/timeslip/clock.py
@@ -1,2 +1,2 @@
-no line of this file reads so
+nor does it read so afterwards
 and neither does this one
"""


def need_harness() -> None:
    """Go on only if the official harness and Docker work here."""
    require("swebench", None if find_spec("swebench") else "the extra `swebench` is not installed")
    need("docker")


def hidden_rows(path: Path, **changes: str) -> dict[str, GradingRow]:
    """The grading rows of a file, by task, with fields changed in all of them."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["instance_id"]: read_row({**row, **changes}, where="row")[1] for row in rows}


async def graded(
    rows: dict[str, GradingRow], patches: dict[str, str], folder: Path, *, seconds: int = 300
) -> dict[str, Grade]:
    """Grade patches; the grades by task, each told once."""
    found: list[Grade] = []
    await grade_patches(
        [rows[task] for task in patches],
        patches,
        folder=folder,
        manner=Manner(harness_environment(os.environ), 2, seconds),
        graded=found.append,
    )
    assert len({grade.task for grade in found}) == len(found)
    return {grade.task: grade for grade in found}
