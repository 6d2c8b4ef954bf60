"""An application's own check: a function."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from monitoring.health.check import Answer, CheckFailed, LibraryCheck
from monitoring.health.failures import explain
from monitoring.settings.checks import CheckSettings
from monitoring.status import Cause, Status

Verdict = None | bool | Status | Mapping[str, Any] | Answer
"""None, True: healthy. False: unhealthy. A mapping: healthy, with these details."""

Function = Callable[[], Verdict | Awaitable[Verdict]]


class CallableCheck(LibraryCheck[CheckSettings]):
    """Calls a function, a coroutine function too, in a thread of its own; raising is failing."""

    type = "function"
    settings_type = CheckSettings

    def __init__(self, settings: CheckSettings, function: Function) -> None:
        super().__init__(settings)
        self._function = function

    def ask(self) -> Answer:
        """Call the function; CheckFailed where it raises, TypeError where it returns something else than a verdict."""
        try:
            verdict = self._function()
            if inspect.isawaitable(verdict):
                verdict = asyncio.run(_result_of(verdict))
        except Exception as error:  # any code may run in an application's function
            raise self._said(error) from error
        return _answer(verdict)

    def _said(self, error: Exception) -> CheckFailed:
        """Return what the application's own error says, where it is none that every check knows."""
        cause, words = explain(error, self.settings.timeout_seconds)
        known = cause is not Cause.UNKNOWN or isinstance(error, OSError)
        return CheckFailed(cause, words if known else str(error) or type(error).__name__)


async def _result_of(verdict: Awaitable[Verdict]) -> Verdict:
    return await verdict


def _answer(verdict: Verdict) -> Answer:
    if isinstance(verdict, Answer):
        return verdict
    if verdict is None or verdict is True:
        return Answer()
    if verdict is False:
        raise CheckFailed(Cause.UNKNOWN, "the check said no")
    if isinstance(verdict, Status):
        return _answer_of(verdict)
    if isinstance(verdict, Mapping):
        return Answer(details=dict(verdict))
    raise TypeError(f"a check returned {type(verdict).__name__}, not None, a bool, a Status, a mapping or an Answer")


def _answer_of(status: Status) -> Answer:
    if status is Status.HEALTHY:
        return Answer()
    return Answer(status=status, cause=Cause.UNKNOWN, error=f"the check said {status}")
