"""Base trees of repositories at an address."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.git_https import GitServer, git_over_https
from support.git_repository import commit_all, git, make_repository, write_files

from swe_tasks.basetree import files, read
from swe_tasks.build import new_store
from swe_tasks.errors import NetworkError, RepositoryError
from swe_tasks.git import Git
from swe_tasks.remote import fetch_settings, is_url, materialise_url


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three commits; the first is tagged, the second is on a branch."""
    place = make_repository(tmp_path / "served" / "shop", {"a.py": "a = 1\n"})
    git(place, "tag", "-a", "-m", "one", "v1")
    write_files(place, {"a.py": "a = 2\n"})
    commit_all(place)
    git(place, "branch", "feature/two")
    write_files(place, {"a.py": "a = 3\n"})
    commit_all(place)
    return place


@pytest.fixture
def server(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitServer]:
    with git_over_https(repository.parent, tmp_path) as running:
        monkeypatch.setenv("GIT_SSL_CAINFO", str(running.certificate))
        yield running


@pytest.mark.parametrize(("ref", "content"), [(None, b"a = 3\n"), ("v1", b"a = 1\n"), ("feature/two", b"a = 2\n")])
def test_one_commit_is_fetched(repository: Path, tmp_path: Path, ref: str | None, content: bytes) -> None:
    """The default branch, a tag or a branch; the store holds that commit's tree alone."""
    base = materialise_url(f"file://{repository}", tmp_path / "base", ref=ref)

    assert base.commit == git(repository, "rev-parse", f"{ref or 'HEAD'}^{{commit}}")
    assert (files(base), read(base, "a.py")) == (("a.py",), content)
    assert len(git(base.git_dir, "cat-file", "--batch-all-objects", "--batch-check").splitlines()) == 2


def test_whole_commit_id_is_fetched(repository: Path, tmp_path: Path) -> None:
    """A commit that no branch or tag points to will do, by its whole id."""
    write_files(repository, {"a.py": "a = 4\n"})
    commit = commit_all(repository)
    write_files(repository, {"a.py": "a = 5\n"})
    commit_all(repository)

    assert read(materialise_url(f"file://{repository}", tmp_path / "base", ref=commit), "a.py") == b"a = 4\n"


def test_uncommitted_changes_of_a_file_address_do_not_count(repository: Path, tmp_path: Path) -> None:
    """An address means what is committed."""
    write_files(repository, {"a.py": "mine"})

    assert read(materialise_url(f"file://{repository}", tmp_path / "base", ref=None), "a.py") == b"a = 3\n"


def test_fetching_over_https_sends_the_token_to_nobody_else(server: GitServer, tmp_path: Path) -> None:
    """The token is GitHub's; another server never sees it."""
    base = materialise_url(f"{server.url}/shop", tmp_path / "base", ref="v1", token="ghp_secret")

    assert read(base, "a.py") == b"a = 1\n"
    assert server.headers
    assert not [headers for headers in server.headers if "authorization" in headers]


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://github.com/o/r", True),
        ("https://github.com.evil.org/o/r", False),
        ("https://evil.org/github.com/", False),
        ("http://github.com/o/r", False),
        ("https://github.com:444/o/r", False),
    ],
)
def test_git_itself_would_send_the_token_to_github_only(tmp_path: Path, url: str, sent: bool) -> None:
    """What git answers when asked which header it would send to an address."""
    store = new_store(tmp_path / "store.git", "sha1")
    git_with_token = replace(store, settings=fetch_settings(url, "ghp_secret"))

    header = git_with_token.ask("config", "--get-urlmatch", "http.extraHeader", url).stdout.decode().strip()

    expected = "Authorization: Basic " + base64.b64encode(b"x-access-token:ghp_secret").decode()
    assert header == (expected if sent else "")


def test_token_is_in_no_file_and_in_no_representation(repository: Path, tmp_path: Path) -> None:
    """Nothing on disk and nothing that may be logged holds it."""
    materialise_url(f"file://{repository}", tmp_path / "base", ref=None, token="ghp_secret")
    secret = base64.b64encode(b"x-access-token:ghp_secret")

    written = b"".join(place.read_bytes() for place in (tmp_path / "base").rglob("*") if place.is_file())
    assert secret not in written
    assert b"ghp_secret" not in written
    assert secret.decode() not in repr(Git(tmp_path, settings=fetch_settings("https://github.com/o/r", "ghp_secret")))


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("/absent", RepositoryError, "no such repository, or it is private: for github.com, set GITHUB_TOKEN"),
        ("/status/404/x", RepositoryError, "no such repository, or it is private"),
        ("/status/401/x", RepositoryError, "access was refused"),
        ("/status/403/x", RepositoryError, "access was refused"),
        ("/status/503/x", NetworkError, "try again later"),
    ],
)
def test_refusals_of_the_server_are_told_apart(
    server: GitServer, tmp_path: Path, path: str, kind: type[Exception], words: str
) -> None:
    """Missing, private and broken, each with what can be done."""
    with pytest.raises(kind, match=words):
        materialise_url(server.url + path, tmp_path / "base", ref=None)

    assert not (tmp_path / "base").exists()


def test_missing_ref_is_named(repository: Path, tmp_path: Path) -> None:
    """The message names what was looked for."""
    with pytest.raises(RepositoryError, match="at nowhere: the repository has no such branch, tag or commit"):
        materialise_url(f"file://{repository}", tmp_path / "base", ref="nowhere")


def test_short_commit_id_gets_a_hint(repository: Path, tmp_path: Path) -> None:
    """Servers take whole ids only."""
    with pytest.raises(RepositoryError, match="whole id of 40 digits"):
        materialise_url(f"file://{repository}", tmp_path / "base", ref="1234567")


def test_missing_repository_on_this_machine(tmp_path: Path) -> None:
    """A file address that leads nowhere."""
    with pytest.raises(RepositoryError, match="no such repository"):
        materialise_url(f"file://{tmp_path}/absent", tmp_path / "base", ref=None)


@pytest.mark.parametrize("url", ["https://nowhere.invalid/x", "ssh://git@nowhere.invalid/x", "git@nowhere.invalid:x"])
def test_unknown_host_is_a_network_error(tmp_path: Path, url: str) -> None:
    """Over https and ssh alike."""
    with pytest.raises(NetworkError, match="the host is unknown"):
        materialise_url(url, tmp_path / "base", ref=None)


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/x", "ssh://git@127.0.0.1:1/x"])
def test_closed_port_is_a_network_error(tmp_path: Path, url: str) -> None:
    """Trying again may help."""
    with pytest.raises(NetworkError, match="cannot be reached"):
        materialise_url(url, tmp_path / "base", ref=None)


def test_password_of_an_address_is_not_in_the_error(tmp_path: Path) -> None:
    """Errors are shown and logged."""
    with pytest.raises(NetworkError) as caught:
        materialise_url("https://ann:hunter2@127.0.0.1:1/x", tmp_path / "base", ref=None)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c id", "http://example.org/x", "ftp://example.org/x", "https://", "https://example.org", "/srv/x",
        "-u", "--upload-pack=id", "git@-oProxyCommand=id:x", "https://example.org/a b", "https://example.org/a\n",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(tmp_path: Path, url: str) -> None:
    """Other protocols, which can run programs or be overheard, and options in disguise."""
    with pytest.raises(RepositoryError, match="not an address"):
        materialise_url(url, tmp_path / "base", ref=None)


def test_ssh_host_that_is_an_option_is_refused(tmp_path: Path) -> None:
    """An address cannot give options to ssh."""
    with pytest.raises(RepositoryError):
        materialise_url(f"ssh://-oProxyCommand=touch%20{tmp_path}/mark/x", tmp_path / "base", ref=None)

    assert not (tmp_path / "mark").exists()


def test_shorthand_is_answered_with_the_address_it_means(tmp_path: Path) -> None:
    """`owner/name` could be a directory, so it is not guessed at."""
    with pytest.raises(RepositoryError, match=r"https://github\.com/pallets/click"):
        materialise_url("pallets/click", tmp_path / "base", ref=None)


@pytest.mark.parametrize("ref", ["", "-x", "a:b", "+main", "HEAD~1", "a b", "a..b", "@{-1}", "x^{tree}", "refs/*"])
def test_ref_that_is_no_name_is_refused(repository: Path, tmp_path: Path, ref: str) -> None:
    """Options, mappings, patterns and expressions are no names of a ref."""
    with pytest.raises(RepositoryError, match="is not a branch, a tag or a whole commit id"):
        materialise_url(f"file://{repository}", tmp_path / "base", ref=ref)


def test_addresses_are_told_from_directories() -> None:
    """By scheme, or by the form that ssh users write."""
    assert [is_url(text) for text in ("https://x/y", "git@x.org:y/z", "ssh://x/y", ".", "a/b", "C:/x", "/a@b:c")] == [
        True, True, True, False, False, False, False,
    ]  # fmt: skip
