"""A real image registry on this machine, read-only and small, that fails when told to.

    with Registry() as registry:
        name = registry.add("tiny", layers=[random_layer(1 << 20)])
        registry.faults["manifests"] = [Fault(429)]     # the next request of that kind, then it works again

An engine takes a registry on 127.0.0.1 without TLS, so it really pulls from here.
"""

import hashlib
import io
import json
import os
import tarfile
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar"

CODES = {401: "UNAUTHORIZED", 403: "DENIED", 404: "MANIFEST_UNKNOWN", 429: "TOOMANYREQUESTS"}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request: an HTTP status with words, or a connection that breaks half way."""

    status: int = 0
    words: str = "no reason"
    drop: bool = False


@dataclass
class Registry:
    """Images by name, and the faults to come by kind of request: `manifests` or `blobs`."""

    faults: dict[str, list[Fault]] = field(default_factory=dict)
    pace: float = 0.0
    """Seconds of rest after each piece of a blob."""
    asked: list[str] = field(default_factory=list)
    """The path of every request."""
    piece: int = 64 * 1024
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Serve until left, at a port of its own."""
        registry = self

        class Handler(_Handler):
            served = registry

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        """Host and port, as they stand in an image's name."""
        return f"127.0.0.1:{self._server.server_port}"

    def add(self, name: str, layers: Sequence[bytes], *, architecture: str = "amd64", **config: Any) -> str:
        """Serve an image made of these layers (tar archives), and return its full name."""
        settings = {
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer) for layer in layers]},
            "history": [{"created_by": uuid.uuid4().hex} for _ in layers],
        }
        packed = json.dumps(settings).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._describe(CONFIG, packed),
            "layers": [self._describe(LAYER, layer) for layer in layers],
        }
        content = json.dumps(manifest).encode()
        self.manifests[f"{name}:latest"] = self.manifests[f"{name}:{_digest(content)}"] = content
        return f"{self.address}/{name}:latest"

    def _describe(self, media: str, content: bytes) -> dict[str, object]:
        digest = _digest(content)
        self.blobs[digest] = content
        return {"mediaType": media, "size": len(content), "digest": digest}

    def count(self, part: str) -> int:
        """How many requests had this in their path."""
        return sum(part in path for path in self.asked)


def random_layer(size: int, name: str = "data") -> bytes:
    """A layer with one file of random bytes."""
    return layer({name: os.urandom(size)})


def layer(files: dict[str, bytes]) -> bytes:
    """A layer with these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class _Handler(BaseHTTPRequestHandler):
    served: Registry
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        registry = self.served
        registry.asked.append(f"{self.command} {self.path}")
        if self.path == "/v2/":
            self._answer(200, b"{}", "application/json")
            return
        _, _, name, kind, reference = self.path.split("/", 4)
        faults = registry.faults.get(kind)
        fault = faults.pop(0) if faults else Fault()
        if fault.status:
            body = {"errors": [{"code": CODES.get(fault.status, "UNKNOWN"), "message": fault.words}]}
            self._answer(fault.status, json.dumps(body).encode(), "application/json")
            return
        found = registry.blobs.get(reference) if kind == "blobs" else registry.manifests.get(f"{name}:{reference}")
        if found is None:
            self._answer(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}', "text/json")
            return
        self._answer(200, found, MANIFEST if kind == "manifests" else "application/octet-stream", drop=fault.drop)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, status: int, body: bytes, media: str, *, drop: bool = False) -> None:
        wanted = self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and status == 200 else 0
        self.send_response(206 if start else status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body) - start))
        self.send_header("Docker-Content-Digest", _digest(body))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        end = len(body) // 2 if drop else len(body)
        try:
            for place in range(start, end, self.served.piece):
                self.wfile.write(body[place : min(place + self.served.piece, end)])
                if media == "application/octet-stream":
                    time.sleep(self.served.pace)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # who asked has left
        if drop:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
