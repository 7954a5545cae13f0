"""Which candidate wins: the outcome matrix, the methods that choose from it, and what they are worth."""

from selection.behaviour import Behaviour, Probe
from selection.errors import SelectionError, UnknownMethod
from selection.matrix import Candidate, Outcome, OutcomeMatrix, Step, TestScript, outcome_of
from selection.methods import METHODS, Method, method
from selection.origins import source_of
from selection.result import Ranked, Selection
from selection.votes import choose_by_votes, voting_scripts

__all__ = [
    "METHODS",
    "Behaviour",
    "Candidate",
    "Method",
    "Outcome",
    "OutcomeMatrix",
    "Probe",
    "Ranked",
    "Selection",
    "SelectionError",
    "Step",
    "TestScript",
    "UnknownMethod",
    "choose_by_votes",
    "method",
    "outcome_of",
    "source_of",
    "voting_scripts",
]
