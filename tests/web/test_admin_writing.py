"""What admins write, by form and by JSON: incidents and planned work, over the whole application."""

import base64
import hashlib
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from monitoring.extension.destinations import destinations
from monitoring.store import audit, incidents, maintenances
from monitoring.store.database import Database
from monitoring.store.incidents import Impact, Stage
from monitoring.web.admin_incidents import MOST
from tests.support.apps import TurnedClock, daymark_of
from tests.support.http import HttpServer
from tests.web.conftest import MakeApp

TOKEN = "a-token-of-the-tests"
USER = f"admin-{hashlib.sha256(TOKEN.encode()).hexdigest()[:8]}"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
BASIC = {"Authorization": "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode()}
INCIDENTS, MAINTENANCE = "/monitoring/incidents", "/monitoring/maintenance"


@pytest.fixture
def client(database: Database, make_app: MakeApp, http_server: HttpServer) -> FlaskClient:
    names = ('name = "shop"', 'name = "books"\npublic = false')
    checks = [f'[[checks]]\n{name}\ntype = "http"\nurl = "{http_server.url}/ok"\ngroup = "Web"\n' for name in names]
    hashes = hashlib.sha256(TOKEN.encode()).hexdigest()
    return make_app(database, document="".join(checks), ADMIN_TOKEN_HASHES=hashes).test_client()


def token_of(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page, headers=BASIC).text)
    assert found is not None
    return found[1]


def unresolved(database: Database) -> list[incidents.Incident]:
    with database.read() as connection:
        return incidents.unresolved(connection)


def plans(database: Database) -> list[Any]:
    with database.read() as connection:
        return maintenances.current(connection, 0)


def test_an_incident_is_opened_by_a_form_and_told_to_everybody(client: FlaskClient, database: Database) -> None:
    said = {"title": "Orders are slow", "body": "We are **looking**.", "impact": "major", "checks": ["shop"]}
    sent = {**said, "csrf_token": token_of(client, INCIDENTS)}
    answer = client.post(INCIDENTS, data=sent, headers=BASIC)
    assert (answer.status_code, answer.location) == (303, INCIDENTS)
    [incident] = unresolved(database)
    assert (incident.title, incident.impact, incident.opened_by) == ("Orders are slow", Impact.MAJOR, USER)
    assert [each.check for each in incident.checks] == ["shop"]
    page = client.get(f"/incidents/{incident.id}").text
    assert "Orders are slow" in page and "<strong>looking</strong>" in page
    assert "Orders are slow" in client.get(INCIDENTS, headers=BASIC).text


def test_an_incident_is_told_by_json_from_beginning_to_end(client: FlaskClient, database: Database) -> None:
    made = client.post(INCIDENTS, json={"title": "Orders fail", "stage": "identified"}, headers=BEARER)
    assert (made.status_code, made.json["stage"], made.json["resolved_at"]) == (201, "identified", None)
    path = f"{INCIDENTS}/{made.json['id']}"
    over = client.post(path, json={"stage": "resolved", "body": "Mended."}, headers=BEARER)
    assert (over.status_code, over.json["stage"], over.json["updates"][0]["body"]) == (200, "resolved", "Mended.")
    assert re.fullmatch(r"20\d\d-.*Z", over.json["updates"][0]["at"])
    assert unresolved(database) == []
    story = client.post(path, json={"postmortem_url": "https://example.org/story"}, headers=BEARER)
    assert story.json["postmortem_url"] == "https://example.org/story"


def test_what_was_written_is_audited(client: FlaskClient, database: Database) -> None:
    daymark_of(client.application).measure()
    client.post(INCIDENTS, json={"title": "Orders fail"}, headers=BEARER)
    client.post(MAINTENANCE, json={"title": "Moving", "lasting": "1h"}, headers=BEARER)
    destinations.flush()
    with database.read() as connection:
        done = {each.action: each.user_id for each in audit.latest(connection, 0, 50)}
    assert done["incident.opened"] == done["maintenance.planned"] == USER


@pytest.mark.parametrize("page", [INCIDENTS, MAINTENANCE])
def test_a_form_of_another_site_changes_nothing(client: FlaskClient, database: Database, page: str) -> None:
    said = {"title": "Forged", "lasting": "1h"}
    signed = {**said, "csrf_token": token_of(client, page)}
    assert client.post(page, data=said, headers=BASIC).status_code == 403
    from_elsewhere = {**BASIC, "Sec-Fetch-Site": "cross-site"}
    assert client.post(page, data=signed, headers=from_elsewhere).status_code == 403
    assert client.post(page, data=signed).status_code == 401
    assert (unresolved(database), plans(database)) == ([], [])


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({}, ["title"]),
        ({"title": "x", "checks": ["books"]}, ["checks"]),
        ({"title": "x" * 300, "body": "y" * 20_001}, ["title", "body"]),
        ({"title": "x", "stage": "soon"}, ["stage", "investigating"]),
        ({"title": "x", "impact": ["minor", "major"]}, ["impact"]),
    ],
)
def test_what_cannot_be_an_incident_is_named(client: FlaskClient, database: Database, said: Any, named: Any) -> None:
    answer = client.post(INCIDENTS, json=said, headers=BEARER)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert all(word in answer.json["detail"] for word in named)
    assert unresolved(database) == []


def test_nothing_can_be_said_of_an_incident_that_is_not_there(client: FlaskClient) -> None:
    answer = client.post(f"{INCIDENTS}/abcdefghijkl", json={"body": "x"}, headers=BEARER)
    assert answer.status_code == 404
    assert client.post(f"{INCIDENTS}/abcdefghijkl", json={}, headers=BEARER).status_code == 400


def test_work_is_planned_by_a_form_announced_and_ended(
    client: FlaskClient, database: Database, turned_clock: TurnedClock
) -> None:
    said = {"title": "New disks", "lasting": "90m", "groups": ["Web"], "timezone": "Europe/Berlin"}
    sent = {**said, "csrf_token": token_of(client, MAINTENANCE)}
    assert client.post(MAINTENANCE, data=sent, headers=BASIC).status_code == 303
    [plan] = plans(database)
    assert (plan.seconds, plan.groups, plan.created_by) == (5400, ("Web",), USER)
    turned_clock.ahead = 60
    assert "New disks" in client.get("/").text
    assert "in progress" in client.get(MAINTENANCE, headers=BASIC).text
    end = client.post(f"{MAINTENANCE}/{plan.id}/end", data=sent, headers=BASIC)
    assert (end.status_code, plans(database)[0].ended_at is not None) == (303, True)
    again = client.post(f"{MAINTENANCE}/{plan.id}/end", json={}, headers=BEARER)
    assert again.status_code == 404


def test_work_is_planned_by_json_in_its_time_zone(client: FlaskClient, database: Database) -> None:
    when = {"starts_at": "2027-01-03T02:00", "ends_at": "2027-01-03T04:00", "timezone": "Europe/Berlin"}
    said = {"title": "Weekly", "rrule": "FREQ=WEEKLY;BYDAY=SU", "checks": ["books"], **when}
    made = client.post(MAINTENANCE, json=said, headers=BEARER)
    assert made.status_code == 201
    assert (made.json["starts_at"], made.json["seconds"]) == ("2027-01-03T01:00:00.000Z", 7200)
    assert [plan.rrule for plan in plans(database)] == ["FREQ=WEEKLY;BYDAY=SU"]


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"title": "x"}, "lasting"),
        ({"title": "x", "lasting": "1h", "starts_at": "tomorrow"}, "starts_at"),
        ({"title": "x", "lasting": "1h", "starts_at": "2020-01-01T00:00"}, "starts_at"),
        ({"title": "x", "lasting": "1h", "starts_at": "2027-01-01T00:00", "timezone": "Mars/Base"}, "time zone"),
        ({"title": "x", "lasting": "1h", "checks": ["none"]}, "checks"),
        ({"title": "x", "lasting": "1h", "rrule": "FREQ=SECONDLY"}, "rrule"),
        ({"lasting": "1h"}, "title"),
    ],
)
def test_what_cannot_be_planned_is_named(client: FlaskClient, database: Database, said: Any, named: str) -> None:
    answer = client.post(MAINTENANCE, json=said, headers=BEARER)
    assert (answer.status_code, named in answer.json["detail"]) == (400, True), answer.json
    assert plans(database) == []


def test_secrets_in_what_was_written_are_not_shown_to_admins_either(client: FlaskClient) -> None:
    client.post(INCIDENTS, json={"title": "x", "body": "password=hunter2-canary"}, headers=BEARER)
    assert "hunter2-canary" not in client.get(INCIDENTS, headers=BASIC).text


def test_an_open_incident_is_shown_by_its_stage(client: FlaskClient, database: Database) -> None:
    client.post(INCIDENTS, json={"title": "Watching", "stage": "monitoring"}, headers=BEARER)
    assert [each.stage for each in unresolved(database)] == [Stage.MONITORING]
    assert "monitoring, impact minor" in client.get(INCIDENTS, headers=BASIC).text


def test_a_form_that_is_refused_is_shown_again_with_all_that_was_typed(client: FlaskClient) -> None:
    typed = {"title": "", "body": "Half an hour of <writing>", "impact": "major", "checks": ["shop"]}
    sent = {**typed, "csrf_token": token_of(client, INCIDENTS)}
    answer = client.post(INCIDENTS, data=sent, headers={**BASIC, "Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "“Title” must be a line of 1 to 200 characters" in answer.text
    assert "Half an hour of &lt;writing&gt;</textarea>" in answer.text
    assert '<option value="major" selected>' in answer.text and 'value="shop" checked' in answer.text
    again = client.post(INCIDENTS, data={**sent, "title": "Mended"}, headers={**BASIC, "Accept": "text/html"})
    assert again.status_code == 303


def test_a_plan_that_is_refused_is_shown_again_with_all_that_was_typed(client: FlaskClient) -> None:
    typed = {"title": "New disks", "lasting": "2s", "starts_at": "2020-01-01T02:00", "groups": "Web"}
    sent = {**typed, "csrf_token": token_of(client, MAINTENANCE)}
    answer = client.post(MAINTENANCE, data=sent, headers={**BASIC, "Accept": "text/html"})
    assert answer.status_code == 400
    assert "“Begins” must be a time such as" in answer.text and "“Lasts” must be 1 minute" in answer.text
    assert 'name="starts_at" value="2020-01-01T02:00"' in answer.text and 'value="Web" checked' in answer.text


def test_what_is_refused_belongs_to_the_form_it_was_typed_in(client: FlaskClient) -> None:
    made = client.post(INCIDENTS, json={"title": "Orders fail"}, headers=BEARER)
    sent = {"body": "typed", "postmortem_url": "ftp://x", "csrf_token": token_of(client, INCIDENTS)}
    answer = client.post(f"{INCIDENTS}/{made.json['id']}", data=sent, headers={**BASIC, "Accept": "text/html"})
    assert (answer.status_code, answer.text.count("typed</textarea>"), answer.text.count("<details open>")) == (
        400,
        1,
        1,
    )


@pytest.mark.parametrize("headers", [{}, {"Accept": "application/json"}])
def test_a_program_is_refused_with_a_problem_document(client: FlaskClient, headers: dict[str, str]) -> None:
    sent = {"title": "", "csrf_token": token_of(client, INCIDENTS)}
    answer = client.post(INCIDENTS, data=sent, headers={**BASIC, **headers})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_an_emptied_field_removes_the_link_to_the_story(client: FlaskClient) -> None:
    story = {"title": "Orders fail", "stage": "resolved"}
    path = f"{INCIDENTS}/{client.post(INCIDENTS, json=story, headers=BEARER).json['id']}"
    client.post(path, json={"postmortem_url": "https://example.org/story"}, headers=BEARER)
    assert 'value="https://example.org/story"' in client.get(INCIDENTS, headers=BASIC).text
    kept = client.post(path, json={"body": "More."}, headers=BEARER)
    emptied = client.post(path, json={"postmortem_url": ""}, headers=BEARER)
    assert (kept.json["postmortem_url"], emptied.json["postmortem_url"]) == ("https://example.org/story", None)


def test_an_old_incident_that_is_not_resolved_can_still_be_spoken_of(client: FlaskClient, database: Database) -> None:
    client.post(INCIDENTS, json={"title": "Still open"}, headers=BEARER)
    for number in range(MOST):
        client.post(INCIDENTS, json={"title": f"Over {number}", "stage": "resolved"}, headers=BEARER)
    assert "Still open" in client.get(INCIDENTS, headers=BASIC).text


def test_recurring_work_is_one_entry_however_often_it_recurs(client: FlaskClient) -> None:
    client.post(MAINTENANCE, json={"title": "Restart", "lasting": "1h", "rrule": "FREQ=DAILY"}, headers=BEARER)
    page = client.get(MAINTENANCE, headers=BASIC).text
    assert (page.count("/end"), "times within 90 days" in page) == (1, True)
