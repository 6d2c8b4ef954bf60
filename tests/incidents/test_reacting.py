"""What the machine makes of outages."""

import pytest

from monitoring.incidents import Subject, Watched, reacting
from monitoring.incidents.reacting import reacted
from monitoring.incidents.story import MOST_UPDATES
from monitoring.status import Status
from monitoring.store.database import Database
from monitoring.store.incidents import Impact, Stage
from tests.incidents.desk import SUBJECTS, Desk, fell, rose
from tests.support.results import DEGRADED, NOON, UNHEALTHY, UNKNOWN


def test_an_outage_of_a_public_check_opens_an_incident(database: Database) -> None:
    [incident] = Desk(database).tell(fell("database", 0))
    assert (incident.title, incident.stage, incident.impact) == ("Database is down", Stage.INVESTIGATING, Impact.MAJOR)
    assert (incident.started_at, incident.resolved_at, incident.opened_by) == (NOON, None, None)
    assert [(each.check, each.status, each.began_at) for each in incident.checks] == [("database", UNHEALTHY, NOON)]
    [update] = incident.updates
    assert update.body == "Since 12:00 UTC Database is down: it refuses connections."
    assert (update.at, update.author) == (NOON + 30, None)


def test_its_end_resolves_the_incident_and_says_how_long_it_lasted(database: Database) -> None:
    desk = Desk(database)
    desk.tell(fell("database", 0))
    [incident] = desk.tell(rose("database", 252))
    assert (incident.stage, incident.resolved_at) == (Stage.RESOLVED, NOON + 252)
    assert (incident.updates[0].stage, incident.updates[0].at) == (Stage.RESOLVED, NOON + 267)
    assert incident.updates[0].body == "Database is back. It lasted 4 min 12 s."
    assert incident.title == "Database was down"


def test_an_outage_that_was_stored_late_stands_there_with_its_own_times(desk: Desk) -> None:
    [incident] = desk.tell(fell("mail", 0), rose("mail", 600), fell("database", 5000))[1:]
    assert (incident.started_at, incident.resolved_at) == (NOON, NOON + 600)
    assert [each.at for each in incident.updates] == [NOON + 615, NOON + 30]


def test_what_is_only_degraded_is_slow_or_impaired_and_minor(desk: Desk) -> None:
    [incident] = desk.tell(fell("mail", 0, DEGRADED, cause=None))
    assert (incident.title, incident.impact) == ("Mail is slow or impaired", Impact.MINOR)
    assert incident.updates[0].body == "Since 12:00 UTC Mail is slow or impaired."


def test_what_counts_as_degraded_at_most_is_minor_while_it_is_down(desk: Desk) -> None:
    [incident] = desk.tell(fell("maps", 0))
    assert (incident.title, incident.impact) == ("Maps is down", Impact.MINOR)


def test_it_is_critical_where_more_than_half_of_the_public_checks_are_down(desk: Desk) -> None:
    assert desk.tell(fell("mail", 0), down=("mail", "database", "vault", "login"))[0].impact is Impact.MAJOR
    [_, first] = desk.tell(fell("database", 3000), down=("mail", "database", "search", "login"))
    assert (first.title, first.impact) == ("Mail is down", Impact.MAJOR)
    assert desk.incidents()[0].impact is Impact.CRITICAL
    assert desk.tell(rose("database", 4000), down=("mail",))[0].impact is Impact.CRITICAL


@pytest.mark.parametrize("check", ["vault", "spike/ValueError", "nobody"])
def test_what_strangers_may_not_see_opens_none(desk: Desk, check: str) -> None:
    assert desk.tell(fell(check, 0)) == []


def test_a_first_result_or_an_end_nobody_heard_of_opens_none(desk: Desk) -> None:
    assert desk.tell(rose("mail", 0, previous=UNKNOWN), rose("database", 0)) == []


def test_checks_that_fall_together_are_one_incident_named_by_what_the_others_depend_on(desk: Desk) -> None:
    [incident] = desk.tell(fell("checkout", 0), fell("search", 1), fell("mail", 2), fell("database", 3))
    assert incident.title == "Database and 3 others are down"
    assert incident.updates[0].body == (
        "Since 12:00 UTC Database is down: it refuses connections. Mail, Search and Checkout are affected too."
    )
    assert incident.started_at == NOON


@pytest.mark.parametrize(("at", "count"), [(120, 1), (121, 2)])
def test_checks_that_fall_within_two_minutes_join(desk: Desk, at: float, count: int) -> None:
    desk.tell(fell("mail", 0, DEGRADED))
    *_, first = found = desk.tell(fell("maps", at))
    assert len(found) == count
    titles = {1: "Maps and Mail are down or impaired", 2: "Mail is slow or impaired"}
    assert first.title == titles[count]


def test_a_check_that_joins_is_told_of_and_may_have_fallen_earlier(desk: Desk) -> None:
    desk.tell(fell("mail", 60))
    [incident] = desk.tell(fell("database", 0, confirmed_at=NOON + 120))
    assert (incident.title, incident.started_at) == ("Database and Mail are down", NOON)
    assert incident.updates[0].body == "Database is down too, since 12:00 UTC: it refuses connections."


def test_what_depends_on_its_checks_joins_at_any_time_and_many_join_in_one_update(desk: Desk) -> None:
    desk.tell(fell("database", 0))
    [incident] = desk.tell(fell("checkout", 7000), fell("search", 7000), down=("database",))
    assert (incident.title, len(incident.updates)) == ("Database and 2 others are down", 2)
    assert incident.updates[0].body == "Search and Checkout are affected too."


def test_what_its_checks_depend_on_does_not(desk: Desk) -> None:
    desk.tell(fell("search", 0))
    assert len(desk.tell(fell("database", 7000))) == 2


def test_a_private_cause_is_not_named(desk: Desk) -> None:
    [incident] = desk.tell(fell("vault", 0), fell("login", 1), down=("vault", "login"))
    assert incident.title == "Login is down"
    assert [each.check for each in incident.checks] == ["login"]


def test_it_is_resolved_when_the_last_of_its_outages_has_ended(desk: Desk) -> None:
    desk.tell(fell("database", 0), fell("search", 10))
    [incident] = desk.tell(rose("search", 300))
    assert (incident.stage, len(incident.updates)) == (Stage.INVESTIGATING, 1)
    [incident] = desk.tell(rose("database", 200))
    assert (incident.stage, incident.resolved_at) == (Stage.RESOLVED, NOON + 300)
    assert incident.updates[0].body == "Database and Search are back. It lasted 5 min."


def test_a_check_that_nobody_asks_any_more_does_not_keep_it_open(desk: Desk) -> None:
    [incident] = desk.tell(fell("database", 0), fell("search", 10))
    fewer = Watched(subjects={"database": SUBJECTS["database"]}, in_maintenance=lambda *_: False)
    [after] = reacted([incident], [rose("database", 300)], fewer, NOON + 315)
    assert (after.stage, after.updates[0].body) == (Stage.RESOLVED, "Database is back. It lasted 5 min.")


def test_a_check_that_worsens_raises_title_and_impact_and_never_lowers_them(desk: Desk) -> None:
    desk.tell(fell("mail", 0, DEGRADED))
    [worse] = desk.tell(fell("mail", 300, UNHEALTHY, previous=DEGRADED))
    assert (worse.title, worse.impact, worse.checks[0].status) == ("Mail is down", Impact.MAJOR, UNHEALTHY)
    assert worse.updates[0].body == "Mail is down since 12:05 UTC: it refuses connections."
    assert desk.tell(fell("mail", 600, DEGRADED, previous=UNHEALTHY)) == [worse]


@pytest.mark.parametrize(("at", "count"), [(1000, 1), (1001, 2)])
def test_a_check_that_falls_again_within_15_minutes_opens_the_same_incident_again(
    desk: Desk, at: float, count: int
) -> None:
    desk.tell(fell("mail", 0), rose("mail", 100))
    newest, *_ = found = desk.tell(fell("mail", at))
    assert (len(found), newest.stage, newest.resolved_at) == (count, Stage.INVESTIGATING, None)
    again = "Mail is down again, since 12:16 UTC: it refuses connections."
    assert (newest.updates[0].body == again) == (count == 1)


def test_an_incident_that_was_opened_again_ends_with_how_long_it_lasted_then(desk: Desk) -> None:
    desk.tell(fell("mail", 0), fell("database", 1), rose("mail", 100), rose("database", 110))
    [incident] = desk.tell(fell("mail", 400), rose("mail", 430))
    assert incident.updates[0].body == "Mail is back. It lasted 30 s."
    assert (incident.stage, incident.resolved_at, len(incident.updates)) == (Stage.RESOLVED, NOON + 430, 4)


def test_a_check_that_keeps_falling_does_not_fill_the_store(desk: Desk) -> None:
    for turn in range(MOST_UPDATES):
        [incident] = desk.tell(fell("mail", turn * 60), rose("mail", turn * 60 + 30))
    assert len(incident.updates) == MOST_UPDATES
    assert (incident.stage, incident.resolved_at) == (Stage.RESOLVED, NOON + MOST_UPDATES * 60 - 30)


@pytest.mark.parametrize("worked_on", ["search", "database", "mail"])
def test_what_fails_in_maintenance_opens_none_nor_does_what_depends_on_it(desk: Desk, worked_on: str) -> None:
    desk.worked_on = {worked_on: (0, 600)}
    opened = desk.tell(fell("search", 100), down=("database", "mail", "search"))
    assert bool(opened) == (worked_on == "mail")


def test_maintenance_of_what_is_not_down_explains_nothing(desk: Desk) -> None:
    desk.worked_on = {"database": (0, 600)}
    assert len(desk.tell(fell("search", 100), down=("search",))) == 1


def test_an_outage_that_outlasts_its_maintenance_can_be_told_at_its_end(desk: Desk) -> None:
    desk.worked_on = {"mail": (0, 600)}
    assert desk.tell(fell("mail", 100)) == []
    [incident] = desk.tell(fell("mail", 100, confirmed_at=NOON + 600))
    assert (incident.title, incident.started_at) == ("Mail is down", NOON + 100)


def test_an_end_in_maintenance_ends_what_began_before(desk: Desk) -> None:
    desk.tell(fell("mail", 0))
    desk.worked_on = {"mail": (100, 600)}
    assert desk.tell(rose("mail", 200))[0].stage is Stage.RESOLVED


def test_nothing_is_asked_of_the_store_where_nothing_changed() -> None:
    watched = Watched(subjects=SUBJECTS, in_maintenance=lambda *_: False)
    assert reacting.react(None, [fell("spike/ValueError", 0)], watched, NOON) is False  # type: ignore[arg-type]


def test_checks_that_depend_on_each_other_end_no_search(desk: Desk) -> None:
    ring = {"a": Subject(title="A", parents=("b",)), "b": Subject(title="B", parents=("a", "a", "gone"))}
    watched = Watched(subjects=ring, in_maintenance=lambda *_: False)
    assert (watched.ancestors("a"), watched.ancestors("b")) == ({"b", "gone"}, {"a", "gone"})
    assert len(reacted([], [fell("a", 0), fell("b", 500, Status.UNHEALTHY)], watched, NOON + 600)) == 1
