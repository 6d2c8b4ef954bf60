"""The tables, on both databases."""

import threading

import pytest
import sqlalchemy as sa

from monitoring.store import facts, leases, migrate
from monitoring.store.database import Database


def test_the_tables_are_those_of_the_models(database: Database) -> None:
    migrate.check(database)


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate.upgrade(database)
    with database.read() as connection:
        assert leases.read(connection) == ("", 0, 0, 0, 0)


def test_going_down_leaves_no_table_and_up_again_works(database: Database) -> None:
    migrate.downgrade(database, "base")
    assert sa.inspect(database.engine).get_table_names() == ["alembic_version"]
    migrate.upgrade(database)
    migrate.check(database)


def test_two_releases_at_once_take_turns(store_url: str) -> None:
    databases = [Database(store_url) for _ in range(3)]
    threads = [threading.Thread(target=migrate.upgrade, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    migrate.check(databases[0])
    for database in databases:
        database.close()


def test_a_store_of_a_later_version_is_told_as_such(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(migrate.NewerStoreError, match="9999"):
        migrate.upgrade(database)


def test_the_signing_key_is_made_once(database: Database) -> None:
    with database.write() as connection:
        made = facts.secret_key(connection)
    with database.write() as connection:
        assert facts.secret_key(connection) == made
    assert len(made) >= 32


def test_the_password_is_not_in_the_repr() -> None:
    assert "hidden" not in repr(Database("postgresql+psycopg://someone:hidden@localhost/x"))


@pytest.mark.parametrize("kind", ["total", "idle", "waiting"])
def test_the_pool_says_how_it_is_used(database: Database, kind: str) -> None:
    with database.read():
        assert database.pool_figures()[f"{kind}_connections"] == {"total": 1, "idle": 0, "waiting": 0}[kind]
