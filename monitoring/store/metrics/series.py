"""Series under a number: the same one in every process, without asking."""

from collections.abc import Collection
from hashlib import blake2b

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.metrics.cell import Kind, Series
from monitoring.store.models import metric_series
from monitoring.store.text import storable
from monitoring.store.upsert import insert_new

NAME_LETTERS = 200
_tags_type = msgspec.json.Decoder(dict[str, str])


def storable_series(series: Series) -> Series:
    """Return a series as the store can hold it: a name of at most 200 letters, and text that both databases take."""
    tags = tuple([(_text(key), _text(value)) for key, value in series.tags])
    return Series(_text(series.name)[:NAME_LETTERS], series.kind, tags)


def number(series: Series) -> int:
    """Return the number of a storable series: 63 bits of a hash of its name, kind and tags."""
    digest = blake2b(msgspec.msgpack.encode(series), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def add(connection: Connection, batch: Collection[tuple[int, Series]]) -> None:
    """Say what the numbers stand for; those that are known stay as they are."""
    rows = [
        {"id": key, "name": series.name, "kind": series.kind.value, "tags": _json(series)}
        for key, series in sorted(batch)  # one order for all, so that two writers never lock crosswise
    ]
    insert_new(connection, metric_series, rows)


def load(connection: Connection, name: str | None) -> dict[int, Series]:
    """Return by number the series of metrics that `name` matches."""
    columns = metric_series.c
    query = sa.select(columns.id, columns.name, columns.kind, columns.tags).where(matches(name))
    return {
        key: Series(metric, Kind(kind), tuple(_tags_type.decode(tags).items()))
        for key, metric, kind, tags in connection.execute(query)
    }


def matches(name: str | None) -> sa.ColumnElement[bool]:
    """Return the condition that a series' name is `name`, or begins with it and a dot; any where it is None."""
    if name is None:
        return sa.true()
    return (metric_series.c.name == name) | metric_series.c.name.startswith(f"{name}.", autoescape=True)


def _json(series: Series) -> str:
    return msgspec.json.encode(dict(series.tags)).decode()


def _text(text: str) -> str:
    return storable(text) or ""
