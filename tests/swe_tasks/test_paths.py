"""Which paths a patch may name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swe_tasks.errors import PatchError
from swe_tasks.paths import refuse_unsafe


@pytest.mark.parametrize(
    "path", ["a", "a/b.py", ".github/x", ".gitignore", "a..b", "git", " x", "ü/日", "a\\b", "-f", "..."]
)
def test_ordinary_paths_are_allowed(path: str) -> None:
    """Odd names are still names."""
    refuse_unsafe(path)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/etc/passwd", "//x", "..", "../x", "a/../../x", ".", "./x", "a//b", "a/", "a\0b", "dir /x", "a\ud800",
        ".git", ".git/config", "a/.git/hooks/x", ".GIT/x", ".Git", ".git ", ".git.", ".git . .", ".git::$INDEX/x",
        "git~1/x", "GIT~1", "a\\.git\\config", ".g\u200cit/x", "\ufeff.git", "x" * 256, "x/" * 2100 + "x",
    ],
)  # fmt: skip
def test_unsafe_paths_are_refused(path: str) -> None:
    """Outside the tree, into a .git by any of its names, or more than a file system takes."""
    with pytest.raises(PatchError, match="cannot be changed"):
        refuse_unsafe(path)


@given(st.text(alphabet=".git/GIT~1 \\:a\u200c\0", max_size=12))
def test_allowed_paths_stay_inside_and_out_of_git(path: str) -> None:
    """Whatever is allowed has no step upwards and no component that folds to .git."""
    try:
        refuse_unsafe(path)
    except PatchError:
        return
    parts = path.split("/")
    assert not path.startswith("/")
    assert not {"", ".", ".."} & set(parts)
    assert ".git" not in {part.lower().strip(" .\u200c") or "." for part in parts} | {
        part.lower().replace("\u200c", "").rstrip(" .") for part in parts
    }
