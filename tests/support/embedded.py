"""The real small model, for tests marked `model`: they skip where it is missing, unless they must run."""

import os
from pathlib import Path

import pytest

from agent.models.catalogue import CatalogueEntry, find, is_pulled
from agent.places import cache_directory

SMALL = "qwen2.5-coder-0.5b"


def small_model() -> tuple[CatalogueEntry, Path]:
    """Its entry and the cache that it lies in; skips the test where it was not pulled.

    SHREWD_REQUIRE=model makes the test fail instead.
    """
    entry, cache = find(SMALL), cache_directory(os.environ)
    if not is_pulled(entry, cache):
        reason = f"{SMALL} is not in {cache}; get it with: shrewd models pull {SMALL}"
        if "model" in os.environ.get("SHREWD_REQUIRE", "").split(","):
            pytest.fail(reason)
        pytest.skip(reason)
    return entry, cache
