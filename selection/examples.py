"""What the issue's own examples say of candidates.

A probe prints the output of each of its steps after a line `#1`, `#2`, ... and ends with `#end`. A pattern among a
probe's `wanted` and `unwanted` is some lines. Where the first is `#3`, the rest is all that step 3 shows; other
patterns may be anywhere. An exception is given as `Type: message`, or as its type alone.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from selection.behaviour import Behaviour, Probe
from selection.matrix import OutcomeMatrix


class Finding(StrEnum):
    """What a candidate's behaviour can say of it."""

    SHOWS_WANTED = "shows what the issue wants"
    COMPLAINT_GONE = "no longer shows what the issue complains about"
    SHOWS_UNWANTED = "still shows what the issue complains about"
    UNCHANGED = "shows the same as the base tree"
    NEW_EXCEPTION = "raises what the base tree does not"


RATIOS: Final = MappingProxyType({
    Finding.SHOWS_WANTED: 1.5,
    Finding.COMPLAINT_GONE: 0.7,
    Finding.SHOWS_UNWANTED: -1.0,
    Finding.UNCHANGED: -0.7,
    Finding.NEW_EXCEPTION: -0.7,
})  # fmt: skip
"""Log-likelihood ratios, in nats, of right against wrong patches. First guesses, to be fitted to recorded matrices."""
MOST: Final = 2.0
"""All examples together say no more than this, for or against: they err together, as one issue wrote them all."""

_HEADER = re.compile(r"#(?:\d+|end)")
_MANY: Final = 3
"""Fewer candidates than this are no majority."""
_EXCEPTION = re.compile(r"(?:E +)?(?:[A-Za-z_]\w*\.)*(\w*(?:Error|Exception|Exit|Interrupt|Iteration|Failed))(?=:|$)")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a candidate or against it."""

    ratio: float
    """Nats; above 0 speaks for it."""
    said: str
    """For people."""


def example_evidence(matrix: OutcomeMatrix) -> dict[str, Evidence]:
    """Candidate digest -> what the probes say of it. None where nothing is known of it; nothing at all without probes.

    Each kind of finding counts once, however many probes show it.
    """
    evidence: dict[str, Evidence] = {}
    for candidate in matrix.candidates:
        known = [probe for probe in matrix.probes if probe.quoted and _is_known(matrix, candidate.digest, probe)]
        found = [(finding, probe.origin) for probe in known for finding in _findings(matrix, candidate.digest, probe)]
        if known and not found and _leaves_all(matrix, candidate.digest, known):
            found = [(Finding.UNCHANGED, "examples")]
        if known:
            total = math.fsum(RATIOS[finding] for finding in sorted({finding for finding, _ in found}))
            said = "; ".join(f"{origin}: {finding}" for finding, origin in found)
            evidence[candidate.digest] = Evidence(max(-MOST, min(MOST, total)), said or "examples: nothing of note")
    return evidence


def _is_known(matrix: OutcomeMatrix, candidate: str, probe: Probe) -> bool:
    return (candidate, probe.digest) in matrix.behaviours and probe.digest in matrix.base_behaviours


def _findings(matrix: OutcomeMatrix, candidate: str, probe: Probe) -> Iterable[Finding]:
    base, mine = matrix.base_behaviours[probe.digest], matrix.behaviours[candidate, probe.digest]
    complaints = list(_complaints(probe, base))
    wanted = [pattern for pattern in probe.wanted if not shows(base, pattern) and shows(mine, pattern)]
    if wanted:
        yield Finding.SHOWS_WANTED
    worse = is_worse(mine, base)
    if worse and not wanted and not _asked_for(matrix, probe):
        yield Finding.NEW_EXCEPTION
    if complaints and any(shows(mine, pattern) for pattern in complaints):
        yield Finding.SHOWS_UNWANTED
    elif complaints and not worse:
        yield Finding.COMPLAINT_GONE


def _complaints(probe: Probe, base: Behaviour) -> Iterable[str]:
    """What the base tree shows of what the issue complains about. Messages change from release to release, so the type
    of an exception is enough where the message is another one."""
    for pattern in probe.unwanted:
        *header, first = pattern.split("\n")[: 2 if pattern.startswith("#") else 1]
        named = _EXCEPTION.match(first)
        if shows(base, pattern):
            yield pattern
        elif named and shows(base, "\n".join([*header, named[1]])):
            yield "\n".join([*header, named[1]])


def _asked_for(matrix: OutcomeMatrix, probe: Probe) -> bool:
    """Whether most candidates raise there: they take it for what the issue wants."""
    base = matrix.base_behaviours[probe.digest]
    known = [cell for (_, digest), cell in matrix.behaviours.items() if digest == probe.digest]
    return len(known) >= _MANY and 2 * sum(is_worse(cell, base) for cell in known) > len(known)


def _leaves_all(matrix: OutcomeMatrix, candidate: str, known: Sequence[Probe]) -> bool:
    """Whether it leaves every example as it is on the base tree, and some other candidate does not."""
    same = all(matrix.behaviours[candidate, p.digest] == matrix.base_behaviours[p.digest] for p in known)
    return same and any(_mended_by_another(matrix, probe) for probe in known)


def _mended_by_another(matrix: OutcomeMatrix, probe: Probe) -> bool:
    """Whether some candidate changes what the base tree shows, and not for the worse."""
    base = matrix.base_behaviours[probe.digest]
    others = (matrix.behaviours.get((candidate.digest, probe.digest)) for candidate in matrix.candidates)
    return any(other is not None and other != base and not is_worse(other, base) for other in others)


def is_worse(mine: Behaviour, base: Behaviour) -> bool:
    """Whether it raises a type that the base tree does not, or takes too long where that does not.

    An assertion that fails is the example's own, and as much a result as a value.
    """
    return bool(raised(mine) - raised(base) - {"AssertionError"}) or (
        mine.exit_code is None and base.exit_code is not None
    )


def raised(behaviour: Behaviour) -> frozenset[str]:
    """The types of the exceptions that a behaviour shows, without their modules."""
    found = (_EXCEPTION.match(line) for line in behaviour.output.split("\n"))
    return frozenset(match[1] for match in found if match)


def shows(behaviour: Behaviour, pattern: str) -> bool:
    """Whether the behaviour shows the pattern: whole lines, one after the other."""
    lines, asked = behaviour.output.split("\n"), pattern.split("\n")
    if _HEADER.fullmatch(asked[0]):
        if asked[0] not in lines:
            return False
        rest = lines[lines.index(asked[0]) + 1 :]
        end = next((place for place, line in enumerate(rest) if _HEADER.fullmatch(line)), len(rest))
        section, asked = _plain(rest[:end]), _plain(asked[1:])
        return section == asked or (_is_type(asked) and _raises(section, asked[0]))
    told, asked = _plain([line for line in lines if not _HEADER.fullmatch(line)]), _plain(asked)
    if not asked:
        return False
    if _is_type(asked):
        return _raises(told, asked[0])
    return any(told[place : place + len(asked)] == asked for place in range(len(told) - len(asked) + 1))


def _plain(lines: Sequence[str]) -> list[str]:
    """Exceptions without their module and without pytest's mark; no blank lines around."""
    plain = [line[match.start(1) :] if (match := _EXCEPTION.match(line)) else line for line in lines]
    return "\n".join(plain).strip("\n").split("\n") if any(plain) else []


def _is_type(asked: Sequence[str]) -> bool:
    return len(asked) == 1 and _EXCEPTION.fullmatch(asked[0]) is not None


def _raises(lines: Iterable[str], name: str) -> bool:
    return any((match := _EXCEPTION.match(line)) is not None and match[1] == name for line in lines)


def behaviour_groups(matrix: OutcomeMatrix) -> tuple[tuple[str, ...], ...]:
    """Candidate digests in groups of equal behaviour on all probes; all in one group without probes.

    A candidate that not everything is known of joins the only group whose behaviour is compatible with its own, and
    stands alone if there are none or several.
    """
    probes = [probe.digest for probe in matrix.probes]
    rows = {c.digest: tuple(matrix.behaviours.get((c.digest, p)) for p in probes) for c in matrix.candidates}
    groups: dict[tuple[Behaviour | None, ...], list[str]] = {}
    for digest in sorted(rows):
        if None not in rows[digest]:
            groups.setdefault(rows[digest], []).append(digest)
    whole = list(groups)
    alone: list[tuple[str, ...]] = []
    for digest in sorted(rows):
        row = rows[digest]
        if None in row:
            known = any(cell is not None for cell in row)
            fits = [
                other for other in whole if known and all(a is None or a == b for a, b in zip(row, other, strict=True))
            ]
            if len(fits) == 1:
                groups[fits[0]].append(digest)
            else:
                alone.append((digest,))
    return tuple(sorted([*(tuple(sorted(group)) for group in groups.values()), *alone]))
