"""A store with a past, written as the leader writes it."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from monitoring.probing.batch import Batch
from monitoring.probing.cycle import Cycle
from monitoring.settings import CheckSettings
from monitoring.status import Result
from monitoring.store import states
from monitoring.store.database import Database
from monitoring.store.models import lease
from tests.probing.fakes import Local


def lived(database: Database, checks: Sequence[CheckSettings], results: Iterable[Result]) -> int:
    """Judge and store results as one batch; return its version."""
    batch = Batch()
    with database.write() as connection:
        cycle = Cycle([Local(each) for each in checks], states.load(connection), batch.add)
        for result in results:
            cycle.settle(result)
        raised = sa.update(lease).values(version=lease.c.version + 1).returning(lease.c.version)
        version = int(connection.execute(raised).scalar_one())
        batch.store(connection, version)
    return version
