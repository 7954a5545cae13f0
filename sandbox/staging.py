"""How a tree and a script are laid into a sandbox, whatever the sandbox is.

`stage` writes a directory on this machine. Seen read-only from inside, it needs nothing but a POSIX shell
and `tar`, `rm`, `rmdir`, `mkdir` and `chmod` (busybox has them all):

    sh STAGE/run.sh BASE     copies the tree at BASE into the work directory, lays the changes,
                             sets the environment up and becomes the script
    sh STAGE/run.sh -        the same, with the base already in the work directory

What `run.sh` says before the script begins goes to standard error and ends with `READY`. A script cannot
take back a mark that was made before it started, nor make one earlier, so `Prelude` can always tell a
failure of the machinery from the script's own end.
"""

import io
import os
import shlex
import tarfile
import time
from pathlib import Path

from sandbox.errors import SandboxBroken
from sandbox.output import Capture
from sandbox.records import Change, Environment, KilledBy, Limits, Script, Tree

READY = b"\x1eready\x1e\n"
"""Ends what `run.sh` writes to standard error before the script begins."""

HOME = "/tmp/home"  # noqa: S108 - a path inside the sandbox, whose /tmp is private and empty

COPY_BASE = r"""
# Copies $base into $work. `tar`, because `cp -a` run by a root without capabilities stumbles over owners;
# entry by entry, because the work directory itself may belong to somebody else.
copy_base() {
  cd "$base" || return 1
  set --
  for entry in ./* ./.[!.]* ./..?*; do
    if [ -e "$entry" ] || [ -h "$entry" ]; then set -- "$@" "$entry"; fi
  done
  [ $# -gt 0 ] || return 0
  broken=$({ { tar -cf - "$@" || echo 1 >&3; } | tar -C "$work" -xpof - >&2 || echo 1 >&3; } 3>&1)
  [ -z "$broken" ] || return 1
  cd "$work" || return 1
  # The base may have been made read-only; the copy is there to be written.
  for entry in "$@"; do
    shift
    if [ ! -h "$entry" ]; then set -- "$@" "$entry"; fi
  done
  [ $# -eq 0 ] || chmod -R u+rwX "$@"
}
"""

_RUN = r"""
exec </dev/null 3>&1 1>&2
stage=${{0%/*}} base=$1 work={work}
fail() {{ echo "$1" >&2; exit 1; }}
umask 022
# When memory runs out, the script goes before whatever keeps the sandbox alive.
{{ echo 1000 >/proc/self/oom_score_adj; }} 2>/dev/null || :
{copy_base}
if [ "$base" != - ]; then copy_base || fail 'the tree could not be copied'; fi
cd "$work" || fail 'the work directory is missing'
{removals}
[ ! -e "$stage/changes.tar" ] || tar -xpof "$stage/changes.tar" || fail 'the changes could not be unpacked'
mkdir -p {home} || fail 'there is no room for a home directory'
export HOME={home} LANG="${{LANG:-C.UTF-8}}" PYTHONDONTWRITEBYTECODE=1
{exports}
. "$stage/setup.sh" || fail 'the setup of the environment failed'
cd "$work" || fail 'the work directory is gone after the setup'
paths=$work
[ ! -d "$work/src" ] || paths=$work:$work/src
export PYTHONPATH="$paths${{PYTHONPATH:+:$PYTHONPATH}}"
set -- {command}
case $1 in
  "$work"/* | [!/]*/*) ;;
  /*) [ -x "$1" ] || fail "the environment has no program '$1' that may be run" ;;
  *) command -v "$1" >/dev/null || fail "the environment has no command '$1'" ;;
esac
unset stage base work paths
printf '{ready}' >&2
exec "$@" 1>&3 3>&-
"""


def stage(tree: Tree, script: Script, limits: Limits, environment: Environment, into: Path) -> None:
    """Write what one execution needs into the existing directory `into`, readable by everybody.

    It holds `run.sh`, `setup.sh`, `script/NAME` and, if paths were added or changed, `changes.tar`.

    Raises:
        ValueError: a path, name or variable that cannot be laid; the text says which and why.
        SandboxBroken: the changes are larger than the disk limit.
    """
    if not environment.workdir.startswith("/"):
        raise ValueError(f"the work directory is an absolute path, not {environment.workdir!r}")
    check_changes(tree.changes)
    check_script(script)
    if sum(len(change.content or b"") for change in tree.changes) > limits.disk:
        raise SandboxBroken(too_small(limits.disk))
    run = _RUN.format(
        work=shlex.quote(environment.workdir),
        copy_base=COPY_BASE,
        removals=_removals(tree.changes),
        home=HOME,
        exports="\n".join(export(name, value) for name, value in environment.variables),
        command=" ".join(_argument(argument, script.name) for argument in script.command),
        ready=READY.decode().replace("\x1e", r"\036").replace("\n", r"\n"),
    )
    into.chmod(0o755)
    folder = into / "script"
    folder.mkdir()
    folder.chmod(0o755)
    _write(folder / script.name, script.text)
    _write(into / "run.sh", run)
    _write(into / "setup.sh", environment.setup + "\n")
    added = [change for change in tree.changes if change.content is not None]
    if added:
        with (into / "changes.tar").open("wb") as file:
            _pack(added, file)
        (into / "changes.tar").chmod(0o644)


def check_changes(changes: tuple[Change, ...]) -> None:
    """Raise ValueError unless every change can be laid inside the tree and outside `.git`."""
    seen: set[str] = set()
    for change in changes:
        parts = change.path.split("/")
        if change.path.startswith("/") or "\0" in change.path or {"", ".", ".."} & set(parts):
            raise ValueError(f"{change.path!r} is no path inside the tree: give it relative, without '.' or '..'")
        if ".git" in (part.lower() for part in parts):
            raise ValueError(f"{change.path!r} lies in a .git directory, which a change must not touch")
        if change.path in seen:
            raise ValueError(f"{change.path!r} is changed twice")
        seen.add(change.path)
    files = {change.path for change in changes if change.content is not None}
    for path in files:
        if inside := files.intersection(str(parent) for parent in Path(path).parents):
            raise ValueError(f"{path!r} lies inside {inside.pop()!r}, which is a file")


def check_script(script: Script) -> None:
    """Raise ValueError unless the script has a plain file name and a command."""
    if script.name in {"", ".", ".."} or "/" in script.name or "\0" in script.name:
        raise ValueError(f"a script's name is a plain file name, not {script.name!r}")
    if not script.command or any("\0" in part for part in script.command):
        raise ValueError("a script needs a command of at least one word, without NUL")


class Prelude:
    """Parts what `run.sh` says from what the script says, on standard error."""

    def __init__(self, script: Capture) -> None:
        """Everything after the mark goes to `script`."""
        self.ready = False
        self._script = script
        self._words = Capture(4096)
        self._held = b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of standard error."""
        if self.ready:
            self._script.feed(data)
            return
        words, mark, rest = (self._held + data).partition(READY)
        if mark:
            self.ready = True
            self._held = b""
            self._script.feed(rest)
            return
        keep = len(READY) - 1  # the mark may be cut in two
        self._words.feed(words[:-keep])
        self._held = words[-keep:]

    def failure(self, exit_code: int | None, limits: Limits) -> SandboxBroken:
        """The error that says why the script never began."""
        words = Capture(8192)
        words.feed(self._words.text().encode())
        words.feed(self._held)
        text = explain(words.text().strip() or "nothing was said", limits.disk)
        how = "in time" if exit_code is None else f"(exit code {exit_code})"
        return SandboxBroken(f"the script could not be started {how}: {text}")


def too_small(disk: int) -> str:
    """The message for a disk limit in bytes that the tree itself does not fit into."""
    return f"the tree does not fit into the disk limit of {disk} bytes: raise the limit"


def explain(text: str, disk: int) -> str:
    """What the tools said, with the reason first where it is known."""
    signs = ("No space left", "Wrote only", "short write")
    return f"{too_small(disk)}\n{text}" if any(sign in text for sign in signs) else text


def killed_by(exit_code: int, *, timed_out: bool = False, out_of_memory: bool = False) -> KilledBy | None:
    """What ended a script, from a shell's exit code and what is known about the machinery."""
    if timed_out:
        return "timeout"
    if out_of_memory:
        return "memory"
    return "signal" if 128 < exit_code <= 192 else None


def export(name: str, value: str) -> str:
    """The shell line that sets an environment variable; ValueError for what no variable can be."""
    if not name.isidentifier() or not name.isascii() or "\0" in value:
        raise ValueError(f"{name!r} cannot be an environment variable: use letters, digits and _, no NUL")
    return f"export {name}={shlex.quote(value)}"


def _removals(changes: tuple[Change, ...]) -> str:
    """Shell lines that remove what is deleted or replaced.

    Replaced paths go too, so that a new file is never written through an old symbolic link and may stand
    where a directory was. Folders left empty by deletions go, as with git: an empty one would still be
    importable as a package.
    """
    lines: list[str] = []
    for change in changes:
        lines.append(f"rm -rf ./{shlex.quote(change.path)} || fail 'a path could not be removed'")
        parent = os.path.dirname(change.path)  # noqa: PTH120 - Path would turn "" into "."
        if change.content is None and parent:
            lines.append(f"rmdir -p {shlex.quote(parent)} 2>/dev/null || :")
    return "\n".join(lines)


def _argument(argument: str, name: str) -> str:
    path = f'"$stage"/script/{shlex.quote(name)}'
    return path.join(shlex.quote(part) if part else "" for part in argument.split("{script}")) or "''"


def _write(path: Path, text: str) -> None:
    # Paths that are no UTF-8 come as surrogates and must leave as the bytes they were.
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    path.chmod(0o644)


def _pack(changes: list[Change], file: io.BufferedWriter) -> None:
    # The GNU format, because busybox does not read the long names of the pax format.
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for change in changes:
            content = change.content or b""
            member = tarfile.TarInfo(change.path)
            member.mtime = int(time.time())
            if change.mode == "symlink":
                member.type, member.linkname = tarfile.SYMTYPE, os.fsdecode(content)
                archive.addfile(member)
            else:
                member.size = len(content)
                member.mode = 0o755 if change.mode == "executable" else 0o644
                archive.addfile(member, io.BytesIO(content))
