"""Opens trajectories in mini-swe-agent's inspector, without a terminal: `python inspector.py FILE...`.

It runs in whatever Python has mini-swe-agent, and prints as JSON the steps that were shown of each file.
"""

import asyncio
import json
import sys
from pathlib import Path


async def shown(files: list[Path]) -> dict[str, list[str]]:
    """File name -> the text on the screen at each step, one after the other, by the keys that a user presses."""
    from minisweagent.run.utilities.inspector import TrajectoryInspector
    from textual.widgets import Static

    app = TrajectoryInspector(files)
    found: dict[str, list[str]] = {}
    async with app.run_test(size=(200, 100)) as pilot:
        for _ in files:
            await pilot.pause()
            pages: list[str] = []
            for _ in range(app.n_steps):
                await pilot.pause()
                pages.append("\n".join(str(part.render()) for part in app.query(Static)))
                await pilot.press("right")
            found[app.current_trajectory_name] = pages
            await pilot.press("L")
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(shown([Path(name) for name in sys.argv[1:]]))))
