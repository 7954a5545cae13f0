"""The only place that speaks to the container engine; everything here blocks and belongs in a thread.

The docker SDK carries no types, so its values are checked or cast here and do not leave this module.
"""

import select
import socket
import struct
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sandbox.errors import ImageError, SandboxBroken, SandboxUnavailable

STDOUT, STDERR = 1, 2
CHUNK = 64 * 1024
DEFAULT_HOST = "unix:///var/run/docker.sock"

_HEADER = struct.Struct(">BxxxL")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A container that carries one of our labels."""

    id: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """What the engine says of a container."""

    running: bool
    out_of_memory: bool


class Engine:
    """A container engine that speaks Docker's protocol. Safe to use from many threads."""

    def __init__(self, api: Any) -> None:
        """Use `connect` instead."""
        self._api = api

    @staticmethod
    def connect(*, connections: int = 4, seconds: int = 60) -> "Engine":
        """Connect to the engine that DOCKER_HOST names, by default the local socket.

        Raises:
            SandboxUnavailable: no engine answers, or it is not on this machine.
        """
        import docker
        from docker.errors import DockerException
        from docker.utils import kwargs_from_env

        options = cast("dict[str, Any]", kwargs_from_env())
        host = str(options.get("base_url", DEFAULT_HOST))
        try:
            if host.startswith("unix://"):
                # Tried first, because the SDK wraps what goes wrong here three times, and leaves a socket open.
                with socket.socket(socket.AF_UNIX) as knock:
                    knock.connect(host.removeprefix("unix://"))
            api = docker.APIClient(version="auto", timeout=seconds, max_pool_size=connections, **options)
        except (DockerException, OSError) as error:
            raise SandboxUnavailable(f"no container engine answers at {host}: {error}") from error
        if api.base_url.startswith(("https:", "http+docker://ssh")):
            api.close()
            raise SandboxUnavailable("the container engine is on another machine; unset DOCKER_HOST")
        return Engine(api)

    @property
    def api(self) -> Any:
        """The SDK's own client, for the other module of this border: `docker_images`."""
        return self._api

    def close(self) -> None:
        """Close the connections. Containers are not touched."""
        self._api.close()

    def create(self, image: str, host: Mapping[str, Any], **config: Any) -> str:
        """Create a container and return its id.

        Raises:
            ImageError: the image is not on this machine.
            SandboxBroken: the engine refused or is gone.
        """
        with translated("the container could not be created", image):
            settings = self._api.create_host_config(**host)
            # Otherwise the SDK hands the proxies of the user's configuration to the script.
            made = self._api.create_container(image, host_config=settings, use_config_proxy=False, **config)
            return str(made["Id"])

    def start(self, container: str, image: str) -> None:
        """Start a container.

        Raises:
            ImageError: the image cannot run here.
            SandboxBroken: the engine refused or is gone.
        """
        try:
            with translated("the container could not be started"):
                self._api.start(container)
        except SandboxBroken as error:
            if any(sign in str(error) for sign in ("executable file not found", "exec format error")):
                raise ImageError(f"the image {image!r} cannot run on this machine: {error}") from error
            raise

    def remove(self, container: str) -> None:
        """Kill everything in a container and remove it with its volumes, without a grace period."""
        from docker.errors import APIError

        with translated("the container could not be removed"):
            try:
                self._api.remove_container(container, force=True, v=True)
            except APIError as error:
                # 404: it is gone; 409: somebody else is removing it at this moment.
                if error.status_code not in {404, 409}:
                    raise

    def state(self, container: str) -> State:
        """Whether a container runs, and whether the memory limit ended it."""
        with translated("the container was lost"):
            state = self._api.inspect_container(container)["State"]
            return State(bool(state["Running"]), bool(state.get("OOMKilled")))

    def labelled(self, label: str) -> list[Labelled]:
        """All containers, running or not, that carry `label` (a name, or name=value)."""
        with translated("the containers could not be listed"):
            found = self._api.containers(all=True, filters={"label": [label]})
            return [Labelled(str(one["Id"]), dict(one["Labels"] or {})) for one in found]

    def facts(self) -> dict[str, Any]:
        """The engine's description of itself: version and information, in one mapping."""
        with translated("the engine does not describe itself"):
            return {**self._api.info(), "Version": self._api.version()["Version"], "Host": self._api.base_url}

    def execute(
        self,
        container: str,
        command: Sequence[str],
        *,
        user: str,
        receive: Callable[[int, bytes], None],
        deadline: Callable[[], float],
    ) -> int | None:
        """Run a command in a container, hand its output on as it comes, return its exit code.

        `receive` gets the stream's number and a piece of it. `deadline` is asked again and again and
        answers in the time of `time.monotonic`; None is returned when it has passed, with the command
        still running.

        Raises:
            SandboxBroken: the command could not be started, or the container or engine went away.
        """
        with translated("the command could not be run in the container"):
            run = self._api.exec_create(container, list(command), user=user)["Id"]
            stream = self._api.exec_start(run, socket=True)
            try:
                for kind, piece in _frames(stream, deadline):
                    receive(kind, piece)
            except TimeoutError:
                return None
            finally:
                stream._response.close()  # the socket alone would leave the connection open
            state = self._api.exec_inspect(run)
        if state["Running"] or state["ExitCode"] is None:
            raise SandboxBroken("the engine ended the command's output before the command")
        return int(state["ExitCode"])


@contextmanager
def translated(what: str, image: str | None = None) -> Generator[None]:
    """Turn what the SDK raises into this package's errors."""
    import requests
    from docker.errors import DockerException, NotFound

    try:
        yield
    except (DockerException, requests.RequestException, OSError) as error:
        if image is not None and isinstance(error, NotFound):
            raise ImageError(f"the image {image!r} is not on this machine; run: docker pull {image}") from error
        raise SandboxBroken(f"{what}: {error}") from error


def _frames(stream: Any, deadline: Callable[[], float]) -> Iterator[tuple[int, bytes]]:
    """The pieces of a multiplexed stream until it ends.

    Raises:
        TimeoutError: the deadline passed.
    """
    source = _Source(stream, deadline)
    while header := source.take(_HEADER.size, exactly=True):
        kind, size = cast("tuple[int, int]", _HEADER.unpack(header))
        while size:
            piece = source.take(min(size, CHUNK))
            if not piece:
                return
            size -= len(piece)
            yield kind, piece


class _Source:
    """Bytes from a hijacked connection, with a deadline for each wait."""

    def __init__(self, stream: Any, deadline: Callable[[], float]) -> None:
        self._stream = stream
        self._deadline = deadline
        self._early = _read_ahead(stream)
        self._poll = select.poll()
        self._poll.register(stream.fileno(), select.POLLIN)

    def take(self, size: int, *, exactly: bool = False) -> bytes:
        """Up to `size` bytes; fewer only at the end or, unless `exactly`, when no more are there yet."""
        taken = self._some(size)
        while exactly and taken and len(taken) < size:
            more = self._some(size - len(taken))
            if not more:
                return b""
            taken += more
        return taken

    def _some(self, size: int) -> bytes:
        if self._early:
            taken, self._early = self._early[:size], self._early[size:]
            return taken
        # Asked before each read, not only when idle: endless output must meet its deadline too.
        left = self._deadline() - time.monotonic()
        if left <= 0 or not self._poll.poll(left * 1000):
            raise TimeoutError
        return cast("bytes", self._stream.read(size) or b"")


def _read_ahead(stream: Any) -> bytes:
    """What the HTTP client has already read of the stream together with the response's head.

    The SDK hands out the socket below the client's buffer; on a busy machine the first output is in that
    buffer, and would be lost.
    """
    connection, buffered = stream._sock, stream._response.raw._fp.fp
    timeout = connection.gettimeout()
    connection.setblocking(False)
    try:
        return cast("bytes", buffered.read1(len(buffered.peek())))
    finally:
        connection.settimeout(timeout)
