"""When many messages for one channel become one. Pure."""

from collections import Counter
from collections.abc import Iterable

from monitoring.alerts.keys import digest_id
from monitoring.store.alerts import Delivery

ALONE = 4
RATE_SECONDS = 60.0
GATHERING_SECONDS = 30.0


class Gathering:
    """Counts what each channel is sent: four messages within 60 s go at once, further ones are gathered for 30 s.

    A digest takes whatever is decided until it is due. `deliveries` are those of at least the last 60 s.
    """

    def __init__(self, deliveries: Iterable[Delivery], now: float) -> None:
        self._now = now
        # A clock that was set back must not make an hour's messages recent ones.
        recent = [each for each in deliveries if abs(now - each.created_at) < RATE_SECONDS]
        self._counts = Counter(each.channel for each in recent)
        self._open = {each.channel: (each.digest, each.send_at) for each in recent if _gathers(each, now)}

    def place(self, channel: str) -> tuple[str | None, float]:
        """Count one more message; return its digest (None: it goes alone) and when it is sent (Unix seconds)."""
        self._counts[channel] += 1
        if channel in self._open:
            return self._open[channel]
        if self._counts[channel] <= ALONE:
            return None, self._now
        self._open[channel] = digest_id(channel, self._now), self._now + GATHERING_SECONDS
        return self._open[channel]


def _gathers(delivery: Delivery, now: float) -> bool:
    """Return whether a delivery's digest is still open: one that was tried may be due again later, but is complete."""
    tried = delivery.attempts or delivery.outcome is not None
    return delivery.digest is not None and not tried and delivery.send_at > now
