"""Bare diffs, one a file."""

from collections.abc import Sequence

from agent.errors import UserError
from agent.externals.listed import Listed, heads
from swe_tasks.candidate_files import Offered


def read_diffs(listed: Sequence[Listed]) -> list[str]:
    """The patch of each file. What it holds is looked at when it is applied: one that is no diff is refused there,
    and the others are chosen among.

    Raises:
        UserError: something is a directory, or cannot be read.
    """
    return [_read(one) for one in listed]


def offers(listed: Sequence[Listed], patches: Sequence[str], task: str) -> list[tuple[Offered, ...]]:
    """The patches, called by the names of their files, or by their paths where names clash."""
    names = heads(listed, [one.path.name for one in listed])
    return [(Offered(task, name, patch),) for name, patch in zip(names, patches, strict=True)]


def _read(listed: Listed) -> str:
    try:
        # Diffs carry the bytes of files, which need not be UTF-8.
        return listed.path.read_bytes().decode("utf-8", errors="surrogateescape")
    except IsADirectoryError as error:
        raise UserError(
            f"{listed} is a directory and no diff; give runs and directories of predictions to --candidates"
        ) from error
    except OSError as error:
        raise UserError(f"{listed} cannot be read: {error.strerror or error}") from error
