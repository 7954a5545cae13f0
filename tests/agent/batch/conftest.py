"""What the tests of runs over a dataset share: a tiny dataset with its image, and a home of its own."""

from pathlib import Path

import pytest
from support.engines import need
from support.tiny_dataset import TinyDataset, build_tiny_image, make_tiny_dataset


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyDataset:
    """Three tasks and their image."""
    need("docker")
    dataset = make_tiny_dataset(tmp_path_factory.mktemp("tiny"))
    build_tiny_image(dataset)
    return dataset


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    place.mkdir()
    return place
