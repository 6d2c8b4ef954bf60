"""Where alerts go: the `[[channels]]` tables, by their type."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from monitoring.settings.addresses import http_address, smtp_address
from monitoring.settings.checks import Name
from monitoring.settings.kinds import Duration, Secret, Url

PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"
SMTP_PORT, SMTPS_PORT = 587, 465

# Printable ASCII without what means something in a header or an envelope: no line can be smuggled into a mail.
_ADDRESS_PATTERN = r"\A[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}\Z"

MailAddress = Annotated[
    str, msgspec.Meta(pattern=_ADDRESS_PATTERN, description='a mail address such as "ops@example.com"')
]
Recipients = Annotated[
    tuple[MailAddress, ...], msgspec.Meta(min_length=1, description="an array of at least one mail address")
]


class ChannelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that every channel has; a type adds its own in a subclass. `timeout` limits one sending."""

    name: Name
    type: str
    timeout: Duration = Duration(10)

    def __repr__(self) -> str:
        """Name the channel and nothing that could be secret."""
        return f"<{type(self).__name__} {self.name}>"

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used; a type extends it."""
        if not 1 <= self.timeout <= 60:
            yield "timeout", "1s to 60s"


class SlackSettings(ChannelSettings, frozen=True, kw_only=True):
    """An incoming webhook of Slack, or of what understands its blocks. Whoever knows the address can post."""

    url: Secret

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        yield from super().faults()
        yield from _http_faults(self.url)


class PagerDutySettings(ChannelSettings, frozen=True, kw_only=True):
    """A service of PagerDuty's, by the routing key of its Events v2 integration."""

    routing_key: Secret
    url: Url = PAGERDUTY_URL

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        yield from super().faults()
        yield from _http_faults(self.url)
        if not self.routing_key.strip():
            yield "routing_key", "the routing key of an Events v2 integration"


class EmailSettings(ChannelSettings, frozen=True, kw_only=True):
    """A mail server, and who writes to whom through it. `ca_file` is the only authority trusted, where it is given."""

    url: Url
    sender: MailAddress = msgspec.field(name="from")
    recipients: Recipients = msgspec.field(name="to")
    starttls: bool = True
    ca_file: str | None = None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        yield from super().faults()
        try:
            smtp_address(self.url)
        except ValueError as wrong:
            yield "url", str(wrong)
        if self.ca_file is not None and not (self.ca_file.startswith("/") and Path(self.ca_file).is_file()):
            yield "ca_file", "the path from the root of a file with certificates"


class WebhookSettings(ChannelSettings, frozen=True, kw_only=True):
    """Any address that takes JSON, which may be secret itself; `secret` signs what is sent."""

    url: Secret
    secret: Secret | None = None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        yield from super().faults()
        yield from _http_faults(self.url)
        if self.secret is not None and not self.secret:
            yield "secret", "text of at least one character, or no such key"


class AppriseSettings(ChannelSettings, frozen=True, kw_only=True):
    """One of the services that Apprise knows, by its address in Apprise's form."""

    url: Secret

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected) for each field that cannot be used."""
        yield from super().faults()
        if "://" not in self.url:
            yield "url", "an address that Apprise knows, such as ntfy://host/topic"


CHANNEL_KINDS: dict[str, type[ChannelSettings]] = {
    "slack": SlackSettings,
    "pagerduty": PagerDutySettings,
    "email": EmailSettings,
    "webhook": WebhookSettings,
    "apprise": AppriseSettings,
}
"""The types of channel; a new one costs a struct, a line here, and one in `alerts/channels`."""


def _http_faults(address: str) -> Iterator[tuple[str, str]]:
    try:
        http_address(address)
    except ValueError as wrong:
        yield "url", str(wrong)
