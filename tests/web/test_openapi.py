"""The description of the JSON endpoints: valid, whole, and true of what is answered."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from monitoring import clock
from monitoring.incidents import Draft
from monitoring.incidents import open_by_hand as opened
from monitoring.maintenance import Plan, planned
from monitoring.status import Status
from monitoring.store.database import Database
from monitoring.web import admin_incidents, admin_maintenance, openapi
from tests.support.apps import NO_BUILTINS, daymark_of
from tests.support.history import lived
from tests.support.results import HEALTHY, UNHEALTHY, result
from tests.web.conftest import MakeApp
from tests.web.samples import NOW, check
from tests.web.told import Teller, incident, maintenance, update

DOCUMENT = json.loads(openapi.described("1.2.3"))
NOT_JSON = {
    *("/", "/status/{name}", "/history", "/history/{name}", "/incidents/{incident_id}", "/alerts/{token}"),
    *("/static/daymark.{version}.css", "/badge.svg", "/badge/{name}.svg", "/badge/{name}/uptime.svg"),
    *("/feed.atom", "/maintenance.ics", "/metrics"),
    *("/monitoring/", "/monitoring/{name}", "/monitoring/requests/{correlation_id}", "/monitoring/style.{version}.css"),
    *(
        "GET /monitoring/incidents",
        "GET /monitoring/maintenance",
        "GET /monitoring/alerts",
        "/monitoring/heartbeats/{check}",
    ),
}
"""Paths, or operations, that answer with a page, a picture, a feed or plain text."""
MAIL = '[[checks]]\nname = "mail"\ntype = "http"\nurl = "http://127.0.0.1:9/"\n'


def operations() -> dict[str, dict[str, Any]]:
    methods = ("get", "post")
    paths = DOCUMENT["paths"].items()
    return {f"{method.upper()} {path}": item[method] for path, item in paths for method in methods if method in item}


def routes(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[a-z]+:)?([^>]+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            if not {path, f"{method} {path}"} & NOT_JSON:
                yield f"{method} {path}"


def check_against(schema: dict[str, Any], body: Any) -> None:
    whole = {**schema, "components": DOCUMENT["components"]}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(body)


def schema_of(operation: str, code: int = 200) -> dict[str, Any]:
    return operations()[operation]["responses"][str(code)]["content"]["application/json"]["schema"]


@pytest.fixture
def app(sqlite: Database, make_app: MakeApp) -> Flask:
    return make_app(sqlite, document=NO_BUILTINS + MAIL)


def answered(app: Flask, status: Status) -> Flask:
    """Return the application, after its check has been found so."""
    settings = [each.settings for each in daymark_of(app).registry.all()]
    lived(daymark_of(app).database, settings, [result(status, clock.now() - 0.2, check="mail")])
    return app


def test_it_is_valid_openapi() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.1.0" and DOCUMENT["info"]["version"] == "1.2.3"


def test_the_validator_would_say_what_is_wrong() -> None:
    broken = json.loads(json.dumps(DOCUMENT))
    broken["paths"]["/health/{name}"]["get"]["parameters"] = []
    with pytest.raises(OpenAPIValidationError):
        validate(broken)


def test_every_json_route_is_described_and_none_is_invented(app: Flask) -> None:
    assert set(routes(app)) == set(operations())


def test_every_operation_has_its_own_id_its_tag_and_its_answer() -> None:
    tags, found = {tag["name"] for tag in DOCUMENT["tags"]}, operations()
    assert len({each["operationId"] for each in found.values()}) == len(found)
    for each in found.values():
        assert each["summary"] and set(each["tags"]) <= tags
        assert {"200", "201"} & set(each["responses"])


def test_admins_need_a_token_and_nobody_else_does() -> None:
    protected = {name for name, each in operations().items() if each.get("security") and {} not in each["security"]}
    assert protected == {name for name in operations() if name.partition(" ")[2].startswith("/monitoring/")}


def test_every_schema_is_used() -> None:
    text = json.dumps(DOCUMENT)
    kinds = DOCUMENT["components"].items()
    refs = [f"#/components/{kind}/{name}" for kind, each in kinds for name in each if kind != "securitySchemes"]
    assert [ref for ref in refs if f'"{ref}"' not in text] == []


@pytest.mark.parametrize("path", ["/health", "/api/health", "/health/live"])
def test_the_answers_for_load_balancers_are_as_described(app: Flask, path: str) -> None:
    check_against(schema_of(f"GET {path}"), app.test_client().get(path).json)


@pytest.mark.parametrize(("status", "code"), [(HEALTHY, 200), (UNHEALTHY, 503)])
def test_the_answers_in_detail_are_as_described(app: Flask, status: Status, code: int) -> None:
    client = answered(app, status).test_client()
    for path, operation in (("/health?detailed=true", "GET /health"), ("/health/mail", "GET /health/{name}")):
        answer = client.get(path)
        assert answer.status_code == code
        check_against(schema_of(operation, code), answer.json)


def test_not_being_ready_is_as_described(app: Flask) -> None:
    answer = app.test_client().get("/health/ready")
    assert answer.status_code == 503
    check_against(schema_of("GET /health/ready", 503), answer.json)


def test_the_figures_for_admins_are_as_described(sqlite: Database, make_app: MakeApp) -> None:
    hashed = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"  # of "password"
    client = make_app(sqlite, document=NO_BUILTINS, ADMIN_TOKEN_HASHES=hashed).test_client()
    answer = client.get("/monitoring/metrics", headers={"Authorization": "Bearer password"})
    check_against(schema_of("GET /monitoring/metrics"), answer.json)


@pytest.fixture
def teller() -> Teller:
    made = Teller(check("mail", status=Status.UNHEALTHY), check("search", group="Other"), check("maps", days=()))
    story = incident(update("monitoring", NOW - 60), update("investigating", NOW - 3600))
    made.tell(story, maintenances=(maintenance(NOW - 60), maintenance(NOW + 60, id="maintenance2")))
    return made


@pytest.mark.parametrize("path", [path for path in DOCUMENT["paths"] if path.startswith("/api/v2/")])
def test_the_status_api_is_as_described(teller: Teller, path: str) -> None:
    body = teller.get(path).json
    assert all(body.values())
    check_against(schema_of(f"GET {path}"), body)


def test_an_answer_that_is_not_as_described_is_noticed(teller: Teller) -> None:
    body = teller.get("/api/v2/summary.json").json
    for spoilt in ({**body, "more": 1}, {**body, "status": {"indicator": "grey", "description": ""}}):
        with pytest.raises(Exception, match=r"more|grey"):
            check_against(schema_of("GET /api/v2/summary.json"), spoilt)


def test_an_error_is_as_described(app: Flask) -> None:
    answer = app.test_client().get("/health/nobody")
    assert answer.mimetype == "application/problem+json"
    check_against({"$ref": "#/components/schemas/Problem"}, answer.json)


def test_what_admins_are_answered_is_as_described(sqlite: Database) -> None:
    with sqlite.write() as connection:
        story = opened(connection, Draft(title="Slow", body="*Very*", checks=("mail",)), "admin-12345678", clock.now())
    work = planned(Plan(title="Disks", starts_at=NOW, seconds=3600.0, rrule="FREQ=DAILY"), "admin-12345678", NOW)
    check_against({"$ref": "#/components/schemas/OwnIncident"}, _encoded(admin_incidents.document(story)))
    check_against({"$ref": "#/components/schemas/OwnMaintenance"}, _encoded(admin_maintenance.document(work)))


def _encoded(document: Any) -> Any:
    return json.loads(msgspec.json.encode(document))


def test_it_is_served_to_scripts_of_any_site_and_tagged() -> None:
    app = Flask(__name__)
    app.register_blueprint(openapi.blueprint("1.2.3"))
    answer = app.test_client().get("/openapi.json")
    assert (answer.json, answer.mimetype) == (DOCUMENT, "application/json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = app.test_client().get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
