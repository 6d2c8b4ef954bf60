"""The admin's pages as text: what each shows is read here, how it looks is the templates'."""

import socket
from collections.abc import Mapping
from typing import Any

from monitoring.clock import DAY_SECONDS
from monitoring.logs.search import Found, search
from monitoring.metrics.cell import Kind
from monitoring.overview.views import CheckView, Overview
from monitoring.status import Status
from monitoring.web import admin_costs, admin_data, admin_plots
from monitoring.web.admin_data import Asked, Sources
from monitoring.web.admin_shell import MEASURED, SECTIONS, Shell

DRAWN = (*MEASURED, "checks")
"""The sections that this module draws."""
MOST_GROUPS, MOST_SLOW, MOST_AUDIT, MOST_ENDPOINTS = 100, 100, 50, 200
FEW = 5
Values = dict[str, Any]


class AdminPages:
    """Draws the pages from what `sources` read; every method may raise any of StoreError."""

    def __init__(self, sources: Sources, shell: Shell) -> None:
        self._sources, self._shell = sources, shell

    def draw(self, section: str, asked: Asked) -> str:
        """Return the page of one of DRAWN; KeyError for another."""
        read = getattr(self, f"_{section}")
        return self._shell.draw(f"admin/{section}.html", SECTIONS[section], asked, read(asked), section)

    def trace(self, correlation_id: str, asked: Asked) -> str:
        """Return the page of one correlation id: what the store has under it, and this host's log lines."""
        found = self.lines(correlation_id)
        values = {
            "correlation_id": correlation_id,
            "trace": self._sources.trace(correlation_id),
            "found": found,
            "host": socket.gethostname(),
        }
        return self._shell.draw("admin/trace.html", "One request", asked, values)

    def lines(self, correlation_id: str) -> Found | None:
        """Return the log lines of this host, None where it keeps no files."""
        directory = self._sources.log_dir
        return None if directory is None else search(directory, correlation_id)

    def _overview(self, asked: Asked) -> Values:
        sources, metrics, overview = self._sources, self._sources.metrics(asked.service), self._sources.overview()
        requests = admin_data.steps(metrics, "api.requests", asked)
        durations = admin_data.steps(metrics, "api.response_time", asked)
        costs = admin_costs.of_month(sources, asked.now)
        today, month = admin_costs.today_and_month(admin_costs.of_service(costs, asked.service), asked.now)
        return {
            "leader": sources.leader(),
            "broken": _broken(overview),
            "states": _states(overview),
            "traffic": admin_plots.traffic(requests, asked),
            "latency": admin_plots.latency(durations, asked),
            "counted": _outcomes(requests),
            "figures": admin_data.stats_of(total for each in durations.values() for total in each.values()),
            "error_groups": sources.error_groups(asked.since, FEW, asked.service),
            "slow": sources.slow(asked.since, FEW, asked.service),
            "today": sum(today.values()),
            "month": sum(month.values()),
            "spending": admin_costs.spending(sources.budgets, costs, asked.now)[:FEW],
        }

    def _requests(self, asked: Asked) -> Values:
        metrics = self._sources.metrics(asked.service)
        durations = admin_data.steps(metrics, "api.response_time", asked)
        endpoints = admin_data.endpoints(admin_data.whole(durations))
        return {
            "traffic": admin_plots.traffic(admin_data.steps(metrics, "api.requests", asked), asked),
            "latency": admin_plots.latency(durations, asked),
            "endpoints": endpoints[:MOST_ENDPOINTS],
            "unlisted": max(0, len(endpoints) - MOST_ENDPOINTS),
        }

    def _errors(self, asked: Asked) -> Values:
        sources, metrics = self._sources, self._sources.metrics(asked.service)
        series = admin_data.steps(metrics, "errors.captured", asked)
        return {
            "stats": sources.error_stats(asked.now, asked.service),
            "plot": admin_plots.kinds("Errors by type", series, "type", asked),
            "error_groups": sources.error_groups(asked.since, MOST_GROUPS, asked.service),
            "most": MOST_GROUPS,
        }

    def _performance(self, asked: Asked) -> Values:
        metrics = self._sources.metrics(asked.service)
        found = admin_data.totals(metrics, "performance", asked)
        timed = {series: total for series, total in found.items() if series.kind is Kind.HISTOGRAM}
        exceeded = {series: total for series, total in found.items() if series.name == "performance.threshold_exceeded"}
        return {
            "operations": admin_data.by_name(timed),
            "exceeded": admin_data.by_tag(exceeded, "operation"),
            "slow": self._sources.slow(asked.since, MOST_SLOW, asked.service),
            "most": MOST_SLOW,
        }

    def _costs(self, asked: Asked) -> Values:
        whole = admin_costs.of_month(self._sources, asked.now)
        rows = admin_costs.of_service(whole, asked.service)
        today, month = admin_costs.today_and_month(rows, asked.now)
        return {
            "plot": admin_plots.cost_days(rows, asked.now),
            "today": today,
            "month": month,
            "spending": admin_costs.spending(self._sources.budgets, whole, asked.now),
            "operations": admin_costs.by_operation(rows, asked.now),
        }

    def _checks(self, asked: Asked) -> Values:  # noqa: ARG002 - each section is asked alike
        overview = self._sources.overview()
        groups: dict[str, list[CheckView]] = {}
        for check in overview.checks:
            groups.setdefault(check.settings.group, []).append(check)
        return {"overview": overview, "check_groups": groups, "states": _states(overview)}

    def _system(self, asked: Asked) -> Values:
        sources, metrics = self._sources, self._sources.metrics(asked.service)
        series = admin_data.steps(metrics, "system", asked)
        wanted = (("Memory of a process", "system.memory.rss"), ("Cores in use by a process", "system.cpu.usage"))
        losses = admin_data.totals(metrics, "daymark.metrics", asked)
        return {
            "leader": sources.leader(),
            "drawn": [
                admin_plots.gauge(title, name, {s: found for s, found in series.items() if s.name == name}, asked)
                for title, name in wanted
            ],
            "gauges": _gauges(series),
            "dropped": admin_data.by_tag(_named(losses, "daymark.metrics.dropped"), "reason"),
            "lost": admin_data.by_tag(_named(losses, "daymark.metrics.lost"), "sink"),
            "audit": sources.audit(asked.now - 30 * DAY_SECONDS, MOST_AUDIT),
        }


def _broken(overview: Overview) -> list[CheckView]:
    return sorted(
        (check for check in overview.checks if check.status is not Status.HEALTHY),
        key=lambda check: -check.status.severity,
    )


def _states(overview: Overview) -> dict[Status, int]:
    counts = {status: sum(check.status is status for check in overview.checks) for status in Status}
    return {status: count for status, count in counts.items() if count}


def _outcomes(requests: admin_data.BySteps) -> dict[str, float]:
    counts = dict.fromkeys(("ok", "client", "server"), 0.0)
    for series, by_start in requests.items():
        counts[admin_data.status_class(dict(series.tags))] += sum(total.sum for total in by_start.values())
    return counts


def _gauges(series: admin_data.BySteps) -> list[tuple[str, float, Any]]:
    """Return (name, newest value, figures) of each gauge."""
    return [(each.name, total.last, total.stats()) for each, total in sorted(admin_data.whole(series).items())]


def _named(found: Mapping[Any, Any], name: str) -> Mapping[Any, Any]:
    return {series: total for series, total in found.items() if series.name == name}
