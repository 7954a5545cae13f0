"""What patches from elsewhere are called, so that every name is one sample and tells its source."""

from collections import Counter
from collections.abc import Sequence

from agent.candidates import External
from agent.externals.listed import Listed
from swe_tasks.candidate_files import Offered

Externals = dict[str, tuple[External, ...]]
"""Task -> its patches, in the order of the files."""


def name_all(listed: Sequence[Listed], offers: Sequence[tuple[Offered, ...]], known: Sequence[str]) -> Externals:
    """The patches for the tasks that are known, from what each file offers.

    A name that the user gives names the source: `NAME`, or `NAME 1`, `NAME 2`, ... where it has several samples.
    Otherwise the file says what made a patch, and its own place is added where another file says the same.
    """
    named = _names_given(listed, offers)
    taken = {name for names in named.values() for name in names}
    found: Externals = dict.fromkeys(known, ())
    for place, (one, offered) in enumerate(zip(listed, offers, strict=True)):
        names = named[place] if place in named else _names_said(one, offered, taken)
        taken.update(names)
        for each, name in zip(offered, names, strict=True):
            if each.task in found:
                found[each.task] = (*found[each.task], External(name, each.patch))
    return found


def _names_given(listed: Sequence[Listed], offers: Sequence[tuple[Offered, ...]]) -> dict[int, list[str]]:
    """Place of a file that the user named -> the names of its patches."""
    numbers: dict[int, list[int]] = {}
    samples: Counter[str] = Counter()
    for place, (one, offered) in enumerate(zip(listed, offers, strict=True)):
        if one.name is not None:
            numbers[place] = [samples[one.name] + number for number in _within_tasks(offered)]
            samples[one.name] = max(numbers[place], default=samples[one.name])
    return {
        place: [name if samples[name] == 1 else f"{name} {number}" for number in found]
        for place, found in numbers.items()
        if (name := listed[place].name) is not None
    }


def _within_tasks(offered: Sequence[Offered]) -> list[int]:
    """The number of each among those of its task, from 1."""
    count: Counter[str] = Counter()
    found: list[int] = []
    for one in offered:
        count[one.task] += 1
        found.append(count[one.task])
    return found


def _names_said(listed: Listed, offered: Sequence[Offered], taken: set[str]) -> list[str]:
    return [one.origin if one.origin not in taken else f"{one.origin} ({listed})" for one in offered]
