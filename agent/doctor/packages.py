"""Whether our packages are ours, and which extras are there.

`agent` and `selection` are common names, and other distributions bring packages called so.
"""

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field

from agent.doctor.records import Check

DISTRIBUTION: Final = "shrewdness"
PACKAGES: Final = ("agent", "sandbox", "selection", "swe_tasks")

EXTRAS: Final[Mapping[str, tuple[str, str]]] = {
    "local": ("xllamacpp", "embedded models"),
    "swebench": ("swebench", "SWE-bench tasks and their grading"),
    "vllm": ("vllm", "serving larger models on GPUs of one's own"),
    "ray": ("ray", "runs on several machines"),
}
"""What each extra brings: a module to know it by, and what it is for."""


class _DirInfo(BaseModel):
    editable: bool = False


class _DirectUrl(BaseModel):
    """Where a distribution was installed from, as installers write it down (PEP 610)."""

    url: str = ""
    dir_info: _DirInfo = Field(default_factory=_DirInfo)


@dataclass(frozen=True, slots=True)
class _Installed:
    distribution: Distribution
    origin: _DirectUrl

    @property
    def checkout(self) -> Path | None:
        """The checkout, if the distribution is only a link to one."""
        parts = urlsplit(self.origin.url)
        return Path(unquote(parts.path)) if self.origin.dir_info.editable and parts.scheme == "file" else None


def check_packages(path: Sequence[str] | None = None) -> Check:
    """Whether what `import agent` finds on `path` (by default sys.path) is ours, for all four packages."""
    search = list(sys.path if path is None else path)
    installed = _installed(search)
    homes = {name: _home(name, search) for name in PACKAGES}
    missing = [name for name, home in homes.items() if home is None]
    if missing:
        return Check("packages", "broken", f"cannot be found: {', '.join(missing)}", _reinstall(installed))
    if installed is None:
        places = sorted({str(home.parent) for home in homes.values() if home})
        if len(places) == 1:
            return Check("packages", "note", f"used from {places[0]} without being installed")
        return Check("packages", "broken", f"come from several places: {', '.join(places)}", _reinstall(None))
    foreign = [f"{name} is {home}" for name, home in homes.items() if home and not _is_ours(home, installed)]
    rivals = _rivals(search)
    if foreign or rivals:
        claims = [f"{name} is also brought by the distribution {rival}" for name, rival in rivals]
        names = " ".join(dict.fromkeys(rival for _, rival in rivals))
        remedy = f"{_pip()} uninstall {names}, or install shrewdness into an environment of its own"
        return Check("packages", "broken", "; ".join((*foreign, *claims)), remedy if names else _reinstall(installed))
    where = f"linked to {installed.checkout}" if installed.checkout else "installed"
    return Check("packages", "ok", f"{', '.join(PACKAGES)} are ours ({installed.distribution.version}, {where})")


def check_extras() -> list[Check]:
    """Which extras are installed, and how to get the others."""
    installed = _installed(sys.path)
    return [
        Check(f"extra {extra}", "ok", f"for {purpose}")
        if importlib.util.find_spec(module) is not None
        else Check(f"extra {extra}", "note", f"not installed; for {purpose}", _install(extra, installed))
        for extra, (module, purpose) in EXTRAS.items()
    ]


def install_command(extra: str) -> str:
    """The command that adds an extra to this installation."""
    return _install(extra, _installed(sys.path))


def _installed(search: Sequence[str]) -> _Installed | None:
    found = next(iter(distributions(name=DISTRIBUTION, path=list(search))), None)
    if found is None:
        return None
    text = found.read_text("direct_url.json")
    return _Installed(found, _DirectUrl.model_validate(json.loads(text)) if text else _DirectUrl())


def _home(name: str, search: Sequence[str]) -> Path | None:
    spec = PathFinder.find_spec(name, list(search))
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent


def _is_ours(home: Path, installed: _Installed) -> bool:
    if installed.checkout is not None:
        return home == (installed.checkout / home.name).resolve()
    files = installed.distribution.files or ()
    return any(Path(str(file.locate())).resolve() == home / "__init__.py" for file in files)


def _rivals(search: Sequence[str]) -> list[tuple[str, str]]:
    """(package, distribution) for every other distribution that says it brings one of our packages."""
    found: list[tuple[str, str]] = []
    for other in distributions(path=list(search)):
        if other.name != DISTRIBUTION:
            brought = {file.parts[0] for file in other.files or () if len(file.parts) > 1}
            found.extend((name, other.name) for name in PACKAGES if name in brought)
    return found


def _install(extra: str, installed: _Installed | None) -> str:
    if installed is None or not installed.origin.url:
        return f"{_pip()} install '{DISTRIBUTION}[{extra}]'"
    if installed.checkout is not None:
        return f"{_pip()} install -e '{installed.checkout}[{extra}]'"
    return f"{_pip()} install '{DISTRIBUTION}[{extra}] @ {installed.origin.url}'"


def _reinstall(installed: _Installed | None) -> str:
    if installed is not None and installed.checkout is not None:
        return f"{_pip()} install --force-reinstall --no-deps -e {installed.checkout}"
    return "install shrewdness into an environment of its own"


def _pip() -> str:
    if importlib.util.find_spec("pip") is not None:
        return f"{sys.executable} -m pip"
    return f"uv pip --python {sys.executable}"
