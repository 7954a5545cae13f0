"""How much of the prompts a server has in its cache: `python tests/bench/caching.py [--samples N] [--model MODEL]`.

Solves an issue of the sample repository with eight trajectories, through the installed command and the embedded model's
own server, and adds up that server's figures: prompt tokens, and those of them that it did not have to read again.
Trajectories of a task begin with the same bytes, so all but the first reading of these can be cached.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOAL = 85.0


def main() -> int:
    """Measure and print; the exit code of a run that broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=8, help="trajectories (default 8)")
    parser.add_argument("--issue", default="cells", help="an issue of the sample repository (default: cells)")
    parser.add_argument("--model", default="embedded/qwen2.5-coder-1.5b")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "examples"))
    from sample_repository import make_repository

    with tempfile.TemporaryDirectory() as place:
        repository, run = Path(place) / "timeslip", Path(place) / "run"
        make_repository(repository)
        command = [str(Path(sys.executable).with_name("shrewd")), "solve", str(repository), f"--out={run}"]
        command += [f"--issue=@{ROOT / 'examples' / 'issues' / arguments.issue}.md", f"--samples={arguments.samples}"]
        command += [
            "--iterations=2",
            "--script-iterations=2",
            "--select-calls=0",
            f"--model={arguments.model}",
            "--json",
        ]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        if ended.returncode not in {0, 1}:
            print(ended.stderr[-2000:])
            return ended.returncode
        spent = json.loads(ended.stdout)["spent"]
    print(f"{arguments.model}, {arguments.samples} trajectories of one task; goal {GOAL:g} %")
    for name, tally in [*spent["stages"].items(), ("all", spent["total"])]:
        share = 100 * tally["cached"] / max(1, tally["prompt"])
        asked = f"{tally['calls']:4} completions {tally['prompt']:8,} prompt tokens"
        print(f"{name:10} {asked}, {share:5.1f} % from the cache")
    return 0


if __name__ == "__main__":
    sys.exit(main())
