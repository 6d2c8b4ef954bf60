"""A message that tries a channel, and says so."""

from monitoring.alerts.message import Message
from monitoring.status import Status
from monitoring.store.alerts import Event


def trial(channel: str, at: float) -> Message:
    """Return a labelled test for a channel; `at` is Unix seconds. Its dedup key is no outage's."""
    return Message(
        event=Event.TRIGGER,
        dedup_key=f"daymark:test:{channel}:{round(at * 1000)}",
        check="alert-test",
        title=f"a test of the channel {channel}",
        status=Status.DEGRADED,
        began_at=at,
        confirmed_at=at,
        at=at,
        labelled_test=True,
    )
