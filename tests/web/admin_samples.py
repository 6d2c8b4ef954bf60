"""Made-up sources for the admin's pages: two services, an hour and a week of them, or nothing at all."""

from random import Random

import msgspec

from monitoring.costs import Budget
from monitoring.metrics.cell import Kind, Series
from monitoring.metrics.sketch import Sketch
from monitoring.metrics.stats import Total
from monitoring.status import Cause, Status
from monitoring.store.traces import Trace
from monitoring.store.transitions import Transition
from monitoring.web.admin_data import Leader, Sources
from tests.web.samples import NOW, check, overview

SHOP, WORKER = "shop", "worker"
ID = "0b6f3c1e-4a52-4f0e-9d6a-7b1f2c3d4e5f"
CANARY = "c4nary-S3cret-value"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of anything; only what its kind has is set."""

    service: str = SHOP
    at: float = NOW - 300
    correlation_id: str | None = ID
    details: dict = {}
    name: str = ""
    seconds: float = 0.0
    threshold_seconds: float = 0.0
    action: str = ""
    user_id: str | None = None
    type: str = ""
    message: str = ""
    frame: str = ""
    stack: str = ""
    first_at: float = 0.0
    last_at: float = 0.0
    count: int = 0
    correlation_ids: tuple[str, ...] = ()
    day: str = ""
    provider: str = ""
    operation: str = ""
    amount: float = 0.0


class Recorded:
    """Metrics as they were recorded: (service, series, at, values)."""

    def __init__(self, entries=(), service=None):
        self.entries, self.service = list(entries), service

    def of(self, service):
        return Recorded(self.entries, service)

    def totals(self, name, since, until):
        found = {}
        for series, _, total in self._matching(name, since, until, 1):
            found.setdefault(series, Total()).merge(total)
        return found

    def by_minute(self, name, since, until):
        return self._by(name, since, until, 60)

    def by_hour(self, name, since, until):
        return self._by(name, since, until, 3600)

    def _by(self, name, since, until, step):
        found = {}
        for series, start, total in self._matching(name, since, until, step):
            found.setdefault(series, {}).setdefault(start, Total()).merge(total)
        return found

    def _matching(self, name, since, until, step):
        for service, series, at, values in self.entries:
            named = name is None or series.name == name or series.name.startswith(f"{name}.")
            if named and since <= at < until and self.service in (None, service):
                yield series, int(at // step * step), total_of(values, at)


def total_of(values, at):
    return Total(len(values), sum(values), min(values), max(values), values[-1], at, Sketch(values))


def series(name, kind=Kind.COUNTER, **tags):
    return Series(name, kind, tuple(sorted(tags.items())))


RULES = (("GET", "/", 40), ("GET", "/products/<int:number>", 90), ("POST", "/orders", 240), ("GET", "/search", 480))


def traffic(service=SHOP, since=NOW - 7 * 86400, until=NOW - 3600, step=3600, seed=1, most=60):
    random = Random(seed)
    at = since
    while at <= until:
        for method, rule, base in RULES:
            for status, share in (("200", 1.0), ("404", 0.05), ("500", 0.02 if rule == "/orders" else 0.0)):
                count = round(random.uniform(most / 3, most) * share)
                if count:
                    tags = {"method": method, "rule": rule, "status": status}
                    values = [base * random.lognormvariate(0, 0.5) for _ in range(count)]
                    yield service, series("api.requests", **tags), at, [1.0] * count
                    yield service, series("api.response_time", Kind.HISTOGRAM, **tags), at, values
        if random.random() < most / 120:
            kind = random.choice(("IntegrityError", "Timeout", "KeyError", "ConnectionError", "ValueError", "OSError"))
            yield service, series("errors.captured", type=kind, service="checkout"), at, [1.0] * random.randrange(1, 6)
        rss = 120e6 + 20e6 * random.random()
        yield service, series("system.memory.rss", Kind.GAUGE), at, [rss]
        yield service, series("system.cpu.usage", Kind.GAUGE), at, [random.uniform(0.05, 0.6)]
        yield service, series("performance.db.query", Kind.HISTOGRAM), at, [random.uniform(1, 140) for _ in range(9)]
        at += step


def others():
    yield SHOP, series("performance.threshold_exceeded", operation="db.query"), NOW - 60, [1.0] * 7
    yield SHOP, series("performance.search.query", Kind.HISTOGRAM), NOW - 60, [310.0, 2_400.0]
    yield SHOP, series("daymark.metrics.dropped", reason="not_a_number"), NOW - 60, [1.0] * 3
    yield SHOP, series("daymark.metrics.lost", sink="statsd"), NOW - 60, [1200.0]
    yield SHOP, series("search.queries"), NOW - 60, [1.0] * 12
    yield SHOP, series("file.processed.success", file_type="pdf"), NOW - 60, [1.0] * 4
    yield SHOP, series("cost.total", service="openai", operation="embedding"), NOW - 60, [0.002, 0.004]


def recorded():
    hour = traffic(since=NOW - 3600, until=NOW, step=60, seed=2, most=4)
    return Recorded([*traffic(), *hour, *traffic(WORKER, seed=3), *others()])


STACK = """Traceback (most recent call last):
  File "/srv/shop/views/orders.py", line 88, in place_order
    payment = charge(card, total)
  File "/srv/shop/payments.py", line 41, in charge
    response = session.post(f"{GATEWAY}/charges", json=body, headers={"Authorization": "Bearer c4nary-S3cret-value"})
requests.exceptions.ConnectTimeout: HTTPSConnectionPool(host='pay.internal', port=443): Max retries exceeded
"""


def error_groups():
    told = (
        ("ConnectTimeout", "pay.internal did not answer within 3 s", "shop/payments.py:41 in charge", 214),
        ("IntegrityError", f"duplicate key; postgresql://shop:{CANARY}@db1/shop", "shop/orders.py:120 in save", 12),
        ("KeyError", "'sku'", "shop/views/cart.py:33 in add", 1),
    )
    return [
        Row(
            type=kind,
            message=message,
            frame=frame,
            count=count,
            stack=STACK,
            first_at=NOW - 86400 * 3,
            last_at=NOW - 40 * (1 + index),
            correlation_ids=(ID, f"job-{index}"),
        )
        for index, (kind, message, frame, count) in enumerate(told)
    ]


def slow_operations():
    told = (("db.query", 0.412, 0.1), ("search.query", 2.4, 2.0), ("file.processing", 72.5, 30.0))
    return [
        Row(
            name=name,
            seconds=seconds,
            threshold_seconds=allowed,
            at=NOW - 60 * (index + 1),
            service=SHOP if index < 2 else WORKER,
            correlation_id=ID if index < 2 else None,
            details={"table": "orders", "password": CANARY, "rows": 1200},
        )
        for index, (name, seconds, allowed) in enumerate(told)
    ]


def costs(since_day, until_day):
    random = Random(5)
    rows = []
    for day in range(25, 55):
        name = f"2026-10-{day}" if day <= 31 else f"2026-11-{day - 31:02}"
        for provider, operation, amount in (
            ("openai", "embedding", 1.9),
            ("openai", "chat", 0.7),
            ("s3", "storage", 0.22),
            ("mail", "send", 0.004),
        ):
            spent = amount * random.uniform(0.5, 1.4)
            rows.append(
                Row(day=name, provider=provider, operation=operation, amount=spent, count=random.randrange(900))
            )
    return [row for row in rows if since_day <= row.day <= until_day]


def audit():
    details = {"address": "192.0.2.7", "outcome": "granted", "path": "/monitoring/"}
    refused = {"address": "198.51.100.23", "outcome": "refused", "path": "/monitoring/metrics"}
    return [
        Row(action="admin.access", user_id="admin-1a2b3c4d", at=NOW - 20, details=details),
        Row(action="admin.access", at=NOW - 500, details=refused, correlation_id="job-1"),
    ]


def checks():
    error = f"connection to db1.internal:5432 refused (postgresql://daymark:{CANARY}@db1.internal/daymark)"
    details = {"total_connections": 7, "idle_connections": 0, "token": CANARY}
    return overview(
        check("website", title="Website", group="Shop", checked_at=NOW - 4, response_seconds=0.031),
        check(
            "database",
            Status.UNHEALTHY,
            title="Database",
            group="Data",
            public=False,
            since=NOW - 2500,
            cause=Cause.REFUSED,
            error=error,
            checked_at=NOW - 2,
            details=details,
        ),
        check("search", Status.DEGRADED, title="Search", group="Data", since=NOW - 900, cause=Cause.TIMEOUT),
        check("backups", Status.UNKNOWN, title="Backups", group="Data", days=(), since=None),
    )


def trace(correlation_id):
    if correlation_id != ID:
        return Trace((), (), (), ())
    moved = Transition(
        check="database", previous=Status.HEALTHY, status=Status.UNHEALTHY, at=NOW - 2500, confirmed_at=NOW - 2490
    )
    return Trace(error_groups()[:1], slow_operations()[:2], audit()[:1], [moved])


def full(**given):
    """Return sources with everything in them."""
    metrics = given.pop("metrics", None) or recorded()
    told = {
        "overview": checks,
        "metrics": metrics.of,
        "services": lambda: [SHOP, WORKER],
        "costs": costs,
        "slow": lambda since, limit, service: [
            each for each in slow_operations() if since <= each.at and service in (None, each.service)
        ][:limit],
        "error_groups": lambda since, limit, service: [
            each for each in error_groups() if since <= each.last_at and service in (None, each.service)
        ][:limit],
        "error_stats": lambda now, service: {
            "total_errors": 227,
            "errors_by_type": {"ConnectTimeout": 214, "IntegrityError": 12, "KeyError": 1},
            "recent_errors": {"ConnectTimeout": 9},
        },
        "audit": lambda since, limit: audit()[:limit],
        "trace": trace,
        "leader": lambda: Leader("web1:4711:5f3a"),
        "budgets": [Budget("openai", monthly=50.0), Budget("s3", daily=0.15, monthly=20.0)],
    }
    return Sources(**{**told, **given})


def empty(**given):
    """Return sources of a service that was started this moment."""
    told = {
        "overview": lambda: overview(data_at=None, status=Status.UNKNOWN),
        "metrics": Recorded().of,
        "services": list,
        "costs": lambda since, until: [],
        "slow": lambda since, limit, service: [],
        "error_groups": lambda since, limit, service: [],
        "error_stats": lambda now, service: {"total_errors": 0, "errors_by_type": {}, "recent_errors": {}},
        "audit": lambda since, limit: [],
        "trace": lambda correlation_id: Trace((), (), (), ()),
        "leader": lambda: None,
    }
    return Sources(**{**told, **given})
