from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from monitoring.application import instrument_engine
from monitoring.application.queries import named
from monitoring.metrics import metrics
from tests.metrics.sinks import Kept


class Queries:
    """What was recorded of an engine's queries."""

    def __init__(self) -> None:
        self.kept = Kept()
        metrics.flush()
        metrics.use(self.kept)

    def counts(self) -> Counter[tuple[str, str, str]]:
        """Queries by operation, table and status."""
        metrics.flush()
        found: Counter[tuple[str, str, str]] = Counter()
        for cell in self.kept.cells:
            if cell.series.name == "db.queries":
                tags = dict(cell.series.tags)
                found[tags["operation"], tags["table"], tags["status"]] += int(cell.sum)
        return found

    def times(self) -> list[float]:
        """Every recorded time in milliseconds."""
        metrics.flush()
        return [value for cell in self.kept.cells if cell.series.name == "db.query_time" for value in cell.values]


@pytest.fixture
def queries() -> Iterator[Queries]:
    yield Queries()
    metrics.use()


@pytest.fixture
def engine(store_url: str) -> Iterator[sa.Engine]:
    """An engine over an empty database, once SQLite and once PostgreSQL."""
    engine = sa.create_engine(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table orders (id integer primary key, total integer)")
    instrument_engine(engine)
    instrument_engine(engine)
    yield engine
    engine.dispose()


def test_every_query_is_counted_once_by_operation_and_table(engine: sa.Engine, queries: Queries) -> None:
    orders = sa.table("orders", sa.column("id"), sa.column("total"))
    with engine.begin() as connection:
        connection.execute(sa.insert(orders), [{"id": 1, "total": 5}, {"id": 2, "total": 6}])
        connection.execute(sa.select(orders).where(orders.c.id == 1)).all()
        connection.execute(sa.update(orders).values(total=7))
        connection.execute(sa.delete(orders))
    operations = ("insert", "select", "update", "delete")
    assert queries.counts() == {(operation, "orders", "success"): 1 for operation in operations}
    assert len(queries.times()) == 4 and all(0 < time < 10_000 for time in queries.times())


def test_a_query_that_fails_is_a_failure_and_still_fails(engine: sa.Engine, queries: Queries) -> None:
    with pytest.raises(sa.exc.SQLAlchemyError), engine.begin() as connection:
        connection.exec_driver_sql("select * from nowhere")
    assert queries.counts() == {("select", "nowhere", "failure"): 1}


def test_another_engine_is_left_alone(queries: Queries) -> None:
    other = sa.create_engine("sqlite://")
    with other.connect() as connection:
        connection.exec_driver_sql("select 1")
    other.dispose()
    assert not queries.counts()


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("SELECT a FROM orders WHERE x", ("select", "orders")),
        ('\n  insert into "Orders" (a) values (1)', ("insert", "orders")),
        ("UPDATE shop.orders SET a = 1", ("update", "shop.orders")),
        ("delete from `orders`", ("delete", "orders")),
        ("DELETE FROM ONLY orders", ("delete", "orders")),
        ("/* hint */ -- remark\n select 1", ("select", "none")),
        ("WITH x AS (SELECT 1 FROM orders) SELECT * FROM x", ("with", "orders")),
        ("create table orders (id int)", ("create", "orders")),
        ("PRAGMA foreign_keys", ("other", "none")),
        ("", ("other", "none")),
        ("(select 1)", ("other", "none")),
    ],
)
def test_a_statement_is_named_by_its_first_word_and_table(statement: str, names: tuple[str, str]) -> None:
    assert named(statement) == names
