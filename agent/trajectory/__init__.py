"""One multi-turn conversation that ends in a candidate and a test script."""

from agent.trajectory.trajectory import Ended, Shared, State, Steps, TrajectoryResult, run_trajectory, write_script

__all__ = ["Ended", "Shared", "State", "Steps", "TrajectoryResult", "run_trajectory", "write_script"]
