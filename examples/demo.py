"""Solves an issue of the sample repository with `shrewd solve`, then grades the answer with hidden tests.

    python examples/demo.py [--issue NAME] [--model MODEL] [--samples N] [--out DIR] [options of shrewd solve]

The exit code says whether the run was sound, not whether the model was right: 0 when it was graded, 2 for bad
usage, otherwise what `shrewd solve` ended with.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grading import Grade, grade
from run_results import Results, RunFailedError, read_results
from sample_repository import make_repository
from sandbox.errors import SandboxError
from swe_tasks.errors import TaskError

ISSUES = Path(__file__).resolve().parent / "issues"
CHOSEN, NONE_CHOSEN = 0, 1
"""Exit codes of `shrewd solve` after a sound run."""


@dataclass(frozen=True, slots=True)
class Graded:
    """A run with the grades of its candidates, in their order, and of its answer."""

    results: Results
    candidates: tuple[Grade, ...]
    answer: Grade | None


def main(arguments: Sequence[str] | None = None) -> int:
    options, extra = parse(arguments)
    console = Console(highlight=False)
    try:
        place = fresh_directory(options.out)
        repository, run = place / "timeslip", place / "run"
        commit = make_repository(repository)
        console.print(f"The sample repository: {repository} at {commit[:12]}, issue '{options.issue}'")
        code = solve(repository, run, options, extra)
        if code not in {CHOSEN, NONE_CHOSEN}:
            console.print(f"The run broke: shrewd solve ended with exit code {code}.")
            return code
        graded = asyncio.run(grade_run(options.issue, repository, run))
    except KeyboardInterrupt:
        return 130
    except (OSError, RunFailedError, SandboxError, TaskError, subprocess.CalledProcessError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    show(graded, console)
    return 0


def parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """The demo's own options, and those that are handed on."""
    names = sorted(path.stem for path in ISSUES.glob("*.md"))
    parser = argparse.ArgumentParser(
        description="Solve an issue of a sample repository, then grade the answer with hidden tests.",
        epilog="Any other option is handed to `shrewd solve`.",
        allow_abbrev=False,
    )
    parser.add_argument("--issue", choices=names, default="cells", help="default: %(default)s")
    parser.add_argument("--model", help="default: the one that shrewd takes by itself, which is embedded")
    parser.add_argument("--samples", type=int, default=4, help="trajectories; default: %(default)s")
    parser.add_argument("--out", type=Path, help="a new directory; default: one for temporary files")
    return parser.parse_known_args(arguments)


def fresh_directory(out: Path | None) -> Path:
    """An empty directory for the repository and the run.

    Raises:
        FileExistsError: `out` holds something already.
    """
    if out is None:
        return Path(tempfile.mkdtemp(prefix="shrewd-demo-")).resolve()
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty: name a new directory with --out")
    return out.resolve()


def solve(repository: Path, run: Path, options: argparse.Namespace, extra: Sequence[str]) -> int:
    """Run the installed command as a user would, in front of the user's eyes; its exit code."""
    command = [str(Path(sys.executable).with_name("shrewd")), "solve", str(repository)]
    command += [f"--issue=@{ISSUES / options.issue}.md", f"--samples={options.samples}", f"--out={run}"]
    # A small model gets little better after that, and a demo should be short.
    command += ["--iterations=3", "--select-calls=3"]
    if options.model:
        command.append(f"--model={options.model}")
    return subprocess.run([*command, *extra], check=False).returncode


async def grade_run(issue: str, repository: Path, run: Path) -> Graded:
    """Grade every candidate of a run and its answer. None of them ever saw these tests."""
    results = read_results(run)
    patches = [*results.candidates, *([] if results.answer is None else [results.answer])]
    with tempfile.TemporaryDirectory(prefix="shrewd-demo-grading-") as scratch:
        grades = await grade(patches, issue=issue, repository=repository, stored=results.stored, scratch=Path(scratch))
    count = len(results.candidates)
    return Graded(results, grades[:count], None if results.answer is None else grades[count])


def show(graded: Graded, console: Console) -> None:
    """What the hidden tests say, and what it cost."""
    results = graded.results
    table = Table(title="Graded with hidden tests", title_justify="left", title_style="bold")
    for head in ("candidate", "of trajectory", "votes", "hidden tests", "right"):
        table.add_column(head)
    for number, verdict in enumerate(graded.candidates):
        candidate = results.origins[number]
        chosen = " (chosen)" if candidate.chosen else ""
        who = ", ".join(map(str, candidate.trajectories))
        table.add_row(f"{number}{chosen}", who, str(candidate.votes), verdict.said, _yes(verdict.right))
    console.print(table)
    right = sum(
        len(candidate.trajectories)
        for candidate, verdict in zip(results.origins, graded.candidates, strict=True)
        if verdict.right
    )
    answer = "none was given" if graded.answer is None else "right" if graded.answer.right else "wrong"
    facts = Table.grid(padding=(0, 2))
    facts.add_row("single samples", f"{right} of {results.trajectories} trajectories right")
    facts.add_row("covered", _yes(right > 0) + " (at least one candidate is right)")
    facts.add_row("the chosen answer", answer)
    facts.add_row("spent", f"{results.tokens:,} tokens, {results.seconds:.0f} s, model {results.model}")
    facts.add_row("run directory", str(results.run))
    console.print(facts, soft_wrap=True)


def _yes(right: bool) -> str:
    return "yes" if right else "no"


if __name__ == "__main__":
    sys.exit(main())
