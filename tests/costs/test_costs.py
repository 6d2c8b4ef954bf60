"""Recording costs, and judging them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring import clock
from monitoring.costs import Budget, Cost, Ledger, level
from monitoring.status import Status

HEALTHY, DEGRADED, UNHEALTHY = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY


def test_a_cost_is_delivered_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1000.0)
    ledger, got = Ledger(), list[Cost]()
    ledger.deliver_to(got.append)
    assert ledger.record("openai", "embedding", 0.25)
    assert got == [Cost("openai", "embedding", 0.25, 1000.0)]


def test_money_may_be_decimal() -> None:
    ledger, got = Ledger(), list[Cost]()
    ledger.deliver_to(got.append)
    assert ledger.record("openai", "embedding", Decimal("0.10"))
    assert got[0].amount == 0.1


def test_before_anybody_keeps_them_costs_go_nowhere() -> None:
    assert Ledger().record("openai", "embedding", 0.25)


@pytest.mark.parametrize(
    "amount", [-0.01, float("nan"), float("inf"), Decimal("-1"), "1", None, 10**400, 1e9, 1e308, Decimal("nan")]
)
def test_what_is_no_cost_is_refused_and_counted(amount: object) -> None:
    ledger, got = Ledger(), list[Cost]()
    ledger.deliver_to(got.append)
    assert not ledger.record("openai", "embedding", amount)  # type: ignore[arg-type]
    assert (ledger.refused, got) == (1, [])


@pytest.mark.parametrize(
    ("spent", "limit", "status"),
    [
        (0, 50, HEALTHY),
        (39.99, 50, HEALTHY),
        (40, 50, DEGRADED),
        (49.99, 50, DEGRADED),
        (50, 50, UNHEALTHY),
        (99, None, HEALTHY),
        (0, 0, HEALTHY),
        (0.01, 0, UNHEALTHY),
    ],
)
def test_a_budget_warns_at_four_fifths_and_is_spent_at_the_whole(
    spent: float, limit: float | None, status: Status
) -> None:
    assert level(spent, limit) is status


def test_the_worse_of_day_and_month_counts() -> None:
    budget = Budget("openai", daily=10, monthly=50)
    assert [budget.judge(*spent) for spent in ((1, 1), (8, 8), (1, 50))] == [HEALTHY, DEGRADED, UNHEALTHY]


def test_it_says_what_was_spent_of_what() -> None:
    assert Budget("openai", monthly=50).words(1, 41.2) == "41.20 of 50.00 dollars this month"
    assert Budget("openai", 10, 50).words(1, 4) == "1.00 of 10.00 dollars today, 4.00 of 50.00 dollars this month"


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0.01, 1e6))
def test_spending_more_never_makes_it_better(less: float, more: float, limit: float) -> None:
    less, more = sorted((less, more))
    assert level(less, limit).severity <= level(more, limit).severity
