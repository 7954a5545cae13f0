"""Notes on a repository that are made before any issue is known, and kept by what they were made from."""

from agent.dossier.choose import matching
from agent.dossier.records import Dossier, Inputs, Part
from agent.dossier.store import load_dossier

__all__ = ["Dossier", "Inputs", "Part", "load_dossier", "matching"]
