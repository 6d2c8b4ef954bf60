"""Asking checks as the service does: through a runner."""

import threading
import time
from typing import Any, TypeVar

import msgspec

from monitoring.health.check import Answer, Check, LibraryCheck, NetworkCheck
from monitoring.health.runner import Runner
from monitoring.settings.checks import CheckSettings
from monitoring.settings.kinds import Duration, decode_hook
from monitoring.status import Result

S = TypeVar("S", bound=CheckSettings)


def settings_of(kind: type[S], **told: Any) -> S:
    """Return settings as `status.toml` gives them; the name is `it`, the timeout 5 s."""
    return msgspec.convert({"name": "it", "type": "any", "timeout": "5s", **told}, kind, dec_hook=decode_hook)


def make(kind: type[Check[Any]], **told: Any) -> Check[Any]:
    """Return a check of `kind`; its settings must have no fault."""
    settings = settings_of(kind.settings_type, type=getattr(kind, "type", "any"), **told)
    assert list(settings.faults()) == []
    return kind(settings)


def faults_of(kind: type[Check[Any]], **told: Any) -> dict[str, str]:
    """Return what is wrong with such settings, by key."""
    return dict(settings_of(kind.settings_type, **told).faults())


class Waiting:
    """Takes results, and lets a test wait for them."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self._arrived = threading.Condition()

    def __call__(self, result: Result) -> None:
        with self._arrived:
            self.results.append(result)
            self._arrived.notify_all()

    def wait(self, count: int = 1, seconds: float = 20.0) -> list[Result]:
        """Return the results once there are `count` of them."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.results) >= count, seconds), f"{len(self.results)} results"
            return list(self.results)


def ask(runner: Runner, check: Check[Any]) -> Result:
    """Return what one probe of `check` yields."""
    waiting = Waiting()
    runner.run(check, time.time(), waiting)
    return waiting.wait()[0]


class HangingLibraryCheck(LibraryCheck[CheckSettings]):
    """Hangs until it is let go; counts how often it was begun."""

    type = "hanging"

    def __init__(self, settings: CheckSettings) -> None:
        super().__init__(settings)
        self.begun = 0
        self.let_go = threading.Event()

    def ask(self) -> Answer:
        """Hang."""
        self.begun += 1
        self.let_go.wait(60)
        return Answer()


class ToldCheck(NetworkCheck[CheckSettings]):
    """Does what `verb`, a coroutine function, does."""

    type = "told"

    def __init__(self, settings: CheckSettings, verb: Any) -> None:
        super().__init__(settings)
        self._verb = verb

    @property
    def host(self) -> str:
        """Nobody's."""
        return "nobody.test"

    async def ask(self) -> Answer:
        """Do it."""
        answer: Answer = await self._verb()
        return answer


def plain_settings(name: str = "it", seconds: float = 5.0, **told: Any) -> CheckSettings:
    """Return settings that every check has; `seconds` is the timeout."""
    return CheckSettings(name=name, type="any", timeout=Duration(seconds), **told)
