"""What the services an application pays for have cost it, and whether that is still within the budget."""

import threading
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import msgspec

from monitoring import clock
from monitoring.logs import log
from monitoring.status import Status, worst_of

WARNING_SHARE = 0.8
MOST_DOLLARS = 1e9
"""No single cost gets here; a mistake that did would spoil the sums of its month."""


class Cost(msgspec.Struct, frozen=True):
    """One amount spent, in dollars, `at` Unix seconds, on an operation (`embedding`) of a provider (`openai`)."""

    provider: str
    operation: str
    amount: float
    at: float


Deliver = Callable[[Cost], object]


class Ledger:
    """Takes costs in and hands them on; nothing is handed on before `deliver_to`. `refused` counts what was no cost."""

    def __init__(self) -> None:
        self.refused = 0
        self._deliver: Deliver | None = None
        self._lock = threading.Lock()

    def deliver_to(self, deliver: Deliver | None) -> None:
        """Say who keeps the costs: something that neither blocks nor raises; None for nobody."""
        self._deliver = deliver

    def record(self, provider: str, operation: str, amount: float | Decimal) -> bool:
        """Record dollars spent; False, counted and said, where the amount is no number from 0 to below 1e9."""
        if not _is_amount(amount):
            self._refuse(provider, operation, amount)
            return False
        if self._deliver is not None:
            self._deliver(Cost(str(provider), str(operation), float(amount), clock.now()))
        return True

    def _refuse(self, provider: str, operation: str, amount: object) -> None:
        with self._lock:
            self.refused += 1
        reason = "A cost is refused: it is negative, no number, or a billion dollars and more"
        log.warn(reason, provider=provider, operation=operation, cost=amount)


def _is_amount(amount: object) -> bool:
    try:
        return isinstance(amount, int | float | Decimal) and 0 <= amount < MOST_DOLLARS
    except InvalidOperation:  # a Decimal that is NaN cannot be compared
        return False


ledger = Ledger()
record = ledger.record
deliver_to = ledger.deliver_to


class Budget(msgspec.Struct, frozen=True):
    """How many dollars a provider may cost on a UTC day and in a UTC month; None for any."""

    provider: str
    daily: float | None = None
    monthly: float | None = None

    def judge(self, today: float, this_month: float) -> Status:
        """Return the worse of what was spent today and this month."""
        return worst_of((level(today, self.daily), level(this_month, self.monthly)))

    def words(self, today: float, this_month: float) -> str:
        """Return what was spent against what may be: `41.20 of 50.00 dollars this month`."""
        spans = ((today, self.daily, "today"), (this_month, self.monthly, "this month"))
        return ", ".join(f"{spent:.2f} of {limit:.2f} dollars {span}" for spent, limit, span in spans if limit)


def level(spent: float, limit: float | None) -> Status:
    """Return degraded from 80 % of the limit on, unhealthy from 100 % on; healthy where nothing was spent."""
    if limit is None or spent <= 0:
        return Status.HEALTHY
    if spent >= limit:
        return Status.UNHEALTHY
    return Status.DEGRADED if spent >= WARNING_SHARE * limit else Status.HEALTHY
