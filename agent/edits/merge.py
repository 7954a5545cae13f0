"""New text for the definitions of one file.

Decorators and comments above a definition are replaced where the reply gives some and kept where it gives
none. A class that leaves members out keeps them; its head (bases, decorators) is replaced only where every
member is given, its docstring and attributes where they are given. Nothing is ever removed because it is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent.code.outline import Item
from agent.edits.anchors import Ambiguous, match
from agent.edits.indent import indent_of, moved, unit_of
from agent.edits.records import Problem, Splice
from agent.edits.snippets import Snippet, named
from agent.edits.text import Source


@dataclass(slots=True)
class Merge:
    """The changes of one file while they are collected."""

    path: str
    source: Source
    splices: list[Splice] = field(default_factory=list[Splice])
    problems: list[Problem] = field(default_factory=list[Problem])
    notes: list[str] = field(default_factory=list[str])

    def problem(self, message: str, snippet: Snippet, row: int) -> None:
        self.problems.append(Problem(message, self.path, snippet.line + row))

    def known(self, old: Item) -> frozenset[str]:
        return frozenset(key.strip() for key in self.source.keys[old.lead : old.stop])

    def replace(self, start: int, stop: int, lines: Sequence[str], line: int) -> None:
        self.splices.append(Splice(start, stop, self.source.keys[start:stop], tuple(lines), line=line))


def put(merge: Merge, old: Item, snippet: Snippet, new: Item) -> None:
    """One definition in the place of another."""
    label = f"`{new.name}`"
    if not old.alone or not new.alone:
        merge.problem(
            f"{label} shares a line with other code and cannot be replaced as a definition", snippet, new.core
        )
    elif new.kind == "class" and old.kind == "class" and named(old.items):
        _put_class(merge, old, snippet, new)
    elif not _refused(merge, old, snippet, new):
        merge.replace(old.lead, old.stop, _text(merge, old, snippet, new), snippet.line + new.core)


def _refused(merge: Merge, old: Item | None, snippet: Snippet, new: Item) -> bool:
    """Code with placeholders in it would cut off what they stand for."""
    elided = snippet.elided(merge.known(old) if old else frozenset())
    rows = sorted(row for row in elided if new.core <= row < new.stop)
    if rows and (old is not None or not _is_stub(snippet, new)):
        text = snippet.lines[rows[0]].strip()[:60]
        merge.problem(f"`{new.name}` leaves code out (`{text}`); write it completely", snippet, rows[0])
        return True
    return False


def _is_stub(snippet: Snippet, new: Item) -> bool:
    """A body of nothing but `...`, as in protocols and overloads."""
    rows = [row for row in range(new.core, new.stop) if snippet.lines[row].strip()]
    return snippet.lines[rows[-1]].strip() == "..." and len([r for r in rows if snippet.lines[r].strip() == "..."]) == 1


def _text(merge: Merge, old: Item, snippet: Snippet, new: Item) -> list[str]:
    """With the old comments and decorators where the new definition has none."""
    keys = merge.source.keys
    comments = _comments(merge, snippet, new, old) or list(keys[old.lead : old.start])
    given = lines_for(merge, snippet, (new.start, new.core), old)
    kept = list(keys[old.start : old.core])
    if kept and not given:
        merge.notes.append(f"`{new.name}` in `{merge.path}` keeps its decorators")
    body = lines_for(merge, snippet, (new.core, new.stop), old)
    first, before = body[0].lstrip(), keys[old.core].lstrip()
    for prefix in ("export default ", "export "):
        if before.startswith(prefix) and not first.startswith("export"):
            body[0] = indent_of(body[0]) + prefix + first
            merge.notes.append(f"`{new.name}` in `{merge.path}` stays exported")
            break
    return [*comments, *(given or kept), *body]


def _comments(merge: Merge, snippet: Snippet, new: Item, place: Item | str) -> list[str]:
    """Above the definition, without those that only say that something was left out."""
    lines = lines_for(merge, snippet, (new.lead, new.start), place)
    elided = snippet.elided(frozenset())
    return [line for row, line in enumerate(lines, start=new.lead) if row not in elided]


def units_of(merge: Merge, snippet: Snippet) -> tuple[str, str]:
    """The steps of indentation of the snippet and of the file, which, if it has none, takes the snippet's."""
    own = unit_of(snippet.lines)
    return own, unit_of(merge.source.keys, own)


def lines_for(merge: Merge, snippet: Snippet, rows: tuple[int, int], place: Item | str) -> list[str]:
    """Rows of the snippet at the indentation of a definition of the file."""
    start, stop = rows
    if start >= stop:
        return []
    keys = merge.source.keys
    indent = place if isinstance(place, str) else indent_of(keys[place.core])
    original = () if isinstance(place, str) else keys[place.lead : place.stop]
    return moved(
        snippet.lines[start:stop],
        {row - start for row in snippet.outline.inner},
        indent,
        units_of(merge, snippet),
        frozenset(original),
    )


def _put_class(merge: Merge, old: Item, snippet: Snippet, new: Item) -> None:
    members = named(new.items)
    matches = [match(old.items, each, new.items) for each in members]
    replaced = {id(each.old) for each in matches if each and not isinstance(each, Ambiguous)}
    _put_head(merge, old, snippet, new, complete=all(id(each) in replaced for each in named(old.items)))
    _put_docstring(merge, old, snippet, new)
    values = [each for each in old.items if each.kind == "value" and each.alone]
    previous: Item | None = None
    pending: list[Item] = []
    for member, found in zip(members, matches, strict=True):
        if isinstance(found, Ambiguous):
            rows = ", ".join(str(row + 1) for row in found.rows)
            merge.problem(
                f"`{old.name}.{member.name}` is defined several times, at lines {rows} of the file",
                snippet,
                member.core,
            )
        elif found is None and member.kind == "value" and values:
            add(merge, snippet, [member], old, after=values[-1])
        elif found is None and previous is None:
            pending.append(member)
        elif found is None:
            add(merge, snippet, [member], old, after=previous)
        else:
            add(merge, snippet, pending, old, before=found.old)
            pending, previous = [], found.old
            put(merge, found.old, snippet, member)
    add(merge, snippet, pending, old)


def _put_head(merge: Merge, old: Item, snippet: Snippet, new: Item, *, complete: bool) -> None:
    """The lines up to the body, if the class is complete; else a difference is only told."""
    old_stop = _head_stop(merge.source.keys, old)
    new_stop = _head_stop(snippet.lines, new)
    given = [line.strip() for line in snippet.lines[new.core : new_stop]]
    decorated = new.start < new.core
    same = given == [key.strip() for key in merge.source.keys[old.core : old_stop]] and not decorated
    if complete and old_stop > old.core and new_stop > new.core:
        text = _text(merge, old, snippet, replace(new, stop=new_stop))
        merge.replace(old.lead, old_stop, text, snippet.line + new.core)
    elif not same:
        merge.notes.append(
            f"the head of class `{old.name}` in `{merge.path}` was kept: not all of its members were given"
        )


def _head_stop(lines: Sequence[str], item: Item) -> int:
    """Behind the line that opens the body, before comments at its beginning."""
    stop = max(item.core, item.body[0])
    while stop > item.core + 1 and (
        not lines[stop - 1].strip() or lines[stop - 1].lstrip().startswith(("#", "//", "/*"))
    ):
        stop -= 1
    return stop


def _put_docstring(merge: Merge, old: Item, snippet: Snippet, new: Item) -> None:
    given = next((each for each in new.items if each.kind == "docstring"), None)
    before = next((each for each in old.items if each.kind == "docstring"), None)
    if given is None or not given.alone:
        return
    text = " ".join(snippet.lines[given.start : given.stop])
    if "..." in text or "…" in text or (before is not None and not before.alone):
        return
    indent = _member_indent(merge, old)
    lines = moved(snippet.lines[given.start : given.stop], set(), indent, units_of(merge, snippet))
    start, stop = (before.start, before.stop) if before else (old.body[0], old.body[0])
    if start > old.core:
        merge.replace(start, stop, lines, snippet.line + given.start)


def _member_indent(merge: Merge, owner: Item) -> str:
    return next((indent_of(merge.source.keys[each.core]) for each in owner.items if each.alone), "    ")


def add(
    merge: Merge, snippet: Snippet, news: Sequence[Item], owner: Item | None,
    *, before: Item | None = None, after: Item | None = None,
) -> None:  # fmt: skip
    """Definitions that the file does not have: next to another one, else at the end of their class."""
    for new in news:
        if _refused(merge, None, snippet, new):
            continue
        indent = _member_indent(merge, owner) if owner else ""
        lines = [*_comments(merge, snippet, new, indent), *lines_for(merge, snippet, (new.start, new.stop), indent)]
        gap = [""] * _gap(merge, owner, new)
        if before is not None:
            row, text = before.lead, [*lines, *(gap if new.kind != "value" or before.kind != "value" else [])]
        elif after is not None:
            row, text = after.stop, [*(gap if new.kind != "value" or after.kind != "value" else []), *lines]
        else:
            row, text = (owner.body[1] if owner else len(merge.source.keys)), [*gap, *lines]
        merge.replace(row, row, text, snippet.line + new.core)
        merge.notes.append(f"`{new.name}` is new in `{merge.path}`")


def _gap(merge: Merge, owner: Item | None, new: Item) -> int:
    """Blank lines between definitions: two at the top level of Python files, else one."""
    if new.kind == "value" and owner is not None:
        return 0
    return 2 if owner is None and merge.path.endswith((".py", ".pyi")) else 1
