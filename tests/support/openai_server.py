"""A real HTTP server that speaks a little of OpenAI's API and answers as a script says.

In a test:

    with OpenAIServer(lambda request, call, attempt: answer("hello")) as server:
        ...  # talk to server.url, then look at server.calls

As a process, for what must outlive a test's client (`server_process`), or by hand in this directory's parent:

    python -m support.openai_server --script script.py --log calls.jsonl

`script.py` defines `respond(request, call, attempt)`: the request's JSON, the number of this completion
request (from 1), and how many times exactly this request has been asked by now (from 1). It returns a
`Reply`, or a string to answer with. What it raises becomes a 400, and is raised again at the server's end.
"""

import argparse
import hashlib
import json
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self

from support.replies import Reply, answer, error

COMPLETION_PATHS = ("/v1/chat/completions", "/v1/messages", "/v1/embeddings")
"""The second is Anthropic's; a script that serves it, or the third, writes the body itself."""

Outcome = Literal["asked", "answered", "refused", "dropped", "gone"]
Respond = Callable[[Mapping[str, Any], int, int], Reply | str]


@dataclass(frozen=True, slots=True)
class Call:
    """What became of one completion request.

    It is "asked" while it is open, "answered" once a whole completion was sent, "refused" after an HTTP error,
    "dropped" where the script said so, "gone" when the client did not wait.
    """

    call: int
    attempt: int
    digest: str
    outcome: Outcome
    time: float
    """Seconds since the epoch."""
    authorization: str
    """A digest of the header, never the header."""
    request: Mapping[str, Any]


class OpenAIServer:
    """Serves on a free loopback port from `__enter__` to `__exit__`."""

    def __init__(self, respond: Respond, *, log: Path | None = None, port: int = 0) -> None:
        self.calls: list[Call] = []
        """One for each completion request, in the order of arrival; its outcome is kept up to date."""
        self._respond = respond
        self._log = log.open("ab") if log else None
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}
        self._failure: Exception | None = None
        self._stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        owner = self

        class Handler(_Handler):
            server_state = owner

        self._http = _Listener(("127.0.0.1", port), Handler)
        self.port = self._http.server_port
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._thread.join()
        for connection in list(self.connections):
            with suppress(OSError):  # the client may have closed it first
                connection.shutdown(socket.SHUT_RDWR)
        self._http.server_close()
        if self._log:
            self._log.close()
        if self._failure:
            raise self._failure

    def answered(self) -> list[Call]:
        """The completions that were sent whole."""
        return [call for call in list(self.calls) if call.outcome == "answered"]

    def asked(self, request: Mapping[str, Any], authorization: str) -> tuple[Call, Reply]:
        canonical = json.dumps(request, sort_keys=True).encode()
        digest = hashlib.sha256(canonical).hexdigest()
        with self._lock:
            attempt = self._seen[digest] = self._seen.get(digest, 0) + 1
            secret = hashlib.sha256(authorization.encode()).hexdigest()
            call = Call(len(self.calls) + 1, attempt, digest, "asked", time.time(), secret, request)
            self.calls.append(call)
            self._write(call)
        try:
            reply = self._respond(request, call.call, attempt)
        except Exception as failure:  # noqa: BLE001  # a script's own failure, kept for whoever leaves the server
            self._failure = failure
            reply = error(400, f"the script raised {failure!r}")
        return call, answer(reply) if isinstance(reply, str) else reply

    def ended(self, call: Call, outcome: Outcome) -> None:
        ended = replace(call, outcome=outcome, time=time.time())
        with self._lock:
            self.calls[call.call - 1] = ended
            self._write(ended)

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than this server lives."""
        self._stopping.wait(seconds)

    def _write(self, call: Call) -> None:
        if self._log:
            self._log.write(json.dumps(asdict(call)).encode() + b"\n")
            self._log.flush()
            os.fsync(self._log.fileno())


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128  # many clients come at once
    daemon_threads = False  # so that closing waits for the handlers, which close their sockets


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: OpenAIServer

    def setup(self) -> None:
        super().setup()
        self.server_state.connections.add(self.connection)

    def finish(self) -> None:
        self.server_state.connections.discard(self.connection)
        with suppress(OSError):  # flushing to a client that is gone
            super().finish()

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that is gone is an ordinary end of a connection
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class named it
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            self._send(error(404, f"no such path: {self.path}"))
            return
        models = {"object": "list", "data": [{"id": "scripted", "object": "model", "owned_by": "tests"}]}
        self._send(Reply(json.dumps(models)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path not in COMPLETION_PATHS:
            self._send(error(404, f"no such path: {self.path}"))
            return
        call, reply = self.server_state.asked(json.loads(body), self.headers.get("Authorization", ""))
        self.server_state.pause(reply.delay)
        done: Outcome = "answered" if reply.status == 200 else "refused"
        outcome = "dropped" if reply.drop else done
        try:
            self._send(reply, lambda: self.server_state.ended(call, outcome))
        except ConnectionError:
            self.server_state.ended(call, "gone")
            raise

    def _send(self, reply: Reply, before_last: Callable[[], None] = lambda: None) -> None:
        body = reply.body.encode()
        names = {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}
        lines = [f"HTTP/1.1 {reply.status} scripted", *(f"{name}: {value}" for name, value in names.items())]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        match reply.drop:
            case "before headers" | "reset":
                whole = b""
            case "after headers":
                whole = head
            case "in body":
                whole = head + body[: len(body) // 2]
            case None:
                whole = head + body
        self.wfile.write(whole[:-1])
        before_last()  # so that who has read a whole answer finds it in the log
        self.wfile.write(whole[-1:])
        self.close_connection = reply.drop is not None
        if reply.drop == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


def read_log(path: Path) -> list[Call]:
    """The last state of each call in a log, of a server that runs or has ended."""
    last: dict[int, Call] = {}
    for line in path.read_text().split("\n")[:-1]:  # a line that is being written is not there yet
        call = Call(**json.loads(line))
        last[call.call] = call
    return [last[number] for number in sorted(last)]


@contextmanager
def server_process(script: Path, log: Path) -> Generator[str, None, None]:
    """The URL of a server in a process of its own, which ends with the block."""
    command = [sys.executable, "-m", "support.openai_server", "--script", str(script), "--log", str(log)]
    tests = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=tests, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, "the scripted server did not start"
            yield url
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve scripted completions.")
    parser.add_argument("--script", type=Path, required=True, help="Python file with respond(request, call, attempt)")
    parser.add_argument("--log", type=Path, help="JSON lines: every request and what became of it")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    options = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})  # in every thread, for sigwait
    respond = runpy.run_path(str(options.script))["respond"]
    with OpenAIServer(respond, log=options.log, port=options.port) as server:
        print(server.url, flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
