"""What is told, by the real service in Chromium: written in forms as a person writes, and read by everybody.

Scripts are switched off where something is filled in: nothing here needs them.
"""

import hashlib
import re
import threading
from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from werkzeug.serving import make_server

from benchmarks.filler import fill
from benchmarks.stories import tell
from monitoring import clock
from monitoring.store import alerts, incidents
from monitoring.web.acknowledge import PURPOSE
from tests.support.apps import application, daymark_of
from tests.support.stores import migrated
from tests.web import alert_samples

TOKEN = "a-token-of-the-tests"
WIDTHS = (320, 390, 1280)
CHECKS = "".join(
    f'[[checks]]\nname = "{name}"\n{more}\n'
    for name, more in {
        **dict.fromkeys(("search", "archive", "queue", "webhooks"), 'type = "http"\nurl = "http://127.0.0.1:9/"'),
        "vault": 'type = "http"\nurl = "http://127.0.0.1:9/"\npublic = false',
        "exports": 'type = "heartbeat"\ntoken = "a-token-of-the-exports"\nevery = "1d"',
    }.items()
)
ALERT = alert_samples.SEARCH
NAMES = ("front", "check", "incident", "history", "link", "alerts", "incidents", "maintenance", "checks", "heartbeat")


class Site:
    """The service over a store in which much has happened. `paths` are those of its pages by name."""

    def __init__(self, app):
        self._daymark = daymark_of(app)
        self.database = self._daymark.database
        settings, now = self._daymark.check_settings(), clock.now()
        fill(self.database, settings, now, days=20)
        tell(self.database, settings, now)
        alert_samples.fill(self.database)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        rooms = {name: f"/monitoring/{name}" for name in ("alerts", "incidents", "maintenance", "checks")}
        self.paths = {
            **{"front": "/", "check": "/status/archive", "history": "/history", "link": self.link()},
            **{"incident": f"/incidents/{self.unresolved()[0].id}", "heartbeat": "/monitoring/heartbeats/exports"},
            **rooms,
        }

    def unresolved(self):
        with self.database.read() as connection:
            return incidents.unresolved(connection)

    def acknowledged_by(self, check=ALERT.check):
        with self.database.read() as connection:
            return {each.acknowledged_by for each in alerts.open_alerts(connection) if each.check == check}

    def link(self):
        return (
            f"/alerts/{self._daymark.signer.sign(PURPOSE, {'dedup_key': ALERT.dedup_key, 'began_at': ALERT.began_at})}"
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("forms")
    url = f"sqlite:///{tmp_path / 'store.db'}"
    hashes = hashlib.sha256(TOKEN.encode()).hexdigest()
    with migrated(url), application(url, tmp_path, CHECKS, ADMIN_TOKEN_HASHES=hashes) as app:
        made = Site(app)
        thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.server.shutdown()
        thread.join()
        made.server.server_close()


@pytest.fixture
def visit(site, chromium):
    """Return a function that opens a page of the site by its name, with an admin's password at hand."""
    opened = []

    def open_page(name, *, width=1280, script=True, **context):
        who = {"username": "anybody", "password": TOKEN}
        size = {"width": width, "height": 900}
        opened.append(chromium.new_context(viewport=size, java_script_enabled=script, http_credentials=who, **context))
        page = opened[-1].new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        assert page.goto(f"{site.url}{site.paths[name]}").status == 200
        return page

    yield open_page
    for context in opened:
        context.close()


def unfolded(page):
    for details in page.locator("details:not([open])").all()[:3]:
        details.locator("summary").click()
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(visit, scheme):
    for name in NAMES:
        report = Axe().run(unfolded(visit(name, color_scheme=scheme, bypass_csp=True)))
        assert report.violations_count == 0, (name, report.generate_report())


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways_and_the_browser_has_nothing_to_complain_about(visit, width):
    for name in NAMES:
        page = unfolded(visit(name, width=width))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert [said for said in page.complaints if "401" not in said] == [], name


def test_an_incident_is_opened_spoken_of_and_resolved(visit, site):
    page = visit("incidents", script=False)
    form = page.locator("section[aria-labelledby=new]")
    form.get_by_label("Title").fill("Orders are slow")
    form.get_by_label("What is known").fill("We are **looking**.")
    form.get_by_label("Search", exact=True).check()
    form.get_by_role("button", name="Open it").click()
    page.get_by_role("link", name="Orders are slow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders are slow")
    assert page.locator(".said strong").inner_text() == "looking"
    page.go_back()
    entry = page.get_by_role("listitem").filter(has_text="Orders are slow")
    entry.get_by_text("Say more").click()
    entry.get_by_label("What is known").fill("A disk was full.")
    entry.get_by_label("Stage").select_option("resolved")
    entry.get_by_role("button", name="Say it").click()
    expect(page.get_by_role("heading", name="Resolved", exact=True)).to_be_visible()
    assert "Orders are slow" not in [each.title for each in site.unresolved()]


def test_what_is_refused_is_said_and_nothing_that_was_typed_is_lost(visit):
    page = visit("maintenance", script=False)
    page.get_by_label("Title").fill("New pipes")
    page.get_by_label("Begins").fill("2020-01-01T02:00")
    page.get_by_label("Lasts").fill("90m")
    page.get_by_label("What is done").fill("All *pipes*.")
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_role("alert")).to_contain_text("“Begins” must be a time such as")
    page.get_by_label("Begins").fill("")
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.goto(page.url.replace("/monitoring/maintenance", "/"))
    told = page.get_by_role("article").filter(has_text="New pipes")
    assert told.locator(".said em").inner_text() == "pipes"


def test_work_is_ended_by_its_button(visit):
    page = visit("maintenance", script=False)
    page.get_by_role("button", name=re.compile("End it now.*New disks")).click()
    over = page.locator("section[aria-labelledby=over]")
    expect(over).to_contain_text("New disks for the archive")


def test_a_link_acknowledges_only_once_its_button_is_pressed(visit, site):
    page = visit("link", script=False)
    assert site.acknowledged_by() == {None}
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("the link in the alert")).to_be_visible()
    assert urlparse(page.url).path == urlparse(site.url + site.paths["link"]).path
    assert site.acknowledged_by() == {"the link in the alert"}


def test_an_admin_acknowledges_on_the_page_of_alerts(visit, site):
    page = visit("alerts", script=False)
    page.get_by_role("button", name="Acknowledge disk-space").click()
    expect(page.get_by_text("Acknowledged").first).to_be_visible()
    assert {who[:6] for who in site.acknowledged_by("disk-space")} == {"admin-"}
