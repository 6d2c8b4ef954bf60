"""Any service that Apprise knows. It is imported when a message is first sent to one."""

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from monitoring.alerts import words
from monitoring.alerts.channel import Links, Undelivered
from monitoring.alerts.channels.answers import said, secrets_of
from monitoring.alerts.channels.limit import MARGIN_SECONDS, within
from monitoring.alerts.message import Message
from monitoring.settings import AppriseSettings
from monitoring.status import Status
from monitoring.store.alerts import Event

_TYPES = {Status.UNHEALTHY: "failure", Status.DEGRADED: "warning"}


class AppriseChannel:
    """Sends text through Apprise. Services with keys for deduplication have none of it: Apprise cannot pass them on."""

    digests: ClassVar[bool] = True

    def __init__(self, settings: AppriseSettings, links: Links) -> None:
        self.name = settings.name
        self.longest_seconds = settings.timeout + MARGIN_SECONDS
        self._settings, self._links = settings, links

    def send(self, messages: Sequence[Message]) -> str:
        """Send one message, or several as one; return that it was taken, Undelivered where it was not."""
        return within(self._settings.timeout, lambda: self._tried(messages), _nothing)

    def _tried(self, messages: Sequence[Message]) -> str:
        try:
            return self._notify(messages)
        except Undelivered:
            raise
        except Exception as error:  # noqa: BLE001 - 170 services by many hands may fail in any way
            raise Undelivered(f"Apprise failed ({type(error).__name__})") from None

    def _notify(self, messages: Sequence[Message]) -> str:
        first = messages[0]
        title = words.subject(first) if len(messages) == 1 else words.digest(messages)
        body = self._text(first) if len(messages) == 1 else "\n".join(words.subject(each) for each in messages)
        kind = "success" if first.event is Event.RESOLVE else _TYPES.get(first.status, "info")
        result = self._service().notify(
            body=body or title, title=title, notify_type=kind, body_format="text", timeout=self._settings.timeout
        )
        if not result:  # an object, whose truth is whether it was delivered
            raise Undelivered(f"Apprise could not deliver it{self._reason(result)}")
        return "taken"

    def _service(self) -> Any:
        """Return Apprise with this one service; its own timeouts are set, which are 4 s otherwise."""
        _silence()
        import apprise

        plugin = apprise.Apprise.instantiate(self._settings.url)
        if plugin is None:
            raise Undelivered("Apprise knows no service of this address, or something in it is missing")
        plugin.socket_connect_timeout = self._settings.timeout / 2
        plugin.socket_read_timeout = float(self._settings.timeout)
        service = apprise.Apprise()
        service.add(plugin)
        return service

    def _text(self, message: Message) -> str:
        links = [f"{text}: {address}" for text, address in words.links(message, self._links)]
        return "\n".join([*words.details(message), *links])

    def _reason(self, result: Any) -> str:
        told = [entry.message for entry in result.logs()]
        return f": {said(told[-1], secrets_of(self._settings.url))}" if told else ""


def _silence() -> None:
    """Let Apprise log nowhere: its lines may hold the address. The reason of a failure is in its result."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _nothing() -> None:
    """Cut nothing: Apprise has its connections to itself, and ends them by the timeouts it was given."""
