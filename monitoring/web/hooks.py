"""What happens around every request: its correlation id, its time, its two log lines, its two metrics.

This stands around Flask's WSGI application rather than in its `before_request` and `after_request`: nothing inside,
not even another hook that fails, can then answer without the id, and a request costs a quarter of what it would.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from time import perf_counter
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from flask import Flask, g, has_request_context

from monitoring import correlation
from monitoring.logs import COMPLETED, Prepared, levels, log
from monitoring.metrics import metrics
from monitoring.metrics.cell import Tags
from monitoring.performance import performance

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Headers = list[tuple[str, str]]

EXTENSION = "daymark_hooks"

_HEADER = correlation.HEADER.lower()
_VARIABLES = {
    "X-Correlation-ID": "HTTP_X_CORRELATION_ID",
    "X-Request-ID": "HTTP_X_REQUEST_ID",
    "traceparent": "HTTP_TRACEPARENT",
}
# Whatever a client calls its method becomes a label only if it is one.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_UNMATCHED = "unmatched"


class _Headers:
    """The few headers that `correlation` asks for, without the cost of all the others."""

    __slots__ = ("_environ",)

    def __init__(self, environ: "WSGIEnvironment") -> None:
        self._environ = environ

    def get(self, key: str, /) -> str | None:
        """Return the header `key` as the server passed it on."""
        return self._environ.get(_VARIABLES[key])


class Hooks:
    """The WSGI application around `app`. It never breaks a request: `failures` counts what failed in it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.failures = 0
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request under its id. The thread, which serves others, forgets the id when the response begins."""
        at = perf_counter()
        correlation_id = self._guarded(_accept, environ) or correlation.make()
        token = correlation.set(correlation_id)
        told = False

        # Annotations that are not text would be evaluated with every request, at 3 us.
        def start(status: str, headers: "Headers", *exc_info: "Any") -> "Callable[[bytes], object]":
            nonlocal told
            # A streamed response is told of when it begins: its end is the server's affair.
            if not told:
                told = True
                self._guarded(_complete, environ, status, at)
            return start_response(status, _with_id(headers, correlation_id), *exc_info)

        try:
            if log.enabled(levels.DEBUG):
                self._guarded(_begin, environ)
            return self._app(environ, start)
        except BaseException:
            if not told:  # the error goes on to a debugger or a test
                self._guarded(_complete, environ, "500", at)
            raise
        finally:
            correlation.reset(token)

    def _guarded(self, hook: Callable[..., Any], *given: Any) -> Any:
        try:
            return hook(*given)
        except Exception as error:  # noqa: BLE001 - monitoring never breaks the monitored
            self.failures += 1
            log.warn("Request hook failed", hook=hook.__name__.strip("_"), exc_info=error, failures=self.failures)
            return None


def init_app(app: Flask) -> None:
    """Put the hooks around every request of `app`, once; what is put around it before is inside, what later outside."""
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = hooks = Hooks(app.wsgi_app)
        app.wsgi_app = hooks  # type: ignore[method-assign]


def _accept(environ: "WSGIEnvironment") -> str:
    if "HTTP_X_CORRELATION_ID" in environ or "HTTP_X_REQUEST_ID" in environ or "HTTP_TRACEPARENT" in environ:
        return correlation.accept_or_make(_Headers(environ))
    return correlation.make()


def _with_id(headers: list[tuple[str, str]], correlation_id: str) -> list[tuple[str, str]]:
    """Return `headers` with the id, in the place of one that a view may have set."""
    kept = [header for header in headers if header[0].lower() != _HEADER]
    kept.append((correlation.HEADER, correlation_id))
    return kept


def _begin(environ: "WSGIEnvironment") -> None:
    log.debug(
        "Request started",
        method=environ["REQUEST_METHOD"],
        path=_path(environ),
        user_agent=environ.get("HTTP_USER_AGENT"),
        content_type=environ.get("CONTENT_TYPE") or None,
        content_length=environ.get("CONTENT_LENGTH") or None,
    )


def _complete(environ: "WSGIEnvironment", status_line: str, at: float) -> None:
    """Record the request, and write the completion line, if anybody wants it."""
    duration_ms = (perf_counter() - at) * 1000
    rule, code, method = _rule(environ), status_line[:3], environ["REQUEST_METHOD"]
    tags, known = _labels(method if method in _METHODS else "other", rule or _UNMATCHED, code)
    metrics.timed("api.requests", "api.response_time", duration_ms, tags)
    performance.exceeded("api.request", duration_ms, known)
    status = int(code)
    level = levels.of_request(environ.get("PATH_INFO", ""), status)
    if log.enabled(level):
        _tell(environ, round(duration_ms, 2), (level, method, status, rule))


@lru_cache(maxsize=512)
def _labels(method: str, rule: str, code: str) -> tuple[Tags, Mapping[str, str]]:
    """Return the labels of a request's metrics, as metrics like them best, and as a mapping."""
    known = {"method": method, "rule": rule, "status": code}
    return tuple(known.items()), known


def _rule(environ: "WSGIEnvironment") -> str | None:
    """Return the URL rule; None where none matched, or where no view of Flask's answered.

    Werkzeug leaves its request in the environment, where it is found in a tenth of the time of Flask's own proxy.
    """
    matched = getattr(environ.get("werkzeug.request"), "url_rule", None)
    return matched.rule if matched is not None else None


def _path(environ: "WSGIEnvironment") -> str:
    """Return the path without its query, which can carry secrets; WSGI passes bytes on as Latin-1 (PEP 3333)."""
    raw: str = environ.get("PATH_INFO", "")
    return raw if raw.isascii() else raw.encode("latin-1", "replace").decode("utf-8", "replace")


def _tell(environ: "WSGIEnvironment", duration_ms: float, kind: tuple[int, str, int, str | None]) -> None:
    # The client's own address, where ProxyFix knows it.
    path, ip, agent = _path(environ), environ.get("REMOTE_ADDR"), environ.get("HTTP_USER_AGENT")
    user_id = _user_id() if has_request_context() else None  # another's answer comes from outside of Flask
    if user_id is None:
        _line(*kind).write(path, duration_ms, ip, agent)
    else:
        _line(*kind, user_id=...).write(path, duration_ms, user_id, ip, agent)


@lru_cache(maxsize=512)
def _line(level: int, method: str, status: int, rule: str | None, **more: EllipsisType) -> Prepared:
    """Return the completion line of one kind of request, which needs values for the fields that are `...`."""
    known: dict[str, Any] = {"method": method, "path": ..., "status": status, "duration_ms": ..., "rule": rule}
    return Prepared(level, COMPLETED, {**known, **more, "ip": ..., "user_agent": ...})


def _user_id() -> Any:
    """Return the id of the user that the application has put into `g`, None where there is none."""
    try:
        known = vars(g._get_current_object())  # asked of the proxy, each attribute would be a search of its own
        if not known:
            return None
        user_id = known.get("user_id")
        return user_id if user_id is not None else getattr(known.get("user"), "id", None)
    except Exception:  # noqa: BLE001 - an application's user may be a lazy object whose database is away
        return None
