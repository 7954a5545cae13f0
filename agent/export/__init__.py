"""A run's trajectories and predictions in the formats of other programs."""

from agent.export.mini import export_trajectories
from agent.export.submission import export_submission

__all__ = ["export_submission", "export_trajectories"]
