"""The public page of an incident, its card and its row."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from monitoring.incidents import Draft, Said, open_by_hand, say
from monitoring.overview.views import Overview
from monitoring.status import Status
from monitoring.store import incidents as stored
from monitoring.store.database import Database
from monitoring.store.incidents import Affected, Impact, Incident, Stage, Update
from monitoring.web import errors, pages
from monitoring.web.archive import published_incidents
from monitoring.web.incidents import SOURCES_KEPT, IncidentPages, blueprint, render_incident, titles
from monitoring.web.verdict import public_checks
from tests.support.apps import TurnedClock
from tests.web.samples import DAY, NOW, STYLESHEET, Page, check, overview
from tests.web.test_pages import read, words

BROKEN = Affected(check="search", status=Status.UNHEALTHY, began_at=NOW - 252)
WHOLE = overview(check("search"), check("vault", public=False, title="The vault"))


def update(body: str, stage: Stage = Stage.INVESTIGATING, ago: float = 200) -> Update:
    return Update(id=stored.new_id(), stage=stage, body=body, at=NOW - ago)


def incident(**given) -> Incident:
    fields = {
        "id": "abcdefghijkl",
        "title": "Search is down",
        "stage": Stage.INVESTIGATING,
        "impact": Impact.MAJOR,
        "started_at": NOW - 252,
        "created_at": NOW - 200,
        "updated_at": NOW - 200,
        "updates": (update("Since 11:58 UTC Search is *down*."),),
        "checks": (BROKEN,),
    }
    return Incident(**{**fields, **given})


RESOLVED = incident(
    title="Search was down",
    stage=Stage.RESOLVED,
    resolved_at=NOW,
    updates=(update("Search is back.", Stage.RESOLVED, 0), update("Since 11:58 UTC Search is down.")),
)


def page(shown: Incident, whole: Overview = WHOLE) -> str:
    told = published_incidents((shown,), public_checks(whole)) or (shown,)
    return render_incident(told[0], whole, Page(), stylesheet=STYLESHEET)


def macro(name: str, shown: Incident) -> str:
    source = f'{{% from "_incidents.html" import {name} %}}{{{{ {name}(incident, titles, until) }}}}'
    template = pages.templates().from_string(source)
    return template.render(incident=shown, titles=titles(WHOLE), until=NOW)


def test_it_says_what_is_the_matter_how_bad_it_is_and_since_when() -> None:
    text = page(incident())
    assert "<title>Search is down · Lightship</title>" in text
    assert "Search is down Investigating Major impact since 11:58 UTC , 4 min 12 s so far" in words(text)
    assert '<a href="/status/search">Search</a>' in text


def test_it_says_how_long_it_lasted_and_links_what_was_learned() -> None:
    text = page(replace(RESOLVED, postmortem_url="https://example.org/why?a&b"))
    assert "Resolved Major impact 11:58 UTC to 12:03 UTC , 4 min 12 s" in words(text)
    assert '<a href="https://example.org/why?a&amp;b" rel="nofollow noopener">' in text
    assert 'class="verdict healthy"' in text


def test_an_end_on_another_day_names_it() -> None:
    text = words(page(replace(RESOLVED, started_at=NOW - 2 * DAY)))
    assert "21 Nov, 12:03 UTC to 23 Nov, 12:03 UTC , 2 d" in text


def test_updates_stand_newest_first_with_their_times_formatted() -> None:
    text = page(RESOLVED)
    assert re.findall(r'<h3>(\w+)</h3>\n<p class="said-at">\n?<time datetime="(.*?)"', text) == [
        ("Resolved", "2026-11-23T12:03:10.000Z"),
        ("Investigating", "2026-11-23T11:59:50.000Z"),
    ]
    assert "<p>Since 11:58 UTC Search is <em>down</em>.</p>" in page(incident())


def test_an_update_in_which_nothing_was_said_is_not_shown_but_another_stage_is() -> None:
    silent = (update("", Stage.IDENTIFIED, 50), update("", Stage.IDENTIFIED, 100), *incident().updates)
    assert re.findall(r"<h3>(\w+)</h3>", page(incident(updates=silent))) == ["Identified", "Investigating"]


def test_only_public_checks_are_named() -> None:
    private = [Affected(check=name, status=Status.UNHEALTHY) for name in ("vault", "gone")]
    shown = incident(checks=(*private, BROKEN))
    for text in (page(shown), macro("incident_card", shown), macro("incident_row", shown)):
        assert "vault" not in text.lower() and "gone" not in text
        assert "Affected: Search" in words(text)
    assert "Affected" not in page(incident(checks=tuple(private)))


def test_no_author_is_named() -> None:
    shown = incident(opened_by="alice", updates=(replace(update("Hm."), author="alice"),))
    assert "alice" not in page(shown) + macro("incident_card", shown)


def test_what_people_wrote_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    shown = incident(title=evil, updates=(update(evil),), postmortem_url=f'https://x.example/">{evil}')
    texts = [page(shown), macro("incident_card", shown), macro("incident_row", shown)]
    assert not [text for text in texts if "<script" in text]
    assert not [name for text in texts for name in read(text).attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize(
    ("impact", "said", "shape"),
    [
        (Impact.NONE, "No impact", "unknown"),
        (Impact.MINOR, "Minor impact", "degraded"),
        (Impact.MAJOR, "Major impact", "unhealthy"),
        (Impact.CRITICAL, "Critical impact", "unhealthy"),
    ],
)
def test_each_impact_has_words_and_a_shape(impact: Impact, said: str, shape: str) -> None:
    for text in (page(incident(impact=impact)), macro("incident_card", incident(impact=impact))):
        assert said in text and f'<use href="#{shape}"/>' in text


def test_a_card_has_the_latest_words_and_leads_to_the_whole() -> None:
    newest = (update("", Stage.MONITORING, 10), update("Mended, **we think**.", ago=60), update("Hm.", ago=99))
    text = macro("incident_card", incident(updates=newest))
    assert '<h3><a href="/incidents/abcdefghijkl">Search is down</a></h3>' in text
    assert "<strong>we think</strong>" in text and "Hm." not in text
    assert macro("incident_card", incident(updates=())).count("<time") == 1


def test_a_row_says_it_in_one_line() -> None:
    assert "Search was down Major impact, 11:58 UTC to 12:03 UTC , 4 min 12 s" in words(macro("incident_row", RESOLVED))


class Site:
    """The pages over a real store, with an overview that a test sets."""

    def __init__(self, database: Database) -> None:
        self.overview, self.database, self.read = WHOLE, database, 0
        self.pages = IncidentPages(Page(), lambda: self.overview, self.load, STYLESHEET)
        app = Flask(__name__)
        errors.init_app(app)
        app.register_blueprint(blueprint(self.pages))
        self.client: FlaskClient = app.test_client()

    def load(self, incident_id: str) -> Incident | None:
        self.read += 1
        with self.database.read() as connection:
            return stored.load(connection, incident_id)

    def open(self, title: str = "Trouble") -> Incident:
        with self.database.write() as connection:
            return open_by_hand(connection, Draft(title=title), "alice", NOW - DAY)

    def anew(self) -> None:
        """Have another overview, as after every batch of the leader's."""
        self.overview = replace(self.overview, version=self.overview.version + 1)


@pytest.fixture
def site(sqlite: Database) -> Site:
    return Site(sqlite)


def test_an_incident_of_the_overview_is_shown_without_asking_the_store(site: Site) -> None:
    site.overview = replace(WHOLE, incidents=(incident(),))
    answer = site.client.get("/incidents/abcdefghijkl")
    assert (answer.status_code, site.read) == (200, 0)
    again = site.client.get("/incidents/abcdefghijkl", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_an_older_one_is_read_once_for_an_overview(site: Site, turned_clock: TurnedClock) -> None:
    path = f"/incidents/{site.open().id}"
    for _ in range(3):
        assert "Trouble" in site.client.get(path).text
        turned_clock.ahead += 5
    assert site.read == 1
    site.anew()
    assert site.client.get(path).status_code == 200 and site.read == 2


def test_what_a_person_says_is_shown(site: Site, turned_clock: TurnedClock) -> None:
    opened = site.open()
    assert "A disk" not in site.client.get(f"/incidents/{opened.id}").text
    with site.database.write() as connection:
        say(connection, opened.id, Said(body="A disk."), "alice", NOW)
    site.anew()
    turned_clock.ahead += 2
    assert "A disk." in site.client.get(f"/incidents/{opened.id}").text


@pytest.mark.parametrize("name", ["abcdefghijkl", "ABCDEFGHIJKL", "short", "x" * 500, "abcdefghijk%0a", "..%2fhealth"])
def test_there_is_no_page_of_what_never_happened(site: Site, name: str) -> None:
    answer = site.client.get(f"/incidents/{name}")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert site.read == (name == "abcdefghijkl")


def test_there_is_no_page_of_what_the_machine_wrote_of_checks_that_are_private_now(site: Site) -> None:
    private = incident(checks=(replace(BROKEN, check="vault"),))
    site.overview = replace(WHOLE, incidents=(private,))
    assert site.client.get(f"/incidents/{private.id}").status_code == 404
    site.overview = replace(WHOLE, incidents=(replace(private, opened_by="alice"),))
    answer = site.client.get(f"/incidents/{private.id}")
    assert answer.status_code == 200 and "vault" not in answer.text.lower()


def test_made_up_names_take_no_memory(site: Site) -> None:
    for number in range(SOURCES_KEPT + 20):
        site.pages._fresh(f"{number:012}")
    assert len(site.pages._sources) == SOURCES_KEPT


def test_while_the_store_is_away_what_was_read_is_shown_with_its_age(
    site: Site, turned_clock: TurnedClock, tmp_path: Path
) -> None:
    path, other = f"/incidents/{site.open().id}", f"/incidents/{site.open().id}"
    site.client.get(path)
    site.database.close()
    for each in tmp_path.glob("store.db*"):
        each.unlink()
    (tmp_path / "store.db").write_bytes(b"no database at all" * 1000)
    turned_clock.ahead += 130
    site.overview = replace(WHOLE, judged_at=NOW + 130)
    answer = site.client.get(path)
    assert answer.status_code == 200 and "Trouble" in answer.text and "more than 2 minutes old" in answer.text
    assert site.client.get(other).status_code == 503
