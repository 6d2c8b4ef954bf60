"""Incidents as they are stored: whole, and read with few statements."""

from msgspec.structs import replace
from sqlalchemy import event

from monitoring.status import Status
from monitoring.store import incidents
from monitoring.store.database import Database
from monitoring.store.incidents import Affected, Impact, Incident, Stage, Update, new_id
from tests.support.results import NOON


def incident(began: float, resolved: float | None = None, checks: tuple[str, ...] = ("mail",)) -> Incident:
    """Return an incident that began, and was resolved, so many seconds after noon."""
    ended = None if resolved is None else NOON + resolved
    told = [Update(id=new_id(), stage=Stage.MONITORING, body=f"*{n}*", at=NOON + began + n) for n in (2, 1)]
    return Incident(
        id=new_id(),
        title="Mail is down ☂",
        stage=Stage.INVESTIGATING if ended is None else Stage.RESOLVED,
        impact=Impact.MAJOR,
        started_at=NOON + began,
        created_at=NOON + began + 1 / 3,
        updated_at=NOON + began + 2,
        resolved_at=ended,
        updates=tuple(told),
        checks=tuple(
            Affected(check=name, status=Status.UNHEALTHY, began_at=NOON + began, ended_at=ended) for name in checks
        ),
    )


def stored(database: Database, *those: Incident) -> None:
    with database.write() as connection:
        for each in those:
            incidents.save(connection, each)


def test_an_incident_comes_back_as_it_was_saved(database: Database) -> None:
    plain = incident(0, checks=("mail", "search"))
    full = replace(incident(5, 9), postmortem_url="https://example.org/", opened_by="alice", updates=())
    stored(database, plain, full)
    with database.read() as connection:
        assert incidents.load(connection, plain.id) == plain
        assert incidents.load(connection, full.id) == full
        assert incidents.load(connection, "nothing") is None


def test_saving_again_replaces_all_but_the_updates_that_are_there(database: Database) -> None:
    before = incident(0, checks=("mail", "search"))
    forged = replace(before.updates[0], body="other")
    new = Update(id=new_id(), stage=Stage.RESOLVED, body="Back.", at=NOON + 60, author="alice")
    after = replace(before, title="Other", resolved_at=NOON + 60, checks=before.checks[:1], updates=(new, forged))
    stored(database, before, after)
    with database.read() as connection:
        found = incidents.load(connection, before.id)
    assert found == replace(after, updates=(new, *before.updates))


def test_checks_stand_in_the_order_in_which_they_fell_and_named_ones_last(database: Database) -> None:
    times = {"a": None, "b": NOON + 2, "c": NOON + 1}
    checks = tuple(Affected(check=name, status=Status.UNKNOWN, began_at=at) for name, at in times.items())
    stored(database, replace(incident(0), checks=checks))
    with database.read() as connection:
        [found] = incidents.unresolved(connection)
    assert [each.check for each in found.checks] == ["c", "b", "a"]


def test_those_of_a_span_are_those_that_touch_it_newest_first(database: Database) -> None:
    spans = {"before": (0, 10), "into": (5, 15), "inside": (11, 12), "out of": (19, 30), "lasting": (2, None)}
    named = {name: incident(*span) for name, span in spans.items()}
    after = incident(20, 21)
    stored(database, *named.values(), after)
    with database.read() as connection:
        touching = incidents.between(connection, NOON + 10, NOON + 20)
        few = incidents.between(connection, NOON + 10, NOON + 20, limit=2)
    assert touching == [named[name] for name in ("out of", "inside", "into", "lasting")]
    assert few == [named["out of"], named["lasting"]], "what is not resolved goes before what is newer"


def test_the_latest_and_the_unresolved_come_newest_first(database: Database) -> None:
    those = [incident(0), incident(5, 6), incident(3)]
    stored(database, *those)
    with database.read() as connection:
        assert incidents.latest(connection, 2) == [those[1], those[2]]
        assert incidents.unresolved(connection) == [those[2], those[0]]


def test_more_can_be_said_of_what_lasts_or_was_lately(database: Database) -> None:
    other, old, late = incident(0, checks=("search",)), incident(0, 99), incident(0, 100)
    resolved_by_hand = replace(incident(0), stage=Stage.RESOLVED, resolved_at=NOON + 1)
    named = replace(resolved_by_hand, id=new_id(), updates=(), checks=(Affected(check="mail", status=Status.UNKNOWN),))
    stored(database, other, old, late, resolved_by_hand, named, incident(0, 100, checks=("database",)))
    with database.read() as connection:
        found = incidents.involving(connection, ["mail"], NOON + 100)
    assert {each.id for each in found} == {other.id, late.id, resolved_by_hand.id}


def test_many_are_read_in_three_statements(database: Database) -> None:
    stored(database, *(incident(n, checks=("mail", "search")) for n in range(20)))
    statements: list[str] = []
    with database.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
        assert len(incidents.unresolved(connection)) == 20
    assert len(statements) == 3


def test_ids_are_twelve_letters_and_differ() -> None:
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(each) == 12 and each.isascii() and each.isalnum() and each == each.lower() for each in made)
