"""The admin's sources over the store."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from monitoring import clock
from monitoring.costs import Budget
from monitoring.overview.views import Overview
from monitoring.store import audit, costs, errors, leases, services, slow_operations, traces
from monitoring.store.database import Database
from monitoring.store.metrics import MetricsReader
from monitoring.web.admin_data import Leader, Sources

T = TypeVar("T")


def over_store(
    database: Database,
    overview: Callable[[], Overview],
    budgets: Sequence[Budget] = (),
    log_dir: Path | None = None,
) -> Sources:
    """Return what reads from `database` at each call."""

    def read(function: Callable[..., T]) -> Callable[..., T]:
        def reading(*given: object) -> T:
            with database.read() as connection:
                return function(connection, *given)

        return reading

    def leader() -> Leader | None:
        owner = read(leases.read)().owner
        return Leader(owner) if owner else None

    return Sources(
        overview=overview,
        metrics=lambda service: MetricsReader(database, service),
        services=lambda: read(services.known)(clock.now()),
        costs=read(costs.by_day),
        slow=read(slow_operations.latest),
        error_groups=read(errors.groups),
        error_stats=read(errors.stats),
        audit=read(audit.latest),
        trace=read(traces.find),
        leader=leader,
        budgets=budgets,
        log_dir=log_dir,
    )
