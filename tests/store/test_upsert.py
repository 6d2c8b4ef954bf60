"""Whole rows, written by either database's own way: what comes back is what was given, to the bit."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from monitoring.store import models
from monitoring.store.database import Database
from monitoring.store.text import storable
from monitoring.store.upsert import insert_new, upsert

TEXTS = ("", "'; --", '{"a": "\\u0000"}', 'quoted "\\"', "%(rows)s :rows", "line\nline\u2028", "ünï 💡", "a\0b\ud800c")


def hour(name: str = "api", sketch: bytes = b"", seconds: float = 0.0, count: int = 0) -> dict[str, Any]:
    counts = dict.fromkeys(("healthy", "degraded", "unhealthy", "unknown"), count)
    spans = dict.fromkeys(("observed_seconds", "degraded_seconds", "down_seconds", "maintenance_seconds"), seconds)
    return {"check_name": name, "start": 3600, "version": count, "sketch": sketch, **counts, **spans}


def written(database: Database, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    with database.write() as connection:
        connection.execute(sa.delete(models.hours))
        upsert(connection, models.hours, rows)
        return [dict(row) for row in connection.execute(sa.select(models.hours).order_by("check_name")).mappings()]


def test_every_byte_and_a_great_number_come_back(database: Database) -> None:
    row = hour(sketch=bytes(range(256)), count=2**62)
    assert written(database, row) == [row]


@tries(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=st.floats(min_value=0, max_value=1e12))
def test_a_duration_comes_back_to_the_last_bit(database: Database, seconds: float) -> None:
    assert written(database, hour(seconds=seconds))[0]["observed_seconds"] == seconds


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_as_it_was_made_storable(database: Database, text: str) -> None:
    with database.write() as connection:
        insert_new(connection, models.meta, [{"key": "text", "value": storable(text)}])
        assert connection.execute(sa.select(models.meta.c.value)).scalar_one() == storable(text)


def test_a_row_that_stands_is_replaced_whole_and_the_others_stay(database: Database) -> None:
    with database.write() as connection:
        upsert(connection, models.hours, [hour("a", b"old", 1.0, 1), hour("b", b"old", 1.0, 1)])
        upsert(connection, models.hours, [hour("a", b"new", 2.0, 2), hour("c", b"new", 2.0, 2)])
        found = connection.execute(sa.select(models.hours.c.sketch).order_by("check_name")).scalars().all()
    assert found == [b"new", b"old", b"new"]


def test_nothing_is_written_where_nothing_is_given(database: Database) -> None:
    assert written(database) == []


def test_what_one_batch_says_twice_of_a_new_row_is_taken_once(database: Database) -> None:
    with database.write() as connection:
        insert_new(connection, models.meta, [{"key": "k", "value": "first"}, {"key": "k", "value": "second"}])
        assert connection.execute(sa.select(models.meta.c.value)).scalars().all() == ["first"]
