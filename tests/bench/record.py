"""Records the outcome matrices of a run, without patches and programs: `python tests/bench/record.py RUN`.

The run has been graded: `shrewd grade RUN --candidates`. The two files below tests/recorded/ are written anew.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.recorded import FOLDER, LABELS, MATRICES, as_line, short

from agent.decisions import decide
from agent.labels import labels_of_run
from agent.rundir import RunDir


def main() -> int:
    """Write both files, and say what is in them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    arguments = parser.parse_args()
    decisions = decide(RunDir(arguments.run), {}, seed=0)
    known = labels_of_run(RunDir(arguments.run), decisions).known
    FOLDER.mkdir(exist_ok=True)
    lines = [as_line(one.task, one.matrix, one.fruitless) for one in decisions.tasks]
    MATRICES.write_text("".join(f"{line}\n" for line in lines))
    said = {task: {short(tree): right for tree, right in some.items()} for task, some in known.items()}
    LABELS.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")
    print(f"{len(lines)} tasks, {sum(map(len, said.values()))} labels, {MATRICES.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
