"""What a command line lists."""

from pathlib import Path

import pytest

from agent.errors import UserError
from agent.externals.listed import Listed, heads, parse_listed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.diff", "b.diff", "x=y.diff"):
        (tmp_path / name).write_text("")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.diff").write_text("")
    (tmp_path / "link.diff").symlink_to(tmp_path / "a.diff")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_name_may_stand_before_a_file() -> None:
    """A file whose own name holds the sign is a file."""
    assert parse_listed(["a.diff", "team A=b.diff", "x=y.diff"]) == (
        Listed(Path("a.diff")),
        Listed(Path("b.diff"), "team A"),
        Listed(Path("x=y.diff")),
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (["none.diff"], "there is no file 'none.diff'"),
        (["me=none.diff"], "there is no file 'none.diff', said to be by 'me'"),
        (["=a.diff"], "says a file and no name"),
        (["a.diff", "a.diff"], "a.diff is given twice"),
        (["a.diff", "me=./a.diff"], "a.diff is given twice"),
        (["a.diff", "link.diff"], "link.diff is given twice, also as a.diff"),
    ],
)
def test_what_cannot_be_meant_is_refused(texts: list[str], problem: str) -> None:
    """Before anything is read."""
    with pytest.raises(UserError) as caught:
        parse_listed(texts)
    assert problem in str(caught.value)


def test_names_that_clash_give_way_to_paths() -> None:
    """All of them, and nothing else."""
    listed = [Listed(Path("a.diff")), Listed(Path("old/a.diff")), Listed(Path("b.diff"))]
    assert heads(listed, [one.path.name for one in listed]) == ["a.diff", "old/a.diff", "b.diff"]
