"""How long a whole outcome matrix takes, against the least it could: `python tests/bench/matrix.py`.

Ten candidates and the base tree under ten scripts that each keep a processor (or, with --sleep, only a clock) busy
for a second, through the journal, the limiter and the sandbox of a real run. The least is the sum of what the scripts
themselves take, as the sandbox measured it, divided by how many may run at once.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
import uuid
from contextlib import AsyncExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.bench import PROFILE, ScriptedModel
from support.git_repository import make_repository

from agent.journal import Journal, read_notes
from agent.judge import judge
from agent.ledger import Budget, Ledger
from agent.limiter import Limiter
from agent.models.pricing import FREE
from agent.workbench import Workbench
from sandbox import Choice, open_sandbox
from sandbox.docker import diagnose as diagnose_docker
from sandbox.records import Environment, Limits, Owner
from selection import Candidate, OutcomeMatrix, TestScript
from swe_tasks import Task, materialise_local
from swe_tasks.basetree import BaseTree
from swe_tasks.edits import diff, write_tree
from swe_tasks.task import FileChange

CANDIDATES, SCRIPTS, GOAL = 10, 10, 1.15
IMAGE = "python:3.11-slim-bookworm"
BUSY = """
import time
end = time.monotonic() + 1
while time.monotonic() < end:
    pass
raise SystemExit({code})  # {n}
"""
SLEEPY = "import time\ntime.sleep(1)\nraise SystemExit({code})  # {n}\n"


def main() -> int:
    """Measure and print; exit code 1 if nothing could be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sleep", action="store_true", help="scripts that wait instead of computing")
    parser.add_argument("--backend", choices=["docker", "bubblewrap"], default="docker")
    parser.add_argument("--image", default=IMAGE)
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    if arguments.backend == "docker" and not (found := diagnose_docker()).works:
        print(f"not measured: {found.detail}")
        return 1
    text = SLEEPY if arguments.sleep else BUSY
    with tempfile.TemporaryDirectory() as directory:
        image = arguments.image if arguments.backend == "docker" else None
        where, at_once = Path(directory), arguments.at_once
        seconds, matrix = asyncio.run(_measure(where, arguments.backend, image, text, at_once))
        busy = sum(_seconds(where / "journal.jsonl"))
    executions = len(matrix.cells) + len(matrix.base)
    least = busy / arguments.at_once
    print(f"{executions} executions of a second, {arguments.at_once} at once, {arguments.backend}: {seconds:.2f} s")
    print(f"the least they could take: {least:.2f} s; {seconds / least:.3f} of it (goal {GOAL} or less)")
    return 0


async def _measure(
    place: Path, backend: str, image: str | None, text: str, at_once: int
) -> tuple[float, OutcomeMatrix]:
    make_repository(place / "repository", {f"package/module_{n}.py": f"VALUE = {n}\n" for n in range(50)})
    base = materialise_local(place / "repository", place / "base", ref=None, uncommitted="refuse")
    environment = Environment("/repo", image=image)
    async with AsyncExitStack() as stack:
        owner = Owner(f"benchmark-{uuid.uuid4().hex[:8]}", os.getpid())
        choice = Choice("docker" if backend == "docker" else "bubblewrap", "asked for")
        sandbox = open_sandbox(choice, environment, owner, scratch=place, size=at_once + 1)
        stack.push_async_callback(sandbox.close)
        journal = Journal(place / "journal.jsonl", redact=lambda one: one)
        stack.push_async_callback(journal.aclose)
        bench = Workbench(
            task=Task("t", "", "/repo", base.commit, base.tree, "/repo"),
            base=base,
            journal=journal,
            model=ScriptedModel([]),
            model_key="none",
            sandbox=sandbox,
            environment=environment,
            limits=Limits(),
            python="python3",
            profile=PROFILE,
            ledger=Ledger(Budget(), FREE),
            completions=Limiter(1),
            executions=Limiter(at_once),
            count_tokens=len,
            seed=0,
            continues=False,
        )
        candidates = tuple(_candidate(base, n) for n in range(CANDIDATES))
        scripts = tuple(TestScript(f"s{n}", text.format(code=2 * (n % 2), n=n), ()) for n in range(SCRIPTS))
        began = time.perf_counter()
        matrix = await judge(bench, candidates, scripts)
        return time.perf_counter() - began, matrix


def _seconds(journal: Path) -> list[float]:
    """What each script took."""
    values = [note.value for note in read_notes(journal) if note.kind == "execution"]
    return [float(str(value["seconds"])) for value in values if isinstance(value, dict)]


def _candidate(base: BaseTree, number: int) -> Candidate:
    tree = write_tree(base, [FileChange("package/module_0.py", f"VALUE = {number + 100}\n".encode())])
    return Candidate(tree, diff(base, tree), ())


if __name__ == "__main__":
    sys.exit(main())
