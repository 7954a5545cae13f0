"""A stand-in for the service behind `sb-cli`: takes predictions and says that all of them are evaluated."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class SubmissionServer:
    url: str = ""
    submitted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """The body of each submission."""

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        ids = [one["prediction"]["instance_id"] for one in self.submitted]
        if path == "/submit":
            self.submitted.append(body)
            return {"launched": True, "instance_id": body["prediction"]["instance_id"]}
        return {"running": [], "completed": ids}


@contextmanager
def submission_api() -> Generator[SubmissionServer, None, None]:
    """Serve it on a free port of this machine."""
    server = SubmissionServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            answer = json.dumps(server.answer(self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST  # noqa: N815 - the name is the base class's

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads = True
    server.url = f"http://127.0.0.1:{web.server_address[1]}"
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        web.shutdown()
        thread.join()
        web.server_close()
