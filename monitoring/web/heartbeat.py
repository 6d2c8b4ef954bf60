"""Where jobs call: `/heartbeat/<token>`, with `/start`, `/fail` or an exit code behind it."""

import hashlib
import hmac
import re
import threading
from collections.abc import Iterable

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected
from werkzeug.http import HTTP_STATUS_CODES

from monitoring import clock
from monitoring.health.checks.heartbeat import HeartbeatSettings
from monitoring.logs import log
from monitoring.logs.redaction import redact_text
from monitoring.logs.secrets import MASK
from monitoring.store import heartbeats
from monitoring.store.database import Database, StoreError
from monitoring.store.heartbeats import Call, Kind
from monitoring.web import secret_paths
from monitoring.web.errors import PROBLEM_TYPE

BODY_BYTES = 10 * 1024
CALLS_A_MINUTE = 60
RETRY_SECONDS = 5
METHODS = ["GET", "HEAD", "POST"]
_WORDS = {"": (Kind.SUCCESS, None), "start": (Kind.START, None), "fail": (Kind.FAILURE, None)}
_CODE = re.compile(r"[0-9]{1,3}")
_LAST_WORD = 1024


class Pace:
    """Counts the calls of each check in this process; beyond 60 a minute they are refused."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[str, tuple[int, int]] = {}

    def wait_seconds(self, check: str) -> int:
        """Count one call and return 0, or how long to wait where it is one too many."""
        minute, second = divmod(int(clock.monotonic()), 60)
        with self._lock:
            counted, calls = self._minutes.get(check, (minute, 0))
            calls = calls + 1 if counted == minute else 1
            self._minutes[check] = (minute, calls)
        return 60 - second if calls > CALLS_A_MINUTE else 0


class Heartbeats:
    """Takes the calls of the jobs of `checks` into `database`; a token that two checks share calls for both."""

    def __init__(self, database: Database, checks: Iterable[HeartbeatSettings]) -> None:
        self._database, self._pace = database, Pace()
        self._known = [(_digest(check.token), check) for check in checks]

    def call(self, signal: str) -> Response:
        """Store one call; the answer says nothing but whether that was done."""
        called, meaning = self._called(secret_paths.secret()), _meaning(signal)
        if not called or meaning is None:
            return _refused(404, "There is no such heartbeat.")
        wait_seconds = max(self._pace.wait_seconds(check.name) for check in called)
        if wait_seconds:
            return _refused(429, f"More than {CALLS_A_MINUTE} calls a minute are not taken.", wait_seconds)
        return self._store(called, *meaning)

    def _called(self, token: str) -> list[HeartbeatSettings]:
        """Return whose token it is; all are compared, each in constant time."""
        digest = _digest(token)
        return [check for known, check in self._known if hmac.compare_digest(known, digest)]

    def _store(self, called: list[HeartbeatSettings], kind: Kind, exit_code: int | None) -> Response:
        at, body = clock.now(), _body(called[0].token)
        calls = [Call(check=check.name, at=at, kind=kind, exit_code=exit_code, body=body) for check in called]
        try:
            with self._database.write() as connection:
                for call in calls:
                    heartbeats.add(connection, call)
        except StoreError as error:
            log.error("The call of a job could not be stored", check=called[0].name, error=str(error))
            return _refused(503, "The call could not be stored; call again.", RETRY_SECONDS)
        return Response(b'{"status":"ok"}', mimetype="application/json", headers={"Cache-Control": "no-store"})


def blueprint(beats: Heartbeats) -> Blueprint:
    """Return the routes; they need `secret_paths.init_app`."""
    routes = Blueprint("heartbeat", __name__)

    @routes.route("/heartbeat/<token>", methods=METHODS)
    def success(token: str) -> Response:  # noqa: ARG001 - it was taken out of the path
        return beats.call("")

    @routes.route("/heartbeat/<token>/<signal>", methods=METHODS)
    def other(token: str, signal: str) -> Response:  # noqa: ARG001
        return beats.call(signal)

    return routes


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _meaning(signal: str) -> tuple[Kind, int | None] | None:
    """Return what the end of the address says, None where it says nothing."""
    if not _CODE.fullmatch(signal):
        return _WORDS.get(signal)
    code = int(signal)
    return (Kind.FAILURE if code else Kind.SUCCESS, code) if code <= 255 else None


def _body(token: str) -> str:
    """Return the first 10 KB that were sent, without secrets; no more is read, however much there is."""
    try:
        sent = request.stream.read(BODY_BYTES + 1)
    except (ClientDisconnected, OSError):  # who called may have been ended by what it tells of
        return ""
    text = sent[:BODY_BYTES].decode("utf-8", "replace")
    if len(sent) > BODY_BYTES:
        text = _without_last_word(text) + "…"
    return redact_text(text.replace(token, MASK))


def _without_last_word(text: str) -> str:
    """Return the text without what was cut in two: half a secret would no longer look like one."""
    end = max(text.rfind(mark, -_LAST_WORD) for mark in " \n\t")
    return text[: end if end >= 0 else -_LAST_WORD]


def _refused(status: int, words: str, retry_seconds: int | None = None) -> Response:
    """Return a problem document that, unlike others, does not name the address: it is a secret."""
    problem = {"type": "about:blank", "title": HTTP_STATUS_CODES[status], "status": status, "detail": words}
    response = Response(msgspec.json.encode(problem), status, content_type=PROBLEM_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if retry_seconds is not None:
        response.headers["Retry-After"] = str(retry_seconds)
    return response
