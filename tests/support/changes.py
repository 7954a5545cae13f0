"""Changes to the odd tree, of every kind of name, content and mode."""

import os
from typing import Literal

from hypothesis import strategies as st
from support.odd_tree import FILES

from swe_tasks.task import FileChange

Kind = Literal["file", "executable", "symlink"]
PIECES = st.sampled_from(
    ["a", "b.py", "ü", " ", "x y", 'q"', "l\nf", "t\t", "\\", "*", "-n", "日", os.fsdecode(b"\xfe")]
)
NAMES = st.lists(PIECES, min_size=1, max_size=2).map("".join)
NEW_PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
OLD_PATHS = st.sampled_from([*FILES, "link"])
LINES = st.sampled_from([b"price = 1\n", b"line 3\n", b"x\r\n", b"\n", b"\r", b"-- \n", b"+\n", b"\xff\n", b"last"])
CONTENTS = st.one_of(
    st.lists(LINES, max_size=12).map(b"".join),
    st.binary(max_size=60),
    st.sampled_from([raw if isinstance(raw, bytes) else raw.encode() for raw in FILES.values()]),
)
LINK_TARGETS = st.sampled_from([b"a", b"../../etc/passwd", b"shop", b"no\nwhere"])
FILE_MODES: st.SearchStrategy[Kind] = st.sampled_from(("file", "executable"))
LINK_MODE: st.SearchStrategy[Kind] = st.just("symlink")
Written = tuple[bytes | None, Kind]
WRITTEN: st.SearchStrategy[Written] = st.tuples(CONTENTS, FILE_MODES) | st.tuples(LINK_TARGETS, LINK_MODE)
REMOVED: st.SearchStrategy[Written] = st.just((None, "file"))


@st.composite
def change_sets(draw: st.DrawFn) -> list[FileChange]:
    old = draw(st.dictionaries(OLD_PATHS, st.one_of(WRITTEN, REMOVED), max_size=5))
    new = draw(st.dictionaries(NEW_PATHS, WRITTEN, max_size=4))
    return [FileChange(path, content, mode) for path, (content, mode) in (old | new).items()]
