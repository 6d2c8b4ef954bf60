"""In whose name is decided and sent: one leader's, for as long as the store has it as the leader."""

from collections.abc import Iterator
from contextlib import contextmanager

from monitoring.store import leases
from monitoring.store.database import Connection, Database


class Mandate:
    """The lease under which `owner` leads, by its `fence`."""

    def __init__(self, database: Database, owner: str, fence: int) -> None:
        self.database = database
        self._owner, self._fence = owner, fence

    @property
    def claimant(self) -> str:
        """Return who claims deliveries: an owner that leads again is another."""
        return f"{self._owner}:{self._fence}"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a transaction that nobody else can lead in; Deposed where another process leads, any of StoreError."""
        with self.database.write() as connection:
            leases.assert_held(connection, self._owner, self._fence)
            yield connection
