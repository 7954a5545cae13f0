"""Reading replies in tests: give a tree and a reply, get the tree afterwards or the problems."""

from collections.abc import Mapping, Sequence

from agent.edits import Edit, EditFormat, Problems, read_edit, render_problems

Files = Mapping[str, bytes]


def edited(
    reply: str, files: Files, asked: EditFormat = "blocks", shown: Sequence[str] | None = None, **tree: frozenset[str]
) -> Edit:
    """The edit in a reply that must hold one."""
    result = read_edit(reply, files, asked=asked, shown=list(files) if shown is None else shown, **tree)
    assert isinstance(result, Edit), render_problems(result)
    return result


def after(
    reply: str, files: Files, asked: EditFormat = "blocks", shown: Sequence[str] | None = None
) -> dict[str, bytes]:
    """All files once the edit is applied."""
    return applied(edited(reply, files, asked, shown), files)


def applied(edit: Edit, files: Files) -> dict[str, bytes]:
    contents = {**files, **{change.path: change.content for change in edit.changes}}
    return {path: content for path, content in contents.items() if content is not None}


def refused(
    reply: str, files: Files, asked: EditFormat = "blocks", shown: Sequence[str] | None = None, **tree: frozenset[str]
) -> Problems:
    """The problems of a reply that must not be taken."""
    result = read_edit(reply, files, asked=asked, shown=list(files) if shown is None else shown, **tree)
    assert isinstance(result, Problems), result
    return result


def told(
    reply: str, files: Files, asked: EditFormat = "blocks", shown: Sequence[str] | None = None, **tree: frozenset[str]
) -> str:
    """What the model is told about a reply that must not be taken."""
    return render_problems(refused(reply, files, asked, shown, **tree))


def block(path: str, search: str, replace: str) -> str:
    """A search/replace block; both texts end with a newline or are empty."""
    return f"{path}\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"
