"""The image of one commit of any repository, set up with commands of the user."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from agent.errors import UserError
from agent.imaging import shell
from sandbox.image_recipe import Lay, Layer, Recipe
from swe_tasks.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Plan:
    """What a user asked for."""

    name: str
    base: str
    path: str
    """The variable PATH of the base image."""
    lay_at: str = "/testbed"
    setup: tuple[str, ...] = ()
    conda_shim: bool = False
    date: str | None = None
    """What package indexes held then is what set-up commands find."""


def plain_recipe(plan: Plan, snapshot: Snapshot) -> Recipe:
    """How that image is made.

    Raises:
        UserError: the repository cannot lie where it should.
    """
    check_lay_at(plan.lay_at)
    layers = [system_layer(plan.path, conda_shim=plan.conda_shim)]
    layers.append(Layer("the checkout", (shell.REFRESH,), lay_of(snapshot, plan.lay_at), plan.lay_at))
    layers += [
        Layer(command.partition("\n")[0], (shell.dated(command, plan.date),), workdir=plan.lay_at)
        for command in plan.setup
    ]
    last = ((shell.OFFLINE,) if plan.conda_shim else ()) + ((shell.FINISH,) if plan.setup else ())
    if last:
        layers.append(Layer("the last touches", last, workdir=plan.lay_at))
    return Recipe(plan.name, plan.base, tuple(layers), plan.lay_at, labels_of(snapshot))


def system_layer(path: str, *, conda_shim: bool) -> Layer:
    """What every image has: git, which harnesses need, and if wanted an answer to `conda activate`."""
    if not conda_shim:
        return Layer("git", (shell.GIT,))
    first = f"{shell.ENVIRONMENT}/bin"
    changes = () if path.startswith(f"{first}:") else (f'ENV PATH="{first}:{path or _PATH}"',)
    return Layer("git and `conda activate`", (shell.GIT, shell.CONDA), changes=changes)


def lay_of(snapshot: Snapshot, at: str) -> Lay:
    """A snapshot as a part of a layer."""
    return Lay(snapshot.path, at, f"{snapshot.commit} {snapshot.tag or ''}")


def labels_of(snapshot: Snapshot) -> Mapping[str, str]:
    """What an image says of itself."""
    return {"shrewd.commit": snapshot.commit}


def check_lay_at(place: str) -> None:
    """Make sure that a repository can lie there.

    Raises:
        UserError: the place is relative, or belongs to the system.
    """
    path = PurePosixPath(place)
    taken = {"bin", "boot", "dev", "etc", "lib", "lib64", "mnt", "proc", "run", "sbin", "sys", "tmp", "usr", "var"}
    if not path.is_absolute() or ".." in path.parts or any(c.isspace() for c in place) or len(path.parts) < 2:
        raise UserError(f"--lay-at is an absolute path below / and without blanks, not {place!r}")
    if len(path.parts) == 2 and path.parts[1] in taken:
        raise UserError(f"--lay-at cannot be {place!r}, which belongs to the system; /testbed is usual")


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
