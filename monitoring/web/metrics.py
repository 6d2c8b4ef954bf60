"""`/metrics`: what all workers of this host recorded, and the checks as they stand, for Prometheus."""

from collections.abc import Callable, Iterable, Iterator

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from prometheus_flask_exporter import PrometheusMetrics  # type: ignore[import-untyped]

from monitoring import clock
from monitoring.metrics import multiprocess
from monitoring.overview.views import CheckView, Overview
from monitoring.status import Status

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_DAYS_LEFT = "certificate_days_left"


class Checks(Collector):
    """The checks at the moment of the scrape.

    They are no metrics that were recorded: each worker would keep its own, and a thousand of them would make every
    scrape slow. `overview` returns the overview; `leads` says whether a process of this host leads, None where that
    is not known.
    """

    def __init__(self, overview: Callable[[], Overview], leads: Callable[[], bool | None]) -> None:
        self._overview, self._leads = overview, leads

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families; those of which nothing is known are left out."""
        overview, leads = self._overview(), self._leads()
        yield _states(overview.checks)
        yield _figures(
            "daymark_check_response_seconds",
            "Time of the check's last probe.",
            ((view, view.response_seconds) for view in overview.checks),
        )
        yield _figures(
            "daymark_certificate_remaining_seconds",
            "Whole days until the certificate ends, in seconds.",
            ((view, _remaining(view)) for view in overview.checks),
        )
        if leads is not None:
            yield GaugeMetricFamily("daymark_leader", "1 where a process of this host leads, else 0.", float(leads))
        if overview.data_at is not None:
            age = max(0.0, clock.now() - overview.data_at)
            yield GaugeMetricFamily("daymark_overview_age_seconds", "Time since the newest result.", age)


def _states(views: Iterable[CheckView]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "daymark_check_state", "1 for the state that the check is in, 0 for the others.", labels=("check", "status")
    )
    for view in views:
        for status in Status:
            family.add_metric((view.settings.name, status.value), float(view.status is status))
    return family


def _figures(name: str, words: str, figures: Iterable[tuple[CheckView, float | None]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=("check",))
    for view, figure in figures:
        if figure is not None:
            family.add_metric((view.settings.name,), figure)
    return family


def _remaining(view: CheckView) -> float | None:
    days = view.details.get(_DAYS_LEFT)
    return days * clock.DAY_SECONDS if isinstance(days, int | float) else None


def blueprint(flush: Callable[[], None], collector: Collector | None = None) -> Blueprint:
    """Return the route, for whoever protects it. `flush` is called before each scrape, `collector` asked at each."""
    routes = Blueprint("metrics", __name__)
    exporter = PrometheusMetrics(app=None)
    own = CollectorRegistry()
    if collector is not None:
        own.register(collector)

    @routes.get("/metrics")
    def scrape() -> Response:
        flush()
        # The exporter reads only the workers' files where there are any; the older text format can be joined.
        recorded, _ = multiprocess.patiently(exporter.generate_metrics)
        body = recorded + generate_latest(own).decode()
        return Response(body, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return routes
