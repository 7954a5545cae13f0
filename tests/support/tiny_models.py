"""Made-up catalogue entries with tiny wheels, a hub that serves them, and a pull in a process of its own.

python -m support.tiny_models CACHE ENTRY LINKS [HUB]    pulls; ENTRY is `entry_to_json`'s text
"""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from agent.models.catalogue import CatalogueEntry, HubSource, WheelSource
from agent.models.pull import pull_entry
from agent.models.transfer import Watcher

NOWHERE = "http://127.0.0.1:9"
"""A port where nothing listens."""

CONTENT = bytes(range(256)) * 400
PREFIX = "shrewd-tiny-model-part"
HUB = HubSource(repo="tiny/model", revision="0" * 40, file="tiny.gguf")


def tiny_entry(content: bytes = CONTENT, parts: int = 3) -> CatalogueEntry:
    """A model whose file is `content`, to be had from a hub and from `parts` wheels."""
    return CatalogueEntry(
        name="tiny",
        file="tiny.gguf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="MIT",
        trained_context=64,
        served_context=32,
        sources=(HUB, WheelSource(prefix=PREFIX, count=parts, version="1.0")),
    )


def write_wheels(folder: Path, content: bytes = CONTENT, parts: int = 3) -> list[Path]:
    """The wheels of `tiny_entry(content, parts)`, in number order."""
    folder.mkdir(parents=True, exist_ok=True)
    step = -(-len(content) // parts)
    return [write_wheel(folder, number, content[(number - 1) * step : number * step]) for number in range(1, parts + 1)]


def write_wheel(folder: Path, number: int, content: bytes, member: str | None = None) -> Path:
    """One wheel, with `content` as its part, or as another member."""
    package = f"{PREFIX}{number}".replace("-", "_")
    info = f"{package}-1.0.dist-info"
    path = folder / f"{package}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{package}/__init__.py", "raise SystemExit('a wheel was imported')\n")
        wheel.writestr(member or f"{package}/data/part{number:02d}.bin", content)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {PREFIX}{number}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def pip_options(links: Path) -> tuple[str, ...]:
    """Makes pip look in `links` and nowhere else."""
    return ("--no-index", "--find-links", str(links))


@contextmanager
def serve_hub(content: bytes) -> Generator[str]:
    """A hub with `content` as HUB's file: its address."""
    route = f"/{HUB.repo}/resolve/{HUB.revision}/{HUB.file}"
    etag = hashlib.sha256(content).hexdigest()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._head()

        def do_GET(self) -> None:
            if self._head():
                self.wfile.write(content)

        def _head(self) -> bool:
            found = self.path == route
            self.send_response(200 if found or self.path == "/" else 404)
            self.send_header("Content-Length", str(len(content)) if found else "0")
            self.send_header("ETag", f'"{etag}"')
            self.send_header("X-Repo-Commit", HUB.revision)
            self.end_headers()
            return found

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def start_pull(cache: Path, entry: CatalogueEntry, links: Path) -> "subprocess.Popen[str]":
    """A pull in a process of its own, without a hub; what it says is on its standard error."""
    return subprocess.Popen(
        [sys.executable, "-m", "support.tiny_models", str(cache), entry_to_json(entry), str(links)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        stderr=subprocess.PIPE,
        text=True,
    )


def entry_to_json(entry: CatalogueEntry) -> str:
    return json.dumps(asdict(entry))


def _entry_from_json(text: str) -> CatalogueEntry:
    record = json.loads(text)
    hub, wheels = record.pop("sources")
    return CatalogueEntry(**record, sources=(HubSource(**hub), WheelSource(**wheels)))


def main() -> None:
    cache, entry, links = sys.argv[1:4]
    pull_entry(
        _entry_from_json(entry),
        cache=Path(cache),
        progress=Watcher(say=lambda text: print(text, file=sys.stderr, flush=True), moved=lambda _count: None),
        hub_endpoint=NOWHERE,
        pip_options=pip_options(Path(links)),
    )


if __name__ == "__main__":
    main()
