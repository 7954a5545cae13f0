"""No model: for choosing among patches without asking any."""

from collections.abc import Sequence

from agent.errors import ModelSetupError
from agent.messages import BeforeRetry, Completion, Message, Sampling, retry_freely
from agent.models.cores import usable_cores
from agent.models.opening import OpenModel
from agent.models.pricing import FREE


class NoModel:
    """Implements `agent.messages.Model` by refusing: that it is asked is a fault of the caller."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, before_retry: BeforeRetry = retry_freely
    ) -> Completion:
        """Raises:
        ModelSetupError: always.
        """
        del messages, sampling, before_retry
        raise ModelSetupError(f"something asked a model, and there is none: {self._why}")


def no_model(why: str) -> OpenModel:
    """A model that costs nothing, opens nothing and may not be asked; `why`, for whoever asks it all the same."""
    return OpenModel(
        model=NoModel(why),
        price=FREE,
        window=None,
        continues=False,
        completions_at_once=1,
        executions_at_once=usable_cores(),
        execution_shares=1024,
        count_tokens=len,
        asks=False,
    )
