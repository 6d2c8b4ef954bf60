"""What four workers count is counted once, in a scrape, in the admin's JSON and after a restart."""

import hashlib
import http.client
import json
import re
import threading
import time

from monitoring.metrics.stats import merged
from monitoring.store.database import Database
from monitoring.store.metrics import MetricsReader
from tests.support.service import Service
from tests.support.waiting import until
from tests.system.conftest import Start

TOKEN = "right"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
REQUESTS, CLIENTS = 10_000, 8
RULE = "/health/live"


def send(service: Service, count: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    for _ in range(count):
        connection.request("GET", RULE)
        connection.getresponse().read()
    connection.close()


def send_all(service: Service) -> None:
    threads = [threading.Thread(target=send, args=(service, REQUESTS // CLIENTS)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def stored(url: str) -> int:
    database = Database(url)
    totals = MetricsReader(database).totals("api.requests", time.time() - 3600, time.time() + 60)
    database.close()
    return merged(total for series, total in totals.items() if ("rule", RULE) in series.tags).count


def scraped(service: Service) -> float:
    lines = service.get("/metrics", **ADMIN)[1].splitlines()
    counts = [line for line in lines if line.startswith("api_requests_total{") and f'rule="{RULE}"' in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in counts)


def shown(service: Service) -> int:
    return json.loads(service.get("/monitoring/metrics", **ADMIN)[1])["data"]["metrics"]["requests"]["count"]


def test_ten_thousand_requests_to_four_workers_are_ten_thousand(store_url: str, serve: Start) -> None:
    hashes = hashlib.sha256(TOKEN.encode()).hexdigest()
    service = serve(store_url, workers=4, ADMIN_TOKEN_HASHES=hashes)
    send_all(service)
    until(lambda: stored(store_url) == REQUESTS and scraped(service) == REQUESTS, 15, every=0.5)
    before = shown(service)
    assert before >= REQUESTS
    service.stop()
    service.start()
    assert shown(service) >= before
    assert stored(store_url) == REQUESTS


def test_the_scrape_knows_the_checks(store_url: str, serve: Start) -> None:
    service = serve(store_url, workers=2, ADMIN_TOKEN_HASHES=hashlib.sha256(TOKEN.encode()).hexdigest())
    state = re.compile(r'^daymark_check_state\{check="database",status="healthy"\} 1.0$', re.M)
    until(lambda: state.search(service.get("/metrics", **ADMIN)[1]), 15, every=0.5)
    assert "daymark_leader 1.0" in service.get("/metrics", **ADMIN)[1]
