"""Errors of requests that no handler of the application took."""

import logging
from contextlib import suppress
from typing import Any

from flask import Flask, g, got_request_exception, request

from monitoring import errors
from monitoring.errors import unhandled
from monitoring.errors.marks import is_captured


def capture(app: Flask) -> None:
    """Capture them, each told of once: Flask's own line about the same error is left out."""
    unhandled.watch_requests(errors.capture_error, got_request_exception, app, _known)
    app.logger.addFilter(_is_news)


def _known() -> dict[str, Any]:
    """Return what is known of the request; its query can carry secrets."""
    rule = request.url_rule
    known = {
        "operation": "request",
        "method": request.method,
        "path": request.path,
        "rule": rule.rule if rule is not None else None,
    }
    with suppress(Exception):  # an application's user may be a lazy object whose database is away
        user_id = g.get("user_id") or getattr(g.get("user"), "id", None)
        return known if user_id is None else {**known, "user_id": user_id}
    return known


def _is_news(record: logging.LogRecord) -> bool:
    """Return whether a record of the application's logger is another than Flask's about an error captured before."""
    if record.funcName != "log_exception" or not record.exc_info:
        return True
    return not is_captured(record.exc_info[1])
