"""What is laid into a sandbox, run here with every shell at hand."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import SandboxBroken
from sandbox.output import Capture
from sandbox.records import Change, Environment, Limits, Script, Tree
from sandbox.staging import HOME, READY, Prelude, killed_by, stage

SHELLS = [
    pytest.param(shell.split(), marks=pytest.mark.skipif(not shutil.which(shell.split()[0]), reason="not installed"))
    for shell in ("sh", "bash", "busybox sh")
]
SHOW = Script("find . | sort; cat data", "show.sh", ("sh", "{script}"))


class Place:
    """A base, a work directory and a stage, as a sandbox would have them."""

    def __init__(self, root: Path) -> None:
        self.base, self.work, self.stage = root / "base", root / "work", root / "stage"
        self.home = root / "home"
        for folder in (self.base, self.work, self.stage):
            folder.mkdir(parents=True)

    def run(
        self,
        *changes: Change,
        script: Script = SHOW,
        shell: list[str] | None = None,
        laid: bool = False,
        **settings: object,
    ) -> subprocess.CompletedProcess[bytes]:
        """Stage and run, with a path to applets only where the shell is busybox."""
        environment = Environment(str(self.work), **settings)  # type: ignore[arg-type]
        stage(Tree(self.base, changes), script, Limits(), environment, self.stage)
        run = self.stage / "run.sh"
        run.write_bytes(run.read_bytes().replace(HOME.encode(), str(self.home).encode()))
        words = [*(shell or ["sh"]), str(run), "-" if laid else str(self.base)]
        variables = {"PATH": os.environ["PATH"]}
        return subprocess.run(words, capture_output=True, env=variables, input=b"not for the script", check=False)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty place."""
    return Place(tmp_path)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_tree_is_copied_changed_and_run(place, shell):
    """Every shell copies the base, removes, lays and runs."""
    (place.base / "sub").mkdir()
    (place.base / "sub" / "old").write_text("old")
    (place.base / "data").write_text("base\n")
    (place.base / ".hidden").symlink_to("nowhere")
    changes = (Change("sub/old", None), Change("new/file", b"x"), Change("data", b"changed\n"))
    done = place.run(*changes, shell=shell)
    assert done.stdout.decode() == ".\n./.hidden\n./data\n./new\n./new/file\nchanged\n"
    assert (done.returncode, done.stderr) == (0, READY)


@pytest.mark.parametrize("shell", SHELLS)
def test_long_names_modes_and_links(place, shell):
    """Names of any length, executable files and symbolic links arrive as they are."""
    long = f"{'d' * 150}/{'f' * 150}"
    changes = (Change(long, b"#!/bin/sh\n", "executable"), Change("link", b"a target", "symlink"))
    place.run(*changes, shell=shell)
    assert stat.S_IMODE((place.work / long).stat().st_mode) == 0o755
    assert (place.work / "link").readlink() == Path("a target")


@pytest.mark.skipif(not shutil.which("busybox"), reason="busybox is not installed")
def test_busybox_alone_is_enough(place, tmp_path):
    """An image needs nothing but busybox."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "tar", "rm", "rmdir", "mkdir", "chmod", "cat"):
        (tools / name).symlink_to(str(shutil.which("busybox")))
    (place.base / "data").write_text("base\n")
    (place.base / "gone").write_text("")
    script = Script("cat data new*; echo *", "show.sh", ("sh", "{script}"))
    environment = {"variables": (("PATH", str(tools)),)}
    done = place.run(Change(f"new{'w' * 200}", b"new\n"), Change("gone", None), script=script, **environment)
    assert done.stdout.decode() == f"base\nnew\ndata new{'w' * 200}\n"


def test_a_base_that_is_there_already_is_not_copied_again(place):
    """With `-` the work directory is taken as it is."""
    (place.work / "data").write_text("there\n")
    assert place.run(laid=True).stdout == b".\n./data\nthere\n"


def test_standard_input_is_empty(place):
    """Neither setup nor script can read what the sandbox is fed."""
    script = Script("cat", "s", ("sh", "{script}"))
    assert place.run(script=script, setup="cat").stdout == b""


def test_words_of_the_command_arrive_unchanged(place):
    """No blank, quote, dollar or pattern in the command is the shell's to read."""
    words = ("printf", "%s|", "a b", "$HOME", "'", '"', "*", "", "{script}x{script}")
    path = f"{place.stage}/script/it's"
    done = place.run(script=Script("", "it's", words))
    assert done.stdout.decode() == f"a b|$HOME|'|\"|*||{path}x{path}|"


def test_variables_arrive_unchanged(place):
    """So do the environment's variables; the setup sees them and may change them."""
    script = Script('printf "%s|" "$A" "$B"', "s", ("sh", "{script}"))
    done = place.run(script=script, variables=(("A", "it's $HOME\n"), ("B", "b")), setup="export B=$B$B")
    assert done.stdout == b"it's $HOME\n|bb|"


def test_the_trees_paths_come_first(place):
    """The tree, and `src` if there is one, stand before what the setup put on PYTHONPATH."""
    script = Script('echo "$PYTHONPATH"', "s", ("sh", "{script}"))
    done = place.run(Change("src/x.py", b""), script=script, setup="export PYTHONPATH=/other")
    assert done.stdout.decode() == f"{place.work}:{place.work}/src:/other\n"


def test_output_before_the_script_is_not_the_scripts(place):
    """What the setup says is on standard error, before the mark."""
    done = place.run(Change("data", b""), setup="echo one; echo two >&2")
    assert done.stderr == b"one\ntwo\n" + READY


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/etc/passwd", "inside the tree"),
        ("../up", "inside the tree"),
        ("a/../b", "inside the tree"),
        ("./a", "inside the tree"),
        ("a//b", "inside the tree"),
        ("a/", "inside the tree"),
        ("", "inside the tree"),
        ("a\0b", "inside the tree"),
        (".git", r"\.git"),
        (".git/hooks/pre-commit", r"\.git"),
        ("sub/.GIT/config", r"\.git"),
    ],
)
@pytest.mark.parametrize("content", [b"", None])
def test_paths_that_are_not_the_trees_are_refused(place, path, why, content):
    """Whoever wrote the change, it stays inside the tree and outside of .git."""
    with pytest.raises(ValueError, match=why):
        place.run(Change(path, content))


@pytest.mark.parametrize("path", [".gitignore", ".github/x", "a.git", "..a", "-rf", "a\nb", "ü", "\udcff"])
def test_odd_paths_are_laid(place, path):
    """Odd is not forbidden, and every byte of a name arrives."""
    place.run(Change(path, b"here"))
    assert (place.work / path).read_bytes() == b"here"


def test_contradicting_changes_are_refused(place):
    """One path has one new state, and a file has nothing inside."""
    with pytest.raises(ValueError, match="changed twice"):
        place.run(Change("a", b""), Change("a", None))
    with pytest.raises(ValueError, match="lies inside 'a'"):
        place.run(Change("a", b""), Change("a/b", b""))


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc/x", "a\0"])
def test_names_that_are_no_file_names_are_refused(place, name):
    """A script lies where it is put."""
    with pytest.raises(ValueError, match="plain file name"):
        place.run(script=Script("", name))


def test_a_script_needs_a_command(place):
    """Nothing can be run by no word."""
    with pytest.raises(ValueError, match="at least one word"):
        place.run(script=Script("", command=()))


@pytest.mark.parametrize("name", ["A B", "1A", "A=", "", "Ä"])
def test_names_that_are_no_variables_are_refused(place, name):
    """A variable's name is one."""
    with pytest.raises(ValueError, match="environment variable"):
        place.run(variables=((name, ""),))


def test_a_relative_work_directory_is_refused(place, tmp_path):
    """The work directory is the same from wherever it is seen."""
    with pytest.raises(ValueError, match="absolute"):
        stage(Tree(place.base), SHOW, Limits(), Environment("work"), place.stage)


def test_changes_larger_than_the_disk_are_refused(place):
    """What cannot fit is not even written down."""
    with pytest.raises(SandboxBroken, match="disk limit of 10 bytes"):
        stage(Tree(place.base, (Change("a", b"x" * 11),)), SHOW, Limits(disk=10), Environment("/w"), place.stage)


def heard(*pieces: bytes) -> tuple[Prelude, str]:
    """A prelude that was fed these pieces, and what the script said."""
    script = Capture(1000)
    prelude = Prelude(script)
    for piece in pieces:
        prelude.feed(piece)
    return prelude, script.text()


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_mark_is_found_however_it_is_cut(first, second):
    """The first mark ends the prelude; a second one is the script's own output."""
    stream = b"noise" + READY + b"said" + READY
    cuts = sorted((first, second))
    prelude, said = heard(stream[: cuts[0]], stream[cuts[0] : cuts[1]], stream[cuts[1] :])
    assert prelude.ready
    assert said == "said" + READY.decode()


def test_a_prelude_without_its_mark_explains_itself():
    """The error holds the words and, where it is known, the reason."""
    prelude, said = heard(b"tar: x: Cannot write: No space ", b"left on device\n")
    assert not prelude.ready
    assert said == ""
    assert "disk limit of 5 bytes: raise" in str(prelude.failure(1, Limits(disk=5)))
    assert "could not be started in time" in str(heard()[0].failure(None, Limits()))


@pytest.mark.parametrize(
    ("code", "facts", "expected"),
    [
        (0, {}, None),
        (1, {}, None),
        (128, {}, None),
        (137, {}, "signal"),
        (143, {}, "signal"),
        (255, {}, None),
        (137, {"out_of_memory": True}, "memory"),
        (137, {"timed_out": True, "out_of_memory": True}, "timeout"),
    ],
)
def test_what_ended_a_script(code, facts, expected):
    """The machinery's knowledge counts before the exit code."""
    assert killed_by(code, **facts) == expected


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name not in {".", ".."} and name.lower() != ".git" and len(name.encode()) < 200
)
states = st.dictionaries(names, st.binary(max_size=20), max_size=5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states, states)
def test_any_change_of_any_tree(tmp_path_factory, before, after):
    """From one state of a folder to any other: what is seen is exactly the other one."""
    place = Place(tmp_path_factory.mktemp("any"))
    for name, content in before.items():
        (place.base / name).write_bytes(content)
    changes = [Change(name, content) for name, content in after.items() if before.get(name) != content]
    changes += [Change(name, None) for name in before if name not in after]
    done = place.run(*changes, script=Script("", command=("true",)))
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in place.work.iterdir()} == after
