"""Evidence that costs no model: the issue's own examples, run on the base tree and on every candidate."""

from agent.examples.examine import Examined, examine
from agent.examples.extract import probes_of

__all__ = ["Examined", "examine", "probes_of"]
