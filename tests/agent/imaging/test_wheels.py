"""Wheels that help to make images, fetched by the ordinary client."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pip
import pytest

from agent.errors import UserError
from agent.imaging.wheels import dating_pip, index_knows_dates, tables_wheel

OFFLINE = {"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
FILE = "setuptools-65.0.0-py3-none-any.whl"


class Index(BaseHTTPRequestHandler):
    """A package index with one file, which tells its date to who asks for JSON, below `/dated` only."""

    def do_GET(self) -> None:
        page = f'<a href="{FILE}">{FILE}</a>'.encode()
        kind = "text/html"
        if self.path.startswith("/dated"):
            kind = "application/vnd.pypi.simple.v1+json"
            page = (
                b'{"meta": {"api-version": "1.1"}, "name": "setuptools", "files": [{"filename": "%s", "url": "%s", '
                % (
                    FILE.encode(),
                    FILE.encode(),
                )
            )
            page += b'"hashes": {}, "upload-time": "2022-01-01T00:00:00Z"}]}'
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden parameter
        """Quiet."""


@pytest.fixture
def index() -> Iterator[str]:
    """The address of the index."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def installed_pip() -> Path:
    """The pip of this environment, if it knows dates."""
    if int(pip.__version__.split(".")[0]) < 26:
        pytest.skip(f"pip {pip.__version__} knows no dates")
    return Path(pip.__file__).parents[1]


@pytest.mark.parametrize(("path", "expected"), [("dated", True), ("plain", False)])
def test_whether_an_index_knows_dates_is_found_out(index: str, installed_pip: Path, path: str, expected: bool) -> None:
    """By asking it, as a container would."""
    variables = {"PIP_INDEX_URL": f"{index}/{path}", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    assert index_knows_dates(installed_pip, variables, {"PATH": "/usr/bin:/bin"}) is expected


def test_tables_that_cannot_be_fetched_are_told_with_the_way_out(tmp_path: Path) -> None:
    """A wheel from elsewhere will do."""
    with pytest.raises(UserError, match="--spec-tables"):
        tables_wheel(tmp_path, OFFLINE)


def test_a_pip_that_cannot_be_fetched_is_an_error(tmp_path: Path) -> None:
    """Unlike one that does not exist for a version of Python."""
    with pytest.raises(UserError, match="knows dates cannot be fetched"):
        dating_pip(tmp_path, OFFLINE, "3.9")
