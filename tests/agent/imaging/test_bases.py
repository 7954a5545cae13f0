"""Base images for versions of Python."""

from collections.abc import Callable, Sequence

import pytest

from agent.imaging.bases import have_base, near
from sandbox.errors import ImageError


@pytest.mark.parametrize(
    ("wanted", "versions", "expected"),
    [
        ("3.6", ["3.9", "3.11"], "3.9"),
        ("3.10", ["3.9", "3.11"], "3.11"),
        ("3.9", ["3.11", "3.9"], "3.9"),
        ("3.9", ["3.10", "3.1"], "3.10"),
        ("3.9", [], None),
    ],
)
def test_the_nearest_version_is_by_number(wanted: str, versions: list[str], expected: str | None) -> None:
    """3.10 comes after 3.9, and of two that are as near the later one is taken."""
    assert near(wanted, versions) == expected


def _local(_repository: str) -> Sequence[str]:
    return ("nowhere.invalid/shrewd:3.9", "nowhere.invalid/shrewd:3.11-slim", "nowhere.invalid/shrewd:latest")


def _nothing_can_be_had(name: str, *, say: Callable[[str], None]) -> None:
    raise ImageError(f"{name} is not on this machine")


def test_another_python_is_taken_only_when_that_is_wanted() -> None:
    """And then the user is told; the error without it names the one that is here."""
    pattern = "nowhere.invalid/shrewd:{python}"
    with pytest.raises(ImageError, match=r"shrewd:3\.9 is here; --python-fallback"):
        have_base(pattern, "3.6", nearest=False, say=print, ensure=_nothing_can_be_had, local=_local)
    base, note = have_base(pattern, "3.6", nearest=True, say=print, ensure=_nothing_can_be_had, local=_local)
    assert (base, note) == (
        "nowhere.invalid/shrewd:3.9",
        "Python 3.9 instead of 3.6, for which there is no base image here",
    )
