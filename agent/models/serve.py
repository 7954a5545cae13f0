"""The process that runs llama.cpp's server: `python -m agent.models.serve`.

Its order, one JSON line, comes on standard input, the key with it, so that nothing secret is in its arguments
or its environment. When the model answers, it prints one JSON line with the port. It lives as long as its
standard input is open: a parent that dies, even by SIGKILL, takes it along.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from typing import Any

CACHE_MIB = 1024
"""Memory for histories that are not in a slot at the moment; about 28 KiB a token for the 1.5B model."""

_PR_SET_PDEATHSIG = 1
_ALWAYS_FROM_CACHE = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to serve, and how."""

    path: str
    alias: str
    """The model's name in requests and answers."""
    key: str
    parent: int
    """The process that ordered it."""
    port: int
    """0 means any free one."""
    threads: int
    poll: int
    nice: int
    slots: int
    context: int
    """Tokens of one request, prompt and answer together."""

    def line(self) -> bytes:
        """As it goes to the child's standard input."""
        return json.dumps(asdict(self)).encode() + b"\n"


def main() -> None:
    """Serve until standard input ends."""
    order = Order(**json.loads(sys.stdin.buffer.readline()))
    _die_with(order.parent)
    ready = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the library may print; only one line is for the parent
    os.nice(order.nice)
    try:
        server = _start(order)  # runs in threads of its own, for as long as somebody refers to it
    except (ImportError, RuntimeError) as error:  # the library has said more on standard error, for the log
        sys.exit(f"{type(error).__name__}: {error}")
    address = str(server.listening_address)
    with os.fdopen(ready, "w", encoding="utf-8") as answer:
        answer.write(json.dumps({"port": int(address.rpartition(":")[2])}) + "\n")
    threading.Event().wait()


def _die_with(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes this one
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)
    threading.Thread(target=_watch_input, daemon=True).start()


def _watch_input() -> None:
    while os.read(0, 1):  # not through a buffer, whose lock would be held at exit
        pass
    os._exit(0)  # at once: the server has nothing to save


def _start(order: Order) -> Any:
    """The running server, an object of a library without types."""
    xllamacpp: Any = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = order.path
    params.model_alias = {order.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = order.port
    params.api_keys = [order.key]
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 2  # warnings and errors
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = order.threads
        cpu.poll = order.poll
    # Each request may use `context` tokens whatever the others do: a pool that overflowed would end them all.
    params.n_parallel = order.slots
    params.n_ctx = order.slots * order.context
    params.kv_unified = True
    params.kv_unified_per_slot = order.context
    params.cache_prompt = True
    params.cache_ram_mib = CACHE_MIB
    # A request that shares half of a slot's tokens takes the slot over, and the rest of them is lost. With
    # nothing similar enough, what a slot held is kept in memory and the best match is brought back: a
    # trajectory's next turn finds its own history, a new one the prefix that all share.
    params.slot_prompt_similarity = _ALWAYS_FROM_CACHE
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
