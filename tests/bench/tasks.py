"""What SWE-bench tasks cost besides models and tests, side by side: `python tests/bench/tasks.py [--image IMAGE]`.

Twenty executions on one task image, from a sandbox that is ready to the last result, against one fresh container
each, stopped with the default grace period; and what making a task ready takes when its image is there: reading the
row, looking at the image, taking the repository out of it as the base tree. Without --image, a small task image
is made of `python:3.11-slim-bookworm` and removed afterwards.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from agent.batch.prepare import prepared_row, run_images
from agent.rundir import RunDir
from agent.settings import Settings
from sandbox import docker
from sandbox.records import MIB, Limits, Owner, Script, Tree
from swe_tasks.datasets import load_dataset

COUNT, GOAL_SECONDS = 20, 2.0
TRIVIAL = Script("pass\n")
LIMITS = Limits(seconds=60, memory=1024 * MIB, disk=512 * MIB)
FILES = 500


def main() -> int:
    """Measure and print; exit code 1 if nothing could be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", help="a task image; its repository lies where the image's programs start")
    parser.add_argument("--count", type=int, default=COUNT, help=f"executions (default {COUNT})")
    arguments = parser.parse_args()
    if not (found := docker.diagnose()).works:
        print(f"not measured: {found.detail}")
        return 1
    with tempfile.TemporaryDirectory() as directory, _image(arguments.image, Path(directory)) as image:
        place = Path(directory)
        ready = [_prepare(place / f"run-{number}", image) for number in range(5)]
        _row("making a task ready, image there", ready)
        print(f"    goal: {GOAL_SECONDS} s or less")
        ours = asyncio.run(_ours(place / "run-0", image, arguments.count))
        fresh = _fresh(image, arguments.count)
        print(f"{arguments.count} executions, this sandbox:             {ours:8.2f} s")
        print(f"{arguments.count} executions, a fresh container each:   {fresh:8.2f} s   {fresh / ours:.0f}x")
    return 0


def _prepare(run: Path, image: str) -> float:
    rows = run.parent / "rows.jsonl"
    rows.write_text(json.dumps(_described(image)) + "\n")
    began = time.perf_counter()
    (row,) = load_dataset(str(rows), split=None).rows
    where = RunDir(run)
    with prepared_row(where, row, Settings(), run_images(where, None), lambda _: None):
        return time.perf_counter() - began


def _described(image: str) -> dict[str, str]:
    head = _said("docker", "run", "--rm", "--entrypoint", "git", image, "-c", "safe.directory=*", "rev-parse", "HEAD")
    return {
        "instance_id": "bench__bench-1",
        "repo": "bench/bench",
        "base_commit": head,
        "problem_statement": "It is slow.",
        "patch": "",
        "test_patch": "",
        "FAIL_TO_PASS": "[]",
        "PASS_TO_PASS": "[]",
        "version": "1",
        "image": image,
    }


async def _ours(run: Path, image: str, count: int) -> float:
    """Seconds for `count` executions one after the other, the first container included."""
    (row,) = load_dataset(str(run.parent / "rows.jsonl"), split=None).rows
    where = RunDir(run)
    with prepared_row(where, row, Settings(), run_images(where, None), lambda _: None) as prepared:
        owner = Owner(f"benchmark-{uuid.uuid4().hex[:8]}", os.getpid())
        sandbox = docker.DockerSandbox(prepared.stored.environment, owner, scratch=run, size=2)
        try:
            began = time.perf_counter()
            for _ in range(count):
                execution = await sandbox.execute(Tree(prepared.place.base / "tree"), TRIVIAL, LIMITS)
                if execution.exit_code:
                    raise RuntimeError(f"the script failed in {image}: {execution}")
            return time.perf_counter() - began
        finally:
            await sandbox.close()


def _fresh(image: str, count: int) -> float:
    """The same the common way: run, copy in, exec, stop with the default grace, remove."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(TRIVIAL.text)
        script.flush()
        began = time.perf_counter()
        for _ in range(count):
            made = ("docker", "run", "--detach", "--stop-signal", "SIGTERM", image, "tail", "-f", "/dev/null")
            container = _said(*made)
            _said("docker", "cp", script.name, f"{container}:/script.py")
            _said("docker", "exec", container, "bash", "-ic", "python /script.py")
            _said("docker", "stop", container)
            _said("docker", "rm", "--force", container)
        return time.perf_counter() - began


@contextmanager
def _image(name: str | None, place: Path) -> Generator[str]:
    if name is not None:
        yield name
        return
    context, made = place / "context", f"shrewd-bench:{uuid.uuid4().hex[:8]}"
    for number in range(FILES):
        file = context / "testbed" / f"package{number % 25}" / f"module{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("# a line of a source file\n" * 150)
    author = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    for command in (("init", "--quiet"), ("add", "--all"), (*author, "commit", "--quiet", "--message=all")):
        subprocess.run(["git", "-C", str(context / "testbed"), *command], check=True)
    (context / "Dockerfile").write_text("FROM python:3.11-slim-bookworm\nCOPY testbed /testbed\nWORKDIR /testbed\n")
    _said("docker", "build", "--quiet", "--tag", made, str(context))
    try:
        yield made
    finally:
        subprocess.run(["docker", "image", "rm", "--force", made], check=True, stdout=subprocess.DEVNULL)


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _row(what: str, times: list[float]) -> None:
    median = statistics.median(times)
    print(f"{what:40} median {median:6.2f} s   min {min(times):6.2f}   max {max(times):6.2f}   n {len(times)}")


if __name__ == "__main__":
    sys.exit(main())
