"""The ledger: entries of the last two days, and a row a day, service and operation of those before."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.clock import DAY_SECONDS, day_of, day_start
from monitoring.costs import Cost
from monitoring.store.entries import Numbered, Origin, cut, row
from monitoring.store.models import cost_days, costs
from monitoring.store.upsert import insert_new

CHUNK = 5_000
Key = tuple[str, ...]
_key = ("day", "service", "provider", "operation")


class CostDay(msgspec.Struct, frozen=True, order=True):
    """What an operation of a provider cost a service on a UTC day: `amount` in dollars, over `count` records."""

    day: str
    service: str
    provider: str
    operation: str
    amount: float
    count: int


def add(connection: Connection, origin: Origin, entries: Sequence[Numbered[Cost]]) -> None:
    """Store costs, one row for those of a batch that are alike; a batch that is there already stays as it is."""
    alike: dict[Key, list[Numbered[Cost]]] = defaultdict(list)
    for number, cost in entries:
        alike[day_of(cost.at), cut(cost.provider, 100), cut(cost.operation, 200)].append((number, cost))
    insert_new(
        connection,
        costs,
        [
            row(
                origin,
                same[0][0],
                same[0][1].at,
                day=day,
                provider=provider,
                operation=operation,
                amount=sum(cost.amount for _, cost in same),
                count=len(same),
            )
            for (day, provider, operation), same in alike.items()
        ],
    )


def fold(connection: Connection, now: float) -> bool:
    """Turn at most CHUNK entries of the days before yesterday into rows a day; True if there are more.

    What is added is what was deleted, in the caller's one transaction, so each entry counts once.
    """
    old = costs.c.at < day_start(now - DAY_SECONDS)
    chosen = sa.select(costs.c.instance, costs.c.sequence).where(old).limit(CHUNK)
    columns = [costs.c[name] for name in (*_key, "amount", "count")]
    key = sa.tuple_(costs.c.instance, costs.c.sequence)
    gone = connection.execute(sa.delete(costs).where(key.in_(chosen)).returning(*columns)).all()
    _book(connection, _added_up([CostDay(**each._mapping) for each in gone]))
    return len(gone) == CHUNK


def _added_up(entries: Sequence[CostDay]) -> list[CostDay]:
    amounts: dict[Key, float] = defaultdict(float)
    counts: dict[Key, int] = defaultdict(int)
    for entry in entries:
        key = (entry.day, entry.service, entry.provider, entry.operation)
        amounts[key] += entry.amount
        counts[key] += entry.count
    return [
        CostDay(**dict(zip(_key, key, strict=True)), amount=amounts[key], count=counts[key]) for key in sorted(amounts)
    ]


def _book(connection: Connection, days: Sequence[CostDay]) -> None:
    if not days:
        return
    insert_new(connection, cost_days, [{**msgspec.structs.asdict(each), "amount": 0.0, "count": 0} for each in days])
    columns = cost_days.c
    raised = {name: columns[name] + sa.bindparam(f"by_{name}") for name in ("amount", "count")}
    mine = sa.and_(*(columns[name] == sa.bindparam(f"of_{name}") for name in _key))
    connection.execute(
        sa.update(cost_days).where(mine).values(raised),
        [
            {f"of_{name}": getattr(each, name) for name in _key} | {"by_amount": each.amount, "by_count": each.count}
            for each in days
        ],
    )


def by_day(connection: Connection, since_day: str, until_day: str) -> list[CostDay]:
    """Return what was spent from one UTC day (`2026-11-23`) to another, both included, in order."""
    both = _both(since_day, until_day)
    key = [both.c[name] for name in _key]
    figures = (sa.func.sum(both.c[name]).label(name) for name in ("amount", "count"))
    rows = connection.execute(sa.select(*key, *figures).group_by(*key))
    return sorted(CostDay(**{**each._mapping, "count": int(each._mapping["count"])}) for each in rows)


def spent(connection: Connection, provider: str, since_day: str, until_day: str) -> float:
    """Return the dollars that all services spent on a provider from one UTC day to another, both included."""
    both = _both(since_day, until_day)
    query = sa.select(sa.func.sum(both.c.amount)).where(both.c.provider == cut(provider, 100))
    return float(connection.execute(query).scalar() or 0.0)


def _both(since_day: str, until_day: str) -> sa.Subquery:
    parts = [
        sa.select(*(table.c[name] for name in (*_key, "amount", "count"))).where(
            table.c.day >= since_day, table.c.day <= until_day
        )
        for table in (costs, cost_days)
    ]
    return sa.union_all(*parts).subquery()
