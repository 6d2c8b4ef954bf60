"""Which services have told anything lately."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.clock import DAY_SECONDS, hour_start
from monitoring.store.models import error_groups, metric_hours


def known(connection: Connection, now: float) -> list[str]:
    """Return the services with metrics or errors of the last 24 hours, in order."""
    since = now - DAY_SECONDS
    measured = sa.select(metric_hours.c.service).where(metric_hours.c.start >= hour_start(since))
    failing = sa.select(error_groups.c.service).where(error_groups.c.last_at >= since)
    return sorted(connection.execute(sa.union(measured, failing)).scalars())
