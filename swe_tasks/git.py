"""Git, run so that nothing a repository says can run anything else.

Every command gets an environment made here: no configuration but ours, no hooks, no file system monitor, no
network unless asked, no variable of the calling process except the few named below (so no keys).
"""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from swe_tasks.errors import RepositoryError, TaskError

_KEPT = frozenset({"PATH", "TMPDIR"})
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
# What ssh and TLS need. Of git's own variables only the one that says which certificates to trust.
_KEPT_FOR_NETWORK = frozenset(
    {"HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"}
    | {*_PROXIES, *(name.upper() for name in _PROXIES)}
)
_KEPT_FOR_SETTINGS = frozenset({"HOME", "XDG_CONFIG_HOME"})

_ENVIRONMENT: Mapping[str, str] = {
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    # A partial clone would otherwise fetch what is missing, with whatever program its settings name.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}

_SETTINGS: Mapping[str, str] = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.untrackedCache": "false",
    "core.splitIndex": "false",
    "core.autocrlf": "false",
    "core.safecrlf": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.quotePath": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "index.sparse": "false",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a git command said. A status other than 0 is a result here."""

    status: int
    stdout: bytes
    stderr: str


@dataclass(frozen=True, slots=True)
class Git:
    """Where git commands work, and with which settings. `dataclasses.replace` makes variants."""

    git_dir: Path
    work_tree: Path | None = None
    index: Path | None = None
    objects: Path | None = None
    """Where objects are written, when not in `git_dir`."""
    settings: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    variables: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    network: bool = False

    def ask(self, *arguments: str, stdin: bytes = b"") -> Answer:
        """Run one command and return what it said, whatever its status.

        Raises:
            RepositoryError: git is not installed.
        """
        return _execute(self._variables(), arguments, self.work_tree or self.git_dir, stdin)

    def run(self, *arguments: str, stdin: bytes = b"", error: type[TaskError] = RepositoryError) -> bytes:
        """Run one command that has to succeed, and return its standard output.

        Raises:
            TaskError: of class `error`, with git's own words.
        """
        answer = self.ask(*arguments, stdin=stdin)
        if answer.status:
            raise error(f"git {arguments[0]}: {words(answer)}")
        return answer.stdout

    def line(self, *arguments: str, stdin: bytes = b"", error: type[TaskError] = RepositoryError) -> str:
        """`run`, for commands that print one line."""
        return text(self.run(*arguments, stdin=stdin, error=error)).rstrip("\n")

    def _variables(self) -> dict[str, str]:
        kept = _KEPT | _KEPT_FOR_NETWORK if self.network else _KEPT
        variables = {**_ENVIRONMENT, **_inherited(kept), **self.variables, "GIT_DIR": str(self.git_dir)}
        if self.network:
            variables["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes -o ConnectTimeout=30"
        for name, path in (
            ("GIT_WORK_TREE", self.work_tree),
            ("GIT_INDEX_FILE", self.index),
            ("GIT_OBJECT_DIRECTORY", self.objects),
        ):
            if path is not None:
                variables[name] = str(path)
        return variables | as_variables({**_SETTINGS, **self.settings})


def user_settings(git_dir: Path) -> dict[str, str]:
    """All settings that hold for a repository, the user's own included. Keys are lower case where git says
    that case does not matter; the last value of a key counts. Nothing that they name is run."""
    hidden = {"HOME", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"}
    variables = {name: value for name, value in _ENVIRONMENT.items() if name not in hidden}
    variables |= _inherited(_KEPT | _KEPT_FOR_SETTINGS) | {"GIT_DIR": str(git_dir)}
    answer = _execute(variables, ("config", "--list", "--includes", "-z"), git_dir, b"")
    if answer.status:
        raise RepositoryError(f"the git settings of {git_dir} cannot be read: {words(answer)}")
    items = (item.partition("\n") for item in text(answer.stdout).split("\0") if item)
    return {key: value if newline else "true" for key, newline, value in items}


def user_ignore_file(settings: Mapping[str, str]) -> Path:
    """The user's own list of ignored files, for all their repositories. It need not exist."""
    named = settings.get("core.excludesfile")
    if named:
        return Path(named).expanduser()
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "git" / "ignore"


def as_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings as the environment variables through which git takes them: unlike on a command line, other
    users of the machine cannot read them there."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def text(raw: bytes) -> str:
    """Git's bytes as text; a name that is not UTF-8 keeps its bytes as lone surrogates."""
    return raw.decode("utf-8", "surrogateescape")


def raw(name: str) -> bytes:
    """The opposite of `text`."""
    return name.encode("utf-8", "surrogateescape")


def words(answer: Answer) -> str:
    """What git said about its failure, at most a screenful. It may quote a stranger's names, so nothing in it
    can steer a terminal."""
    said = answer.stderr.strip() or text(answer.stdout).strip() or f"exit status {answer.status}"
    lines = said.splitlines()
    shown = "\n".join("".join(c if c.isprintable() else "?" for c in line[:500]) for line in lines[:20])
    return shown + ("\n…" if len(lines) > 20 else "")


def listed(names: Sequence[str]) -> str:
    """Some file names for a message, the odd ones quoted as Python does it."""
    shown = ", ".join(name if name.isprintable() else repr(name) for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown


def _inherited(names: frozenset[str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in names}


def _execute(variables: Mapping[str, str], arguments: tuple[str, ...], where: Path, stdin: bytes) -> Answer:
    if shutil.which("git") is None:
        raise RepositoryError("git is not installed; on Debian and Ubuntu: apt-get install git")
    # Here and not above: importing it starts git.
    from git.cmd import Git as GitPython

    # GitPython adds to the environment of this process and cannot take away from it; `env -u` can.
    removed = [part for name in sorted(os.environ) if name not in variables for part in ("-u", name)]
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        answer = GitPython(str(where)).execute(
            ["env", *removed, "git", *arguments],
            istream=given,
            env=dict(variables),
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
    return Answer(*answer)
