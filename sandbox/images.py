"""Container images on this machine: what they are, whether they fit it, and which of them to keep. All of it blocks."""

import logging
import re
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from os import statvfs
from typing import Any

from sandbox.docker_engine import Engine
from sandbox.docker_images import data_places, describe_image, engine_platform, remove_tag
from sandbox.errors import ImageError, SandboxError

log = logging.getLogger(__name__)

GIB = 1 << 30

# Names come from data sets. One that is no name could reach other addresses of the engine.
_NAME = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image on this machine."""

    name: str
    """As it was asked for."""
    id: str
    workdir: str
    """Where its programs start; empty when it does not say."""
    user: str
    """Whom they run as, as the image writes it; empty for root."""
    size: int
    """Bytes, unpacked; layers that it shares with other images included."""
    platform: str
    """As `linux/amd64`."""
    variables: tuple[tuple[str, str], ...]


def check_name(name: str) -> str:
    """The name of an image, if it is one.

    Raises:
        ImageError: it is not.
    """
    if len(name) > 512 or not _NAME.fullmatch(name):
        raise ImageError(f"{name[:200]!r} is no image name; one looks like docker.io/swebench/name:latest")
    return name


def inspect_image(name: str) -> ImageFacts | None:
    """The image of that name on this machine, or None. Nothing is pulled.

    Raises:
        ImageError: the name is none.
        SandboxUnavailable: no engine answers.
        SandboxBroken: the engine's answer makes no sense.
    """
    check_name(name)
    with closing(Engine.connect()) as engine:
        return facts_of(engine, name)


def facts_of(engine: Engine, name: str) -> ImageFacts | None:
    """`inspect_image`, with an engine that is already connected."""
    said = describe_image(engine, name)
    if said is None:
        return None
    config: dict[str, Any] = said.get("Config") or {}
    variables = (str(item).partition("=") for item in config.get("Env") or ())
    platform = [str(said.get(key) or "") for key in ("Os", "Architecture", "Variant")]
    return ImageFacts(
        name=name,
        id=str(said["Id"]),
        workdir=str(config.get("WorkingDir") or ""),
        user=str(config.get("User") or ""),
        size=int(said.get("Size") or 0),
        platform="/".join(part for part in platform if part),
        variables=tuple((key, value) for key, equals, value in variables if equals),
    )


def check_platform(image: ImageFacts) -> str | None:
    """What to tell a user about an image made for other machines; None if it was made for this one.

    Raises:
        SandboxUnavailable: no engine answers.
    """
    with closing(Engine.connect()) as engine:
        return platform_note(image, engine_platform(engine))


def platform_note(image: ImageFacts, machine: str) -> str | None:
    """What to tell about running an image on an engine of a platform such as `linux/amd64`."""
    if not image.platform or image.platform.split("/")[:2] == machine.split("/")[:2]:
        return None
    return (
        f"the image {image.name} is made for {image.platform} and this engine runs {machine}: its programs are "
        "emulated, many times slower, or do not start; `shrewd image build` makes an image for this machine"
    )


def remove_image(name: str) -> bool:
    """Take a name away, and with its last name the image; False if there was none.

    Raises:
        ImageError: the name is none.
        SandboxBroken: a container uses the image, or the engine refused.
        SandboxUnavailable: no engine answers.
    """
    check_name(name)
    with closing(Engine.connect()) as engine:
        return remove_tag(engine, name)


def free_space(engine: Engine) -> int | None:
    """Bytes that are left where the engine keeps images; None if that is not on this machine."""
    machine, places = data_places(engine)
    if machine != socket.gethostname():
        return None  # a virtual machine's engine, or this is a container: the same path is another disk
    found: list[int] = []
    for place in places:
        try:
            disk = statvfs(place)
        except OSError:
            return None
        found.append(disk.f_bavail * disk.f_frsize)
    return min(found, default=None)


class KeptImages:
    """The images of one run: the least recently used of those that it pulled are removed.

    Safe to use from many threads. What was on the machine before is never removed, nor what is in use.
    """

    def __init__(
        self,
        keep: int | None,
        *,
        pulled: Iterable[str] = (),
        remove: Callable[[str], object] = remove_image,
    ) -> None:
        """`keep` is how many pulled images may lie unused; None keeps all.

        `pulled` are names that earlier processes of the run had pulled, the least recently used first.
        """
        if keep is not None and keep < 0:
            raise ValueError(f"the number of images to keep cannot be {keep}")
        self._keep = keep
        self._remove = remove
        self._changed = threading.Condition()
        self._users: dict[str, int] = {}
        self._leaving: set[str] = set()
        self._pulled: OrderedDict[str, None] = OrderedDict((name, None) for name in pulled)
        """Least recently used first."""

    @property
    def pulled(self) -> tuple[str, ...]:
        """What this run has pulled and not removed, the least recently used first."""
        with self._changed:
            return tuple(self._pulled)

    def was_pulled(self, name: str) -> None:
        """Say that an image is on the machine because of this run."""
        with self._changed:
            self._pulled[name] = None
            self._pulled.move_to_end(name)

    @contextmanager
    def use(self, name: str) -> Generator[None]:
        """Hold an image from before it is looked up until nothing needs it any more.

        While it is being removed, this waits. What cannot be removed is logged and stays.
        """
        with self._changed:
            self._changed.wait_for(lambda: name not in self._leaving)
            self._users[name] = self._users.get(name, 0) + 1
        try:
            yield
        finally:
            for doomed in self._release(name):
                self._drop(doomed)

    def _release(self, name: str) -> list[str]:
        with self._changed:
            self._users[name] -= 1
            if not self._users[name]:
                del self._users[name]
            if name in self._pulled:
                self._pulled.move_to_end(name)
            if self._keep is None:
                return []
            idle = [one for one in self._pulled if one not in self._users and one not in self._leaving]
            doomed = idle[: max(0, len(idle) - self._keep)]
            self._leaving.update(doomed)
            return doomed

    def _drop(self, name: str) -> None:
        try:
            self._remove(name)
            log.info("the image %s was removed", name)
        except SandboxError as error:
            log.warning("the image %s stays: %s", name, error)
        finally:
            with self._changed:
                self._pulled.pop(name, None)
                self._leaving.discard(name)
                self._changed.notify_all()
