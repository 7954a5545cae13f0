"""What is asked of the engine to make images: the third place that speaks to the SDK. Everything here blocks."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

from sandbox.docker_engine import Engine, translated

IDLE = ("cat",)
"""The main process of a container that things are done in: it ends with its input, so with whoever holds that."""


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image that the engine has."""

    id: str
    names: tuple[str, ...]
    labels: Mapping[str, str]
    size: int
    """Bytes, unpacked; layers that it shares with other images included."""
    made: int
    """When, in seconds since 1970."""


@contextmanager
def workshop(engine: Engine, image: str, *, network: str, place: str) -> Generator[str]:
    """A running container of an image, gone afterwards, also when this process is killed. Yields its id.

    `place` is a directory that is in no image made of the container: a volume, which goes with it.

    Raises:
        ImageError: the image is missing or cannot run here.
        SandboxBroken: the engine refused or is gone.
    """
    host: dict[str, Any] = {
        "auto_remove": True,
        "network_mode": network,
        "mounts": [{"Type": "volume", "Target": place, "VolumeOptions": {"NoCopy": True}}],
    }
    # Without an entrypoint, and with the image's own user: both would be the made image's.
    container = engine.create(image, host, entrypoint="", command=list(IDLE), stdin_open=True, working_dir="/")
    try:
        # No label could tell whose it is: a label of the container would be one of the image, for ever. So its
        # main process reads from here, and the kernel ends that with this process.
        with _input(engine, container):
            engine.start(container, image)
            yield container
    finally:
        engine.remove(container)


@contextmanager
def _input(engine: Engine, container: str) -> Generator[None]:
    with translated("the container could not be attached to"):
        stream = engine.api.attach_socket(container, params={"stdin": 1, "stream": 1})
    try:
        yield
    finally:
        stream._response.close()  # the socket alone would leave the connection open


def put(engine: Engine, container: str, at: str, archive: IO[bytes]) -> None:
    """Unpack a tar archive in a directory of a container, which has to be there.

    Raises:
        SandboxBroken: the engine refused or is gone.
    """
    with translated("files could not be put into the container"):
        engine.api.put_archive(container, at, archive)


def commit(engine: Engine, container: str, *, changes: Sequence[str], labels: Mapping[str, str]) -> str:
    """Make an image of what a container's files are now; its id.

    Raises:
        SandboxBroken: the engine refused or is gone.
    """
    with translated("the image could not be made"):
        # Not among the instructions that are taken here. A main process that ignores SIGTERM, as idle ones do,
        # would hold up whoever stops it for as long as they are patient.
        conf = {"Labels": dict(labels), "StopSignal": "SIGKILL"}
        made = engine.api.commit(container, changes=list(changes), conf=conf)
        return str(made["Id"])


def tag(engine: Engine, image: str, repository: str, version: str) -> None:
    """Give an image a name; another image that had it loses it.

    Raises:
        SandboxBroken: the engine refused or is gone.
    """
    with translated(f"the image could not be named {repository}:{version}"):
        engine.api.tag(image, repository, version, force=True)


def labelled_images(engine: Engine, label: str) -> list[StoredImage]:
    """All images, named or not, that carry a label (a name, or name=value).

    Raises:
        SandboxBroken: the engine does not answer.
    """
    with translated("the images could not be listed"):
        found = cast("list[dict[str, Any]]", engine.api.images(all=True, filters={"label": [label]}))
    return [_stored(one) for one in found]


def named_images(engine: Engine, repository: str) -> list[str]:
    """The names, with their tags, of the images of one repository.

    Raises:
        SandboxBroken: the engine does not answer.
    """
    with translated("the images could not be listed"):
        found = cast("list[dict[str, Any]]", engine.api.images(name=repository))
    return sorted(str(name) for one in found for name in one.get("RepoTags") or ())


def _stored(said: Mapping[str, Any]) -> StoredImage:
    names = tuple(str(name) for name in said.get("RepoTags") or () if name != "<none>:<none>")
    return StoredImage(str(said["Id"]), names, dict(said.get("Labels") or {}), int(said["Size"]), int(said["Created"]))
