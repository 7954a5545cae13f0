"""Which Python has a repository's dependencies, and which host directories it is made of.

The repository may be hostile, and what is found here becomes visible to its programs. So nothing of it is
run to find out: symbolic links and `pyvenv.cfg` are read as text, a virtualenv that came with the repository
is not believed, and of the home directory nothing is shown but directories that look like a Python's own.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.errors import UserError

_SYSTEM = tuple(map(Path, ("/usr", "/bin", "/lib", "/etc/alternatives")))
"""Every sandbox shows these anyway."""

_INTERPRETER = re.compile(r"(python|pypy)[\d.]*t?d?")
_VERSION = re.compile(r"[A-Za-z0-9][\w.+-]*")
_LONGEST_CHAIN = 40
_LARGEST_CONFIGURATION = 64 * 1024


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The interpreter to run a repository's programs with."""

    python: str
    """Its absolute path."""
    readonly: tuple[str, ...]
    """Host directories that it needs, each to be seen at its own place."""
    note: str
    """What was found and what was passed over, for people."""


class _UnfitError(Exception):
    """A Python that must not or cannot be used; says why."""


def find_surroundings(
    repository: Path,
    *,
    python: str | None,
    virtual_env: str | None = None,
    search_path: str | None = None,
    home: Path | None = None,
) -> Surroundings:
    """The first that fits: `python`; `.venv` or `venv` in the repository, unless tracked by git;
    `virtual_env`; `python3` on `search_path` (this process's PATH if None); the Python that runs this.

    Raises:
        UserError: `python` was given and does not fit, or nothing does.
    """
    repository = repository.absolute()
    home = (home or Path.home()).resolve()
    if python is not None:
        try:
            return _surroundings(_named(python, search_path), repository, home, ["asked for"])
        except _UnfitError as unfit:
            raise UserError(f"the Python {python!r} cannot be used: {unfit}") from None
    passed_over: list[str] = []
    for what, interpreter in _candidates(repository, virtual_env, search_path):
        try:
            return _surroundings(interpreter, repository, home, [what, *passed_over])
        except _UnfitError as unfit:
            passed_over.append(f"passed over {interpreter}: {unfit}")
    raise UserError("no Python was found for the repository; name one: " + "; ".join(passed_over))


def _candidates(repository: Path, virtual_env: str | None, search_path: str | None) -> Iterator[tuple[str, Path]]:
    for name in (".venv", "venv"):
        if (repository / name).is_dir():
            yield "the repository's virtualenv", repository / name / "bin" / "python"
    if virtual_env:
        yield "the active virtualenv", Path(virtual_env).absolute() / "bin" / "python"
    path = os.environ.get("PATH", os.defpath) if search_path is None else search_path
    for directory in filter(os.path.isabs, path.split(os.pathsep)):
        interpreter = Path(directory, "python3")
        if not interpreter.exists() or interpreter.is_relative_to(repository):
            continue
        if Path(directory).name == "shims":
            yield from (("chosen by pyenv", p) for p in _behind_pyenv(Path(directory).parent, repository))
        yield "found on PATH", interpreter
    yield "the one that runs this program", Path(sys.base_prefix, "bin", "python3")


def _surroundings(interpreter: Path, repository: Path, home: Path, notes: list[str]) -> Surroundings:
    _refuse_tracked(interpreter.parent.parent, repository, home)
    prefixes = _prefixes(interpreter, repository, home)
    made_of = f" (with {', '.join(prefixes)})" if prefixes else ""
    return Surroundings(str(interpreter), prefixes, f"{interpreter}{made_of}: {'; '.join(notes)}")


def _prefixes(interpreter: Path, repository: Path, home: Path) -> tuple[str, ...]:
    """All directories that an interpreter lies in, however they are spelled on the way to it."""
    found: dict[str, None] = {}
    todo = [interpreter]
    while todo:
        for hop in _hops(todo.pop()):
            if _is_system(hop):
                continue
            if hop.parent.name != "bin":
                raise _UnfitError(f"{hop} does not lie in a directory 'bin'")
            prefix = hop.parent.parent
            if str(prefix) in found:
                continue
            _refuse_odd(prefix.resolve(), repository, home)
            found[str(prefix)] = None
            if not _is_system(prefix.resolve()):
                found[str(prefix.resolve())] = None
            base = _base_of(prefix)
            if base is not None:
                todo.append(base)
    return tuple(sorted(found))


def _hops(interpreter: Path) -> list[Path]:
    """An interpreter and the symbolic links that lead to it, first to last."""
    hops = [Path(os.path.normpath(interpreter))]
    while hops[-1].is_symlink() and len(hops) < _LONGEST_CHAIN:
        hops.append(Path(os.path.normpath(hops[-1].parent / hops[-1].readlink())))
    last = hops[-1]
    if not last.is_file() or not os.access(last, os.X_OK):
        raise _UnfitError(f"{last} is no program")
    with last.open("rb") as file:
        if file.read(4) != b"\x7fELF" or not _INTERPRETER.fullmatch(last.name):
            raise _UnfitError(f"{last} is a wrapper, not an interpreter")
    return hops


def _base_of(prefix: Path) -> Path | None:
    """The interpreter that a virtualenv was made from, as its configuration says; None for others."""
    configuration = prefix / "pyvenv.cfg"
    if not configuration.is_file():
        return None
    with configuration.open(encoding="utf-8", errors="replace") as file:
        text = file.read(_LARGEST_CONFIGURATION)
    said = re.search(r"^\s*home\s*=\s*(.+?)\s*$", text, re.MULTILINE | re.IGNORECASE)
    if said is None or not said[1].startswith("/"):
        raise _UnfitError(f"{configuration} names no absolute 'home'")
    names = (Path(said[1], name) for name in ("python3", "python", "pypy3"))
    base = next((name for name in names if name.exists()), None)
    if base is None:
        raise _UnfitError(f"{configuration} says that Python is in {said[1]}, and there is none")
    return base


def _refuse_odd(prefix: Path, repository: Path, home: Path) -> None:
    if repository.resolve().is_relative_to(prefix):
        raise _UnfitError(f"{prefix} holds the repository itself")
    if home.is_relative_to(prefix):
        raise _UnfitError(f"{prefix} holds the home directory")
    if (prefix / ".ssh").exists():
        raise _UnfitError(f"{prefix} holds keys (.ssh)")
    if not any((prefix / "bin").glob("py*")) or not any(prefix.glob("lib/py*")):
        raise _UnfitError(f"{prefix} does not look like a Python (bin/python*, lib/python*)")


def _refuse_tracked(prefix: Path, repository: Path, home: Path) -> None:
    """Refuse what came with the repository, be it the directory or a link on the way to it."""
    roots = (repository, repository.resolve())
    pairs = [(p, root) for p in (prefix, prefix.resolve()) for root in roots if p.is_relative_to(root)]
    inside = {str(part) for path, root in pairs for part in _itself_and_links(path.relative_to(root), root)}
    inside.discard(".")  # the repository itself, which is refused for another reason
    if not inside:
        return
    environment = {"PATH": f"{os.defpath}:/usr/local/bin", "HOME": str(home)}  # the user's own settings
    # Settings that would let a repository's configuration start programs are overridden.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(repository), "ls-files", "-z", "--"]
    try:
        listed = subprocess.run([*command, *sorted(inside)], capture_output=True, env=environment, check=True)
    except FileNotFoundError:
        raise _UnfitError("git, which tells whether it came with the repository, is missing") from None
    except subprocess.CalledProcessError as error:
        words = os.fsdecode(error.stderr).strip()
        raise _UnfitError(f"git does not tell whether it came with the repository: {words}") from None
    if listed.stdout:
        raise _UnfitError("it is tracked by git, so it came with the repository and is not believed")


def _itself_and_links(path: Path, root: Path) -> list[Path]:
    return [path, *(parent for parent in path.parents if (root / parent).is_symlink())]


def _behind_pyenv(root: Path, repository: Path) -> Iterator[Path]:
    """The interpreters that pyenv's shim would start, read from its files instead of starting it."""
    for file in (repository / ".python-version", root / "version"):
        if not file.is_file():
            continue
        with file.open(encoding="utf-8", errors="replace") as lines:
            wanted = lines.read(_LARGEST_CONFIGURATION).split()
        for version in filter(_VERSION.fullmatch, wanted):
            exact = root / "versions" / version
            series = sorted(root.glob(f"versions/{version}.*"), key=lambda p: _numbers(p.name))
            for prefix in (exact, *reversed(series)):
                if (prefix / "bin" / "python3").exists():
                    yield prefix / "bin" / "python3"


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _named(python: str, search_path: str | None) -> Path:
    if "/" in python:
        return Path(python).absolute()
    found = shutil.which(python, path=search_path)
    if found is None:
        raise _UnfitError("it is not on PATH")
    return Path(found)


def _is_system(path: Path) -> bool:
    return any(path.is_relative_to(directory) for directory in _SYSTEM)
