"""What an engine's words about a failed pull mean, and what a user is told.

Engines pass on what a registry said, often as their own internal error; only the words tell what it was.
"""

import re

from sandbox.errors import ImageError

GIB = 1 << 30

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0, "ms": 1e-3, "µs": 1e-6, "μs": 1e-6, "us": 1e-6, "ns": 1e-9}
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,12})?"
_UNIT = r"(?:ms|µs|μs|us|ns|h|m|s)?"


class MayPass(Exception):
    """A failure that another attempt may not meet."""

    def __init__(self, said: str, *, limited: bool = False, wait: float | None = None) -> None:
        """`limited`: a rate limit was reached. `wait`: for how many seconds, if the registry said so."""
        super().__init__(said)
        self.limited = limited
        self.wait = wait


def explain(name: str, said: str, free: int | None) -> ImageError | MayPass:
    """The error that an engine's words stand for; `free` is what the disk has left, None if unknown."""
    text = said.lower()
    if "no space left" in text:
        return ImageError(no_room(name, "the disk became full, and what had come was removed", free))
    if _has(text, "toomanyrequests", "too many requests", "rate limit"):
        return MayPass(said, limited=True, wait=asked_to_wait(text))
    words = _for_good(name, text)
    return ImageError(words.format(said=said)) if words else MayPass(said)


def _for_good(name: str, text: str) -> str | None:
    if _has(text, "no matching manifest", "does not match the specified platform"):
        return (
            f"the image {name} is not made for this machine: {{said}}\n"
            "If this machine emulates others: docker pull --platform linux/amd64 ...; or make an image for it with "
            "`shrewd image build`."
        )
    if not _has(text, "manifest unknown", "name unknown", "invalid reference") and _has(
        text, "denied", "unauthorized", "authentication required", "no basic auth"
    ):
        return (
            f"the image {name} cannot be pulled: {{said}}\n"
            f"Either there is none of that name, or it is private; then log in: {_log_in(name)}"
        )
    if _has(text, "manifest unknown", "name unknown", "invalid reference", "not found"):
        return f"there is no image {name}: {{said}}\nCheck the name, or make the image: shrewd image build --tag {name}"
    return None


def _has(text: str, *signs: str) -> bool:
    return any(sign in text for sign in signs)


def given_up(name: str, failure: MayPass, attempts: int) -> ImageError:
    """The error after the last attempt."""
    if failure.limited:
        return ImageError(
            f"the image {name} cannot be pulled now: {failure}\n"
            f"Log in, which allows more pulls ({_log_in(name)}), or try again later."
        )
    return ImageError(
        f"the image {name} could not be pulled in {attempts} attempts: {failure}\n"
        "Check the network and the engine's proxy settings, and try again."
    )


def asked_to_wait(said: str) -> float | None:
    """The seconds in words such as "retry-after: 1m2.5s", a duration as Go writes it, or "Retry-After: 60"."""
    found = re.search(rf"retry[- ]after:?\s*((?:{_NUMBER}{_UNIT})+)", said.lower())
    if found is None:
        return None
    parts: list[tuple[str, str]] = re.findall(rf"({_NUMBER})({_UNIT})", found[1])
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def no_room(name: str, what: str, free: int | None) -> str:
    """The message for a disk without room for an image."""
    left = "" if free is None else f", {max(free, 0) / GIB:.1f} GiB are left where the engine keeps images"
    return (
        f"no room for the image {name}: {what}{left}\n"
        "Make room (docker system df shows what there is, docker image prune --all removes what is unused), "
        "or keep fewer images: --keep-images"
    )


def _log_in(name: str) -> str:
    first, slash, _ = name.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost")
    return f"docker login {first}" if named else "docker login"
