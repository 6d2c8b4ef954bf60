"""The admin's page of alerts: who has been told what, what is on its way, and what did not arrive."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol

import msgspec
from flask import Blueprint, Response, abort, g

from monitoring import clock
from monitoring.alerts.message import Message
from monitoring.store import alerts, deliveries, delivery_log
from monitoring.store.alerts import Alert
from monitoring.store.database import Connection, Database
from monitoring.store.deliveries import Delivery
from monitoring.web import admin, away, forms
from monitoring.web.access import Access
from monitoring.web.acknowledge import ACTION, Matter, acknowledge, of_matter
from monitoring.web.admin_shell import SECTIONS, Shell
from monitoring.web.auditing import KeepAudit, audit
from monitoring.web.forms import Forms

PATH = "/monitoring/alerts"
MOST_SENT, MOST_LISTED = 50, 200
FAILED_SECONDS = 7 * clock.DAY_SECONDS


class Channel(Protocol):
    """One configured channel."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def type(self) -> str:
        """Return its type."""


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """One matter that is not over, as all channels that are or will be told of it know it."""

    first: Alert
    told: Sequence[Alert]
    not_told: Sequence[Alert]

    @property
    def messages(self) -> int:
        """Return how many messages went to all channels together."""
        return sum(alert.messages for alert in self.told)


class Sending(msgspec.Struct, frozen=True):
    """A delivery and what it says; `message` is None where another version wrote what this one cannot read."""

    delivery: Delivery
    message: Message | None


class AdminAlerts:
    """Draws the page and takes acknowledgements; every method may raise any of StoreError."""

    def __init__(
        self,
        database: Database,
        shell: Shell,
        forms: Forms,
        channels: Sequence[Channel] = (),
        keep_audit: KeepAudit | None = None,
    ) -> None:
        self._database, self._shell, self._forms = database, shell, forms
        self._channels, self._keep_audit = channels, keep_audit

    def page(self) -> Response:
        """Return the page."""
        asked = admin.asked("24h")
        with self._database.read() as connection:
            values = self._read(connection, asked.now)
        values |= {"channels": self._channels, "csrf_token": self._forms.token(g.user_id), "most": MOST_LISTED}
        return self._shell.answer("admin/alerts.html", SECTIONS["alerts"], asked, values, "alerts")

    def acknowledge(self) -> Response:
        """Acknowledge what the form names; 400 where it names nothing, 404 where that is over."""
        matter = _matter(forms.fields())
        with self._database.read() as connection:
            alert = of_matter(connection, matter)
        if alert is None:
            abort(404, "There is no such alert, or it is over.")
        first = acknowledge(self._database, matter, g.user_id)
        if first:
            audit(self._keep_audit, ACTION, g.user_id, {"check": alert.check, "dedup_key": matter.dedup_key})
        return forms.done(PATH, {"acknowledged": True, "before": not first})

    @staticmethod
    def _read(connection: Connection, now: float) -> dict[str, Any]:
        return {
            "open_alerts": _by_matter(alerts.open_alerts(connection)),
            "waiting": _sendings(deliveries.unfinished(connection, limit=MOST_LISTED)),
            "failed": _sendings(delivery_log.failed(connection, now - FAILED_SECONDS, MOST_LISTED)),
            "sent": _sendings(delivery_log.sent(connection, MOST_SENT)),
            "last_sent": delivery_log.last_sent(connection),
        }


def blueprint(page: AdminAlerts, forms: Forms, access: Access) -> Blueprint:
    """Return the routes, open to admins only."""
    routes = Blueprint("admin_alerts", __name__, url_prefix=PATH)

    @routes.get("")
    def show() -> Response:
        return page.page()

    @routes.post("/acknowledge")
    def take() -> Response:
        forms.require()
        return page.acknowledge()

    return away.tell(access.protect(routes))


def _by_matter(open_alerts: Sequence[Alert]) -> list[Open]:
    """Return the alerts by what they are about, the newest first."""
    ordered = sorted(open_alerts, key=lambda alert: (-alert.began_at, alert.dedup_key, alert.channel))
    grouped = (list(those) for _, those in groupby(ordered, key=lambda alert: (alert.began_at, alert.dedup_key)))
    return [
        Open(
            first=those[0],
            told=[alert for alert in those if alert.told_at is not None],
            not_told=[alert for alert in those if alert.told_at is None],
        )
        for those in grouped
    ]


def _sendings(found: Sequence[Delivery]) -> list[Sending]:
    return [Sending(delivery, _message(delivery.body)) for delivery in found]


def _message(body: str) -> Message | None:
    try:
        return msgspec.json.decode(body, type=Message)
    except msgspec.DecodeError:
        return None


def _matter(said: forms.Fields) -> Matter:
    dedup_key, began_at = said.text("dedup_key"), said.text("began_at")
    try:
        return Matter(dedup_key or "", float(began_at or ""))
    except ValueError:
        abort(400, "dedup_key and began_at (Unix seconds) must name an alert.")
