"""An edit while it is put together, and the checks that it must pass as a whole."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

from agent.edits import paths
from agent.edits.records import Edit, EditFormat, Problem, Problems, Splice, Tree
from agent.edits.text import read_source, splice
from swe_tasks.task import FileChange


@dataclass(slots=True)
class Draft:
    tree: Tree
    problems: list[Problem] = field(default_factory=list[Problem])
    notes: list[str] = field(default_factory=list[str])
    splices: dict[str, list[Splice]] = field(default_factory=dict[str, list[Splice]])
    written: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Files given whole: new ones, and existing ones that are written anew."""
    deleted: dict[str, int] = field(default_factory=dict[str, int])
    """With the line of the reply that says so."""
    renamed: dict[str, str] = field(default_factory=dict[str, str])

    def problem(self, message: str, path: str | None = None, line: int | None = None) -> None:
        self.problems.append(Problem(message, path, line))

    def note(self, text: str | None) -> None:
        if text and text not in self.notes:
            self.notes.append(text)


def delete(draft: Draft, argument: str, line: int) -> None:
    found = paths.find(argument, draft.tree)
    if isinstance(found, str):
        draft.problem(f"DELETE: {found}", line=line)
        return
    draft.note(found.note)
    draft.deleted[found.path] = line


def rename(draft: Draft, argument: str, line: int) -> None:
    for arrow in ("->", "=>", "→", " to ", " TO "):
        old, found_arrow, new = argument.partition(arrow)
        if found_arrow:
            break
    else:
        draft.problem("RENAME must say `old/path -> new/path` on one line", line=line)
        return
    source, target = paths.find(old, draft.tree), paths.new(new, draft.tree)
    if isinstance(source, str) or isinstance(target, str):
        reasons = [each for each in (source, target) if isinstance(each, str)]
        draft.problem(f"RENAME: {'; '.join(reasons)}", line=line)
    elif source.path in draft.renamed or target.path in draft.renamed.values():
        draft.problem("RENAME: a file can be renamed once, and to a name of its own", source.path, line)
    else:
        draft.note(source.note)
        draft.renamed[source.path] = target.path


def write(draft: Draft, path: str, content: bytes, line: int) -> None:
    """A whole file. Two different contents for one path are a problem."""
    if draft.written.setdefault(path, content) != content:
        draft.problem("this file is given twice, with different contents", path, line)


def finish(draft: Draft, written_as: EditFormat) -> Edit | Problems:
    """The edit, or all problems. The draft is used up."""
    _check_operations(draft)
    _check_overlaps(draft)
    if draft.problems:
        return Problems(tuple(draft.problems))
    contents = _contents(draft)
    _check_paths(draft, contents)
    _check_folders(draft, contents)
    files = draft.tree.files
    different = sorted(path for path, content in contents.items() if files.get(path) != content)
    if not different and not draft.problems:
        draft.problem("the edit changes nothing: the files would stay exactly as they are")
    if draft.problems:
        return Problems(tuple(draft.problems))
    origin = {new: old for old, new in draft.renamed.items()}
    changes = [_change(path, contents[path], origin.get(path, path), draft.tree) for path in different]
    return Edit(tuple(changes), written_as, tuple(draft.notes))


def _change(path: str, content: bytes | None, origin: str, tree: Tree) -> FileChange:
    executable = content is not None and origin in tree.executable
    return FileChange(path, content, "executable" if executable else "file")


def _contents(draft: Draft) -> dict[str, bytes | None]:
    contents: dict[str, bytes | None] = dict.fromkeys(draft.deleted)
    for path, splices in draft.splices.items():
        contents[path] = splice(read_source(draft.tree.files[path]), splices)
    for old, new in draft.renamed.items():
        contents[new] = contents.get(old) or draft.tree.files[old]
        contents[old] = None
    return {**contents, **draft.written}


def _check_operations(draft: Draft) -> None:
    for path, line in draft.deleted.items():
        if path in draft.splices or path in draft.renamed:
            draft.problem("this file is deleted and also changed; do one of the two", path, line)
    for old, new in draft.renamed.items():
        gone = new in draft.deleted or new in draft.renamed
        if (new in draft.tree.files and not gone) or new in draft.written:
            draft.problem(f"`{old}` cannot be renamed: `{new}` is there already", old)
        if old in draft.written:
            draft.problem("this file is renamed and also written anew; do one of the two", old)
    for path in draft.written.keys() & draft.splices.keys():
        draft.problem("this file is written whole and also changed in parts; do one of the two", path)


def _check_overlaps(draft: Draft) -> None:
    for path, splices in draft.splices.items():
        distinct: dict[Splice, Splice] = {}
        for each in splices:
            distinct.setdefault(replace(each, line=0), each)
        unique = sorted(distinct.values(), key=lambda each: (each.start, each.stop))
        draft.splices[path] = unique
        for before, after in pairwise(unique):
            if after.start < before.stop:
                where = f"line {after.start + 1} of the file"
                others = f"the ones at lines {before.line} and {after.line} of the reply"
                message = f"two parts of the edit overlap: both replace {where} ({others}); make them one"
                draft.problem(message, path, after.line)


def _check_paths(draft: Draft, contents: dict[str, bytes | None]) -> None:
    """Once more for all of them, whichever way they came here."""
    for path in sorted(contents):
        if reason := paths.refusal(path, draft.tree.symlinks):
            draft.problem(reason, line=draft.deleted.get(path))


def _check_folders(draft: Draft, contents: dict[str, bytes | None]) -> None:
    """No file may become a folder, nor a folder a file."""
    made = {path for path, content in contents.items() if content is not None}
    gone = {path for path, content in contents.items() if content is None}
    for path in sorted(made - draft.tree.files.keys()):
        parts = path.split("/")
        parents = ["/".join(parts[:count]) for count in range(1, len(parts))]
        taken = next(
            (each for each in parents if each in made or (each in draft.tree.files and each not in gone)), None
        )
        if taken:
            draft.problem(f"this file cannot be made: `{taken}` is a file, not a folder", path)
