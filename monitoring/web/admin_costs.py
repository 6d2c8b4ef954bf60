"""Costs by provider, day and month, against their budgets."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from monitoring.clock import DAY_SECONDS, day_of
from monitoring.costs import Budget
from monitoring.store.costs import CostDay
from monitoring.web.admin_data import Sources

DAYS = 30

Amounts = dict[str, float]
"""Dollars by provider, the most first."""


class Spending(msgspec.Struct, frozen=True):
    """One budget and what was spent of it: `period` is `daily` or `monthly`, amounts are dollars."""

    provider: str
    period: str
    limit: float
    amount: float

    @property
    def share(self) -> float:
        """Return the share of the budget that is spent, 1 for all of it."""
        return self.amount / self.limit if self.limit > 0 else 1.0


def of_month(sources: Sources, now: float) -> Sequence[CostDay]:
    """Return the cost days of this UTC month and of the last 30 days; any of StoreError."""
    today = day_of(now)
    first = min(today[:8] + "01", day_of(now - (DAYS - 1) * DAY_SECONDS))
    return sources.costs(first, today)


def spent(sources: Sources, now: float, service: str | None = None) -> tuple[Amounts, Amounts]:
    """Return what one service or all have spent by provider today and this month (UTC)."""
    rows = of_service(of_month(sources, now), service)
    return today_and_month(rows, now)


def of_service(rows: Iterable[CostDay], service: str | None) -> list[CostDay]:
    """Return the cost days of one service, or all."""
    return [row for row in rows if service is None or row.service == service]


def today_and_month(rows: Iterable[CostDay], now: float) -> tuple[Amounts, Amounts]:
    """Return what the cost days come to by provider today and this month (UTC)."""
    today, listed = day_of(now), list(rows)
    in_month = [row for row in listed if row.day[:7] == today[:7]]
    return _by_provider(row for row in in_month if row.day == today), _by_provider(in_month)


def _by_provider(rows: Iterable[CostDay]) -> Amounts:
    found: Amounts = defaultdict(float)
    for row in rows:
        found[row.provider] += row.amount
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def spending(budgets: Sequence[Budget], rows: Iterable[CostDay], now: float) -> list[Spending]:
    """Return every budget with what was spent of it, by all services together, the fullest first."""
    today, month = today_and_month(rows, now)
    found = [
        Spending(each.provider, period, limit, amounts.get(each.provider, 0.0))
        for each in budgets
        for period, limit, amounts in (("daily", each.daily, today), ("monthly", each.monthly, month))
        if limit is not None
    ]
    return sorted(found, key=lambda each: (-each.share, each.provider, each.period))


def by_operation(rows: Iterable[CostDay], now: float) -> list[tuple[str, str, int, float]]:
    """Return (provider, operation, count, dollars) of this month, the most costly first."""
    found: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0])
    for row in rows:
        if row.day[:7] == day_of(now)[:7]:
            entry = found[row.provider, row.operation]
            entry[0] += row.count
            entry[1] += row.amount
    listed = [(provider, operation, int(count), amount) for (provider, operation), (count, amount) in found.items()]
    return sorted(listed, key=lambda each: (-each[3], each[0], each[1]))
