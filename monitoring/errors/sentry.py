"""Sentry: errors, messages and every tenth request's time; whatever is secret stays here.

None of the SDK's integrations is used. They would patch the process, count errors twice that our own hooks take, mix
the requests of threads, and cost every request, also those that nobody samples. The client is our own: an application
that has set up Sentry by itself keeps its own.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.transport import HttpTransport

from monitoring import clock, correlation
from monitoring.errors.reporter import Reporter
from monitoring.logs import log
from monitoring.logs.redaction import redact
from monitoring.metrics import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from sentry_sdk.scope import Scope

TRACES = 0.1
SEND_SECONDS = 5
QUEUE = 100
CLOSE_SECONDS = 2.0

_LARGE = frozenset(["exception", "threads", "breadcrumbs", "spans", "values", "stacktrace", "frames"])
_WHOLE = frozenset(["user_id", "service", "operation"])


class Sentry(Reporter):
    """Reports to the project of one DSN. Its thread starts at the first report, in the process that reports."""

    def __init__(
        self, dsn: str, *, environment: str, service: str, version: str | None = None, traces: float = TRACES
    ) -> None:
        """Make the client; `traces` is the share of requests to trace. sentry_sdk's BadDsn where the DSN is none."""
        self.lost = 0
        self._traces = traces
        self._client = sentry_sdk.Client(
            dsn=dsn,
            environment=environment,
            release=version or "",
            transport=self._transport(),
            transport_queue_size=QUEUE,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            enable_backpressure_handling=False,
            include_local_variables=False,
            traces_sample_rate=traces,
            max_value_length=8192,
            before_send=_without_secrets,
            before_send_transaction=_without_secrets,
            spotlight=False,
            debug=False,
        )
        self._service = service

    def error(self, error: BaseException, context: Mapping[str, Any], correlation_id: str | None) -> None:
        """Report an error."""
        with self._scope(context, correlation_id) as scope:
            scope.capture_exception(error)

    def message(self, text: str, level: str, context: Mapping[str, Any], correlation_id: str | None) -> None:
        """Report a message."""
        with self._scope(context, correlation_id) as scope:
            scope.capture_message(text, level)  # type: ignore[arg-type]

    def flush(self, timeout_seconds: float) -> None:
        """Wait until all has been sent, at most so long."""
        self._client.flush(timeout=timeout_seconds)

    def close(self) -> None:
        """Send what waits, for at most 2 s."""
        self._client.close(timeout=CLOSE_SECONDS)

    def around(self, app: "WSGIApplication") -> "WSGIApplication":
        """Return `app` with its sampled requests traced; one that is not sampled costs a look and a throw of dice."""

        def call(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            if not self._is_sampled(environ):
                return app(environ, start_response)
            return self._traced(app, environ, start_response)

        return call

    def _is_sampled(self, environ: "WSGIEnvironment") -> bool:
        """Return the caller's decision, where it has made one, else our own."""
        parent = environ.get("HTTP_SENTRY_TRACE")
        if parent is not None and parent.strip()[-2:] in ("-0", "-1"):
            return bool(parent.strip().endswith("-1"))
        return random.random() < self._traces  # noqa: S311 - no secret depends on it

    def _traced(
        self, app: "WSGIApplication", environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        began_at = clock.now()
        seen: tuple[str, Any] = ("500", None)  # what an error that goes on ends with

        def start(status: str, *rest: Any) -> Callable[[bytes], object]:
            nonlocal seen
            # Flask takes its request out of the environment again when it is done.
            seen = (status, getattr(environ.get("werkzeug.request"), "url_rule", None))
            return start_response(status, *rest)

        try:
            return app(environ, start)
        finally:
            try:
                self._send_transaction(environ, *seen, began_at)
            except Exception as failure:  # noqa: BLE001 - monitoring never breaks the monitored
                log.warn("Sentry transaction failed", exc_info=failure)

    def _send_transaction(self, environ: "WSGIEnvironment", status: str, rule: Any, began_at: float) -> None:
        """Tell of a request once it is over: nothing of Sentry is around it while it runs."""
        name = f"{environ['REQUEST_METHOD']} {rule.rule if rule else 'unmatched'}"
        headers = {"sentry-trace": environ.get("HTTP_SENTRY_TRACE"), "baggage": environ.get("HTTP_BAGGAGE")}
        given = {key: value for key, value in headers.items() if value}
        with self._scope({}, correlation.current()) as scope:
            transaction = scope.continue_trace(given, op="http.server", name=name, source="route")
            transaction.sampled = True
            transaction.start_timestamp = clock.utc(began_at)
            started = scope.start_transaction(transaction)
            started.set_http_status(int(status[:3]))
            started.finish(scope, end_timestamp=clock.utc(clock.now()))

    @contextmanager
    def _scope(self, context: Mapping[str, Any], correlation_id: str | None) -> "Iterator[Scope]":
        with sentry_sdk.new_scope() as scope:
            scope.clear()
            scope.set_client(self._client)
            scope.set_tag("service", str(context.get("service") or self._service))
            if correlation_id is not None:
                scope.set_tag("correlation_id", correlation_id)
            if context.get("user_id") is not None:
                scope.set_user({"id": str(context["user_id"])})
            if context.get("operation") is not None:
                scope.set_tag("operation", str(context["operation"]))
            rest = {key: value for key, value in context.items() if key not in _WHOLE}
            if rest:
                scope.set_context("metadata", redact(rest))
            yield scope

    def _transport(self) -> type[HttpTransport]:
        reporter = self

        class Transport(HttpTransport):
            """Waits 5 s for Sentry rather than 30, asks once, and counts what does not arrive."""

            TIMEOUT = SEND_SECONDS

            def _get_pool_options(self) -> dict[str, Any]:
                return {**super()._get_pool_options(), "retries": False}

            def record_lost_event(self, reason: str, data_category: Any = None, item: Any = None, **more: Any) -> None:
                kind = data_category if item is None else item.data_category
                if kind in ("error", "transaction") and reason != "sample_rate":
                    reporter.lost += 1
                    metrics.increment("errors.reports_lost", 1, {"reason": reason})
                super().record_lost_event(reason, data_category, item, **more)

        return Transport


def _without_secrets(event: Any, _hint: Any) -> Any:
    """Return the event as it may leave: what carries sessions is taken out, all else passes the one redaction."""
    request = event.get("request")
    if isinstance(request, dict):
        request.pop("cookies", None)
    return _masked(event)


def _masked(value: Any) -> Any:
    """Redact `value` piece by piece: as a whole, the frames of a long stack are more than one redaction takes."""
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if not isinstance(value, dict):
        return redact(value)
    large = {key: _masked(each) for key, each in value.items() if key in _LARGE}
    return {**redact({key: each for key, each in value.items() if key not in _LARGE}), **large}
