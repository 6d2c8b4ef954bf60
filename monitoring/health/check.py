"""What a check is: one question to one dependency, and the answer or the failure it gives."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from monitoring.settings.checks import CheckSettings
from monitoring.status import Cause, Status

S = TypeVar("S", bound=CheckSettings)
SettingsType = type[CheckSettings]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a check says when its dependency answered; `phases` are seconds by name (dns, connect, tls, first_byte).

    A check that answers less than healthy (a nearly full disk) says so in `status`, with a cause and an error.
    `timed` says whether the time that the answer took says anything about the dependency.
    """

    status: Status = Status.HEALTHY
    details: dict[str, Any] = msgspec.field(default_factory=dict)
    phases: dict[str, float] = msgspec.field(default_factory=dict)
    cause: Cause | None = None
    error: str | None = None
    timed: bool = True


class CheckFailed(Exception):
    """A dependency did not do what was expected of it: an expected failure, said in plain words.

    `message` is for admins; strangers see only `cause`.
    """

    def __init__(self, cause: Cause, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
        self.details = details or {}


class Check(ABC, Generic[S]):
    """One check. A type says its name, its settings and its one verb; timing and failures are the runner's."""

    type: ClassVar[str]
    settings_type: ClassVar[SettingsType] = CheckSettings
    failure_status: ClassVar[Status] = Status.UNHEALTHY
    """The status of a probe that failed."""

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @property
    def name(self) -> str:
        """Return the name the check has in settings, addresses and the store."""
        return self.settings.name


class LibraryCheck(Check[S]):
    """A check that asks through a blocking library; it runs in a thread of its own."""

    @abstractmethod
    def ask(self) -> Answer:
        """Ask once; raise CheckFailed, or let the library's own error through, where it fails."""


class NetworkCheck(Check[S]):
    """A check that asks over the network without blocking; it runs in the one asyncio thread."""

    @abstractmethod
    async def ask(self) -> Answer:
        """Ask once; raise CheckFailed, or let the library's own error through, where it fails."""

    @property
    @abstractmethod
    def host(self) -> str:
        """Return the host name or address that is asked, to tell public addresses from private ones."""
