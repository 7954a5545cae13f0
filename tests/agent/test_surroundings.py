"""Finding a repository's Python without running, or believing, anything that came with it.

The Pythons here are made up: a file that begins like a program and the directories around it. That nothing
is started to find them out is part of what is tested, for they could not be.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.errors import UserError
from agent.surroundings import Surroundings, find_surroundings


def make_prefix(path: Path, version: str = "3.12") -> Path:
    """A Python as its own `make install` would lay it out."""
    (path / "bin").mkdir(parents=True)
    (path / "lib" / f"python{version}").mkdir(parents=True)
    (path / "bin" / f"python{version}").write_bytes(b"\x7fELF")
    (path / "bin" / f"python{version}").chmod(0o755)
    (path / "bin" / "python3").symlink_to(f"python{version}")
    return path


def make_virtualenv(path: Path, base: Path, *, home: str = "") -> Path:
    """A virtualenv of a Python; `home` is what its configuration says instead of the truth."""
    (path / "bin").mkdir(parents=True)
    (path / "lib" / "python3.12").mkdir(parents=True)
    (path / "bin" / "python").symlink_to(base / "bin" / "python3")
    (path / "bin" / "python3").symlink_to("python")
    (path / "pyvenv.cfg").write_text(f"home = {home or base / 'bin'}\nversion = 3.12.1\n")
    return path


def git(repository: Path, *arguments: str) -> None:
    """Run git there."""
    subprocess.run(["git", "-C", str(repository), *arguments], check=True, capture_output=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with a key in it."""
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A Python outside of the home directory."""
    return make_prefix(tmp_path / "opt" / "python")


@pytest.fixture
def repository(home: Path) -> Path:
    """A git repository in the home directory that ignores nothing."""
    path = home / "project"
    path.mkdir()
    git(path, "init")
    return path


@pytest.fixture
def find(repository: Path, home: Path, base: Path):
    """Looks for the repository's Python; on PATH there is only `base`."""

    def call(**settings: str | None) -> Surroundings:
        settings.setdefault("python", None)
        settings.setdefault("search_path", f"{base}/bin")
        return find_surroundings(repository, home=home, **settings)  # type: ignore[arg-type]

    return call


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_repositorys_own_virtualenv(find, repository, base, name):
    """A virtualenv that the user made there is taken, with the Python it was made from."""
    virtualenv = make_virtualenv(repository / name, base)
    found = find()
    assert found.python == f"{virtualenv}/bin/python"
    assert found.readonly == tuple(sorted((str(virtualenv), str(base))))
    assert "the repository's virtualenv" in found.note


def test_it_comes_before_the_active_one(find, repository, base, tmp_path):
    """The repository's own virtualenv is likelier to have its dependencies."""
    make_virtualenv(repository / ".venv", base)
    active = make_virtualenv(tmp_path / "active", base)
    assert find(virtual_env=str(active)).python == f"{repository}/.venv/bin/python"


def test_the_active_virtualenv(find, base, tmp_path):
    """Without one in the repository, the active virtualenv is taken."""
    active = make_virtualenv(tmp_path / "active", base)
    assert find(virtual_env=str(active)).python == f"{active}/bin/python"


def test_the_one_that_was_asked_for(find, repository, base, tmp_path):
    """An explicit Python comes before all others."""
    make_virtualenv(repository / ".venv", base)
    other = make_prefix(tmp_path / "other")
    assert find(python=f"{other}/bin/python3").readonly == (str(other),)


def test_one_that_was_asked_for_by_name(find, base):
    """A name is looked for on PATH."""
    assert find(python="python3.12").python == f"{base}/bin/python3.12"


@pytest.mark.parametrize("python", ["/no/such/python", "no-such-python", "/etc/passwd"])
def test_one_that_was_asked_for_and_does_not_fit(find, python):
    """It is an error, and no other is taken instead."""
    with pytest.raises(UserError, match=python):
        find(python=python)


def test_the_systems_python_needs_nothing(find):
    """What lies in /usr is visible anyway."""
    system = next((p for p in ("/usr/bin/python3", "/usr/local/bin/python3") if Path(p).exists()), None)
    if system is None:
        pytest.skip("this machine has no Python in /usr")
    assert find(python=system).readonly == ()


def test_a_python_on_path(find, base):
    """Without any virtualenv, the first on PATH is taken."""
    assert find() == Surroundings(
        f"{base}/bin/python3", (str(base),), f"{base}/bin/python3 (with {base}): found on PATH"
    )


def test_every_spelling_of_a_prefix_is_shown(find, repository, base, tmp_path):
    """Where a link to a prefix is on the way, both are needed: uv links 3.12 to 3.12.1."""
    (tmp_path / "series").symlink_to(base)
    virtualenv = make_virtualenv(repository / ".venv", tmp_path / "series")
    assert find().readonly == tuple(sorted(map(str, (virtualenv, base, tmp_path / "series"))))


def test_a_virtualenv_with_a_copied_interpreter(find, repository, base):
    """Without links, the configuration alone tells where the base is."""
    virtualenv = make_virtualenv(repository / ".venv", base)
    (virtualenv / "bin" / "python").unlink()
    (virtualenv / "bin" / "python").write_bytes(b"\x7fELF")
    (virtualenv / "bin" / "python").chmod(0o755)
    assert str(base) in find().readonly


def test_a_python_below_the_home_directory(find, repository, home):
    """Of the home directory, the prefix is shown and nothing else."""
    prefix = make_prefix(home / ".local" / "share" / "uv" / "python" / "cpython-3.12")
    virtualenv = make_virtualenv(repository / ".venv", prefix)
    assert find().readonly == tuple(sorted((str(prefix), str(virtualenv))))


def test_a_committed_virtualenv_is_not_believed(find, repository, base):
    """A hostile repository brings a virtualenv whose home is root's; it is passed over, and said so."""
    make_virtualenv(repository / ".venv", base, home="/root")
    git(repository, "add", "-A")
    found = find()
    assert (found.python, found.readonly) == (f"{base}/bin/python3", (str(base),))
    assert "tracked by git" in found.note


def test_one_committed_file_is_enough(find, repository, base):
    """A virtualenv of which git tracks only a part came with the repository, too."""
    make_virtualenv(repository / ".venv", base)
    git(repository, "add", ".venv/pyvenv.cfg")
    assert find().python == f"{base}/bin/python3"


def test_a_committed_link_is_not_believed(find, repository, home, base):
    """Nor is a link in the repository that leads to a virtualenv elsewhere."""
    make_virtualenv(home / "elsewhere" / "inner", base)
    (repository / "link").symlink_to(home / "elsewhere")
    git(repository, "add", "link")
    with pytest.raises(UserError, match="tracked by git"):
        find(python=f"{repository}/link/inner/bin/python")


def test_a_committed_virtualenv_is_not_believed_by_another_name(find, repository, base, tmp_path):
    """However its path is written."""
    make_virtualenv(repository / "env", base)
    git(repository, "add", "-A")
    (tmp_path / "alias").symlink_to(repository)
    assert find(virtual_env=f"{tmp_path}/alias/env").python == f"{base}/bin/python3"


def test_without_git_nothing_in_the_directory_is_believed(find, repository, base):
    """Where git cannot tell what came with it, a virtualenv inside is passed over."""
    make_virtualenv(repository / ".venv", base)
    (repository / ".git").rename(repository / "not-git")
    assert find().python == f"{base}/bin/python3"


@pytest.mark.parametrize(
    "where", ["{home}/bin", "{home}", "{home}/project/bin", "/", "relative/bin", "{home}/.ssh/bin"]
)
def test_a_virtualenvs_lie_about_its_base_shows_nothing(find, repository, base, home, where):
    """Whatever the configuration says, only what looks like a Python's own directory becomes visible."""
    (home / "bin").mkdir()
    for directory in (home, home / "bin", home / ".ssh"):
        (directory / "python3").write_bytes(b"\x7fELF")
        (directory / "python3").chmod(0o755)
    make_virtualenv(repository / ".venv", base, home=where.format(home=home))
    found = find()
    assert (found.python, found.readonly) == (f"{base}/bin/python3", (str(base),))


def test_a_prefix_with_keys_in_it_is_refused(find, home):
    """A directory that looks like a Python and holds somebody's keys is somebody's home."""
    other = make_prefix(home.parent / "other")
    (other / ".ssh").mkdir()
    with pytest.raises(UserError, match="holds keys"):
        find(python=f"{other}/bin/python3")


def test_the_home_directory_is_refused_even_as_a_prefix(find, home):
    """Someone who installed Python into their home directory gets an error, not an exposed home."""
    make_prefix(home)
    with pytest.raises(UserError, match="holds the"):
        find(python=f"{home}/bin/python3")


def test_the_repository_itself_is_refused_as_a_prefix(find, repository, base):
    """A virtualenv made in the repository's root would hide the tree."""
    make_virtualenv(repository / "x", base).rename(repository / "x2")
    for name in ("bin", "lib", "pyvenv.cfg"):
        (repository / "x2" / name).rename(repository / name)
    with pytest.raises(UserError, match="holds the repository itself"):
        find(python=f"{repository}/bin/python")


def test_path_entries_of_the_repository_do_not_count(find, repository, base):
    """A PATH that leads into the repository, or is relative, finds nothing there."""
    make_prefix(repository / "evil")
    assert find(search_path=f"{repository}/evil/bin:evil/bin:.:{base}/bin").python == f"{base}/bin/python3"


@pytest.fixture
def pyenv(home: Path) -> Path:
    """A pyenv with three versions; its shim would leave a trace if it were started."""
    root = home / ".pyenv"
    for version in ("3.9.1", "3.12.9", "3.12.10"):
        make_prefix(root / "versions" / version, version.rpartition(".")[0])
    (root / "version").write_text("3.9.1\n")
    (root / "shims").mkdir()
    (root / "shims" / "python3").write_text(f"#!/bin/sh\ntouch {home}/started\n")
    (root / "shims" / "python3").chmod(0o755)
    return root


def test_behind_a_pyenv_shim(find, pyenv, home):
    """The shim leads to the version that pyenv's own file names, and is not started."""
    prefix = pyenv / "versions" / "3.9.1"
    found = find(search_path=f"{pyenv}/shims")
    assert (found.python, found.readonly) == (f"{prefix}/bin/python3", (str(prefix),))
    assert not (home / "started").exists()


@pytest.mark.parametrize(("wanted", "version"), [("3.12.9", "3.12.9"), ("3.12", "3.12.10"), ("none\n3.12.9", "3.12.9")])
def test_the_repository_may_name_one_of_pyenvs_versions(find, pyenv, repository, wanted, version):
    """An installed version, or the newest of a series."""
    (repository / ".python-version").write_text(f"{wanted}\n")
    assert find(search_path=f"{pyenv}/shims").python == f"{pyenv}/versions/{version}/bin/python3"


@pytest.mark.parametrize("wanted", ["../../evil", "/evil", "*", "", "3.12.9/../../.."])
def test_the_repository_may_name_nothing_else(find, pyenv, repository, wanted):
    """A name that is no version's leads nowhere."""
    (repository / ".python-version").write_text(wanted)
    assert find(search_path=f"{pyenv}/shims").python == f"{pyenv}/versions/3.9.1/bin/python3"


def test_a_wrapper_that_is_no_shim_is_passed_over(find, base, tmp_path):
    """A script on PATH is not followed; the next one on PATH is looked at."""
    (tmp_path / "wrappers").mkdir()
    (tmp_path / "wrappers" / "python3").write_text("#!/bin/sh\n")
    (tmp_path / "wrappers" / "python3").chmod(0o755)
    found = find(search_path=f"{tmp_path}/wrappers:{base}/bin")
    assert found.python == f"{base}/bin/python3"
    assert "is a wrapper" in found.note


def test_the_last_resort_is_our_own(find):
    """With nothing on PATH, the Python that runs this program serves."""
    assert find(search_path="").python == f"{sys.base_prefix}/bin/python3"


def test_a_real_virtualenv(find, repository):
    """What `python -m venv` really makes is understood."""
    own = f"{sys.base_prefix}/bin/python3"
    subprocess.run([own, "-m", "venv", "--without-pip", str(repository / ".venv")], check=True)
    found = find()
    assert found.python == f"{repository}/.venv/bin/python"
    assert str(repository / ".venv") in found.readonly
