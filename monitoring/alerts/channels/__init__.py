"""The channels: each takes messages to people, or to what wakes them, in its own form."""

from collections.abc import Callable, Iterable
from typing import Any

from monitoring.alerts.channel import Channel, Links
from monitoring.alerts.channels.apprise import AppriseChannel
from monitoring.alerts.channels.email import EmailChannel
from monitoring.alerts.channels.pagerduty import PagerDutyChannel
from monitoring.alerts.channels.slack import SlackChannel
from monitoring.alerts.channels.webhook import WebhookChannel
from monitoring.settings import ChannelSettings

TYPES: dict[str, Callable[[Any, Links], Channel]] = {
    "slack": SlackChannel,
    "pagerduty": PagerDutyChannel,
    "email": EmailChannel,
    "webhook": WebhookChannel,
    "apprise": AppriseChannel,
}
"""Every type of channel; a new one costs a module, a line here, and its settings."""


def build(settings: Iterable[ChannelSettings], links: Links) -> dict[str, Channel]:
    """Return the configured channels by name. Nothing is connected to, and no library of theirs is imported."""
    return {each.name: TYPES[each.type](each, links) for each in settings}
