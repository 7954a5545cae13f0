"""The real small model, for tests marked `model`: they skip where it is missing, unless they must run."""

import os
from pathlib import Path

import httpx
import pytest

from agent.models.catalogue import CatalogueEntry, find, is_pulled
from agent.models.embedded import EmbeddedServer
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


async def tokens_of(server: EmbeddedServer, text: str) -> list[int]:
    """The numbers of a text's tokens as the server reads it within a conversation."""
    endpoint = await server.endpoint()
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(
            f"{endpoint.api_base.removesuffix('/v1')}/tokenize",
            headers={"Authorization": f"Bearer {endpoint.api_key}"},
            json={"content": text, "add_special": False, "parse_special": True},
        )
    return [int(token) for token in answer.raise_for_status().json()["tokens"]]
