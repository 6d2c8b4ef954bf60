"""A store with a past, written as the leader writes it."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from monitoring.maintenance import Maintenance, windows
from monitoring.probing.batch import Batch
from monitoring.probing.cycle import Cycle
from monitoring.settings import CheckSettings
from monitoring.status import Result
from monitoring.store import maintenances, states
from monitoring.store.database import Database
from monitoring.store.models import lease
from tests.probing.fakes import Local


def planned(database: Database, *plans: Maintenance) -> None:
    """Store planned work, as an admin does."""
    with database.write() as connection:
        for plan in plans:
            maintenances.add(connection, plan)


def lived(
    database: Database,
    checks: Sequence[CheckSettings],
    results: Iterable[Result],
    plans: Sequence[Maintenance] = (),
) -> int:
    """Judge and store results as one batch, booked around the windows of `plans`, which cover every check.

    Return its version.
    """
    batch = Batch(lambda _check, start, end: windows(plans, start, end))
    with database.write() as connection:
        cycle = Cycle([Local(each) for each in checks], states.load(connection), batch.add)
        for result in results:
            cycle.settle(result)
        raised = sa.update(lease).values(version=lease.c.version + 1).returning(lease.c.version)
        version = int(connection.execute(raised).scalar_one())
        batch.store(connection, version)
    return version
