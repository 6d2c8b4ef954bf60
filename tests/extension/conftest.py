"""An application of somebody else's, and a process as it was before."""

import logging
import sys
import threading
from collections.abc import Iterator

import flask
import pytest

from monitoring import correlation, logs, metrics, performance
from monitoring.application import app_metrics, recording
from monitoring.costs import ledger
from monitoring.errors import tracker
from monitoring.errors.reporter import Reporter
from monitoring.extension.destinations import destinations
from monitoring.extension.figures import figures
from monitoring.metrics.sinks.memory import MemorySink
from tests.logs.captured import Lines, captured


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take back what an application has wired into this process."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(logging.getLogger("asyncio"), "filters", [])
    monkeypatch.setattr(correlation, "_listeners", [])
    monkeypatch.setattr(destinations, "_where", None)
    recorder = metrics.metrics
    yield
    if destinations._where is not None:
        destinations._leave()
    figures._sampler.stop()
    figures.renew()
    for thread in threading.enumerate():
        if thread.name == "system-metrics":
            thread.join(5)
    app_metrics.judge_times_with(recording._let_pass)
    memory = MemorySink()
    recorder.use(memory)
    recorder.read_from(memory)
    tracker.read_from(tracker.recent)
    tracker.deliver = performance.performance.deliver = None
    tracker.service, tracker.reporter = "unknown", Reporter()
    ledger.deliver_to(None)
    logs.configure(environment="test", level="info", directory=None, service="tested")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """The lines of a production process; the application must leave logging alone."""
    with captured(capsys, level="info") as lines:
        yield lines


def shop(name: str = "shop") -> flask.Flask:
    """Return a small application."""
    app = flask.Flask(name)
    views = flask.Blueprint("orders", name, url_prefix="/orders")
    views.add_url_rule("/<int:number>", "order", lambda number: f"order {number}")
    views.add_url_rule("/broken", "broken", broken)
    views.add_url_rule("/none", "none", lambda: flask.abort(404, "We do not sell that."))
    app.register_blueprint(views)
    return app


def broken() -> str:
    """Fail as views do."""
    raise LookupError("the till is empty")
