"""What a program shows when it runs on a tree: how it ends and what it prints, for comparing trees."""

from collections.abc import Iterable
from dataclasses import dataclass

from selection.normalise import normalise


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a probe ended on one tree, without what differs from run to run (addresses, times, paths)."""

    exit_code: int | None
    """As a shell gives it; None when time ran out."""
    output: str
    """Normalised."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A program whose behaviour is looked at: it says by itself neither solved nor unsolved."""

    digest: str
    text: str
    origin: str
    """What it was made from, for people: "issue, block 2"."""
    wanted: tuple[str, ...] = ()
    """Outputs, normalised, that the issue says are right."""
    unwanted: tuple[str, ...] = ()
    """Outputs, normalised, that the issue complains about."""
    quoted: bool = True
    """Whether the issue itself shows it; what a model made up says only who behaves alike."""


def behaviour_of(
    exit_code: int, stdout: str, stderr: str = "", *, timed_out: bool = False, roots: Iterable[str] = ()
) -> Behaviour:
    """The behaviour that an execution shows. `roots` are directories whose names say
    nothing, as `normalise` takes them.

    How far a program came before its time ran out depends on the machine: nothing is kept of it.
    """
    if timed_out:
        return Behaviour(None, "")
    roots = tuple(roots)
    output = normalise(stdout, roots)
    if said := normalise(stderr, roots):
        output = f"{output}\n<standard error>\n{said}".lstrip("\n")
    return Behaviour(exit_code, output)
