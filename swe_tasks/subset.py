"""Which tasks of a dataset a run takes."""

import hashlib
import re
from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from swe_tasks.errors import DatasetError


def choose(
    ids: Sequence[str],
    *,
    only: Sequence[str] = (),
    limit: int | None = None,
    shuffle: bool = False,
    seed: int = 0,
    shard: tuple[int, int] | None = None,
) -> tuple[int, ...]:
    """The positions of the chosen tasks, in the dataset's order.

    `only` keeps the ids that match any of these names or patterns (`*`, `?`, `[…]`); `limit` takes that many of
    them, the first ones or, with `shuffle`, ones drawn by `seed`; `shard` (i, n), i from 1, keeps every n-th of
    those. A higher limit only adds tasks, in each shard too. What is drawn depends on the ids alone, not on the
    order or the size of the dataset.

    Raises:
        DatasetError: a pattern matches nothing, the limit is less than 1, or there is no such shard.
    """
    if limit is not None and limit < 1:
        raise DatasetError(f"a limit of {limit} leaves no task; it has to be at least 1")
    order = _matching(ids, only) if only else list(range(len(ids)))
    if shuffle:
        order.sort(key=lambda position: (_draw(seed, ids[position]), position))
    order = order[:limit]
    if shard is not None:
        number, count = _checked(*shard)
        order = order[number - 1 :: count]
    return tuple(sorted(order))


def parse_shard(text: str) -> tuple[int, int]:
    """`2/8` as (2, 8): the second of eight shards.

    Raises:
        DatasetError: it is not of that form, or there is no such shard.
    """
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*/\s*([0-9]{1,6})\s*", text)
    if found is None:
        raise DatasetError(f"{text!r} is not a shard; 2/8 is the second of eight")
    return _checked(int(found[1]), int(found[2]))


def _checked(number: int, count: int) -> tuple[int, int]:
    if count < 1 or not 1 <= number <= count:
        raise DatasetError(f"there is no shard {number}/{count}; they are numbered from 1/{max(count, 1)} on")
    return number, count


def _matching(ids: Sequence[str], only: Sequence[str]) -> list[int]:
    kept: set[int] = set()
    for pattern in only:
        found = {position for position, task in enumerate(ids) if task == pattern or fnmatchcase(task, pattern)}
        if not found:
            raise DatasetError(f"no task matches {pattern!r} among {len(ids)}{_near(ids, pattern)}")
        kept |= found
    return sorted(kept)


def _near(ids: Sequence[str], pattern: str) -> str:
    plain = re.sub(r"[*?\[\]]+", "", pattern).lower()
    by_lower = {task.lower(): task for task in ids}
    within = [task for lower, task in by_lower.items() if plain and plain in lower]
    near = within or [by_lower[lower] for lower in get_close_matches(plain, list(by_lower), n=3, cutoff=0.5)]
    if near:
        hint = f" ('*{plain}*' would match {len(within)})" if len(within) > 3 else ""
        return f"; near ones are {', '.join(near[:3])}{hint}"
    return f"; they look like {ids[0]}" if ids else ""


def _draw(seed: int, task: str) -> bytes:
    return hashlib.sha256(f"{seed}:{task}".encode("utf-8", "surrogatepass")).digest()
