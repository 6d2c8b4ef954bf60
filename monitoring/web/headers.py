"""The headers every answer carries, so that a page can do nothing but be read."""

from flask import Flask, Response

POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; " \
    "frame-ancestors 'none'"  # fmt: skip


def init_app(app: Flask) -> None:
    """Add the headers to every answer of `app`."""
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype == "text/html":
        headers["Content-Security-Policy"] = POLICY
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Frame-Options"] = "DENY"
    return response
