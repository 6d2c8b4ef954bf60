"""What pages of other sites may read: scripts there see an answer only where it says so."""

from flask import Blueprint, Response, request

METHODS = "GET, HEAD, OPTIONS"
_ASKED_BEFORE = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


def open_to_all(routes: Blueprint) -> Blueprint:
    """Return `routes`, readable by scripts of any site: answers, errors, and what browsers ask before (OPTIONS)."""
    routes.after_request(_opened)
    return routes


def _opened(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    if request.method == "OPTIONS":
        response.headers.update(_ASKED_BEFORE)
    return response
