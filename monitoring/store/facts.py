"""Single facts that outlive a process."""

import secrets

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.store.models import meta
from monitoring.store.upsert import insert_new, upsert

_SIGNING_KEY = "secret_key"
MADE_UP = "made_up"


def get(connection: Connection, key: str) -> str | None:
    """Return a fact, None if nobody stated it."""
    return connection.execute(sa.select(meta.c.value).where(meta.c.key == key)).scalar()


def put_new(connection: Connection, key: str, value: str) -> str:
    """State a fact unless it is stated already; return what stands."""
    insert_new(connection, meta, [{"key": key, "value": value}])
    return get(connection, key) or value


def put(connection: Connection, key: str, value: str) -> None:
    """State a fact, whatever was stated before."""
    upsert(connection, meta, [{"key": key, "value": value}])


def secret_key(connection: Connection) -> str:
    """Return the key that signs cookies and links, made at the first call."""
    return put_new(connection, _SIGNING_KEY, secrets.token_urlsafe(32))
