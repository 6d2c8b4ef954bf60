"""What a sink is: it takes batches, and its failures are its own."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from monitoring.metrics.cell import Cell


class Sink(ABC):
    """Takes the cells of each flush, in a thread of its own: it may block, and it may raise.

    What it raises or is too slow for costs it that batch, which is counted, and nothing else. A `synchronous` one
    takes them in the thread that flushes, so it must not wait for anything: whoever flushes waits for it.
    Cells are shared between the sinks: none may change them.
    """

    name: ClassVar[str]
    synchronous: ClassVar[bool] = False

    @abstractmethod
    def take(self, cells: Sequence[Cell]) -> None:
        """Take one batch."""

    def forked(self) -> None:  # noqa: B027 - few have anything to forget
        """Forget, in a child process, what is the parent's: its figures, and connections that both would use."""

    def close(self) -> None:  # noqa: B027 - few have anything open
        """Let go of what is open; called once, after the last batch."""
