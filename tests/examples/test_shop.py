"""The shop as its user runs it: a process of its own, a payment service beside it, and Daymark's store."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from monitoring.metrics import Series
from monitoring.store import errors, slow_operations
from monitoring.store.database import Database
from monitoring.store.metrics import MetricsReader
from tests.support import processes
from tests.support.http import HttpServer
from tests.support.service import ROOT, environment
from tests.support.waiting import accepts, free_port, until


class Shop:
    """One running shop."""

    def __init__(self, folder: Path, payment_url: str, database: Database) -> None:
        self.port, self.database = free_port(), database
        self._log = folder / "log"
        command = [sys.executable, "-m", "flask", "--app", "examples.shop.app", "run", "--port", str(self.port)]
        variables = {
            "ENVIRONMENT": "production",
            "SHOP_DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
            "SHOP_PAYMENT_URL": payment_url,
            "MONITORING_DATABASE_URL": database.url.render_as_string(hide_password=False),
        }
        self.process: subprocess.Popen[bytes] = processes.start(command, log=self._log, env=environment(**variables))
        until(lambda: accepts(self.port), 20)

    def ask(self, path: str, method: str = "GET", **headers: str) -> requests.Response:
        """Return the shop's answer."""
        return requests.request(method, f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=10)

    def lines(self, correlation_id: str) -> list[dict[str, Any]]:
        """The lines of one request so far."""
        written = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]
        return [line for line in written if line["correlation_id"] == correlation_id]

    def messages(self, correlation_id: str) -> list[str]:
        """What those lines say."""
        return [line["message"] for line in self.lines(correlation_id)]

    def counted(self, name: str) -> dict[Series, float]:
        """What the store has of one metric."""
        totals = MetricsReader(self.database, "shop").totals(name, 0, 9e9)
        return {series: total.sum for series, total in totals.items()}


@pytest.fixture
def shop(tmp_path: Path, http_server: HttpServer, sqlite: Database) -> Iterator[Shop]:
    """A running shop whose payment service answers."""
    running = Shop(tmp_path, http_server.route("/pay", '{"receipt": "r-1"}'), sqlite)
    yield running
    processes.end(running.process)


def test_an_order_can_be_followed_from_the_request_to_payment_and_letter(shop, http_server):
    answer = shop.ask("/orders/1", "POST", **{"X-Request-ID": "order-7", "X-User": "anna"})
    assert (answer.status_code, answer.json()["receipt"]) == (201, "r-1")
    assert answer.headers["X-Correlation-ID"] == "order-7"
    assert [request.headers["x-correlation-id"] for request in http_server.requests] == ["order-7"]
    until(lambda: {"User action", "Request completed", "Letter sent"} == set(shop.messages("order-7")))
    [action] = [line for line in shop.lines("order-7") if line["message"] == "User action"]
    assert (action["action"], action["user_id"], action["service"]) == ("order", "anna", "shop")


def test_its_requests_queries_and_timers_are_in_the_store_when_it_ends(shop):
    for _ in range(5):
        assert shop.ask("/products").status_code == 200
    shop.process.send_signal(2)  # as Ctrl-C does
    shop.process.wait(10)
    found = {dict(series.tags)["rule"]: count for series, count in shop.counted("api.requests").items()}
    assert found == {"/products": 5}
    assert sum(shop.counted("performance.search.query.products").values()) > 0
    assert sum(shop.counted("db.queries").values()) >= 5


def test_a_payment_service_that_fails_is_an_error_with_its_cause(shop, http_server):
    http_server.route("/pay", "no", status=500)
    assert shop.ask("/orders/1", "POST", **{"X-Request-ID": "order-8"}).status_code == 502
    error, _completed = shop.lines("order-8")
    assert (error["name"], error["operation"], error["metadata"]) == ("HTTPError", "pay", {"cents": 1900})
    [group] = until(lambda: _groups(shop))
    assert (group.type, group.service, group.correlation_ids) == ("HTTPError", "shop", ["order-8"])
    assert group.frame.startswith("examples/shop/app.py:")
    assert group.frame.endswith(" in _pay")


def test_an_error_that_nobody_handled_is_told_of_without_its_secret(shop):
    assert shop.ask("/broken", **{"X-Request-ID": "order-9"}).status_code == 500
    assert shop.messages("order-9") == ["the till is empty, password=***", "Request completed"]
    [group] = until(lambda: _groups(shop))
    assert (group.type, group.message) == ("LookupError", "the till is empty, password=***")


def test_a_slow_payment_is_in_the_list_of_slow_operations(shop, http_server):
    http_server.route("/pay", '{"receipt": "r-1"}', delay=1.1)
    shop.ask("/orders/1", "POST", **{"X-Request-ID": "order-10"})
    assert "Slow operation completed" in shop.messages("order-10")
    assert until(lambda: _slow(shop)) == ["api.request"]  # nobody has said how long a payment may take


def test_its_background_thread_is_watched(shop):
    for number in range(13):
        shop.ask("/orders/1", "POST", **{"X-Request-ID": f"order-{number}"})
    [group] = until(lambda: _groups(shop))
    assert (group.type, group.message) == ("RuntimeError", "no stamps for order 13")


def test_it_answers_for_its_health(shop):
    assert shop.ask("/health").json() == {"status": "ok"}
    detailed = shop.ask("/health?detailed=true").json()
    assert [(check["service"], check["status"]) for check in detailed["checks"]] == [("shelves", "healthy")]


def test_the_two_lines_are_two_lines():
    text = (ROOT / "examples" / "shop" / "app.py").read_text()
    assert text.count("Monitoring(") == 1
    assert "from monitoring import Monitoring" in text


def _slow(shop: Shop) -> list[str]:
    with shop.database.read() as connection:
        return [slow.name for slow in slow_operations.latest(connection, 0)]


def _groups(shop: Shop) -> list[errors.ErrorGroup]:
    with shop.database.read() as connection:
        return errors.groups(connection, 0, service="shop")
