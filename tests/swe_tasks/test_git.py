"""Git commands and the environment they get."""

from pathlib import Path

import pytest

from swe_tasks.build import new_store
from swe_tasks.errors import PatchError, RepositoryError
from swe_tasks.git import Git, as_variables, user_ignore_file, user_settings


def printed_environment(git: Git) -> dict[str, str]:
    shown = Git(git.git_dir, settings={"alias.print-it": "!env -0"}, network=git.network).run("print-it").decode()
    return dict(item.split("=", 1) for item in shown.split("\0") if item)


@pytest.mark.parametrize("network", [False, True])
def test_no_variable_of_the_caller_reaches_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: bool) -> None:
    """Keys, git's own variables and everything else of the calling process stay there."""
    for name in ("OPENAI_API_KEY", "GITHUB_TOKEN", "GIT_EXTERNAL_DIFF", "GIT_ASKPASS", "GIT_TRACE", "LD_PRELOAD_X"):
        monkeypatch.setenv(name, "planted")
    git = Git(new_store(tmp_path / "store.git", "sha1").git_dir, network=network)

    assert "planted" not in printed_environment(git).values()


def test_configuration_of_the_user_is_not_read(tmp_path: Path, home: Path) -> None:
    """Ordinary commands see no settings but those given here."""
    (home / ".gitconfig").write_text("[user]\n\tname = Planted\n")
    git = new_store(tmp_path / "store.git", "sha1")

    assert git.ask("config", "user.name").status == 1


def test_user_settings_are_read_when_asked_for(tmp_path: Path, home: Path) -> None:
    """The user's settings are data, with the repository's own winning over them."""
    (home / ".gitconfig").write_text("[user]\n\tname = Ann\n[core]\n\teol = lf\n[extra]\n\tflag\n")
    git = new_store(tmp_path / "store.git", "sha1")
    git.run("config", "core.eol", "crlf")

    settings = user_settings(git.git_dir)

    assert (settings["user.name"], settings["core.eol"], settings["extra.flag"]) == ("Ann", "crlf", "true")


def test_user_ignore_file_is_where_git_looks_for_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By setting, else below the user's configuration directory."""
    assert user_ignore_file({"core.excludesfile": "~/mine"}) == home / "mine"
    assert user_ignore_file({}) == home / ".config" / "git" / "ignore"
    monkeypatch.setenv("XDG_CONFIG_HOME", "/xdg")
    assert user_ignore_file({}) == Path("/xdg/git/ignore")


def test_failure_carries_gits_words_in_the_class_asked_for(tmp_path: Path) -> None:
    """A command that has to succeed raises the caller's kind of error."""
    git = new_store(tmp_path / "store.git", "sha1")

    with pytest.raises(PatchError, match="git cat-file: fatal: Not a valid object name nothing"):
        git.run("cat-file", "blob", "nothing", error=PatchError)


def test_missing_git_is_an_error_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program the message says how to get it."""
    git = new_store(tmp_path / "store.git", "sha1")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RepositoryError, match="apt-get install git"):
        git.run("rev-parse", "HEAD")


def test_settings_become_numbered_variables() -> None:
    """Git's own form for settings in the environment."""
    assert as_variables({"a.b": "c"}) == {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "a.b",
        "GIT_CONFIG_VALUE_0": "c",
    }
