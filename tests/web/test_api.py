"""Statuspage's public status API, as its clients read it."""

import json
from collections.abc import Callable

import msgspec
import pytest

from monitoring.settings.structure import Page
from monitoring.status import Status
from monitoring.store.incidents import Impact
from monitoring.web import api
from monitoring.web.api.components import State
from monitoring.web.api.indicator import blended
from monitoring.web.rendered import PAGE_CACHED
from tests.support import statuspage
from tests.support.apps import TurnedClock
from tests.web.samples import NOW, check, empty_days, fleet
from tests.web.told import Teller, affected, incident, maintenance, update

HEALTHY, DEGRADED, UNHEALTHY, UNKNOWN = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY, Status.UNKNOWN
PATHS = (
    *("summary", "status", "components", "incidents", "incidents/unresolved"),
    *("scheduled-maintenances", "scheduled-maintenances/upcoming", "scheduled-maintenances/active"),
)
MAIL, SEARCH = {"name": "mail", "title": "Mail", "group": "Partners"}, {"name": "search", "title": "Search"}


def told(teller: Teller, path: str) -> statuspage.Answer:
    answer = teller.get(f"/api/v2/{path}.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return statuspage.read(answer.data)


def states(teller: Teller) -> dict[str, str]:
    return {each.name: each.status for each in told(teller, "components").components if not each.group}


@pytest.fixture
def teller() -> Teller:
    """A page with an outage, an incident about it, one that is over, and maintenance of every stage."""
    made = Teller(check(**MAIL, status=UNHEALTHY, since=NOW - 3600), check(**SEARCH), check("vault", public=False))
    over = incident(
        update("resolved", NOW - 86400),
        update("monitoring", NOW - 88000),
        update("investigating", NOW - 90000),
        id="incident0002",
        began=NOW - 90060,
    )
    plans = (
        maintenance(NOW - 600, id="maintenance2", checks=("search",)),
        maintenance(),
        maintenance(NOW - 86400, id="maintenance3"),
    )
    made.tell(incident(), over, maintenances=plans)
    return made


@pytest.mark.parametrize("path", PATHS)
def test_the_strictest_client_can_read_every_document(teller: Teller, path: str) -> None:
    answer = told(teller, path)
    assert (answer.page.name, answer.page.url, answer.page.time_zone) == (
        "Lightship & Co",
        "https://status.example.com",
        "Etc/UTC",
    )


def test_each_document_has_what_statuspages_has(teller: Teller) -> None:
    keys = {path: {*teller.get(f"/api/v2/{path}.json").json} - {"page"} for path in PATHS}
    maintenances = {"scheduled_maintenances"}
    assert keys == {
        "summary": {"status", "components", "incidents", "scheduled_maintenances"},
        "status": {"status"},
        "components": {"components"},
        "incidents": {"incidents"},
        "incidents/unresolved": {"incidents"},
        **dict.fromkeys(PATHS[5:], maintenances),
    }


def test_lists_hold_what_their_names_say(teller: Teller) -> None:
    def ids(path: str) -> list[str]:
        answer = told(teller, path)
        return [each.id for each in answer.incidents or answer.scheduled_maintenances]

    assert ids("incidents/unresolved") == ["incident0001"]
    assert ids("incidents") == ["incident0001", "incident0002"]
    assert ids("scheduled-maintenances/active") == ["maintenance2"]
    assert ids("scheduled-maintenances/upcoming") == ["maintenance1"]
    assert ids("scheduled-maintenances") == ["maintenance1", "maintenance2", "maintenance3"]


def test_exporters_see_what_is_broken_and_what_is_going_on(teller: Teller) -> None:
    assert statuspage.exporter_view(teller.get("/api/v2/summary.json").json) == {
        "up": False,
        "broken": ["Partners", "Mail"],
        "incidents": ["incident0001"],
        "maintenances": ["maintenance2", "maintenance1"],
    }


def test_a_client_that_counts_letters_can_read_the_times(teller: Teller) -> None:
    component = told(teller, "components").components[1]
    assert abs(statuspage.arez_moment(component.updated_at).timestamp() - (NOW - 3600)) < 0.1


@pytest.mark.parametrize(
    ("status", "impact", "in_maintenance", "state"),
    [
        (HEALTHY, "unhealthy", False, "operational"),
        (DEGRADED, "unhealthy", False, "degraded_performance"),
        (UNHEALTHY, "unhealthy", False, "major_outage"),
        (UNHEALTHY, "degraded", False, "partial_outage"),
        (UNKNOWN, "unhealthy", False, "degraded_performance"),
        (UNHEALTHY, "unhealthy", True, "under_maintenance"),
        (HEALTHY, "unhealthy", True, "under_maintenance"),
    ],
)
def test_each_state_of_a_check_is_one_of_a_component(
    status: Status, impact: str, in_maintenance: bool, state: str
) -> None:
    teller = Teller(check(**MAIL, status=status, impact=impact, in_maintenance=in_maintenance), check(**SEARCH))
    assert states(teller) == {"Mail": state, "Search": "operational"}


def test_groups_are_components_as_bad_as_their_worst_member() -> None:
    down, well = check(**MAIL, status=UNHEALTHY), check("maps", title="Maps", group="Partners")
    listed = told(Teller(check(**SEARCH), down, well), "components").components
    assert [(each.name, each.group, each.position, each.status) for each in listed] == [
        ("Services", True, 1, "operational"),
        ("Search", False, 1, "operational"),
        ("Partners", True, 2, "major_outage"),
        ("Mail", False, 1, "major_outage"),
        ("Maps", False, 2, "operational"),
    ]
    assert listed[2].components == [listed[3].id, listed[4].id]
    assert listed[3].group_id == listed[4].group_id == listed[2].id and listed[2].group_id is None


def test_ids_follow_from_names_alone() -> None:
    teller = Teller(check(**MAIL), page=Page(title="Lightship"))
    answer = told(teller, "components")
    assert answer.page.id == answer.components[0].page_id == "9kycjjtsw4ur"
    assert [each.id for each in answer.components] == ["bd0eeo0dbb77", "tnaag50wyb1f"]


def test_a_component_says_since_when_it_has_been_watched() -> None:
    young = check(**MAIL, days=empty_days()[:80] + check().days[80:], since=None)
    never = check("maps", days=empty_days(), status=UNKNOWN, since=None)
    [_, watched, _, unwatched] = told(Teller(young, never), "components").components
    assert (watched.start_date, watched.created_at) == ("2026-11-14", "2026-11-14T00:00:00.000Z")
    assert (unwatched.start_date, unwatched.created_at) == (None, "2026-11-23T00:00:00.000Z")


MAJOR, PARTIAL, SLOW = State.MAJOR_OUTAGE, State.PARTIAL_OUTAGE, State.DEGRADED_PERFORMANCE
WORK, WELL = State.UNDER_MAINTENANCE, State.OPERATIONAL


@pytest.mark.parametrize(
    ("given", "indicator", "description"),
    [
        ([WELL, WELL], "none", "All Systems Operational"),
        ([WELL, WORK], "maintenance", "Service Under Maintenance"),
        ([SLOW], "minor", "Partially Degraded Service"),
        ([WELL, SLOW], "minor", "Partially Degraded Service"),
        ([SLOW, SLOW], "minor", "Degraded System Service"),
        ([WELL, PARTIAL], "minor", "Minor Service Outage"),
        ([PARTIAL, PARTIAL], "major", "Partial System Outage"),
        ([WELL, MAJOR], "major", "Partial System Outage"),
        ([WORK, MAJOR], "major", "Partial System Outage"),
        ([MAJOR, MAJOR], "critical", "Major System Outage"),
        ([MAJOR], "critical", "Major System Outage"),
    ],
)
def test_the_whole_is_blended_as_statuspage_does(given: list[State], indicator: str, description: str) -> None:
    whole = blended(given)
    assert (whole.indicator, whole.description) == (indicator, description)


@pytest.mark.parametrize(
    ("checks", "indicator", "said"),
    [
        ([], "minor", "Nothing is being watched yet"),
        ([check(**MAIL, status=UNKNOWN)], "minor", "We cannot tell"),
        ([check(**MAIL, status=UNKNOWN), check(**SEARCH)], "minor", "Mail has not been observed lately"),
        ([check(**SEARCH), check("vault", public=False, status=UNHEALTHY)], "major", "not listed here is down"),
        ([check(**SEARCH), check("vault", public=False, status=DEGRADED)], "minor", "not listed here is degraded"),
        ([check(**SEARCH), check("vault", public=False, status=UNKNOWN)], "none", "All listed systems operational"),
    ],
)
def test_the_whole_is_never_better_than_the_truth(checks: list, indicator: str, said: str) -> None:
    status = told(Teller(*checks), "status").status
    assert status.indicator == indicator and said in status.description


def test_what_is_worked_on_in_private_does_not_alarm_the_public() -> None:
    vault = check("vault", public=False, status=UNHEALTHY, in_maintenance=True)
    assert told(Teller(check(**SEARCH), vault), "status").status.indicator == "none"


def test_what_is_not_seen_for_maintenance_is_not_called_unknown() -> None:
    status = told(Teller(check(**MAIL, status=UNKNOWN, in_maintenance=True), check(**SEARCH)), "status").status
    assert (status.indicator, status.description) == ("maintenance", "Service Under Maintenance")


def test_a_component_in_maintenance_changed_when_that_began() -> None:
    teller = Teller(check(**MAIL, in_maintenance=True), check(**SEARCH, group="Partners", in_maintenance=True))
    teller.tell(maintenances=(maintenance(NOW - 600),))
    mail, search = told(teller, "components").components[1:]
    assert (mail.updated_at, search.updated_at) == ("2026-11-23T11:53:10.000Z", "2026-10-14T12:03:10.000Z")


def test_what_a_person_resolved_is_operational_again() -> None:
    teller = Teller(check(**MAIL))
    teller.tell(incident(update("resolved", NOW), update("identified", NOW - 60), checks=(affected(),)))
    [story] = told(teller, "incidents").incidents
    assert _changes(story.incident_updates[0]) == [("Mail", "major_outage", "operational")]


def test_an_incident_that_a_person_opened_shows_while_every_check_is_well() -> None:
    teller = Teller(check(**MAIL), check(**SEARCH))
    teller.tell(incident(opened_by="admin-12345678", impact=Impact.CRITICAL, checks=()))
    status = told(teller, "status").status
    assert (status.indicator, status.description) == ("critical", "Major System Outage")


def test_an_incident_tells_what_each_update_changed(teller: Teller) -> None:
    over = told(teller, "incidents").incidents[1]
    changes = [(each.status, *_changes(each)) for each in over.incident_updates]
    assert changes == [
        ("resolved", ("Mail", "major_outage", "operational")),
        ("monitoring", ("Mail", "major_outage", "major_outage")),
        ("investigating", ("Mail", "operational", "major_outage")),
    ]
    assert over.monitoring_at == over.incident_updates[1].display_at
    assert over.resolved_at == over.incident_updates[0].created_at
    assert over.shortlink == "https://status.example.com/incidents/incident0002"


def _changes(said: statuspage.Update) -> list[tuple[str, str, str]]:
    return [(each.name, each.old_status, each.new_status) for each in said.affected_components]


def test_a_check_that_joins_an_incident_later_is_not_in_what_was_said_before() -> None:
    teller = Teller(check(**MAIL), check(**SEARCH))
    checks = (affected(began_at=NOW - 3600), affected("search", DEGRADED, began_at=NOW - 1200, ended_at=NOW - 600))
    teller.tell(
        incident(
            update("monitoring", NOW - 60),
            update("identified", NOW - 900),
            update("investigating", NOW - 3500),
            checks=checks,
        )
    )
    [story] = told(teller, "incidents").incidents
    searches = [[each for each in _changes(said) if each[0] == "Search"] for said in story.incident_updates]
    assert searches == [
        [("Search", "degraded_performance", "operational")],
        [("Search", "operational", "degraded_performance")],
        [],
    ]


def test_maintenance_tells_its_stages(teller: Teller) -> None:
    ahead, running, over = told(teller, "scheduled-maintenances").scheduled_maintenances
    assert [each.status for each in (ahead, running, over)] == ["scheduled", "in_progress", "completed"]
    assert [each.status for each in over.incident_updates] == ["completed", "in_progress", "scheduled"]
    assert over.resolved_at == over.scheduled_until and running.resolved_at is None
    assert [_changes(each) for each in running.incident_updates] == [
        [("Search", "operational", "under_maintenance")],
        [("Search", "operational", "operational")],
    ]
    assert [each.name for each in ahead.components] == ["Mail"]


def test_each_window_of_recurring_work_is_a_maintenance_of_its_own() -> None:
    teller = Teller(check(**MAIL))
    teller.tell(maintenances=(maintenance(NOW - 200 * 86400, 3600, rrule="FREQ=DAILY"),))
    listed = told(teller, "scheduled-maintenances").scheduled_maintenances
    assert len(listed) == 50 == len({each.id for each in listed})
    assert [each.status for each in listed].count("in_progress") == 1
    assert [each.scheduled_for for each in listed] == sorted((each.scheduled_for for each in listed), reverse=True)
    assert told(teller, "scheduled-maintenances/active").scheduled_maintenances[0].id in {each.id for each in listed}


def test_nothing_private_is_told() -> None:
    teller = Teller(check(**MAIL), check("vault", public=False, group="Cellar", description="Vault's"))
    secret = incident(id="incident0003", title="Vault is down", checks=(affected("vault", began_at=NOW - 60),))
    by_hand = incident(id="incident0004", title="Slow", opened_by="admin-5", checks=(affected(), affected("vault")))
    hidden = maintenance(NOW - 60, title="Vault", checks=("vault",), created_by="someone@example.com")
    both = maintenance(NOW - 60, id="maintenance2", checks=("vault", "mail"), created_by="someone@example.com")
    teller.tell(secret, by_hand, maintenances=(hidden, both))
    for path in PATHS:
        text = teller.get(f"/api/v2/{path}.json").text.lower()
        assert not [word for word in ("vault", "cellar", "someone", "admin-5") if word in text]
    assert [each.id for each in told(teller, "incidents").incidents] == ["incident0004"]
    assert [each.id for each in told(teller, "scheduled-maintenances").scheduled_maintenances] == ["maintenance2"]


def test_the_page_was_updated_with_the_newest_result_or_by_a_person_since(teller: Teller) -> None:
    assert told(teller, "status").page.updated_at == "2026-11-23T12:03:10.000Z"
    teller.tell(incident(update("identified", NOW + 5), update("investigating", NOW - 60)))
    assert told(teller, "status").page.updated_at == "2026-11-23T12:03:15.000Z"


@pytest.mark.parametrize("path", PATHS)
def test_scripts_of_any_site_may_read_it(teller: Teller, path: str) -> None:
    asked = teller.get(f"/api/v2/{path}.json", Origin="https://elsewhere.example")
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    before = teller.client.options(
        f"/api/v2/{path}.json",
        headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Headers": "if-none-match"},
    )
    assert (before.status_code, before.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "GET" in before.headers["Access-Control-Allow-Methods"]
    assert before.headers["Access-Control-Allow-Headers"] == "*"


def test_whoever_has_it_already_gets_304(teller: Teller) -> None:
    first = teller.get("/api/v2/summary.json")
    again = teller.get("/api/v2/summary.json", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data, again.headers["Access-Control-Allow-Origin"]) == (304, b"", "*")
    assert first.headers["Cache-Control"] == PAGE_CACHED
    assert teller.client.head("/api/v2/components.json").status_code == 200


def test_it_is_encoded_once_for_each_overview(teller: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[object] = []
    monkeypatch.setattr(api.msgspec.json, "encode", _counting(encoded, msgspec.json.encode))
    for _ in range(3):
        [teller.get(f"/api/v2/{path}.json?n={n}") for path in PATHS for n in range(2)]
    assert len(encoded) == len(PATHS)
    teller.change(data_at=NOW + 1)
    assert told(teller, "summary").page.updated_at.endswith(":11.000Z")


def _counting(seen: list[object], encode: Callable[[object], bytes]) -> Callable[[object], bytes]:
    def counted(document: object) -> bytes:
        seen.append(document)
        return encode(document)

    return counted


def test_every_worker_says_the_same(teller: Teller) -> None:
    other = Teller()
    other.overview, other.incidents, other.maintenances = teller.overview, teller.incidents, teller.maintenances
    assert [teller.get(f"/api/v2/{path}.json").data for path in PATHS] == [
        other.get(f"/api/v2/{path}.json").data for path in PATHS
    ]


def test_while_the_store_is_away_what_was_read_last_is_told(teller: Teller, turned_clock: TurnedClock) -> None:
    before = [each.id for each in told(teller, "incidents").incidents]
    teller.away = True
    teller.change(data_at=NOW - 1)
    turned_clock.ahead += 2
    assert [each.id for each in told(teller, "incidents").incidents] == before
    assert teller.reads == 2


def test_what_was_never_read_is_not_told_as_if_there_were_none() -> None:
    teller = Teller(check(**MAIL))
    teller.away = True
    for path in ("incidents", "scheduled-maintenances"):
        answer = teller.get(f"/api/v2/{path}.json")
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert told(teller, "summary").incidents == []


def test_without_an_address_of_its_own_the_page_has_the_one_that_was_asked() -> None:
    teller = Teller(check(**MAIL), page=Page(title="Lightship"))
    teller.tell(incident())
    for host in ("a.example", "b.example"):
        for path in ("incidents/unresolved", "incidents"):
            answer = statuspage.read(teller.get(f"/api/v2/{path}.json", Host=host).data)
            assert answer.page.url == f"http://{host}"
            assert answer.incidents[0].shortlink == f"http://{host}/incidents/incident0001"


def test_a_fleet_fits_into_one_answer() -> None:
    teller = Teller()
    teller.overview = fleet()
    summary = json.loads(teller.get("/api/v2/summary.json").data)
    assert len(summary["components"]) == 24 and summary["status"]["indicator"] == "major"
