"""Forms without cookies or sessions: a token in each says that one of our own pages made it; bodies are bounded."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, g, request
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, HTTPException

from monitoring.clock import HOUR_SECONDS
from monitoring.signing import Signer
from monitoring.store.database import StoreError
from monitoring.web import errors

FIELD, HEADER = "csrf_token", "X-CSRF-Token"
PURPOSE = "form"
LIFETIME_SECONDS = 12 * HOUR_SECONDS
BODY_BYTES = 64 * 1024
_FROM_HERE = ("same-origin", "none")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "")
_JSON = "application/json"


class Forms:
    """Keeps other sites from sending an admin's forms: browsers add the credentials of Basic by themselves."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def token(self, user_id: str) -> str:
        """Return the content of the hidden field `csrf_token` of one user's forms; any of StoreError.

        It is markup, so that the redaction of pages leaves it as it is; its letters mean nothing in HTML.
        """
        return Markup(self._signer.sign(PURPOSE, user_id))  # noqa: S704

    def require(self) -> None:
        """Let a request through that may change something; call it once `Access` has let its sender in.

        `Authorization: Bearer` is proof enough, since no browser sends it by itself. Anything else needs the token of
        `g.user_id`, at most 12 hours old, in the field `csrf_token` or the header `X-CSRF-Token`: 403 without. 413
        where the body is larger than 64 KB; any of StoreError.
        """
        bound_body()
        scheme = request.headers.get("Authorization", "").partition(" ")[0]
        if scheme.lower() == "bearer":
            return
        require_own_site()
        token = request.headers.get(HEADER) or request.form.get(FIELD, "")
        signed_for = self._signer.read(PURPOSE, token, LIFETIME_SECONDS)
        if signed_for is None or signed_for != g.user_id:
            abort(403, f"The field {FIELD} (or the header {HEADER}) is missing, wrong or too old: load the page again.")


class Refused(msgspec.Struct, frozen=True):
    """A form that was not taken: why, the path it was sent to, and what was typed in it."""

    why: str
    path: str
    typed: Mapping[str, list[str]]

    def of(self, path: str) -> Mapping[str, list[str]]:
        """Return what was typed in the form that is sent to a path; empty where it was another one."""
        return self.typed if self.path == path else {}


NOTHING_REFUSED = Refused("", "", {})


def show_again(routes: Blueprint, page: Callable[[Refused], Response], labels: Mapping[str, str]) -> Blueprint:
    """Return `routes`; a form that they answer with 400 is shown again with all that was typed in it.

    `page` draws the page that the forms are on, `labels` are what people call the fields there.
    """

    def answer(error: BadRequest) -> Response | HTTPException:
        if request.mimetype not in _FORMS or not errors.wants_page() or g.get("user_id") is None:
            return errors.answer(error)
        why = str(error.description)
        for name, label in labels.items():
            why = why.replace(f"{name} must", f"“{label}” must")
        try:
            response = page(Refused(why, request.path, request.form.to_dict(flat=False)))
        except StoreError:
            return errors.answer(error)
        response.status_code = error.code
        return response

    routes.register_error_handler(BadRequest, answer)
    return routes


class Fields:
    """What a form, or a JSON object, says; both are read alike. Each method answers 400 where it is no text."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self._said = said

    def text(self, name: str) -> str | None:
        """Return one text without the blanks around it, None where it is missing or empty."""
        values = self.texts(name)
        if len(values) > 1:
            abort(400, f"{name} must be one text.")
        return values[0] if values else None

    def written(self, name: str) -> str | None:
        """Return one text, which is empty where the field was left empty; None where there is no such field."""
        return self.text(name) or ("" if self._said.get(name) is not None else None)

    def texts(self, name: str) -> list[str]:
        """Return several texts without the blanks around them; the empty ones are left out."""
        said = self._said.get(name)
        values = said if isinstance(said, list) else [] if said is None else [said]
        if not all(isinstance(value, str) for value in values):
            abort(400, f"{name} must be text.")
        return [value.strip() for value in values if value.strip()]


def fields() -> Fields:
    """Return what the body of the request says; 400 where it is not what it should be, 413, 415."""
    bound_body()
    if request.mimetype == _JSON:
        return Fields(_object(request.get_data()))
    if request.mimetype not in _FORMS:
        abort(415, f"The body must be a form or {_JSON}.")
    return Fields(request.form.to_dict(flat=False))


def done(page: str, body: Any, status: int = 200) -> Response:
    """Return the answer to what was done: `body` for JSON, for a form 303 to the address of a page."""
    if request.mimetype == _JSON:
        response = Response(msgspec.json.encode(body), status, mimetype=_JSON)
    else:
        response = Response(status=303, headers={"Location": page})
    response.headers["Cache-Control"] = "no-store"
    return response


def bound_body() -> None:
    """Have the body of this request refused with 413, whoever reads it, where it is larger than 64 KB."""
    request.max_content_length = BODY_BYTES
    if (request.content_length or 0) > BODY_BYTES:
        abort(413)


def require_own_site() -> None:
    """Refuse with 403 what a browser says that another site sent."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _FROM_HERE:
        abort(403, f"Sec-Fetch-Site is {site[:20]}: the form was sent by another site, not by a page of ours.")


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        abort(400, "The body is not a JSON object.")
