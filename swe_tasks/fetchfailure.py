"""What git's words about a failed fetch mean, in one table."""

import re
from typing import NamedTuple

from swe_tasks.errors import NetworkError, RepositoryError, TaskError

_SHORT_ID = re.compile(r"[0-9a-f]{7,39}")


class _Meaning(NamedTuple):
    pattern: str
    kind: type[TaskError]
    advice: str


_NO_REF = "the repository has no such branch, tag or commit"
_TOKEN = "for github.com, set GITHUB_TOKEN to a token that may read it"  # noqa: S105 - advice, not a secret

# The first that matches counts.
_MEANINGS = (
    _Meaning(
        "could not resolve host|name or service not known|temporary failure in name",
        NetworkError,
        "the host is unknown; check the address and the network",
    ),
    _Meaning(
        "connection refused|timed out|connection reset|failed to connect|couldn't connect|unreachable"
        r"|operation too slow|returned error: 5\d\d|early eof|unexpected disconnect",
        NetworkError,
        "the host cannot be reached or broke off; try again later",
    ),
    _Meaning(
        "host key verification failed",
        RepositoryError,
        "ssh does not know the host; connect once by hand to make it known",
    ),
    _Meaning(
        "couldn't find remote ref|not our ref|no such remote ref|server does not allow request",
        RepositoryError,
        _NO_REF,
    ),
    _Meaning(
        "could not read username|could not read password|authentication failed|permission denied"
        "|returned error: 40[13]",
        RepositoryError,
        f"access was refused, or there is no such repository: {_TOKEN}; elsewhere use an ssh address, or "
        "clone it and name the directory",
    ),
    _Meaning(
        "dubious ownership",
        RepositoryError,
        "the repository belongs to another user; name its directory instead of a file:// address",
    ),
    _Meaning(
        "not found|does not exist|does not appear to be a git repository|no such file or directory",
        RepositoryError,
        f"there is no such repository, or it is private: {_TOKEN}",
    ),
    _Meaning("", RepositoryError, "git could not fetch it"),
)


def fetch_failure(said: str, url: str, ref: str) -> TaskError:
    """The error for what git said, which is part of the message, about fetching a ref from an address."""
    meaning = next(row for row in _MEANINGS if re.search(row.pattern, said, re.IGNORECASE))
    advice = meaning.advice
    if advice == _NO_REF and _SHORT_ID.fullmatch(ref):
        advice += "; a commit needs its whole id of 40 digits"
    return meaning.kind(f"{url} at {ref}: {advice}\n{said}")
