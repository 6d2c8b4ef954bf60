"""Who is an admin: whoever shows a token whose SHA-256 is known, or a JWT that the application signed for an admin."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import ceil
from typing import Any

import msgspec
from flask import Blueprint, Request, g, request
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized

from monitoring.logs.redaction import redact_text
from monitoring.web.attempts import Attempts
from monitoring.web.auditing import KeepAudit, audit

ACTION = "admin.access"
CHALLENGES = ('Basic realm="Daymark"', "Bearer")
"""A header each: Chromium answers none of those that share one."""
SECRET_BYTES = 32
_USER_ID_LENGTH = 200


class Identity(msgspec.Struct, frozen=True):
    """An admin. `user_id` is a JWT's subject, or the beginning of a token's hash, which tells tokens apart."""

    user_id: str


class Outcome(StrEnum):
    """What came of showing a credential."""

    GRANTED = "granted"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    LIMITED = "limited"


class Judgement(msgspec.Struct, frozen=True):
    """What a request's credential is worth; `wait_seconds` only where it is limited."""

    outcome: Outcome
    identity: Identity | None = None
    wait_seconds: float = 0.0


class Challenged(Unauthorized):
    """401 with the schemes that are understood; a browser asks its user for the first."""

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Return the headers of the answer."""
        return [*super().get_headers(environ, scope), *(("WWW-Authenticate", each) for each in CHALLENGES)]


class Access:
    """Tells admins from strangers; every credential that is shown is audited, right or wrong.

    `token_hashes` are the tokens' SHA-256 in hex; `jwt_secret` signs JWTs (HS256; ValueError below 32 bytes).
    """

    def __init__(
        self,
        token_hashes: Sequence[str] = (),
        jwt_secret: str | None = None,
        attempts: Attempts | None = None,
        keep_audit: KeepAudit | None = None,
    ) -> None:
        if jwt_secret is not None and len(jwt_secret.encode("utf-8", "surrogateescape")) < SECRET_BYTES:
            raise ValueError(f"the secret of the JWTs must have at least {SECRET_BYTES} bytes")
        self._token_hashes, self._jwt_secret = token_hashes, jwt_secret
        self._attempts, self._keep_audit = attempts or Attempts(), keep_audit

    def identify(self, request: Request) -> Identity | None:
        """Return the admin who asks, None for a stranger; a wrong credential counts against its address."""
        judgement = self._judge(request)
        granted = judgement is not None and judgement.outcome is Outcome.GRANTED
        return judgement.identity if judgement is not None and granted else None

    def is_admin(self, request: Request) -> bool:
        """Return whether an admin asks; a wrong credential counts against its address."""
        return self.identify(request) is not None

    def require(self) -> None:
        """Let an admin through and put `user_id` into `g`; else raise Unauthorized, Forbidden or TooManyRequests."""
        judgement = self._judge(request)
        if judgement is None:
            raise Challenged("This is for admins: an admin token is needed.")
        if judgement.outcome is Outcome.LIMITED:
            raise TooManyRequests("Too many wrong tokens came from here.", retry_after=ceil(judgement.wait_seconds))
        if judgement.outcome is Outcome.REFUSED:
            raise Challenged("The token is not a right one.")
        if judgement.outcome is Outcome.FORBIDDEN:
            raise Forbidden("The token is a right one, but not an admin's.")
        g.user_id = judgement.identity.user_id if judgement.identity else None

    def protect(self, routes: Blueprint) -> Blueprint:
        """Return `routes`, open to admins only."""
        routes.before_request(self.require)
        return routes

    def _judge(self, request: Request) -> Judgement | None:
        """Return what the credential of the request is worth, None where it has none."""
        credential = _credential(request)
        if credential is None:
            return None
        address = request.remote_addr or "unknown"
        judgement = self._worth(credential)
        if judgement.outcome is Outcome.REFUSED:
            wait_seconds = self._attempts.failed(address)
            judgement = Judgement(Outcome.LIMITED, None, wait_seconds) if wait_seconds else judgement
        self._audit(request, judgement, address)
        return judgement

    def _worth(self, credential: str) -> Judgement:
        """Judge a credential. Both kinds are tried whatever the first says, so that the time taken says nothing."""
        token, claims = self._known_token(credential), self._claims(credential)
        if token is not None:
            return Judgement(Outcome.GRANTED, token)
        if claims is None:
            return Judgement(Outcome.REFUSED)
        outcome = Outcome.GRANTED if _is_admins(claims) else Outcome.FORBIDDEN
        return Judgement(outcome, Identity(_subject(claims)))

    def _known_token(self, credential: str) -> Identity | None:
        """Return whose token it is; all hashes are compared, each in constant time."""
        digest = hashlib.sha256(credential.encode("utf-8", "surrogateescape")).hexdigest()
        known = [one for one in self._token_hashes if hmac.compare_digest(digest, one)]
        return Identity(f"admin-{digest[:8]}") if known else None

    def _claims(self, credential: str) -> Mapping[str, Any] | None:
        """Return what a JWT says that is signed with the secret and in force; None for anything else.

        Its audience and the type of its subject are the application's affair.
        """
        if self._jwt_secret is None:
            return None
        import jwt

        try:
            options: Any = {"verify_aud": False, "verify_sub": False}
            return jwt.decode(credential, self._jwt_secret, algorithms=["HS256"], options=options)
        except (jwt.PyJWTError, ValueError, RecursionError):  # hostile JSON nests deeper than the parser goes
            return None

    def _audit(self, request: Request, judgement: Judgement, address: str) -> None:
        user_id = judgement.identity.user_id if judgement.identity else None
        details = {"address": address, "outcome": str(judgement.outcome), "path": redact_text(request.path[:200])}
        audit(self._keep_audit, ACTION, user_id, details)


def _credential(request: Request) -> str | None:
    """Return the token of `Authorization: Bearer`, or the password of Basic; None where there is neither."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    basic = request.authorization
    return (basic.password or None) if basic is not None and basic.type == "basic" else None


def _is_admins(claims: Mapping[str, Any]) -> bool:
    return claims.get("role") == "admin" or claims.get("tier") == "ultimate"


def _subject(claims: Mapping[str, Any]) -> str:
    subject = next((claims[key] for key in ("sub", "user_id", "id") if claims.get(key) is not None), "jwt")
    return redact_text(str(subject)[:_USER_ID_LENGTH])
