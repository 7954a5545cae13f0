"""Images that come from a registry: pulled once, with progress, patience, and an eye on the disk. It blocks."""

import logging
import random
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError, Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from sandbox.docker_engine import Engine
from sandbox.docker_images import PullRefused, pulling
from sandbox.errors import ImageError, SandboxBroken, SandboxError
from sandbox.images import GIB, ImageFacts, check_name, facts_of, free_space, inspect_image
from sandbox.pull_failures import MayPass, explain, given_up, no_room
from sandbox.pull_progress import Layers, PullProgress

__all__ = ["PullProgress", "Puller", "Space", "pull"]

log = logging.getLogger(__name__)

Report = Callable[[PullProgress], None]

ATTEMPTS = 5
AT_ONCE = 2
"""Pulls at a time: one rarely fills the line and the disk together, and more than two compete."""

_REPORTS, _LOOKS, _BEATS = 0.2, 1.0, 0.5
_LONGEST_WAIT = 60.0
_FIRST_LIMIT_WAIT, _LONGEST_LIMIT_WAIT = 60.0, 900.0


@dataclass(frozen=True, slots=True)
class Space:
    """What must be free on the disk, in bytes. No registry says before a pull how large an image unpacks."""

    before: int = 10 * GIB
    """To begin. An image of a SWE-bench task unpacks to 1 to 4 GiB and lies beside its packed layers meanwhile;
    those of other languages are larger, and two may come at once."""
    during: int = GIB
    """To go on: a full disk breaks more than the pull."""
    free: Callable[[Engine], int | None] = free_space
    """None where it cannot be known: nothing is checked then, and the engine itself says when it is full."""


def pull(
    name: str,
    *,
    progress: Report,
    attempts: int = ATTEMPTS,
    platform: str | None = None,
    space: Space | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> ImageFacts:
    """Pull an image. What `progress` raises stops the pull, and stops waiting for the next attempt.

    Tried again is what may pass: a failing network or server, and a reached rate limit, for which it waits as
    long as the registry says (an engine passes on its words, not its headers) or 1, 2, 4 and 8 minutes.

    Raises:
        ImageError: no such image, no access, not for this machine, no room for it, or all attempts failed.
        SandboxBroken: the engine contradicts itself.
        SandboxUnavailable: no engine answers.
    """
    check_name(name)
    space, start = space or Space(), PullProgress(image=name, attempts=attempts)

    def once(attempt: int) -> ImageFacts:
        # Connected anew each time: the last attempt may have failed with its connection.
        with closing(Engine.connect()) as engine:
            return _attempt(engine, replace(start, attempt=attempt), platform, space, progress)

    def tell(call: RetryCallState) -> None:
        log.warning("pulling %s: %s; next attempt in %.0f s", name, _failure(call), call.upcoming_sleep)

    def pause(seconds: float) -> None:
        # In slices, so that who wants to stop is heard.
        for left in range(round(seconds), 0, -1):
            progress(replace(start, waiting=f"the last attempt failed; the next one is in {left} s"))
            sleep(1.0)

    retrying = Retrying(
        stop=stop_after_attempt(attempts),
        retry=retry_if_exception_type(MayPass),
        wait=_wait,
        before_sleep=tell,
        sleep=pause,
        reraise=True,
    )
    try:
        for attempt in retrying:
            with attempt:
                return once(attempt.retry_state.attempt_number)
    except MayPass as failure:
        raise given_up(name, failure, attempts) from failure
    raise AssertionError  # the attempts return or raise


def _failure(call: RetryCallState) -> MayPass:
    assert call.outcome is not None
    failure = call.outcome.exception()
    assert isinstance(failure, MayPass)
    return failure


def _wait(call: RetryCallState) -> float:
    failure, failed = _failure(call), call.attempt_number
    if failure.wait is not None:
        return min(failure.wait + 1, _LONGEST_LIMIT_WAIT)
    if failure.limited:
        return min(_FIRST_LIMIT_WAIT * 2 ** (failed - 1), _LONGEST_LIMIT_WAIT)
    return min(2.0**failed, _LONGEST_WAIT) * random.uniform(0.75, 1.25)  # noqa: S311 - it only spreads the attempts


def _attempt(engine: Engine, start: PullProgress, platform: str | None, space: Space, progress: Report) -> ImageFacts:
    free = space.free(engine)
    if free is not None and free < space.before:
        raise ImageError(no_room(start.image, f"a pull wants {space.before / GIB:.1f} GiB", free))
    layers = Layers(start)
    progress(layers.state)
    try:
        with pulling(engine, start.image, platform) as events:
            reported = looked = time.monotonic()
            for event in events:
                layers.take(event)
                now = time.monotonic()
                if now - reported >= _REPORTS:
                    reported = now
                    progress(layers.state)
                if now - looked >= _LOOKS:
                    looked = now
                    free = space.free(engine)
                    if free is not None and free < space.during:
                        raise ImageError(no_room(start.image, "the pull was stopped before the disk is full", free))
    except PullRefused as error:
        raise explain(start.image, str(error), space.free(engine)) from error
    progress(layers.state)
    facts = facts_of(engine, start.image)
    if facts is None:
        raise SandboxBroken(f"the engine pulled {start.image} and then has no image of that name")
    return facts


@dataclass(slots=True)
class _Pull:
    """A pull under way, for all who wait for it."""

    state: PullProgress
    done: "Future[ImageFacts]" = field(default_factory=Future[ImageFacts])


class Puller:
    """Pulls each image once, however many ask for it, and few at a time. Safe to use from many threads."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        attempts: int = ATTEMPTS,
        space: Space | None = None,
        pulled: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`pulled` hears of each image that was not on this machine: see `KeptImages.was_pulled`."""
        self._places = threading.BoundedSemaphore(at_once)
        self._attempts, self._space, self._pulled = attempts, space, pulled
        self._lock = threading.Lock()
        self._pulls: dict[str, _Pull] = {}

    def ensure(self, name: str, *, progress: Report, platform: str | None = None) -> ImageFacts:
        """The image, pulled if it is not on this machine. `progress` is as in `pull`, heard while waiting too.

        Raises:
            ImageError, SandboxBroken, SandboxUnavailable: see `pull`. All who share a pull share its failure.
        """
        while True:
            facts = inspect_image(name)
            if facts is not None:
                return facts
            with self._lock:
                first = name not in self._pulls
                under_way = self._pulls.setdefault(name, _Pull(PullProgress(name)))
            if first:
                return self._lead(under_way, progress, platform)
            facts = _follow(under_way, progress)
            if facts is not None:
                return facts

    def _lead(self, under_way: _Pull, progress: Report, platform: str | None) -> ImageFacts:
        name = under_way.state.image

        def tell(state: PullProgress) -> None:
            under_way.state = state
            progress(state)

        try:
            with self._place(name, tell):
                # It may have come while this one waited for its turn, or just before.
                facts = inspect_image(name)
                if facts is None:
                    facts = pull(name, progress=tell, attempts=self._attempts, platform=platform, space=self._space)
                    self._pulled(name)
        except BaseException as error:
            self._forget(name)
            # What stopped this caller, such as its own cancellation, is nothing to the others.
            if isinstance(error, SandboxError):
                under_way.done.set_exception(error)
            else:
                under_way.done.cancel()
            raise
        self._forget(name)
        under_way.done.set_result(facts)
        return facts

    def _forget(self, name: str) -> None:
        with self._lock:
            del self._pulls[name]

    @contextmanager
    def _place(self, name: str, progress: Report) -> Generator[None]:
        while not self._places.acquire(timeout=_BEATS):
            progress(PullProgress(name, waiting="other images are being pulled"))
        try:
            yield
        finally:
            self._places.release()


def _follow(under_way: _Pull, progress: Report) -> ImageFacts | None:
    """What another's pull came to; None if it was stopped."""
    while True:
        try:
            return under_way.done.result(timeout=_BEATS)
        except CancelledError:
            return None
        except TimeoutError:
            progress(under_way.state)
        except SandboxError as error:
            raise type(error)(*error.args) from error
