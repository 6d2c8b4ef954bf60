"""Entries: what happened once and must be written once, numbered by the instance that saw it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.store.text import storable

CORRELATION_LETTERS = 128


class At(Protocol):
    """Anything that happened at a time."""

    @property
    def at(self) -> float:
        """Return when, in Unix seconds."""


class Origin(NamedTuple):
    """Who writes an entry: one process of one service."""

    instance: str
    service: str


EntryT = TypeVar("EntryT", bound=At)
Numbered = tuple[int, EntryT]


def row(origin: Origin, sequence: int, at: float, **columns: Any) -> dict[str, Any]:
    """Return the row of an entry."""
    return {"instance": origin.instance, "service": origin.service, "sequence": sequence, "at": at, **columns}


def known(connection: Connection, table: sa.Table, instance: str, sequences: Iterable[int]) -> set[int]:
    """Return those of an instance's numbers that are in a table already."""
    mine = (table.c.instance == instance) & table.c.sequence.in_(list(sequences))
    return set(connection.execute(sa.select(table.c.sequence).where(mine)).scalars())


def times_by(
    connection: Connection, kind: sa.Column[str], at: sa.Column[float], since: float
) -> dict[str, list[float]]:
    """Return when there were entries of each kind since (Unix seconds), in order, over all services."""
    found: dict[str, list[float]] = defaultdict(list)
    for name, moment in connection.execute(sa.select(kind, at).where(at >= since).order_by(at)):
        found[name].append(moment)
    return dict(found)


def cut(text: object, letters: int) -> str:
    """Return at most so many letters of a text, such as both databases take."""
    return (storable(str(text)) or "")[:letters]


def cut_or_none(text: object | None, letters: int = CORRELATION_LETTERS) -> str | None:
    """Return the same of what may be missing."""
    return None if text is None else cut(text, letters)


def json_text(value: Any) -> str:
    """Return JSON; what it has no word for is written as Python prints it."""
    try:
        return msgspec.json.encode(value, enc_hook=str).decode()
    except (TypeError, ValueError, UnicodeError):
        return msgspec.json.encode({"unprintable": cut(repr(value), 1000)}).decode()
