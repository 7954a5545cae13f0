"""Embedding models: a scripted one behind real HTTP, and llama.cpp's own server."""

import json
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.replies import Reply

Meaning = Callable[[str], Sequence[float]]


def vectors(rows: Sequence[Sequence[float]], *, prompt: int = 7) -> Reply:
    """An answer in OpenAI's form, the last text first: order is what `index` says."""
    data = [{"object": "embedding", "index": number, "embedding": [*row]} for number, row in enumerate(rows)]
    usage = {"prompt_tokens": prompt, "total_tokens": prompt}
    return Reply(json.dumps({"object": "list", "data": data[::-1], "model": "scripted-embedding", "usage": usage}))


def embeds(meaning: Meaning) -> Callable[[Mapping[str, Any], int, int], Reply]:
    """A script for `OpenAIServer`: every text means what the function says."""
    return lambda request, call, attempt: vectors([meaning(text) for text in request["input"]])


_SERVE = """
import importlib, sys, threading
xllamacpp = importlib.import_module("xllamacpp")
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.model_alias = {"embedder"}
params.hostnames = ["127.0.0.1"]
params.port = 0
params.ui = False
params.embedding = True
params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
params.n_ctx = params.n_batch = params.n_ubatch = 1024
params.n_parallel = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@contextmanager
def llama_embeddings(model: Path) -> Generator[str]:
    """The address of a llama.cpp server that turns texts into vectors with this model, until the block ends."""
    command = [sys.executable, "-c", _SERVE, str(model)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address, "llama.cpp's server did not start"
            yield f"{address.removesuffix('/')}/v1"
        finally:
            process.terminate()
