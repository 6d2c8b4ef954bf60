"""The JSON of `/monitoring/metrics`: the specification's, plus costs."""

from typing import Any

import psutil

from monitoring import clock
from monitoring.metrics.system import memory
from monitoring.web.admin_costs import spent
from monitoring.web.admin_data import Asked, Sources, by_name, stats_of

METRICS = {
    "requests": "api.requests",
    "response_time": "api.response_time",
    "errors": "errors.captured",
    "searches": "search.queries",
    "uploads": "file.processed.success",
    "costs": "cost.total",
}


def document(sources: Sources, asked: Asked) -> dict[str, Any]:
    """Return the `data` of the answer: figures over the window, durations in milliseconds; any of StoreError."""
    metrics, since = sources.metrics(asked.service), asked.now - asked.window.seconds
    return {
        "timestamp": clock.iso(asked.now),
        "window": asked.window.name,
        "service": asked.service,
        "metrics": {key: stats_of(metrics.totals(name, since, asked.now).values()) for key, name in METRICS.items()},
        "performance": by_name(metrics.totals("performance", since, asked.now)),
        "errors": sources.error_stats(asked.now, asked.service),
        "system": system(),
        "costs": _costs(sources, asked),
    }


def system() -> dict[str, Any]:
    """Return the figures of the process that answers: bytes, seconds since its start, microseconds of CPU."""
    process = psutil.Process()
    cpu = process.cpu_times()
    return {
        "memory": memory(),
        "uptime": round(clock.now() - process.create_time(), 3),
        "cpu_usage": {"user": round(cpu.user * 1e6), "system": round(cpu.system * 1e6)},
    }


def _costs(sources: Sources, asked: Asked) -> dict[str, Any]:
    today, month = spent(sources, asked.now, asked.service)
    budgets = {each.provider: {"daily": each.daily, "monthly": each.monthly} for each in sources.budgets}
    return {"today": today, "month": month, "budgets": budgets}
