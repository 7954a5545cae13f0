"""Which sandbox a task runs in. There is always one: code never runs outside of a sandbox."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sandbox.errors import ImageError, SandboxUnavailable
from sandbox.records import Diagnosis, Environment, Owner, Sandbox

Backend = Literal["docker", "bubblewrap"]

BACKENDS: tuple[Backend, ...] = ("docker", "bubblewrap")


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend, and why it was taken, for people."""

    backend: Backend
    why: str


def diagnose(backend: Backend) -> Diagnosis:
    """Whether a backend works on this machine. Takes up to some seconds."""
    if backend == "docker":
        from sandbox.docker import diagnose as ask  # heavy: imports the client
    else:
        from sandbox.bubblewrap import diagnose as ask
    return ask()


def diagnose_all() -> tuple[Diagnosis, ...]:
    """Whether each backend works on this machine."""
    return tuple(diagnose(backend) for backend in BACKENDS)


def choose(
    wanted: Literal["auto", "docker", "bubblewrap"],
    environment: Environment,
    *,
    ask: Callable[[Backend], Diagnosis] = diagnose,
) -> Choice:
    """The backend for an environment: Docker if it names an image and a daemon answers, else bubblewrap.

    Raises:
        ImageError: Docker is wanted and the environment names no image.
        SandboxUnavailable: what is wanted does not work here; the message ends with what mends it.
    """
    if wanted == "docker" and environment.image is None:
        raise ImageError(
            "a container is made from an image, and the task names none: name one, or use the sandbox"
            " 'bubblewrap', which runs programs on this machine's own system"
        )
    if wanted != "auto":
        told = ask(wanted)
        if not told.works:
            raise _unavailable(f"the sandbox '{wanted}' does not work here", told)
        return Choice(wanted, f"asked for; {told.detail}")
    if environment.image is None:
        told = ask("bubblewrap")
        if not told.works:
            raise _unavailable("the task names no image, so only bubblewrap can run it", told)
        return Choice("bubblewrap", f"the task names no image, so this machine's system serves; {told.detail}")
    docker = ask("docker")
    if docker.works:
        return Choice("docker", f"the task names the image {environment.image}; {docker.detail}")
    bubblewrap = ask("bubblewrap")
    if bubblewrap.works:
        return Choice("bubblewrap", f"Docker does not work here ({docker.detail}); {bubblewrap.detail}")
    raise _unavailable("no sandbox works here", docker, bubblewrap)


def open_sandbox(choice: Choice, environment: Environment, owner: Owner, *, scratch: Path, size: int) -> Sandbox:
    """A sandbox for one environment, which the caller closes; at most `size` executions at a time.

    `scratch` is a directory for its temporary files. Raises SandboxUnavailable or ImageError.
    """
    if choice.backend == "docker":
        from sandbox.docker import DockerSandbox

        return DockerSandbox(environment, owner, scratch=scratch, size=size)
    from sandbox.bubblewrap import BubblewrapSandbox

    return BubblewrapSandbox(environment, owner, scratch=scratch, size=size)


def _unavailable(what: str, *told: Diagnosis) -> SandboxUnavailable:
    reasons = "; ".join(f"{diagnosis.backend}: {diagnosis.detail}" for diagnosis in told)
    remedies = [diagnosis.remedy for diagnosis in told if diagnosis.remedy]
    return SandboxUnavailable("\n".join((f"{what} ({reasons})", *_mending(remedies))))


def _mending(remedies: list[str]) -> list[str]:
    if not remedies:
        return []
    return ["What mends it:" if len(remedies) == 1 else "Either of these mends it:", *remedies]
