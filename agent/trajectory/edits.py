"""From a model's answer to the tree it makes."""

from collections.abc import Callable, Sequence

from agent.edits import EditFormat, Problems, read_edit, render_problems
from agent.files import TreeFiles
from agent.trajectory.dialogue import Unreadable
from agent.trajectory.replies import NewEdit
from swe_tasks.basetree import BaseTree
from swe_tasks.edits import write_tree
from swe_tasks.errors import PatchError


def edit_reader(
    base: BaseTree, files: TreeFiles, asked: EditFormat, shown: Sequence[str]
) -> Callable[[str], NewEdit | Unreadable]:
    """A function that reads an edit from a reply and gives the tree it makes of the base tree."""

    def read(reply: str) -> NewEdit | Unreadable:
        edit = read_edit(reply, files, asked=asked, shown=shown, symlinks=files.symlinks, executable=files.executables)
        if isinstance(edit, Problems):
            return Unreadable(render_problems(edit))
        try:
            tree = write_tree(base, edit.changes)
        except PatchError as error:
            return Unreadable(str(error))
        if tree == base.tree:
            return Unreadable("The edit changes nothing: the files stay as they are.")
        return NewEdit(tree)

    return read
