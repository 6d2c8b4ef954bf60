"""The page that the link of an alert leads to: opening it does nothing, its one button acknowledges.

Mail scanners follow links, so only a POST counts. The signature in the address is the right to do so; there is no
other.
"""

from collections.abc import Callable, Mapping

import msgspec
from flask import Blueprint, Response, abort, render_template

from monitoring import clock
from monitoring.signing import Signer
from monitoring.store import alerts
from monitoring.store.alerts import Alert
from monitoring.store.database import Connection, Database
from monitoring.web import away, forms, secret_paths, wording
from monitoring.web.auditing import KeepAudit, audit

PURPOSE = "acknowledge"
LIFETIME_SECONDS = 30 * clock.DAY_SECONDS
ACTION = "alert.acknowledged"
BY_LINK = "the link in the alert"
_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


class Matter(msgspec.Struct, frozen=True):
    """What an alert is about: the same on all channels that were told."""

    dedup_key: str
    began_at: float


class Acknowledging:
    """Shows what is to be acknowledged, and takes it. `titles` returns the titles of the checks by name."""

    def __init__(
        self,
        database: Database,
        signer: Signer,
        titles: Callable[[], Mapping[str, str]],
        keep_audit: KeepAudit | None = None,
    ) -> None:
        self._database, self._signer, self._titles, self._keep_audit = database, signer, titles, keep_audit

    def show(self) -> Response:
        """Return the page; 404 where the link is none of ours or too old, any of StoreError."""
        matter = self._matter()
        alert = self._open(matter)
        title = self._titles().get(alert.check, alert.check) if alert else ""
        text = render_template(
            "acknowledge.html", alert=alert, title=title, matter=matter, now=clock.now(), wording=wording
        )
        return Response(text, mimetype="text/html", headers=_HEADERS)

    def take(self, path: str) -> Response:
        """Acknowledge, unless that was done or it is over, and lead back to the page at `path`."""
        forms.require_own_site()
        matter = self._matter()
        alert = self._open(matter)
        if alert is not None and acknowledge(self._database, matter, BY_LINK):
            details = {"check": alert.check, "dedup_key": matter.dedup_key, "by": BY_LINK}
            audit(self._keep_audit, ACTION, None, details)
        return Response(status=303, headers={**_HEADERS, "Location": path})

    def _matter(self) -> Matter:
        said = self._signer.read(PURPOSE, secret_paths.secret(), LIFETIME_SECONDS)
        try:
            return msgspec.convert(said, Matter)
        except msgspec.ValidationError:
            abort(404, "This link is not one of ours, or it is older than 30 days.")

    def _open(self, matter: Matter) -> Alert | None:
        with self._database.read() as connection:
            return of_matter(connection, matter)


def blueprint(acknowledging: Acknowledging) -> Blueprint:
    """Return the route; it needs `secret_paths.init_app`."""
    routes = Blueprint("acknowledge", __name__)

    @routes.get("/alerts/<token>")
    def show(token: str) -> Response:  # noqa: ARG001 - it was taken out of the path
        return acknowledging.show()

    @routes.post("/alerts/<token>")
    def take(token: str) -> Response:  # noqa: ARG001
        return acknowledging.take(f"/alerts/{secret_paths.secret()}")

    return away.tell(routes)


def of_matter(connection: Connection, matter: Matter) -> Alert | None:
    """Return what one of the channels knows of a matter, None where it is over."""
    found = (each for each in alerts.open_alerts(connection) if Matter(each.dedup_key, each.began_at) == matter)
    return next(found, None)


def acknowledge(database: Database, matter: Matter, by: str) -> bool:
    """Store that somebody looks after it; False where somebody did before. Any of StoreError."""
    with database.write() as connection:
        return alerts.acknowledge(connection, matter.dedup_key, matter.began_at, clock.now(), by)
