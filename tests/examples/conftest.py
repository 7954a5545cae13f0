"""What the tests of the demo share: its modules can be imported, and a sample repository is there."""

import os
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))  # they are programs, not a package


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample repository with its history."""
    from sample_repository import make_repository

    place = tmp_path_factory.mktemp("sample") / "timeslip"
    make_repository(place)
    return place


@pytest.fixture(scope="session")
def bubblewrap() -> None:
    """Skip where bubblewrap does not work, or fail where SHREWD_REQUIRE names it."""
    from sandbox.bubblewrap import diagnose

    diagnosis = diagnose()
    if diagnosis.works:
        return
    if "bubblewrap" in os.environ.get("SHREWD_REQUIRE", "").split(","):
        pytest.fail(f"bubblewrap is required here, but {diagnosis.detail}")
    pytest.skip(f"bubblewrap: {diagnosis.detail}")
