"""What every method that asks a model looks like from outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from agent.workbench import Workbench
from selection.matrix import OutcomeMatrix
from selection.result import Selection


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice, and the matrix it was made from: with the probes, scripts and cells that were added on the way."""

    matrix: OutcomeMatrix
    selection: Selection


class Chooser(Protocol):
    """Chooses with a model's help, asking it at most `bench.choosing.calls` times."""

    async def __call__(self, bench: Workbench, matrix: OutcomeMatrix, files: Mapping[str, str]) -> Chosen:
        """Choose among the matrix's candidates.

        `files` holds the base tree's text of what the candidates change, by path, as much of it as fits a prompt.

        Raises:
            ModelError: the provider cannot or will not answer. What was paid for is in the journal.
        """
        ...
