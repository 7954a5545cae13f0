"""Which definition of a file a definition in a reply replaces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.code.outline import Item
from agent.edits.snippets import named


@dataclass(frozen=True, slots=True)
class Anchor:
    old: Item
    owner: tuple[str, ...] = ()
    """The names of the definitions around it."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    rows: tuple[int, ...]
    owners: tuple[str, ...] = ()
    qualified: bool = False
    """Only longer names, such as `Cart::total`, end with the one that is looked for."""


Match = Anchor | Ambiguous | None


def match(olds: Sequence[Item], new: Item, news: Sequence[Item]) -> Match:
    """Among siblings: by name, then by role (getter, setter, overload), then by parameters, then by order.
    `news` are the reply's definitions at the same level."""
    same = [each for each in named(olds) if each.name == new.name]
    same = [each for each in same if each.role == new.role or each.role not in {"declaration", "overload"}]
    alike = [each for each in named(news) if each.name == new.name]
    if len(same) == 1 and len(alike) == 1 and new.role in {"", same[0].role}:
        return Anchor(same[0])
    same = [each for each in same if each.role == new.role]
    alike = [each for each in alike if each.role == new.role]
    if len(same) > 1:
        by_params = [each for each in same if each.params == new.params]
        if len(by_params) == 1:
            return Anchor(by_params[0])
        if len(same) == len(alike):
            return Anchor(same[alike.index(new)])
        return Ambiguous(tuple(each.start for each in same))
    return Anchor(same[0]) if same else None


def match_anywhere(
    tops: Sequence[Item], new: Item, news: Sequence[Item], owners: set[tuple[str, ...]], *, fields: bool = False
) -> Match:
    """At the top level of the file; else as the only method, or inner definition, of that name. `owners` are
    those of the reply's other definitions, which decide between several. `fields`: also values inside classes."""
    top = match(tops, new, news)
    inner = list(_inner(tops, new, ())) if fields or new.kind in {"function", "class"} else []
    is_method = new.params.startswith(("(self", "(cls", "(&self", "(&mutself", "(mutself"))
    prefers_inner = is_method and inner and isinstance(top, Anchor) and top.old.params[:5] != new.params[:5]
    if top is not None and not prefers_inner:
        return top
    alike = [each for each in news if each.name == new.name]
    found: list[Anchor] = []
    for owner, siblings in inner:
        anchor = match(siblings, new, alike)
        if isinstance(anchor, Ambiguous):
            return anchor
        if anchor:
            found.append(Anchor(anchor.old, owner))
    outside = [each for each in tops if each.name.endswith((f"::{new.name}", f".{new.name}"))]
    if outside and not found:
        return Ambiguous(tuple(each.start for each in outside), tuple(each.name for each in outside), qualified=True)
    preferred = [each for each in found if each.owner in owners] or found
    if len(preferred) > 1:
        return Ambiguous(tuple(each.old.start for each in found), tuple(".".join(each.owner) for each in found))
    return preferred[0] if preferred else None


def _inner(
    items: Sequence[Item], new: Item, owner: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Sequence[Item]]]:
    """The bodies that define the name."""
    for item in items:
        if not item.items:
            continue
        around = (*owner, item.name)
        if any(each.name == new.name for each in item.items):
            yield around, item.items
        yield from _inner(item.items, new, around)


def by_owner(tops: Sequence[Item], owner: tuple[str, ...]) -> Item | None:
    """The definition with that path of names."""
    items, found = tops, None
    for name in owner:
        found = next((item for item in items if item.name == name and item.items), None)
        if found is None:
            return None
        items = found.items
    return found
