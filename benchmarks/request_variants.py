"""One Flask view, watched in one way: `python -m benchmarks.request_variants VARIANT COUNT RESULT [DSN]`.

Writes the CPU microseconds of this process per request to the file RESULT; the log lines go to stdout.
"""

import io
import logging
import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from flask import Flask, g, request
from werkzeug.test import EnvironBuilder

WARM_UP = 500
SETTLING_SECONDS = 0.5
"""What a process does once, behind its first requests, is over by then."""


def bare(app: Flask, _dsn: str) -> None:
    """Leave it as it is."""


def daymark(app: Flask, _dsn: str) -> None:
    """Ids, a JSON line, a counter and a histogram with labels, errors: everything but Sentry."""
    from monitoring import Monitoring

    Monitoring(app, environment="production")


def daymark_and_sentry(app: Flask, dsn: str) -> None:
    """The same, and every tenth request to Sentry."""
    from monitoring import Monitoring

    Monitoring(app, environment="production", sentry_dsn=dsn)


def daymark_and_sentry_unsampled(app: Flask, dsn: str) -> None:
    """The same, where no request is sampled: what a healthy request pays for Sentry."""
    from monitoring.errors import tracker

    daymark_and_sentry(app, dsn)
    tracker.reporter._traces = 0.0


def exporter_and_json_logger(app: Flask, _dsn: str) -> None:
    """Metrics by prometheus-flask-exporter, a line with an id by python-json-logger."""
    from prometheus_flask_exporter import PrometheusMetrics
    from pythonjsonlogger.json import JsonFormatter

    PrometheusMetrics(app, group_by="url_rule")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    log = logging.getLogger("requests")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    _with_id(app, lambda fields: log.info("Request completed", extra=fields))


def structlog_and_orjson(app: Flask, _dsn: str) -> None:
    """A line with an id by structlog and orjson; no metrics."""
    import orjson
    import structlog

    structlog.configure(
        cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
    )
    log = structlog.get_logger()
    _with_id(app, lambda fields: log.info("Request completed", **fields))


def opentelemetry(app: Flask, _dsn: str) -> None:
    """Every request a span, batched, sent nowhere."""
    from opentelemetry.instrumentation.flask import FlaskInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, spans: object) -> SpanExportResult:  # noqa: ARG002
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    FlaskInstrumentor().instrument_app(app, tracer_provider=provider)


def sentry_errors(_app: Flask, dsn: str) -> None:
    """sentry-sdk as its own pages tell to set it up, errors only."""
    import sentry_sdk

    sentry_sdk.init(dsn=dsn)


def sentry_traces(_app: Flask, dsn: str) -> None:
    """The same with a tenth of the requests traced."""
    import sentry_sdk

    sentry_sdk.init(dsn=dsn, traces_sample_rate=0.1)


VARIANTS: dict[str, Callable[[Flask, str], None]] = {
    each.__name__: each
    for each in (
        bare,
        daymark,
        daymark_and_sentry,
        daymark_and_sentry_unsampled,
        exporter_and_json_logger,
        structlog_and_orjson,
        opentelemetry,
        sentry_errors,
        sentry_traces,
    )
}


def _with_id(app: Flask, write: Callable[[dict[str, object]], None]) -> None:
    @app.before_request
    def begin() -> None:
        g.request_id = request.headers.get("X-Request-ID") or str(uuid.uuid4())
        g.began = time.perf_counter()

    @app.after_request
    def end(response):
        duration_ms = round((time.perf_counter() - g.began) * 1000, 2)
        response.headers["X-Request-ID"] = g.request_id
        write(
            {
                "request_id": g.request_id,
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "duration_ms": duration_ms,
            }
        )
        return response


def measure(app: Flask, count: int) -> float:
    """Return the CPU microseconds of a request, of all threads of this process."""
    environ = EnvironBuilder("/orders/7", headers={"User-Agent": "benchmark"}).get_environ()
    _ask(app, environ, WARM_UP)
    time.sleep(SETTLING_SECONDS)
    began = time.process_time()
    _ask(app, environ, count)
    return (time.process_time() - began) / count * 1e6


def _ask(app: Flask, environ: dict[str, object], count: int) -> None:
    def start(status: str, _headers: list[tuple[str, str]], _exc_info: object = None) -> None:
        assert status == "200 OK", status

    for _ in range(count):
        answer = app({**environ, "wsgi.input": io.BytesIO()}, start)
        assert b"".join(answer) == b"order 7"
        answer.close()


def increments() -> float:
    """Return the CPU microseconds of one `metrics.increment` with three labels, in the thread that calls it."""
    from monitoring.metrics import metrics

    rounds, spent = 100, 0.0
    tags = {"method": "GET", "rule": "/orders/<int:number>", "status": "200"}
    for _ in range(rounds):
        began = time.thread_time()
        for _ in range(900):  # fewer than what wakes the flusher
            metrics.increment("api.requests", 1, tags)
        spent += time.thread_time() - began
        metrics.flush()
    return spent / rounds / 900 * 1e6


def main() -> None:
    """Measure one variant."""
    variant, count, result, dsn = sys.argv[1:5]
    if variant == "increments":
        figure = increments()
    else:
        app = Flask("shop")
        VARIANTS[variant](app, dsn)
        app.add_url_rule("/orders/<int:number>", "order", lambda number: f"order {number}")
        figure = measure(app, int(count))
    Path(result).write_text(str(figure))
    sys.stdout.flush()
    os._exit(0)  # what a library still wants to send is no part of the measure


if __name__ == "__main__":
    main()
