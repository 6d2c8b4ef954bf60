"""What a channel is: it takes messages to people, or to what wakes them."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

import msgspec

from monitoring.alerts.message import Message


class Links(msgspec.Struct, frozen=True):
    """Where a message leads. Each returns None where no public address is set (`[page] url`), or none can be signed.

    `page(message)` is the public page of the check, `acknowledge(message)` the signed page that acknowledges it.
    """

    page: Callable[[Message], str | None]
    acknowledge: Callable[[Message], str | None]


class Undelivered(Exception):
    """A message was not taken. `retry_after_seconds` is what the channel asked for, None where it said nothing."""

    def __init__(self, words: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(words)
        self.retry_after_seconds = retry_after_seconds


class Channel(Protocol):
    """One configured channel. `send` may take as long as its timeouts allow and runs in the channel's own thread.

    `digests` says whether several messages can be sent as one; `longest_seconds` is the longest that one sending takes.
    """

    digests: ClassVar[bool]
    name: str
    longest_seconds: float

    def send(self, messages: Sequence[Message]) -> str:
        """Send one message, or several as one digest, and return what was answered, for people.

        Undelivered where it was not taken, for whatever reason; no secret is in its words.
        """
        ...  # pragma: no cover
