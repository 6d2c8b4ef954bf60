"""Requests through whoever reports their times: settled in the serving process, after the application was made."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from monitoring.errors import tracker

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def sampled(app: "WSGIApplication") -> "WSGIApplication":
    """Return `app` inside of what the reporter at hand puts around it; asked once it is Sentry."""
    around: WSGIApplication | None = None

    def call(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        nonlocal around
        if around is None:
            around = tracker.reporter.around(app)
        return around(environ, start_response)

    return call
