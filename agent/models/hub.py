"""The first source: a file from a Hugging Face repository, through `huggingface_hub`.

That library resumes what was interrupted and honours HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE by itself. It
also retries an unreachable hub for half a minute, so whether one answers at all is asked first.
"""

import io
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.models.catalogue import HubSource
from agent.models.transfer import SourceFailed, Watcher

if TYPE_CHECKING:
    from tqdm import tqdm

PROBE_SECONDS = 4.0


def fetch_from_hub(source: HubSource, folder: Path, watcher: Watcher, *, endpoint: str | None = None) -> Path:
    """The file, in `folder`, not yet verified. `endpoint` is the hub's address; None means the usual one.

    Raises:
        SourceFailed: no hub can be reached, or it does not give the file.
    """
    import httpx
    from huggingface_hub import (
        constants,
        hf_hub_download,  # pyright: ignore[reportUnknownVariableType] - its signature names a bare dict
    )
    from huggingface_hub.errors import HfHubHTTPError

    if constants.HF_HUB_OFFLINE:
        raise SourceFailed("HF_HUB_OFFLINE is set")
    address = endpoint or constants.ENDPOINT
    _probe(address)
    try:
        return Path(
            hf_hub_download(
                source.repo,
                source.file,
                revision=source.revision,
                local_dir=folder,
                endpoint=endpoint,
                etag_timeout=PROBE_SECONDS,
                tqdm_class=_bar(watcher),
            )
        )
    except (HfHubHTTPError, httpx.HTTPError, OSError, ValueError) as error:
        # ValueError: the library's own words for a repository or revision that is not one.
        raise SourceFailed(f"{address}: {_first_line(error.__cause__ or error)}") from error


def _probe(address: str) -> None:
    """Whether anything answers there, in a few seconds.

    In a thread of its own, because no time-out of an HTTP client covers a resolver that hangs.
    """
    import httpx

    problem = [f"no answer within {PROBE_SECONDS:g} s"]

    def ask() -> None:
        try:
            httpx.head(address, timeout=PROBE_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            problem[0] = _first_line(error)
        else:
            problem.clear()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS + 1)
    if problem:
        raise SourceFailed(f"no hub can be reached at {address}: {problem[0]}")


def _bar(watcher: Watcher) -> "type[tqdm[Any]]":
    """A progress bar class for the library that draws nothing and tells the watcher."""
    from tqdm import tqdm

    class Told(tqdm):  # pyright: ignore[reportMissingTypeArgument] - it takes none when it runs
        def __init__(self, *args: Any, **options: Any) -> None:
            options.update(file=io.StringIO(), disable=False)
            options.pop("name", None)
            super().__init__(*args, **options)  # pyright: ignore[reportUnknownMemberType] - untyped library

        def display(self, msg: str | None = None, pos: int | None = None) -> None:  # noqa: ARG002 - tqdm's own
            watcher.moved(int(self.n))

    return Told


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
