"""Who leads: one row, changed only by conditional updates.

No clock of the database or of another host is compared: a rival watches the renewal number stand still on its own
clock (see `probing.leader`). The fence grows with each claim, so a leader that was stopped and wakes up writes nothing.
"""

from enum import Enum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.store.models import lease

NAME = "leader"
_mine = lease.c.name == NAME


class Lease(NamedTuple):
    """The row: `owner` is empty when it was given back."""

    owner: str
    fence: int
    renewal: int
    batch: int
    version: int


class Deposed(Exception):
    """Another process leads."""


class Refused(Enum):
    """Why a batch must not be written."""

    DEPOSED = "another process leads"
    WRITTEN = "this batch was written already"


def read(connection: Connection) -> Lease:
    """Return the row as it stands."""
    row = connection.execute(
        sa.select(lease.c.owner, lease.c.fence, lease.c.renewal, lease.c.batch, lease.c.version).where(_mine)
    ).one()
    return Lease(*row)


def claim(connection: Connection, seen: Lease, owner: str) -> int | None:
    """Take the lease if its row is still as `seen`; return the new fence, or None if somebody was faster."""
    still = _mine & (lease.c.owner == seen.owner) & (lease.c.fence == seen.fence) & (lease.c.renewal == seen.renewal)
    taken = connection.execute(
        sa.update(lease).where(still).values(owner=owner, fence=seen.fence + 1, renewal=seen.renewal + 1, batch=0)
    )
    return seen.fence + 1 if taken.rowcount == 1 else None


def renew(connection: Connection, owner: str, fence: int) -> bool:
    """Say that the owner still leads; False if somebody else does."""
    renewed = connection.execute(sa.update(lease).where(_held(owner, fence)).values(renewal=lease.c.renewal + 1))
    return renewed.rowcount == 1


def release(connection: Connection, owner: str, fence: int) -> None:
    """Give the lease back, so that a rival need not wait; nothing happens if somebody else holds it."""
    connection.execute(
        sa.update(lease).where(_held(owner, fence)).values(owner="", renewal=lease.c.renewal + 1),
    )


def begin_batch(connection: Connection, owner: str, fence: int, batch: int) -> int | Refused:
    """Open a batch in the caller's transaction, as its first statement; return the version its rows get.

    A commit whose answer was lost is recognised by its number, so that a batch tried again is never booked twice.
    """
    version = connection.execute(
        sa.update(lease)
        .where(_held(owner, fence) & (lease.c.batch == batch - 1))
        .values(batch=batch, version=lease.c.version + 1)
        .returning(lease.c.version)
    ).scalar()
    if version is not None:
        return int(version)
    row = read(connection)
    return Refused.WRITTEN if (row.owner, row.fence, row.batch) == (owner, fence, batch) else Refused.DEPOSED


def touch(connection: Connection) -> None:
    """Say that something readers see has changed, other than by a leader's batch."""
    connection.execute(sa.update(lease).where(_mine).values(version=lease.c.version + 1))


def assert_held(connection: Connection, owner: str, fence: int) -> None:
    """Open a leader's transaction, as its first statement, and lock the lease until it ends; Deposed if it is not held.

    Two leaders' transactions run one after the other, so the second sees what the first has done.
    """
    locked = connection.execute(sa.update(lease).where(_held(owner, fence)).values(renewal=lease.c.renewal))
    if locked.rowcount != 1:
        raise Deposed


def _held(owner: str, fence: int) -> sa.ColumnElement[bool]:
    return _mine & (lease.c.owner == owner) & (lease.c.fence == fence)
