"""What is asked of the engine about images: the other place, beside `docker_engine`, that speaks to the SDK.

Everything here blocks. The SDK's values are checked or cast here and do not leave this module.
"""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, cast

from sandbox.docker_engine import Engine, translated
from sandbox.errors import ImageError, SandboxBroken

STALLED = 300.0
"""Seconds in which a pull has to say something: engines speak up many times a second while bytes come."""

_CHUNK = 1 << 20


class PullRefused(Exception):
    """What an engine said about a pull that did not succeed, word for word."""


def describe_image(engine: Engine, name: str) -> dict[str, Any] | None:
    """What the engine knows of an image, None if it has none of that name.

    Raises:
        SandboxBroken: the engine does not answer.
    """
    from docker.errors import NotFound

    with translated("the image could not be looked up"):
        try:
            return cast("dict[str, Any]", engine.api.inspect_image(name))
        except NotFound:
            return None


def remove_tag(engine: Engine, name: str) -> bool:
    """Take a name from an image, and the image with it when that was the last; False if there was none.

    Raises:
        SandboxBroken: a container uses it, or the engine refused.
    """
    from docker.errors import NotFound

    with translated(f"the image {name} could not be removed"):
        try:
            engine.api.remove_image(name)
        except NotFound:
            return False
    return True


@contextmanager
def pulling(engine: Engine, name: str, platform: str | None) -> Generator[Iterator[Mapping[str, Any]]]:
    """Let the engine pull an image; what it reports on the way. Leaving early stops the pull.

    The credentials of `docker login` are used. The SDK's own method would wait for ever.

    Raises:
        PullRefused: the registry or the engine refused, or the network failed; while iterating, too.
    """
    import docker.auth
    from docker.utils import parse_repository_tag

    api, auth = engine.api, cast("Any", docker.auth)
    repository, tag = parse_repository_tag(name)
    header = auth.get_config_header(api, auth.resolve_repository_name(repository)[0])
    with _refusals():
        answer = api._post(
            api._url("/images/create"),
            params={"fromImage": repository, "tag": tag or "latest", **({"platform": platform} if platform else {})},
            headers={"X-Registry-Auth": header} if header else {},
            stream=True,
            timeout=(60, STALLED),
        )
    with closing(answer):
        with _refusals():
            api._raise_for_status(answer)
        yield _events(answer)


def _events(answer: Any) -> Iterator[Mapping[str, Any]]:
    with _refusals():
        for line in answer.iter_lines():
            event = json.loads(line or b"{}")
            if "error" in event:
                raise PullRefused(str(event["error"]))
            yield event


@contextmanager
def _refusals() -> Generator[None]:
    import requests
    from docker.errors import APIError

    try:
        yield
    except APIError as error:
        raise PullRefused(str(error.explanation or error)) from error
    except (requests.RequestException, ValueError) as error:
        raise PullRefused(f"the engine fell silent or went away: {error}") from error


@contextmanager
def archive(engine: Engine, container: str, path: str) -> Generator[Iterator[bytes]]:
    """A tar stream of a directory in a container, which need not run; its own entry comes first.

    Raises:
        ImageError: there is no such directory.
        SandboxBroken: the engine refused or is gone; while iterating, too.
    """
    what = f"{path} could not be read"
    with translated(what):
        answer = engine.api._get(
            engine.api._url("/containers/{0}/archive", container),
            # The dot makes it a directory's, and that of a link's target.
            params={"path": f"{path.rstrip('/')}/."},
            headers={"Accept-Encoding": "identity"},
            stream=True,
        )
    with closing(answer):
        if answer.status_code == 404 or (answer.status_code >= 400 and "not a directory" in answer.text):
            raise ImageError(f"there is no directory {path}")
        with translated(what):
            engine.api._raise_for_status(answer)
        yield _chunks(answer, what)


def _chunks(answer: Any, what: str) -> Iterator[bytes]:
    with translated(what):
        yield from answer.iter_content(_CHUNK)


def data_places(engine: Engine) -> tuple[str, tuple[str, ...]]:
    """The name of the machine that the engine runs on, and the directories it keeps images in there."""
    facts = engine.facts()
    places = [str(facts.get("DockerRootDir", ""))]
    # Engines that leave images to containerd keep nothing of them below their own directory.
    if any("io.containerd.snapshotter" in str(pair) for pair in facts.get("DriverStatus") or ()):
        places.append("/var/lib/containerd")
    return str(facts.get("Name", "")), tuple(place for place in places if place)


def engine_platform(engine: Engine) -> str:
    """What the engine runs without emulation, as `linux/amd64`."""
    with translated("the engine does not describe itself"):
        version = engine.api.version()
    if not version.get("Os") or not version.get("Arch"):
        raise SandboxBroken("the engine does not say what machine it runs on")
    return f"{version['Os']}/{version['Arch']}"
