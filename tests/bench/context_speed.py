"""What finding context takes: `python tests/bench/context_speed.py --mirror DIR [--repo sympy/sympy] [--commit C]`.

The outline and index of a large Python repository, cold (nothing is known of it), and warm (everything is known of the
commit before); a search; and the memory of it all, that of the processes it starts included. The goals are printed, not
asserted.
"""

import argparse
import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from context import repository

from agent.context.index import Index, build_index
from agent.context.issue import read_issue
from agent.context.search import search
from agent.context.store import FactsStore
from swe_tasks import BaseTree, materialise_local
from swe_tasks.basetree import blobs, read, recent
from swe_tasks.build import remove_base

COLD, WARM, QUERY, MEMORY = 20.0, 1.0, 0.2, 500
ISSUE = """latex printer drops brackets of nested fractions

`latex(Mul(x, Pow(y, -1), evaluate=False))` prints a wrong denominator since 1.7, see `LatexPrinter._print_Mul`.

```
>>> latex(1/(x*y))
```
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, required=True, help="a directory of bare repositories")
    parser.add_argument("--repo", default="sympy/sympy", help="owner/name (default: sympy/sympy)")
    parser.add_argument("--commit", default="HEAD", help="the later of two commits (default: HEAD)")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    source = repository(arguments.mirror, arguments.repo)
    before = _first_parent(source, arguments.commit)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        bases = [
            materialise_local(source, place / name, ref=commit, uncommitted="refuse")
            for name, commit in (("before", before), ("after", arguments.commit))
        ]
        held = _peak(bases[0], FactsStore(place / "facts"))  # first, while nothing else is held
        cold, warm = list[float](), list[float]()
        for number in range(arguments.rounds):
            store = FactsStore(place / f"facts-{number}")
            index, seconds = _timed(bases[0], store)
            cold.append(seconds)
            index, seconds = _timed(bases[1], store)
            warm.append(seconds)
        _queries(index, bases[1])
        python = sum(path.endswith(".py") for path in index.paths)
        print(f"{arguments.repo}: {len(index.paths)} files, {python} of Python, {int(index.first[-1])} parts")
        _row("outline and index, cold", cold, COLD)
        _row("the same one commit later", warm, WARM)
        print(f"{'memory, cold, all processes':36} {held:8.0f} MB {'':>16}   goal {MEMORY} MB")
        for base in bases:
            remove_base(base.path.parent)
    return 0


def _first_parent(source: Path, commit: str) -> str:
    command = ["git", "-C", str(source), "rev-parse", f"{commit}^1"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _timed(base: BaseTree, store: FactsStore) -> tuple[Index, float]:
    began = time.perf_counter()
    index = build_index(blobs(base), lambda path, most: read(base, path, most), store)
    # What a search needs of it is made once.
    _ = index.by_word, index.by_name, index.by_whole_name, index.by_path, index.file_of, index.lengths
    return index, time.perf_counter() - began


def _peak(base: BaseTree, store: FactsStore) -> float:
    """The most megabytes that this process and those that it starts hold at a time, looked at 20 times a second. What
    the kernel keeps as a child's peak will not do: a child inherits its parent's."""
    done, most = threading.Event(), 0.0

    def watch() -> None:
        nonlocal most
        while not done.wait(0.05):
            most = max(most, _resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        index, _ = _timed(base, store)
        search(index, read_issue(ISSUE), recent(base))
    finally:
        done.set()
        watcher.join()
    return max(most, _resident())


def _resident() -> float:
    """Megabytes of this process and its children; pages that they share count once for each."""
    page = resource.getpagesize() / 1e6
    pages = 0
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it may have ended
            if folder.name.isdigit():
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if os.getpid() in {int(folder.name), parent}:
                    pages += int((folder / "statm").read_text().split()[1])
    return pages * page


def _queries(index: Index, base: BaseTree) -> None:
    query, changed = read_issue(ISSUE), recent(base)
    times: list[float] = []
    for _ in range(10):
        began = time.perf_counter()
        search(index, query, changed)
        times.append(time.perf_counter() - began)
    _row("a search", times, QUERY)


def _row(name: str, seconds: list[float], goal: float) -> None:
    spread = f"({min(seconds):.2f} to {max(seconds):.2f})"
    print(f"{name:36} {statistics.median(seconds):8.2f} s {spread:>16}   goal {goal:g} s")


if __name__ == "__main__":
    sys.exit(main())
