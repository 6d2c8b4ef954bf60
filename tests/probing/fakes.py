"""A runner whose answers a test gives, when it wants."""

from collections.abc import Callable

from monitoring.health.check import Answer, Check, LibraryCheck, NetworkCheck
from monitoring.settings import CheckSettings
from monitoring.status import Result, Status
from tests.support.results import HEALTHY, result


class Local(LibraryCheck[CheckSettings]):
    """A check that is never really asked."""

    type = "local"

    def ask(self) -> Answer:
        """Answer."""
        return Answer()


class Remote(NetworkCheck[CheckSettings]):
    """A check of a public address that is never really asked."""

    type = "remote"
    host = "example.org"

    async def ask(self) -> Answer:
        """Answer."""
        return Answer()


class HandRunner:
    """Keeps probes open until `answer` is called."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[float, Callable[[Result], None]]] = {}

    def run(self, check: Check, scheduled_at: float, done: Callable[[Result], None]) -> None:
        """Note that a probe began."""
        assert check.name not in self.open
        self.open[check.name] = (scheduled_at, done)

    def answer(self, name: str, status: Status = HEALTHY, **fields: object) -> None:
        """Finish the open probe of a check."""
        scheduled_at, done = self.open.pop(name)
        done(result(status, scheduled_at, name, **fields))
