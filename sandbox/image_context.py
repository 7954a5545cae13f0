"""Archives of files that go into a container: always root's, whoever they belong to here."""

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import IO


def pack_directory(source: Path, into: IO[bytes]) -> None:
    """An archive of what a directory holds; the directory itself has no entry."""
    with _archive(into) as archive:
        for folder, folders, names in os.walk(source):
            folders.sort()
            inside = PurePosixPath(*Path(folder).relative_to(source).parts)
            # A symbolic link to a directory is listed among the directories, and not walked into.
            links = [name for name in folders if Path(folder, name).is_symlink()]
            if Path(folder) != source:
                archive.add(folder, str(inside), recursive=False, filter=_as_root)
            for name in sorted((*links, *names)):
                archive.add(Path(folder, name), str(inside / name), recursive=False, filter=_as_root)


def pack_files(files: Mapping[str, bytes | Path], into: IO[bytes]) -> None:
    """An archive of single files, by their names."""
    with _archive(into) as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))


def _archive(into: IO[bytes]) -> tarfile.TarFile:
    # This format takes any bytes as a name.
    return tarfile.open(fileobj=into, mode="w", format=tarfile.GNU_FORMAT, errors="surrogateescape")


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
