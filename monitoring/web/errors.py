"""What an error looks like from outside: a problem document (RFC 9457), or a page for a browser."""

from urllib.parse import quote

import msgspec
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, default_exceptions
from werkzeug.http import HTTP_STATUS_CODES

from monitoring import correlation
from monitoring.logs import log
from monitoring.logs.redaction import redact_text

PROBLEM_TYPE = "application/problem+json"
TEMPLATE = "error.html"
_OWN_HEADERS = frozenset({"content-type", "content-length"})


def init_app(app: Flask) -> None:
    """Answer every error of `app` in one shape. Flask itself logs what was not handled, with its stack, once."""
    app.register_error_handler(HTTPException, answer)


def answer(error: HTTPException) -> Response | HTTPException:
    """Return the response for `error`: its status and its headers (Allow, Retry-After …), never its cause."""
    if error.response is not None or error.code is None:
        return error  # a view aborted with a response of its own
    status = error.code
    problem = _problem(error, status)
    response = _page(problem) if wants_page() else None
    response = response or Response(msgspec.json.encode(problem), content_type=PROBLEM_TYPE)
    response.status_code = status
    response.headers.extend(
        (name, value) for name, value in error.get_headers(request.environ) if name.lower() not in _OWN_HEADERS
    )
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response


def _problem(error: HTTPException, status: int) -> dict[str, object]:
    """Return the members of the problem document."""
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES.get(status, "Unknown error"),
        "status": status,
        "detail": _detail(error, status),
        "instance": quote(request.path),
    }
    correlation_id = correlation.current()
    return problem if correlation_id is None else {**problem, "correlation_id": correlation_id}


def _detail(error: HTTPException, status: int) -> str:
    """Return what a view said of a client's fault; of our own only the standard words are shown."""
    standard = default_exceptions.get(status, HTTPException).description or ""
    return standard if status >= 500 or not error.description else redact_text(str(error.description))


def wants_page() -> bool:
    """Return whether HTML is asked for rather than JSON; what takes anything, as curl does, gets JSON."""
    accepted = request.accept_mimetypes
    return accepted["text/html"] > max(accepted["application/json"], accepted[PROBLEM_TYPE])


def _page(problem: dict[str, object]) -> Response | None:
    """Return the page, None where the template itself fails."""
    try:
        return Response(render_template(TEMPLATE, **problem), content_type="text/html; charset=utf-8")
    except Exception as error:  # noqa: BLE001 - the page of an error must not become an error
        log.error("Error page failed", exc_info=error)
        return None
