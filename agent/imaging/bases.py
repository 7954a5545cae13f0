"""Which base image a Python version stands for, and what is in it."""

import re
from collections.abc import Callable, Sequence
from contextlib import closing

from agent.errors import UserError
from sandbox.errors import ImageError
from sandbox.image_build import ask_image, ensure_image
from sandbox.images import inspect_image

PLACEHOLDER = "{python}"


def base_for(pattern: str, python: str) -> str:
    """The base image for a version of Python; `{python}` in the pattern stands for it."""
    return pattern.replace(PLACEHOLDER, python)


def have_base(
    pattern: str,
    python: str,
    *,
    nearest: bool,
    say: Callable[[str], None],
    ensure: Callable[..., None] = ensure_image,
    local: Callable[[str], Sequence[str]] | None = None,
) -> tuple[str, str | None]:
    """A base image that is on this machine, pulled if need be, and a note where it has another Python.

    `nearest`: where there is none for that version, the one on this machine with the nearest version will do.

    Raises:
        ImageError: there is none.
    """
    base = base_for(pattern, python)
    try:
        ensure(base, say=say)
    except ImageError as error:
        found = near(python, _versions(pattern, local or _local)) if PLACEHOLDER in pattern else None
        if found is None:
            raise
        if not nearest:
            here = base_for(pattern, found)
            raise ImageError(f"{error}\n{here} is here; --python-fallback takes the nearest that is") from error
        return base_for(pattern, found), f"Python {found} instead of {python}, for which there is no base image here"
    return base, None


def path_of(image: str) -> str:
    """The variable PATH that an image sets; empty if it sets none."""
    facts = inspect_image(image)
    return "" if facts is None else dict(facts.variables).get("PATH", "")


def python_of(image: str) -> str:
    """The version of the Python in an image, as `3.11`.

    Raises:
        UserError: there is none.
    """
    said = ask_image(image, "$(command -v python || command -v python3) -c 'import sys; print(*sys.version_info[:2])'")
    if said is None or not re.fullmatch(r"\d+ \d+", said.strip()):
        raise UserError(f"the image {image} has no Python, which --as-of needs")
    return said.strip().replace(" ", ".")


def near(python: str, versions: Sequence[str]) -> str | None:
    """Of versions the nearest to one; a later one rather than an earlier at the same distance."""
    wanted = _number(python)
    return min(versions, key=lambda one: (abs(_number(one) - wanted), -_number(one)), default=None)


def _versions(pattern: str, local: Callable[[str], Sequence[str]]) -> list[str]:
    repository = base_for(pattern, "0").rpartition(":")[0]
    shape = re.escape(pattern).replace(re.escape(PLACEHOLDER), r"(\d+\.\d+)")
    return [match[1] for name in local(repository) if (match := re.fullmatch(shape, name))]


def _local(repository: str) -> Sequence[str]:
    from sandbox.docker_commit import named_images
    from sandbox.docker_engine import Engine

    with closing(Engine.connect()) as engine:
        return named_images(engine, repository)


def _number(version: str) -> int:
    major, _, minor = version.partition(".")
    return int(major) * 100 + int(minor)
