"""What people open and say, and what the machine then leaves alone."""

import threading

import pytest

from monitoring.incidents import Draft, Said, Watched, open_by_hand, react, say
from monitoring.store import incidents, leases
from monitoring.store.database import Database
from monitoring.store.incidents import Affected, Impact, Incident, Stage
from tests.incidents.desk import SUBJECTS, Desk, fell, rose
from tests.support.results import NOON, UNHEALTHY, UNKNOWN


def opened(desk: Desk, at: float = 0, **fields) -> Incident:
    with desk.database.write() as connection:
        return open_by_hand(connection, Draft(**{"title": "Trouble", **fields}), "alice", NOON + at)


def said(desk: Desk, incident: Incident, at: float, **fields) -> Incident:
    with desk.database.write() as connection:
        found = say(connection, incident.id, Said(**fields), "alice", NOON + at)
    assert found is not None
    return found


def version(desk: Desk) -> int:
    with desk.database.read() as connection:
        return leases.read(connection).version


def test_a_person_opens_an_incident_and_readers_hear_of_it(database: Database) -> None:
    desk = Desk(database)
    incident = opened(desk, title=" Trouble ", body="We *look*.", impact=Impact.MAJOR, checks=("mail", "mail"))
    assert desk.incidents() == [incident]
    assert (incident.title, incident.opened_by, incident.started_at) == ("Trouble", "alice", NOON)
    assert [(each.body, each.author) for each in incident.updates] == [("We *look*.", "alice")]
    assert incident.checks == (Affected(check="mail", status=UNKNOWN),)
    assert version(desk) == 1


def test_a_person_says_how_it_goes_on(database: Database) -> None:
    desk = Desk(database)
    incident = opened(desk, checks=("mail",))
    after = said(
        desk, incident, 60, body="A disk.", stage=Stage.IDENTIFIED, impact=Impact.CRITICAL, title="Disks", checks=()
    )
    assert desk.incidents() == [after]
    assert (after.title, after.stage, after.impact, after.checks) == ("Disks", Stage.IDENTIFIED, Impact.CRITICAL, ())
    assert [each.body for each in after.updates] == ["A disk.", ""]
    assert version(desk) == 2


def test_what_is_not_said_stays_as_it_is(desk: Desk) -> None:
    incident = opened(desk, checks=("mail",), impact=Impact.MAJOR)
    after = said(desk, incident, 60, body="Still looking.")
    kept = ("id", "title", "stage", "impact", "checks", "started_at", "created_at", "resolved_at", "postmortem_url")
    assert [getattr(after, name) for name in kept] == [getattr(incident, name) for name in kept]
    assert after.updated_at == NOON + 60


def test_where_nothing_is_said_and_nothing_changes_nothing_is_written(desk: Desk) -> None:
    incident = opened(desk, checks=("mail",))
    assert said(desk, incident, 60, stage=incident.stage, postmortem_url="", body="  ") == incident


def test_it_is_resolved_and_may_be_opened_again(desk: Desk) -> None:
    incident = opened(desk)
    assert said(desk, incident, 60, stage=Stage.RESOLVED).resolved_at == NOON + 60
    assert said(desk, incident, 90, postmortem_url="https://example.org/why").resolved_at == NOON + 60
    after = said(desk, incident, 120, stage=Stage.MONITORING)
    assert (after.resolved_at, after.postmortem_url) == (None, "https://example.org/why")
    assert said(desk, incident, 150, postmortem_url="").postmortem_url is None


def test_one_that_is_over_when_it_is_opened_is_resolved(desk: Desk) -> None:
    assert opened(desk, stage=Stage.RESOLVED).resolved_at == NOON


def test_updates_of_one_moment_keep_their_order(desk: Desk) -> None:
    incident = opened(desk)
    for body in "abc":
        said(desk, incident, 0, body=body)
    assert [each.body for each in desk.incidents()[0].updates] == ["c", "b", "a", ""]


def test_nothing_can_be_said_of_what_is_not_there(desk: Desk) -> None:
    with desk.database.write() as connection:
        assert say(connection, "nothing", Said(body="x"), "alice", NOON) is None


def test_an_outage_of_a_check_that_a_person_named_belongs_to_that_incident(desk: Desk) -> None:
    opened(desk, checks=("mail",))
    [incident] = desk.tell(fell("mail", 7000))
    assert incident.checks == (Affected(check="mail", status=UNHEALTHY, began_at=NOON + 7000),)
    assert (incident.title, incident.impact, incident.started_at) == ("Trouble", Impact.MINOR, NOON)
    assert incident.updates[0].body == "Since 13:56 UTC Mail is down: it refuses connections."


def test_the_machine_tells_of_its_end_but_does_not_resolve_what_a_person_opened(desk: Desk) -> None:
    incident = opened(desk, checks=("mail",))
    said(desk, incident, 30, stage=Stage.IDENTIFIED)
    desk.tell(fell("mail", 60))
    [incident] = desk.tell(rose("mail", 120))
    assert (incident.stage, incident.resolved_at) == (Stage.IDENTIFIED, None)
    assert incident.updates[0].body == "Mail is back. It lasted 1 min."


def test_what_falls_at_that_time_and_is_not_named_is_an_incident_of_its_own(desk: Desk) -> None:
    opened(desk, checks=("mail",))
    assert [each.title for each in desk.tell(fell("database", 10))] == ["Database is down", "Trouble"]


def test_once_a_person_has_written_title_impact_and_stage_are_theirs(desk: Desk) -> None:
    [incident] = desk.tell(fell("database", 0))
    said(desk, incident, 60, title="A disk is full", impact=Impact.MINOR, stage=Stage.IDENTIFIED)
    [after] = desk.tell(fell("search", 90), fell("mail", 100), down=("database", "search", "mail", "login"))
    assert (after.title, after.impact, after.stage) == ("A disk is full", Impact.MINOR, Stage.IDENTIFIED)
    assert {each.check for each in after.checks} == {"database", "search", "mail"}
    assert after.updates[0].body == "Search and Mail are affected too."


def test_the_machine_still_resolves_what_it_opened_itself(desk: Desk) -> None:
    [incident] = desk.tell(fell("database", 0))
    said(desk, incident, 60, body="A disk is full.", title="A disk is full", stage=Stage.MONITORING)
    [after] = desk.tell(rose("database", 300))
    assert (after.stage, after.resolved_at, after.title) == (Stage.RESOLVED, NOON + 300, "A disk is full")
    assert [each.author for each in after.updates] == [None, "alice", None]


def test_what_a_person_resolved_stays_resolved_when_they_said(desk: Desk) -> None:
    [incident] = desk.tell(fell("database", 0))
    said(desk, incident, 60, stage=Stage.RESOLVED)
    [after] = desk.tell(rose("database", 300))
    assert (after.stage, after.resolved_at) == (Stage.RESOLVED, NOON + 60)
    assert after.updates[0].body == "Database is back. It lasted 5 min."


def test_what_a_person_has_written_in_is_not_opened_again_by_the_machine(desk: Desk) -> None:
    [incident] = desk.tell(fell("mail", 0), rose("mail", 100))
    said(desk, incident, 200, postmortem_url="https://example.org/why")
    newest, oldest = desk.tell(fell("mail", 300))
    assert (newest.stage, oldest.stage) == (Stage.INVESTIGATING, Stage.RESOLVED)


def test_what_a_person_says_while_the_leader_writes_is_not_lost(database: Database) -> None:
    desk = Desk(database)
    [incident] = desk.tell(fell("database", 0))
    watched = Watched(subjects=SUBJECTS, in_maintenance=lambda *_: False)
    with database.write() as connection:
        leases.touch(connection)  # as the leader's batch begins
        react(connection, [fell("search", 60)], watched, NOON + 90)
        person = threading.Thread(target=said, args=(desk, incident, 91), kwargs={"title": "A disk is full"})
        person.start()
        person.join(0.3)
        assert person.is_alive()
    person.join(10)
    [after] = desk.incidents()
    assert (after.title, {each.check for each in after.checks}) == ("A disk is full", {"database", "search"})


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"body": "x" * 20_001}, "body"),
        ({"checks": ("x",) * 501}, "checks"),
        ({"checks": ("x" * 65,)}, "checks"),
        ({"checks": ("",)}, "checks"),
    ],
)
def test_what_cannot_be_used_is_said_of_drafts_and_sayings_alike(fields, key) -> None:
    assert [fault for fault, _ in Draft(**{"title": "Fine", **fields}).faults()] == [key]
    assert [fault for fault, _ in Said(**{"body": "Fine", **fields}).faults()] == [key]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "example.org", "https://", "https://x/" + "y" * 2000])
def test_a_postmortem_is_on_the_web(address: str) -> None:
    assert [fault for fault, _ in Said(postmortem_url=address).faults()] == ["postmortem_url"]


def test_a_postmortem_has_no_password_in_its_address() -> None:
    [(key, expected)] = Said(postmortem_url="https://me:s3cret@example.org/story").faults()
    assert key == "postmortem_url" and "s3cret" not in expected


def test_a_secret_in_what_a_person_says_is_not_stored(desk: Desk) -> None:
    incident = opened(desk, title="The key sk-C4naryThatSings123 is lost", body="It was postgresql://app:s3cret@db/x.")
    after = said(desk, incident, 60, body="And password=hunter2.", title="token=hunter2 is lost")
    assert (incident.title, incident.updates[0].body) == (
        "The key *** is lost",
        "It was postgresql://app:***@db/x.",
    )
    assert (after.title, after.updates[0].body) == ("token=*** is lost", "And password=***")


def test_whoever_says_something_says_or_changes_something() -> None:
    assert [fault for fault, _ in Said(body=" \n").faults()] == ["body"]
    for sound in (Said(body="x"), Said(stage=Stage.MONITORING), Said(checks=()), Said(postmortem_url="")):
        assert list(sound.faults()) == []


def test_any_author_and_text_can_be_stored(database: Database) -> None:
    with database.write() as connection:
        draft = Draft(title="\ud800 ☃", body="nul\0 and half \ud800")
        incident = open_by_hand(connection, draft, "a\0" * 300, NOON)
        assert incidents.load(connection, incident.id).updates[0].body == "nul\ufffd and half ?"
