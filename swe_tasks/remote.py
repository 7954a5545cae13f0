"""Base trees of repositories elsewhere: one commit is fetched, without its history."""

import base64
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from swe_tasks.basetree import BaseTree
from swe_tasks.build import build, check_free, scratch_store
from swe_tasks.errors import RepositoryError
from swe_tasks.fetchfailure import fetch_failure
from swe_tasks.git import Git, words
from swe_tasks.local import submodule_notes

_SCHEMES = ("https", "ssh", "file")
_SCP_LIKE = re.compile(r"(?!-)[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:(?!/?-).+")
_SHORTHAND = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")


def is_url(text: str) -> bool:
    """Whether a text is meant as a repository's address and not as a directory."""
    return "://" in text or _SCP_LIKE.fullmatch(text) is not None


def materialise_url(url: str, into: Path, *, ref: str | None, token: str | None = None) -> BaseTree:
    """Make the base tree of one commit of a repository at an https, ssh or file address.

    `ref` is a branch, a tag or a whole commit id; None means the default branch. `token` is sent to
    https://github.com and to nobody else.

    Raises:
        RepositoryError: not an address, no such repository or ref, no access, or `into` is taken.
        NetworkError: the host is unknown, cannot be reached or broke off.
    """
    _check_url(url)
    wanted = _check_ref(ref)
    into = into.absolute()
    check_free(into)
    into.parent.mkdir(parents=True, exist_ok=True)
    with scratch_store("sha1", near=into.parent) as scratch:
        _fetch(scratch, url, wanted, token)
        commit = scratch.line("rev-parse", "--verify", "FETCH_HEAD^{commit}")
        tree = scratch.line("rev-parse", "--verify", f"{commit}^{{tree}}")
        notes = submodule_notes(scratch, tree)
        return build(scratch, into, commit=commit, tree=tree, object_format="sha1", notes=notes)


def hide_credentials(text: str) -> str:
    """A text without the users and passwords of the addresses in it."""
    return _USER_INFO.sub("", text)


def fetch_settings(url: str, token: str | None) -> dict[str, str]:
    """Git's settings for a fetch. They go through the environment: the address may hold a password, and on a
    command line everybody on the machine could read it."""
    settings = {
        "remote.source.url": url,
        "http.lowSpeedLimit": "1000",
        "http.lowSpeedTime": "60",
        "credential.helper": "",
    }
    if token:
        credentials = base64.b64encode(f"x-access-token:{token}".encode()).decode("ascii")
        # Git itself sees to it that a setting for an address is used for that address only.
        settings["http.https://github.com/.extraHeader"] = f"Authorization: Basic {credentials}"
    return settings


def _fetch(scratch: Git, url: str, wanted: str, token: str | None) -> None:
    git = replace(
        scratch,
        network=True,
        settings=fetch_settings(url, token),
        variables={"GIT_ALLOW_PROTOCOL": ":".join(_SCHEMES)},
    )
    answer = git.ask(
        "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance",
        "source", wanted,
    )  # fmt: skip
    if answer.status:
        raise fetch_failure(hide_credentials(words(answer)), hide_credentials(url), wanted)


def _check_url(url: str) -> None:
    if _SHORTHAND.fullmatch(url):
        raise RepositoryError(f"{url!r} is not an address; if you mean GitHub's: https://github.com/{url}")
    if _SCP_LIKE.fullmatch(url):
        return
    parts = urlsplit(url)
    empty = not parts.path.strip("/") or (parts.scheme != "file" and not parts.netloc)
    if parts.scheme not in _SCHEMES or empty or re.search(r"[\s\x00-\x1f]", url):
        raise RepositoryError(
            f"{hide_credentials(url)!r} is not an address of a repository; https://, ssh:// and file:// are"
        )


def _check_ref(ref: str | None) -> str:
    if ref is None:
        return "HEAD"
    # What git itself forbids in names; here it also keeps a name from being an option or a mapping of refs.
    if not ref or ref.startswith("-") or re.search(r"[\s\x00-\x1f\x7f~^:?*\[\\+]|\.\.|@\{|\.lock$|/$|\.$", ref):
        raise RepositoryError(f"{ref!r} is not a branch, a tag or a whole commit id")
    return ref
