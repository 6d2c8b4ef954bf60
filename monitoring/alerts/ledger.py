"""The alerts while it is being decided what becomes of them."""

from collections import defaultdict
from collections.abc import Iterable

from monitoring.store.alerts import Alert

_Key = tuple[str, str, float]


class Ledger:
    """Alerts by channel, check and outage, of which the open ones are found by their check."""

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self._before = {_key(alert): alert for alert in alerts if alert.closed_at is None}
        self._alerts = dict(self._before)
        self._open: dict[str, dict[_Key, Alert]] = defaultdict(dict)
        for key, alert in self._alerts.items():
            self._open[alert.check][key] = alert

    def put(self, alert: Alert) -> None:
        """Keep an alert as it is now; a closed one is not open any more."""
        key = _key(alert)
        self._alerts[key] = alert
        if alert.closed_at is None:
            self._open[alert.check][key] = alert
        else:
            self._open[alert.check].pop(key, None)

    def open(self) -> list[Alert]:
        """Return all alerts that are not closed."""
        return [alert for alerts in self._open.values() for alert in alerts.values()]

    def open_of(self, check: str) -> list[Alert]:
        """Return the alerts of a check that are not closed."""
        return list(self._open[check].values()) if check in self._open else []

    def changed(self) -> tuple[Alert, ...]:
        """Return the alerts that are new, or other than they were."""
        return tuple(alert for key, alert in self._alerts.items() if alert != self._before.get(key))


def _key(alert: Alert) -> _Key:
    return alert.channel, alert.check, alert.began_at
