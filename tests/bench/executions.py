"""What one execution costs besides the program itself, measured side by side: `python tests/bench/executions.py`.

On Docker, the warm sandbox is compared with what is commonly done: a fresh container for each execution, made,
started, given the script, and then stopped with the default grace period, which a main process that ignores
SIGTERM uses up. Bubblewrap is measured if it is there. Times are wall-clock seconds around one call.
"""

import argparse
import asyncio
import io
import os
import statistics
import sys
import tarfile
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from sandbox import bubblewrap, docker
from sandbox.records import MIB, Environment, Execution, Limits, Owner, Sandbox, Script, Tree

IMAGE = "python:3.11-slim-bookworm"
TRIVIAL = Script("pass\n", command=("python3", "{script}"))
LIMITS = Limits(seconds=60, memory=512 * MIB, disk=256 * MIB)
GOAL_SECONDS, GOAL_RATIO = 0.15, 20


def main() -> int:
    """Measure and print; exit code 1 if nothing could be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10, help="executions of each kind (default 10)")
    parser.add_argument("--image", default=IMAGE, help=f"a container image with python3 (default {IMAGE})")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory) / "base"
        _write_tree(base)
        measured = False
        if (found := docker.diagnose()).works:
            asyncio.run(_docker(arguments.image, base, Path(directory), arguments.count))
            measured = True
        else:
            _say(f"docker: not measured: {found.detail}")
        if (found := bubblewrap.diagnose()).works:
            asyncio.run(_bubblewrap(base, Path(directory), arguments.count))
            measured = True
        else:
            _say(f"bubblewrap: not measured: {found.detail}")
    return 0 if measured else 1


async def _docker(image: str, base: Path, scratch: Path, count: int) -> None:
    fresh = [await asyncio.to_thread(_fresh_container, image) for _ in range(count)]
    common = _row("docker, fresh container each, stopped with the default grace", [total for total, _ in fresh])
    _row("    of that the engine's exec of the script, nothing else", [alone for _, alone in fresh])
    for size, pause, how in (
        (1, 0.0, "back to back in one container"),
        (2, 0.0, "back to back, two containers in turns"),
        (2, 0.5, "half a second apart"),
    ):
        environment = Environment("/testbed", image=image)
        sandbox = docker.DockerSandbox(environment, _owner(), scratch=scratch, size=size)
        first, warm = await _measure(sandbox, base, count, pause)
        ratio = common / _row(f"docker, this sandbox, {how}", warm)
        removal = await _timed(sandbox.close)
        _say(f"    {ratio:.0f}x; the very first took {first:.3f} s, removing everything {removal:.3f} s")
    _say(f"goal: over {GOAL_RATIO}x, and {GOAL_SECONDS} s or less in a container that is ready")


async def _bubblewrap(base: Path, scratch: Path, count: int) -> None:
    prefix = sys.base_prefix
    readonly = () if prefix in {"/usr", "/usr/local"} else (prefix,)
    environment = Environment("/testbed", variables=(("PATH", f"{prefix}/bin:/usr/bin:/bin"),), readonly=readonly)
    sandbox = bubblewrap.BubblewrapSandbox(environment, _owner(), scratch=scratch, size=1)
    _, times = await _measure(sandbox, base, count, 0.0)
    _row("bubblewrap, this sandbox", times)
    await sandbox.close()
    plain = [await _timed(_plain_python) for _ in range(count)]
    _row("(no sandbox at all: the interpreter alone)", plain)


async def _measure(sandbox: Sandbox, base: Path, count: int, pause: float) -> tuple[float, list[float]]:
    async def once() -> None:
        _check(await sandbox.execute(Tree(base), TRIVIAL, LIMITS))

    first = await _timed(once)
    await once()
    times: list[float] = []
    for _ in range(count):
        await asyncio.sleep(pause)
        times.append(await _timed(once))
    return first, times


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def _plain_python() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    await process.wait()


def _fresh_container(image: str) -> tuple[float, float]:
    """Seconds for one execution the common way, and of the script's exec in it.

    The stop signal is the default one, even if the image at hand asks for another.
    """
    import docker as sdk

    client = sdk.from_env()
    labels = {"shrewd.run": "benchmark", "shrewd.pid": str(os.getpid())}
    try:
        began = time.perf_counter()
        container = client.containers.create(image, "tail -f /dev/null", labels=labels, stop_signal="SIGTERM")
        try:
            container.start()
            container.put_archive("/", _archive())  # pyright: ignore[reportUnknownMemberType] - the SDK is untyped
            started = time.perf_counter()
            code, _ = container.exec_run(["python3", "/script.py"])
            alone = time.perf_counter() - started
            container.stop()
        finally:
            container.remove(force=True)
        seconds = time.perf_counter() - began
    finally:
        client.close()
    if code != 0:
        raise RuntimeError(f"the script failed in a fresh container of {image}: exit code {code}")
    return seconds, alone


def _archive() -> bytes:
    content = TRIVIAL.text.encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("script.py")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _write_tree(base: Path) -> None:
    """A tree of 500 files in 25 folders, 2 MB together."""
    for number in range(500):
        path = base / f"package{number % 25}" / f"module{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# a line of a source file\n" * 150)


def _owner() -> Owner:
    return Owner(f"benchmark-{uuid.uuid4().hex[:8]}", os.getpid())


def _check(execution: Execution) -> None:
    if execution.exit_code != 0:
        raise RuntimeError(f"the script failed: {execution}")


def _row(what: str, times: list[float]) -> float:
    median = statistics.median(times)
    _say(f"{what:62} median {median:7.3f} s   min {min(times):7.3f}   max {max(times):7.3f}   n {len(times)}")
    return median


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
