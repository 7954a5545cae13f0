"""Asks again what is worth asking again: after a growing, jittered pause, or when the server said to."""

import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_any,
    stop_before_delay,
    wait_exponential,
    wait_random,
)
from tenacity.stop import stop_base

from agent.errors import ModelError
from agent.messages import BeforeRetry

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on. Times are seconds."""

    attempts: int = 10
    seconds: float = 900.0
    """No attempt begins later than this after the first."""
    pause: float = 1.0
    """About the first pause; each is twice as long as the one before it."""
    longest: float = 60.0
    """No pause of our own is longer. A server may ask for a longer one."""
    contact: float = 10.0
    """For a server that was never reached before: its address is more likely wrong than its host down."""


class AttemptError(Exception):
    """One attempt failed."""

    def __init__(self, error: ModelError, *, again: bool, wait: float | None = None, within: float = math.inf) -> None:
        super().__init__(str(error))
        self.error = error
        self.again = again
        """Whether another attempt may succeed."""
        self.wait = wait
        """Seconds after which the server wants to be asked again."""
        self.within = within
        """Seconds after the first attempt beyond which this failure is not worth another."""


async def retrying(attempt: Callable[[], Awaitable[T]], patience: Patience, before_retry: BeforeRetry) -> T:
    """The first result of `attempt`.

    Raises:
        ModelError: the last failure, when it is final or patience has ended.
        Exception: whatever `before_retry` raises.
    """
    backoff = wait_exponential(multiplier=patience.pause, max=patience.longest)
    aside = wait_random(0, patience.pause)

    def pause(state: RetryCallState) -> float:
        asked = _failure(state).wait
        # Whoever failed at the same moment, or was told the same one, should not come back at once.
        return (backoff(state) if asked is None else asked) + aside(state)

    def announce(state: RetryCallState) -> None:
        failure = _failure(state)
        before_retry(failure.error.billed)
        log.info("%s; asked again in %.1f s", failure.error, state.upcoming_sleep)

    retry = AsyncRetrying(
        stop=stop_any(stop_after_attempt(patience.attempts), stop_before_delay(patience.seconds), _Hopeless()),
        wait=pause,
        retry=retry_if_exception(lambda error: isinstance(error, AttemptError) and error.again),
        before_sleep=announce,
        reraise=True,
    )
    try:
        return await retry(attempt)
    except AttemptError as failed:
        error = failed.error
    taken = retry.statistics
    number, seconds = taken["attempt_number"], taken["delay_since_first_attempt"]
    if number > 1:
        error.args = (f"{error} (asked {number} times in {seconds:.0f} s)",)
    raise error


class _Hopeless(stop_base):
    def __call__(self, retry_state: RetryCallState) -> bool:
        started = retry_state.seconds_since_start or 0.0
        return started + retry_state.upcoming_sleep > _failure(retry_state).within


def _failure(state: RetryCallState) -> AttemptError:
    # Nothing else is ever retried.
    return cast("AttemptError", state.outcome.exception() if state.outcome else None)
