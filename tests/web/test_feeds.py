"""The feed, as a feed reader reads it."""

from typing import Any

import feedparser
import pytest

from monitoring.settings.structure import Page
from monitoring.status import Status
from monitoring.store.incidents import Impact
from monitoring.web.rendered import PAGE_CACHED
from tests.support.apps import TurnedClock
from tests.web.samples import NOW, check
from tests.web.told import Teller, affected, incident, maintenance, update

MAIL = check("mail", title="Mail", status=Status.UNHEALTHY)
SEARCH = check("search", title="Search & find")


def feed(teller: Teller, **headers: str) -> Any:
    """Return what the reader makes of it; it must be well-formed."""
    answer = teller.get("/feed.atom", **headers)
    assert (answer.status_code, answer.content_type) == (200, "application/atom+xml; charset=utf-8")
    read = feedparser.parse(answer.data, response_headers={"content-type": answer.content_type}, sanitize_html=False)
    assert not read.bozo and read.version == "atom10"
    return read


@pytest.fixture
def teller() -> Teller:
    made = Teller(MAIL, SEARCH, check("vault", public=False))
    first = update("investigating", NOW - 3480, "Mail does **not** arrive. <script>alert(1)</script>")
    made.tell(
        incident(update("identified", NOW - 1800, "A *disk* is full."), first),
        maintenances=(maintenance(NOW - 600, body="See [the plan](https://example.com/plan)."),),
    )
    return made


def test_a_feed_reader_takes_it_whole(teller: Teller) -> None:
    read = feed(teller)
    assert (read.feed.title, read.feed.author) == ("Lightship & Co", "Lightship & Co")
    assert {link.rel: link.href for link in read.feed.links} == {
        "self": "https://status.example.com/feed.atom",
        "alternate": "https://status.example.com/",
    }
    assert read.feed.updated == read.entries[0].updated == "2026-11-23T11:53:10.000Z"
    assert [(each.title, each.tags[0].term) for each in read.entries] == [
        ("Maintenance: New disks", "maintenance"),
        ("Mail is down", "incident"),
    ]


def test_an_incident_tells_all_that_was_said_the_newest_first(teller: Teller) -> None:
    entry = feed(teller).entries[1]
    assert entry.link == "https://status.example.com/incidents/incident0001"
    assert (entry.published, entry.updated) == ("2026-11-23T11:05:10.000Z", "2026-11-23T11:33:10.000Z")
    [content] = entry.content
    places = [
        content.value.index(part) for part in ("Affected: Mail</p>", "Identified", "<em>disk</em>", "Investigating")
    ]
    assert content.type == "text/html" and places == sorted(places)


def test_an_update_in_which_nothing_was_said_is_not_told() -> None:
    made = Teller(MAIL)
    made.tell(
        incident(update("identified", NOW - 60, ""), update("identified", NOW - 90), update("investigating", NOW - 99))
    )
    [entry] = feed(made).entries
    assert entry.content[0].value.count("<h3>") == 2


def test_what_people_write_can_harm_no_reader(teller: Teller) -> None:
    [content] = feed(teller).entries[1].content
    assert "<script" not in content.value and "&lt;script&gt;" in content.value
    assert "does <strong>not</strong> arrive" in content.value


def test_maintenance_says_when_and_how_far_it_is(teller: Teller) -> None:
    [content] = feed(teller).entries[0].content
    assert "2026-11-23 11:53:10 UTC to 2026-11-23 13:53:10 UTC: in progress" in content.value
    assert "Affected: Mail" in content.value and 'href="https://example.com/plan"' in content.value


def test_entries_keep_their_ids_when_they_change_or_the_page_moves(teller: Teller, turned_clock: TurnedClock) -> None:
    before = feed(teller)
    turned_clock.ahead += 2
    teller.tell(
        incident(update("resolved", NOW - 5), update("investigating", NOW - 3480)),
        maintenances=tuple(teller.maintenances),
    )
    after = feed(teller)
    assert after.feed.id == before.feed.id and after.feed.updated > before.feed.updated
    assert {each.id for each in after.entries} == {each.id for each in before.entries}
    moved = Teller(MAIL, page=Page(title="Other", url="https://other.example.com/status"))
    moved.tell(incident())
    [entry] = feed(moved).entries
    assert entry.id == before.entries[1].id and entry.id.startswith("urn:uuid:")
    assert entry.link == "https://other.example.com/status/incidents/incident0001"


def test_a_window_is_told_14_days_ahead_and_again_when_it_begins_and_ends() -> None:
    teller = Teller(MAIL)
    plans = [
        maintenance(NOW + 15 * 86400, id="maintenance3"),
        maintenance(NOW + 13 * 86400, created_at=NOW - 86400, id="maintenance4"),
        maintenance(NOW - 86400, created_at=NOW - 40 * 86400, id="maintenance5"),
    ]
    teller.tell(maintenances=tuple(plans))
    assert [(each.published, each.updated) for each in feed(teller).entries] == [
        ("2026-11-08T12:03:10.000Z", "2026-11-22T14:03:10.000Z"),
        ("2026-11-22T12:03:10.000Z", "2026-11-22T12:03:10.000Z"),
    ]


def test_a_word_about_recurring_work_does_not_bring_back_what_is_over() -> None:
    teller = Teller(MAIL)
    plan = maintenance(NOW - 20 * 86400, 3600, rrule="FREQ=WEEKLY", created_at=NOW - 30 * 86400, updated_at=NOW - 60)
    teller.tell(maintenances=(plan,))
    assert [each.updated[:10] for each in feed(teller).entries] == [
        "2026-11-23", "2026-11-23", "2026-11-17", "2026-11-10", "2026-11-03",
    ]  # fmt: skip


def test_it_has_the_fifty_that_changed_last() -> None:
    teller = Teller(MAIL)
    stories = [incident(update("investigating", NOW - n * 60), id=f"incident{n:04}") for n in range(60)]
    teller.tell(*stories, maintenances=(maintenance(NOW - 30),))
    entries = feed(teller).entries
    assert len(entries) == 50 and entries[1].title == "Maintenance: New disks"
    assert [each.updated for each in entries] == sorted((each.updated for each in entries), reverse=True)


def test_an_empty_feed_is_one_too_and_does_not_change_with_each_result(turned_clock: TurnedClock) -> None:
    teller = Teller(MAIL)
    first = teller.get("/feed.atom")
    assert feed(teller).entries == []
    teller.change(data_at=NOW + 1)
    turned_clock.ahead += 2
    assert teller.get("/feed.atom", If_None_Match=first.headers["ETag"]).status_code == 304


def test_nothing_private_is_told(teller: Teller) -> None:
    secret = incident(id="incident0003", title="Vault is down", checks=(affected("vault", began_at=NOW - 60),))
    by_hand = incident(
        update("investigating", NOW - 60, author="someone@example.com"),
        id="incident0004",
        title="Slow",
        opened_by="someone@example.com",
        checks=(affected("vault"),),
        impact=Impact.MINOR,
    )
    teller.tell(secret, by_hand, maintenances=(maintenance(NOW, title="The vault", checks=("vault",)),))
    text = teller.get("/feed.atom").text.lower()
    assert "slow" in text and not [word for word in ("vault", "someone") if word in text]


def test_what_xml_has_no_place_for_is_left_out(teller: Teller) -> None:
    teller.tell(incident(update("investigating", NOW, "a\x00b\x0bc\ufffe ]]> &"), title="Ma\x08il <b>&amp;</b>"))
    [entry] = feed(teller).entries
    assert entry.title == "Mail <b>&amp;</b>" and "bc ]]&gt; &amp;" in entry.content[0].value


def test_a_postmortem_is_linked(teller: Teller) -> None:
    teller.tell(incident(postmortem_url="https://example.com/why?a=1&b=2"))
    [content] = feed(teller).entries[0].content
    assert '<a href="https://example.com/why?a=1&amp;b=2">What was learned</a>' in content.value


def test_whoever_has_it_already_gets_304(teller: Teller) -> None:
    first = teller.get("/feed.atom")
    again = teller.get("/feed.atom", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data, first.headers["Cache-Control"]) == (304, b"", PAGE_CACHED)
    assert first.headers["Access-Control-Allow-Origin"] == "*"


def test_without_an_address_of_its_own_links_lead_where_it_was_asked() -> None:
    teller = Teller(MAIL, page=Page(title="Lightship"))
    teller.tell(incident())
    read = feed(teller, Host="status.example.org")
    assert read.entries[0].link == "http://status.example.org/incidents/incident0001"


def test_while_the_store_is_away_it_tells_what_was_read_last(teller: Teller, turned_clock: TurnedClock) -> None:
    before = teller.get("/feed.atom").data
    teller.away = True
    teller.change(data_at=NOW - 1)
    turned_clock.ahead += 2
    assert teller.get("/feed.atom").data == before


def test_it_is_not_empty_where_nothing_could_be_read_yet() -> None:
    teller = Teller(MAIL)
    teller.away = True
    assert teller.get("/feed.atom").status_code == 503
