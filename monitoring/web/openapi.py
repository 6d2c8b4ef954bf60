"""`/openapi.json`: every JSON endpoint, described by OpenAPI 3.1; kept by hand in `static/openapi.json`."""

from pathlib import Path

import msgspec
from flask import Blueprint, Response, request

from monitoring.web.cors import open_to_all
from monitoring.web.rendered import Rendered

DOCUMENT = Path(__file__).parents[2] / "static" / "openapi.json"


def described(version: str) -> bytes:
    """Return the document as JSON; `version` is the service's."""
    document = msgspec.json.decode(DOCUMENT.read_bytes())
    document["info"]["version"] = version
    return msgspec.json.encode(document)


def blueprint(version: str) -> Blueprint:
    """Return the route; `version` is the service's."""
    routes = Blueprint("openapi", __name__)
    document = Rendered(described(version).decode(), "application/json")

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return document.respond(request)

    return open_to_all(routes)
