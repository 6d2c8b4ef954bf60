"""Fills a store with a made-up history, for the demonstration, the benchmarks and the browser tests."""

import random
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.clock import DAY_SECONDS, HOUR_SECONDS, day_start, hour_start
from monitoring.health.hysteresis import State
from monitoring.probing.batch import Batch, stored_state
from monitoring.probing.judge import Judgement, Memory, judge
from monitoring.settings import CheckSettings
from monitoring.status import Cause, Result, Status
from monitoring.store import facts, rollups, states, transitions
from monitoring.store.database import Database
from monitoring.store.models import lease
from monitoring.store.rollups import Key, Ledger, Rollup
from monitoring.store.transitions import Transition

HOURS_OF_DETAIL = 8 * 24
_CAUSES = (Cause.TIMEOUT, Cause.REFUSED, Cause.STATUS, Cause.DNS)
Span = tuple[float, float, Status, Cause]


def fill(database: Database, checks: Sequence[CheckSettings], now: float, days: int = 90) -> None:
    """Write `days` days of history of `checks` up to `now`, marked as made up; the same for the same arguments."""
    with database.write() as connection:
        version = _next_version(connection)
        facts.put_new(connection, facts.MADE_UP, "1")
        for index, check in enumerate(checks):
            _fill_one(connection, version, check, now, days, random.Random(index))


def change(database: Database, checks: Sequence[CheckSettings], now: float) -> None:
    """Store one more result of each of `checks`, finished at `now`, as the leader stores it: the version is raised."""
    with database.write() as connection:
        remembered = {state.last.check: state for state in states.load(connection)}
        batch = Batch()
        for check in checks:
            memory = msgspec.json.decode(remembered[check.name].memory, type=Memory)
            result = Result(
                check=check.name,
                status=Status.HEALTHY,
                scheduled_at=now,
                finished_at=now,
                response_seconds=random.uniform(0.02, 0.4),
            )
            batch.add(result, judge(memory, result, check), result)
        batch.store(connection, _next_version(connection))


def _next_version(connection: Connection) -> int:
    raised = sa.update(lease).values(version=lease.c.version + 1).returning(lease.c.version)
    return int(connection.execute(raised).scalar_one())


def _fill_one(
    connection: Connection, version: int, check: CheckSettings, now: float, days: int, chance: random.Random
) -> None:
    start = day_start(now) - (days - 1) * DAY_SECONDS
    broken = _outages(start, now, days, chance)
    if check.type == "heartbeat":
        broken = [(began, ended, status, Cause.TIMEOUT) for began, ended, status, _ in broken]
    ledger = Ledger()
    _book_time(ledger, check.name, start, now, broken)
    typical = None if check.type == "heartbeat" else chance.uniform(0.02, 0.4)  # a job is not waited for
    for key, entry in ledger.entries.items():
        if typical is not None:
            _make_up_latency(entry, key, typical, chance)
    recent = hour_start(now) - HOURS_OF_DETAIL * HOUR_SECONDS
    ledger.entries = {key: entry for key, entry in ledger.entries.items() if key.unit == "day" or key.start >= recent}
    rollups.add(connection, version, ledger)
    transitions.add(connection, list(_transitions(check.name, start, broken)))
    states.save(connection, version, [_state(check.name, start, now, broken, typical)])


def _outages(start: float, now: float, days: int, chance: random.Random) -> list[Span]:
    """Return a few outages, none of them touching another or the last hour."""
    spans: list[Span] = []
    at = start
    for _ in range(chance.choice((0, 0, 1, 2, 3, 5)) if days > 1 else 0):
        at += chance.uniform(0.05, 0.35) * (now - start)
        lasts = min(chance.lognormvariate(7.2, 1.1), 9 * HOUR_SECONDS)
        if at + lasts > now - HOUR_SECONDS:
            break
        status = chance.choice((Status.UNHEALTHY, Status.UNHEALTHY, Status.DEGRADED))
        spans.append((at, at + lasts, status, chance.choice(_CAUSES)))
        at += lasts
    return spans


def _book_time(ledger: Ledger, name: str, start: float, now: float, broken: list[Span]) -> None:
    at = start
    for began, ended, status, _ in broken:
        ledger.book(name, at, began, Status.HEALTHY)
        ledger.book(name, began, ended, status)
        at = ended
    ledger.book(name, at, now, Status.HEALTHY)


def _make_up_latency(entry: Rollup, key: Key, typical: float, chance: random.Random) -> None:
    slower = 1 + 0.4 * (key.start % DAY_SECONDS) / DAY_SECONDS + entry.degraded_seconds / entry.observed_seconds
    weight = 24 if key.unit == "day" else 1
    for _ in range(60):
        entry.sketch.add(typical * slower * chance.lognormvariate(0, 0.35))
    entry.sketch.bins = {index: count * weight for index, count in entry.sketch.bins.items()}
    entry.counts[Status.HEALTHY] += 60 * weight


def _transitions(name: str, start: float, broken: list[Span]) -> "list[Transition]":
    changes = [Transition(check=name, previous=Status.UNKNOWN, status=Status.HEALTHY, at=start, confirmed_at=start)]
    for began, ended, status, cause in broken:
        down = Transition(
            check=name, previous=Status.HEALTHY, status=status, at=began, confirmed_at=began + 90, cause=cause
        )
        up = Transition(check=name, previous=status, status=Status.HEALTHY, at=ended, confirmed_at=ended + 30)
        changes += [down, up]
    return changes


def _state(name: str, start: float, now: float, broken: list[Span], typical: float | None) -> states.StoredState:
    phases = {"dns": 0.05, "connect": 0.15, "tls": 0.3, "first_byte": 0.4} if typical else {}
    result = Result(
        check=name,
        status=Status.HEALTHY,
        scheduled_at=now - (typical or 0.0),
        finished_at=now,
        response_seconds=typical,
        phases={phase: share * (typical or 0.0) for phase, share in phases.items()},
    )
    state = State(Status.HEALTHY, broken[-1][1] if broken else start)
    return stored_state(result, Judgement(Memory(state=state, last_at=result.scheduled_at), None, ()))
