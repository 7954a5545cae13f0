"""Makes sure that the script's user in a container can read a tree that lies on this machine."""

import os
import shutil
import stat
import tempfile
from pathlib import Path


def readable(base: Path, scratch: Path) -> Path:
    """`base` if everybody can read all of it, else a copy in `scratch` that everybody can.

    A tree written under a strict umask belongs to its owner alone, and a user in a container is not it.
    """
    if all(_is_open(path) for path in _all(base)):
        return base
    copy = Path(tempfile.mkdtemp(prefix="tree-", dir=scratch))
    shutil.copytree(base, copy, symlinks=True, dirs_exist_ok=True)
    for path in _all(copy):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode):
            runs = stat.S_ISDIR(mode) or mode & 0o100
            path.chmod(stat.S_IMODE(mode) | (0o755 if runs else 0o644))
    return copy


def _all(base: Path) -> list[Path]:
    found = [base]
    for folder, names, files in os.walk(base, onerror=_raise):
        found += [Path(folder, name) for name in names + files]
    return found


def _raise(error: OSError) -> None:
    raise error


def _is_open(path: Path) -> bool:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return True
    wanted = 0o005 if stat.S_ISDIR(mode) else 0o004
    return mode & wanted == wanted
