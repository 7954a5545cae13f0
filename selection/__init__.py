"""Which candidate wins: the outcome matrix, votes, and what they are worth."""

from selection.matrix import Candidate, Outcome, OutcomeMatrix, TestScript, outcome_of
from selection.votes import Ranked, Selection, choose_by_votes, voting_scripts

__all__ = [
    "Candidate",
    "Outcome",
    "OutcomeMatrix",
    "Ranked",
    "Selection",
    "TestScript",
    "choose_by_votes",
    "outcome_of",
    "voting_scripts",
]
