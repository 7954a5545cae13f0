"""Whether containers can be made here, what they enforce, and how to mend what is missing."""

import shutil
from typing import Any

from sandbox.docker_engine import Engine
from sandbox.errors import SandboxError, SandboxUnavailable
from sandbox.records import Diagnosis

ENFORCED = {
    "MemoryLimit": "memory",
    "SwapLimit": "swap",
    "CpuCfsQuota": "CPU",
    "PidsLimit": "processes",
}


def diagnose() -> Diagnosis:
    """Ask the engine what it is and what it can enforce."""
    try:
        engine = Engine.connect(seconds=10)
    except SandboxUnavailable as error:
        return Diagnosis("docker", works=False, detail=str(error), remedy=_remedy(str(error)))
    try:
        facts = engine.facts()
    except SandboxError as error:
        return Diagnosis("docker", works=False, detail=str(error), remedy=_remedy(str(error)))
    finally:
        engine.close()
    return Diagnosis("docker", works=True, detail=_describe(facts))


def _describe(facts: dict[str, Any]) -> str:
    # Podman leaves out what it takes for granted, so only a plain "no" counts.
    enforced = [name for fact, name in ENFORCED.items() if facts.get(fact) is not False]
    missing = [name for fact, name in ENFORCED.items() if facts.get(fact) is False]
    text = f"engine {facts['Version']}; limits {', '.join(enforced)}, disk and output"
    text += "; scripts run as user 65534, or as a root without capabilities where an image shuts that user out"
    return f"{text}; NOT limited: {', '.join(missing)}" if missing else text


def _remedy(problem: str) -> str:
    if "unset DOCKER_HOST" in problem:
        return "unset DOCKER_HOST"
    if "Permission denied" in problem:
        return "sudo usermod -aG docker $USER  # then log in again"
    if shutil.which("dockerd") or shutil.which("docker"):
        return "sudo systemctl start docker"
    return "sudo apt-get install docker.io"
