"""Raw results: one row a probe, unique by check and scheduled time."""

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from monitoring.status import Result
from monitoring.store.models import results
from monitoring.store.text import storable
from monitoring.store.upsert import insert_new


def add(connection: Connection, batch: Sequence[Result]) -> None:
    """Store results; one that is there already stays as it is."""
    insert_new(
        connection,
        results,
        [
            {
                "check_name": result.check,
                "scheduled_at": result.scheduled_at,
                "finished_at": result.finished_at,
                "status": result.status.value,
                "cause": result.cause,
                "error": storable(result.error),
                "response_seconds": result.response_seconds,
            }
            for result in batch
        ],
    )
