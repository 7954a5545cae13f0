"""Small faults of patches, mended: those that leave no doubt of what is meant. What comes of it is checked too."""

from collections.abc import Sequence
from dataclasses import replace

from swe_tasks.patchtext import FilePatch

_MOST_LOST_LINES = 3


def with_line_feeds(patch: bytes) -> bytes:
    """A patch on whose way all line ends were changed, those of headings too, with the ends that git writes."""
    return patch.replace(b"\r\n", b"\n") if patch.count(b"\n") == patch.count(b"\r\n") else patch


def put_together(files: Sequence[FilePatch]) -> bytes:
    """A diff whose headings count right. Binary patches are not mended."""
    parts: list[bytes] = []
    for file in files:
        parts.extend(line + b"\n" for line in file.header)
        for hunk in file.hunks:
            old, new = hunk.real_counts
            heading = hunk.heading.rstrip(b"\r\n")
            parts.append(b"@@ -%d,%d +%d,%d @@%s\n" % (hunk.old_start, old, hunk.new_start, new, heading))
            parts.extend(line if line.endswith(b"\n") else line + b"\n" for line in hunk.lines)
    return b"".join(parts)


def with_lost_lines(files: Sequence[FilePatch]) -> tuple[FilePatch, ...]:
    """Blank lines at the end of the last hunk, which programs take for white space and cut off, are put back."""
    if not files or not files[-1].hunks:
        return tuple(files)
    last = files[-1].hunks[-1]
    lost, too = (said - real for said, real in zip(last.counts, last.real_counts, strict=True))
    if lost != too or not 0 < lost <= _MOST_LOST_LINES:
        return tuple(files)
    ended = tuple(line if line.endswith(b"\n") else line + b"\n" for line in last.lines)
    mended = replace(last, lines=(*ended, *[b" \n"] * lost))
    return (*files[:-1], replace(files[-1], hunks=(*files[-1].hunks[:-1], mended)))


def with_line_ends(file: FilePatch, before: bytes) -> FilePatch:
    """With the line ends of the file it is for, where all of that file's are of one kind and all of the patch's of
    the other."""
    written = [line for hunk in file.hunks for line in hunk.lines if not line.startswith(b"\\")]
    ends, carriages = before.count(b"\n"), before.count(b"\r\n")
    if ends and ends == carriages and not any(line.endswith(b"\r\n") for line in written):
        return _relined(file, b"\r\n")
    if ends and not carriages and written and all(line.endswith(b"\r\n") for line in written if line.endswith(b"\n")):
        return _relined(file, b"\n")
    return file


def _relined(file: FilePatch, end: bytes) -> FilePatch:
    hunks = tuple(
        replace(hunk, lines=tuple(_with_end(line, b"\n" if line.startswith(b"\\") else end) for line in hunk.lines))
        for hunk in file.hunks
    )
    return replace(file, hunks=hunks)


def _with_end(line: bytes, end: bytes) -> bytes:
    kept = line.rstrip(b"\r\n")
    return (kept or b" ") + end
