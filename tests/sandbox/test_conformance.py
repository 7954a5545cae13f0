"""What every backend must do alike, seen from outside."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from sandbox.errors import SandboxBroken
from sandbox.records import MIB, Change


async def test_exit_code_and_separate_streams(bench):
    """A script's exit code, standard output and standard error come back as they were."""
    execution = await bench.run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (execution.exit_code, execution.stdout, execution.stderr) == (3, "out\n", "err\n")
    assert (execution.timed_out, execution.killed_by, execution.truncated) == (False, None, False)


async def test_an_empty_script_is_a_success_without_output(bench):
    """Nothing in, nothing out, exit code 0, and some time went by."""
    execution = await bench.run("")
    assert (execution.exit_code, execution.stdout, execution.stderr) == (0, "", "")
    assert 0 < execution.seconds < 20


async def test_a_traceback_is_a_result(bench):
    """A failing program is an execution, with Python's exit code 1."""
    execution = await bench.run("raise KeyError('x')")
    assert execution.exit_code == 1
    assert "KeyError: 'x'" in execution.stderr


async def test_changes_are_laid_over_the_base(bench):
    """Changed, added, deleted, linked and executable paths are seen as a checkout would show them."""
    seen = await bench.out(
        """
import os, subprocess
print(open("pkg/__init__.py").read(), open("new/deep/file").read(), os.path.lexists("data.txt"))
print(os.readlink("other"), subprocess.run(["./run me"], capture_output=True, text=True).stdout)
print(os.readlink("link"), subprocess.check_output("./tool.sh", text=True))
""",
        Change("pkg/__init__.py", b"VALUE = 2"),
        Change("new/deep/file", b"deep"),
        Change("data.txt", None),
        Change("other", b"pkg", "symlink"),
        Change("run me", b"#!/bin/sh\necho ran", "executable"),
    )
    assert seen.split() == ["VALUE", "=", "2", "deep", "False", "pkg", "ran", "data.txt", "tool"]


async def test_a_link_is_replaced_not_written_through(bench):
    """A file that takes a symbolic link's place leaves the link's target alone."""
    change = Change("link", b"mine")
    assert await bench.out("print(open('link').read(), open('data.txt').read())", change) == "mine data\n\n"


async def test_a_directory_gives_way_to_a_file_and_back(bench):
    """A path may change from directory to file, and from file to directory."""
    seen = await bench.out(
        "import os; print(open('pkg').read(), os.listdir('data.txt'))",
        Change("pkg/__init__.py", None),
        Change("pkg", b"file"),
        Change("data.txt", None),
        Change("data.txt/inner", b""),
    )
    assert seen == "file ['inner']\n"


async def test_an_emptied_package_is_gone(bench):
    """No empty folder is left that Python would still import as a namespace package."""
    execution = await bench.run("import pkg", Change("pkg/__init__.py", None))
    assert "ModuleNotFoundError" in execution.stderr


async def test_the_base_is_never_written(bench):
    """Scripts write to their own copy, and the files on this machine stay as they were."""
    await bench.out("import shutil; shutil.rmtree('pkg'); open('data.txt', 'w').write('no'); open('x', 'w')")
    assert sorted(path.name for path in bench.base.iterdir()) == ["data.txt", "link", "pkg", "tool.sh"]
    assert (bench.base / "data.txt").read_text() == "data\n"


async def test_a_read_only_base_gives_a_writable_copy(make_sandbox, tmp_path):
    """A base whose files and folders are read-only is copied into a tree that can be written."""
    bench = make_sandbox()
    folder = bench.base / "pkg"
    (folder / "__init__.py").chmod(0o444)
    folder.chmod(0o555)
    try:
        await bench.out("open('pkg/__init__.py', 'a').write('#'); open('pkg/y', 'w')", Change("pkg/z", b""))
    finally:
        folder.chmod(0o755)


async def test_a_base_that_only_its_owner_may_read_is_usable(make_sandbox):
    """A tree that was written under a strict umask can be run on."""
    bench = make_sandbox()
    (bench.base / "data.txt").chmod(0o600)
    (bench.base / "pkg").chmod(0o700)
    assert await bench.out("import pkg; print(pkg.VALUE, open('data.txt').read())") == "1 data\n\n"


async def test_an_empty_base_is_usable(make_sandbox, tmp_path):
    """A repository without any file gives an empty work directory."""
    (tmp_path / "empty").mkdir()
    bench = make_sandbox(base=tmp_path / "empty")
    assert await bench.out("import os; print(os.listdir())") == "[]\n"


async def test_it_starts_in_the_work_directory(bench):
    """The tree is seen at the environment's path, and that is where a script starts."""
    assert await bench.out("import os; print(os.getcwd())") == f"{bench.environment.workdir}\n"


async def test_the_trees_packages_are_imported(bench):
    """The candidate's code is what an import finds, although the script lies outside of the tree."""
    assert await bench.out("import pkg; print(pkg.VALUE)", Change("pkg/__init__.py", b"VALUE = 7")) == "7\n"


async def test_packages_below_src_are_imported(bench):
    """So it is with the src layout."""
    assert await bench.out("import inner", Change("src/inner.py", b"")) == ""


async def test_a_process_started_by_the_script_imports_the_same(bench):
    """The path goes on to child processes, such as a test runner."""
    script = "import subprocess, sys; subprocess.check_call([sys.executable, '-c', 'import pkg'], cwd='/')"
    await bench.out(script)


async def test_standard_input_is_at_its_end(bench):
    """A script that reads its input gets none and does not wait."""
    assert await bench.out("import sys; print(repr(sys.stdin.read()))") == "''\n"


async def test_the_command_is_the_scripts_own(bench):
    """Any program can be run, with the script's path wherever the command wants it."""
    execution = await bench.run(
        "echo $0 $1 $#", name="my script.sh", command=("sh", "{script}", "a b", "--at={script}", "")
    )
    assert execution.stdout.endswith("my script.sh a b 3\n")


async def test_a_missing_command_is_broken_machinery(bench):
    """An environment without the interpreter says nothing about the script."""
    with pytest.raises(SandboxBroken, match="no command 'no-such-python'"):
        await bench.run("", command=("no-such-python", "{script}"))


async def test_setup_runs_before_the_script_in_the_same_shell(make_sandbox):
    """What the setup exports is there, what it prints is not the script's output."""
    bench = make_sandbox(setup="export ACTIVE=yes; echo noise; echo noise >&2; cd /", variables=(("A", "it's"),))
    execution = await bench.run("import os; print(os.environ['ACTIVE'], os.environ['A'], os.getcwd())")
    assert execution.stdout == f"yes it's {bench.environment.workdir}\n"
    assert execution.stderr == ""


@pytest.mark.parametrize("setup", ["exit 2", "'", "no-such-command", "(exit 2)"])
async def test_a_failing_setup_is_broken_machinery(make_sandbox, setup):
    """A setup that does not work, in whatever way, never looks like a script's exit code."""
    with pytest.raises(SandboxBroken):
        await make_sandbox(setup=setup).run("")


async def test_binary_output_is_kept_readable(bench):
    """Bytes that are no UTF-8 become replacement characters."""
    script = r"import sys; sys.stdout.buffer.write(b'a\xff\x00b')"
    assert await bench.out(script) == "a�\0b"


async def test_characters_written_in_pieces_are_whole(bench):
    """A character whose bytes come one by one, with pauses, is one character."""
    script = r"""
import os, time
for byte in "€😀".encode():
    os.write(1, bytes([byte])); time.sleep(0.02)
"""
    assert await bench.out(script) == "€😀"


async def test_output_keeps_its_beginning_and_its_end(bench):
    """Of a long output the first and the last part are kept, and a line says how much is missing."""
    execution = await bench.run("print('first'); print('x' * 3_000_000); print('last')", output=1000)
    assert execution.truncated
    assert execution.stdout.startswith("first\nxxx")
    assert execution.stdout.endswith("xxx\nlast\n")
    assert "[... 2999012 bytes left out ...]" in execution.stdout
    assert len(execution.stdout) < 1100


async def test_a_timeout_keeps_partial_output(bench):
    """A script that does not end is killed in time, and what it had said is kept."""
    script = "import time; print('so far', flush=True); time.sleep(60)"
    execution = await bench.run(script, seconds=1)
    assert (execution.exit_code, execution.timed_out, execution.killed_by) == (137, True, "timeout")
    assert execution.stdout == "so far\n"
    assert 1 <= execution.seconds < 10


@pytest.mark.parametrize("number", [6, 9, 11, 15])
async def test_exit_by_signal(bench, number):
    """The exit code is a shell's, and no shell comments on it."""
    execution = await bench.run(f"import os; os.kill(os.getpid(), {number})")
    assert (execution.exit_code, execution.killed_by) == (128 + number, "signal")
    assert execution.stderr == ""


async def test_more_executions_than_places(bench):
    """Eight executions share two places: all end right, and never more than two run at a time."""
    script = "import time; print(time.time()); time.sleep(0.2); print(time.time(), {})"
    results = await asyncio.gather(*(bench.run(script.format(i)) for i in range(8)))
    assert [result.stdout.split()[-1] for result in results] == [str(i) for i in range(8)]
    spans = [tuple(map(float, result.stdout.split()[:2])) for result in results]
    assert max(sum(begin <= start < end for begin, end in spans) for start, _ in spans) <= 2


async def test_different_trees_and_limits_share_the_places(bench, tmp_path):
    """Executions that cannot share a container take turns, and each sees its own."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "data.txt").write_text("other\n")
    other = type(bench)(bench.sandbox, tmp_path / "other")
    show = "print(open('data.txt').read())"
    calls = [b.run(show, memory=m * MIB) for m in (128, 160) for b in (bench, other) for _ in range(2)]
    results = await asyncio.gather(*calls)
    assert [result.stdout.strip() for result in results] == ["data", "data", "other", "other"] * 2


async def test_nothing_is_left_for_the_next_execution(make_sandbox):
    """Files, hidden ones, a .git folder, closed folders, and all that lies outside of the tree are gone."""
    bench = make_sandbox(size=1)
    before = await bench.out(LOOK)
    await bench.out(
        """
import os
for place in (".", "/tmp", "/dev/shm"):
    for name in ("left", ".hidden", "..odd", "-rf", "a b\\n"):
        open(os.path.join(place, name), "w")
os.makedirs(".git/hooks"); open(".git/hooks/post-checkout", "w")
os.makedirs("closed/inner"); os.chmod("closed/inner", 0); os.chmod("closed", 0)
os.remove("data.txt"); os.chmod("tool.sh", 0); os.symlink("/etc", "away")
open("pkg/__init__.py", "w").write("VALUE = 'changed'")
"""
    )
    assert await bench.out(LOOK) == before


LOOK = """
import os, pkg
print(os.getcwd(), oct(os.stat(".").st_mode), pkg.VALUE)
for place in (".", "/tmp", "/dev/shm"):
    for folder, names, files in os.walk(place):
        for name in sorted(names + files):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            print(path, oct(status.st_mode), status.st_uid, status.st_size if name in files else "")
"""


async def test_no_variable_of_the_host_is_visible(bench, monkeypatch):
    """The environment inside is made of what the image and the settings say, and nothing else."""
    monkeypatch.setenv("SECRET_KEY_OF_THE_TEST", "s3cr3t")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:s3cr3t@proxy")
    seen = await bench.out(
        """
import glob, os
print(dict(os.environ))
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        print(open(path).read())
    except PermissionError:
        pass
"""
    )
    assert "s3cr3t" not in seen
    assert f"'HOME': '{Path.home()}'" not in seen


async def test_home_is_writable_and_temporary(make_sandbox):
    """HOME is a private place inside; what is written there is gone the next time."""
    bench = make_sandbox(size=1)
    script = "import os; p = os.path.expanduser('~/x'); print(p, os.path.exists(p)); open(p, 'w')"
    assert await bench.out(script) == await bench.out(script) == "/tmp/home/x False\n"


async def test_cancelling_kills_the_script_and_frees_the_place(make_sandbox):
    """A cancelled execution ends at once, and its place serves the next one."""
    bench = make_sandbox(size=1)
    await bench.out("")
    task = asyncio.create_task(bench.run("import time; time.sleep(60)"))
    await asyncio.sleep(1)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await bench.out("print('next')") == "next\n"
    assert time.monotonic() - began < 20


async def test_cancelling_one_that_waits_costs_nobody_else(make_sandbox):
    """A cancelled execution that had no place yet takes none from the others."""
    bench = make_sandbox(size=1)
    tasks = [asyncio.create_task(bench.run("import time; time.sleep(0.3)")) for _ in range(4)]
    await asyncio.sleep(0.2)
    tasks[2].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[2], asyncio.CancelledError)
    assert [result.exit_code for i, result in enumerate(results) if i != 2] == [0, 0, 0]


async def test_a_tree_that_does_not_fit_is_broken_machinery(make_sandbox):
    """A disk limit below the size of the tree is said so, and is no result."""
    bench = make_sandbox()
    (bench.base / "large").write_bytes(os.urandom(8 * MIB))
    with pytest.raises(SandboxBroken, match="does not fit into the disk limit of 4194304 bytes"):
        await bench.run("", disk=4 * MIB)


async def test_changes_that_do_not_fit_are_broken_machinery(bench):
    """So are changes that are larger than what is left of it."""
    with pytest.raises(SandboxBroken, match="does not fit into the disk limit"):
        await bench.run("", Change("large", os.urandom(7 * MIB)), disk=8 * MIB)
    assert await bench.out("print('works on')", disk=8 * MIB) == "works on\n"


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", ".git/config", "sub/.git/hooks/x", ""])
async def test_paths_outside_of_the_tree_are_refused(bench, path):
    """A change that would leave the tree, or touch a .git, is an error of the caller."""
    with pytest.raises(ValueError, match=r"inside the tree|a \.git directory"):
        await bench.run("", Change(path, b""))


async def test_close_leaves_nothing(make_sandbox, tmp_path):
    """After closing, no file is left in the scratch directory, and a running script has been killed."""
    bench = make_sandbox()
    await bench.out("")
    task = asyncio.create_task(bench.run("import time; time.sleep(60)"))
    await asyncio.sleep(1)
    began = time.monotonic()
    await bench.sandbox.close()
    with pytest.raises(SandboxBroken):
        await task
    assert time.monotonic() - began < 15
    assert not list((tmp_path / "scratch").iterdir())
    with pytest.raises(SandboxBroken, match="closed"):
        await bench.run("")
    await bench.sandbox.close()
