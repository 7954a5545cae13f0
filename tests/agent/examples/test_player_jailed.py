"""The player in the sandboxes that it is made for."""

from pathlib import Path

import pytest
from support.sandboxes import bubblewrap_problem, docker_problem, environment_for, make_backend, need, small_tree

from agent.examples.program import Play, program_of
from sandbox.records import MIB, Limits, Script, Tree

STEPS = (
    Play("python", "VALUE\nlist({'a', 'b', 'c'}).sort()"),
    Play("shell", "cat a/shown.txt; python3 -c 'import pkg; print(pkg.VALUE)'"),
    Play("python", "import socket\nsocket.create_connection(('192.0.2.1', 80), 5)"),
)


@pytest.mark.parametrize(
    "backend",
    [pytest.param("docker", marks=pytest.mark.docker), pytest.param("bubblewrap", marks=pytest.mark.bubblewrap)],
)
async def test_examples_play_without_network_and_home(backend: str, tmp_path: Path) -> None:
    """It writes its files, starts itself anew, and finds the tree's packages."""
    need(backend, docker_problem() if backend == "docker" else bubblewrap_problem())
    sandbox = make_backend(backend, environment_for(backend), tmp_path / "scratch", 1)
    try:
        tree = Tree(small_tree(tmp_path / "base"))
        script = Script(program_of(STEPS, {"a/shown.txt": "shown\n"}), command=("python3", "{script}"))
        limits = Limits(seconds=40, memory=256 * MIB, processes=48)
        execution = await sandbox.execute(tree, script, limits)
    finally:
        await sandbox.close()
    assert execution.stdout.startswith("#1\n1\n#2\nshown\n1\n#3\nOSError: [Errno 101]"), execution
    assert execution.exit_code == 1
