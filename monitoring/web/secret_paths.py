"""Addresses that are secrets: whoever knows one may use it, so the secret part is nowhere to be seen inside.

It is taken out of the path before anything else sees the request. Log lines, problem documents and error reports tell
of the path without it; the view asks for it with `secret()`.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HIDDEN = "-"
_KEPT = "daymark.secret"
_SECRET = re.compile(r"(/+(?:heartbeat|alerts)/+)([^/]+)", re.IGNORECASE)


def init_app(app: Flask) -> None:
    """Hide the secrets from all that is around `app` by now: call it after every other room."""
    app.wsgi_app = _hiding(app.wsgi_app)  # type: ignore[method-assign,assignment]


def secret() -> str:
    """Return the secret part of this request's address, empty where it has none."""
    return str(request.environ.get(_KEPT, ""))


def _hiding(inner: "WSGIApplication") -> "WSGIApplication":
    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        found = _SECRET.match(environ.get("PATH_INFO", ""))
        if found is not None:
            environ[_KEPT] = found[2].encode("latin-1", "replace").decode("utf-8", "replace")
            environ["PATH_INFO"] = found[1] + HIDDEN + environ["PATH_INFO"][found.end() :]
            _forget_raw(environ)
        return inner(environ, start_response)

    return serve


def _forget_raw(environ: "WSGIEnvironment") -> None:
    """Take the address as the client wrote it out of what servers pass on besides the path."""
    for name in ("RAW_URI", "REQUEST_URI"):
        if name in environ:
            environ[name] = environ["PATH_INFO"]
