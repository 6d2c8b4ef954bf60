"""The admin's pages in Chromium, signed in with Basic as a person would be."""

import hashlib
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from werkzeug.serving import make_server

from monitoring import clock
from monitoring.web import admin, errors, headers
from monitoring.web.access import Access
from monitoring.web.admin_pages import DRAWN
from tests.web import admin_samples as samples
from tests.web.samples import NOW, Page

TOKEN = "a-token-of-the-tests"
PAGES = ["/monitoring/", *(f"/monitoring/{name}" for name in DRAWN if name != "overview")]
PAGES.append(f"/monitoring/requests/{samples.ID}")


def application(sources):
    app = Flask("admins", static_folder=None)
    errors.init_app(app)
    headers.init_app(app)
    access = Access([hashlib.sha256(TOKEN.encode()).hexdigest()])
    app.register_blueprint(admin.blueprint(admin.Admin(sources, Page()), access))
    return app


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """The ports of a service that has seen much, and of one that has seen nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOW)
        found = {}
        for name, sources in (("full", samples.full()), ("empty", samples.empty())):
            server = make_server("127.0.0.1", 0, application(sources), threaded=True)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            found[name] = (server, thread)
        yield {name: server.server_port for name, (server, _) in found.items()}
        for server, thread in found.values():
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def visit(servers, chromium):
    """Return a function that opens a page as an admin."""
    opened = []

    def open_page(path, *, kind="full", width=1280, script=True, **context):
        opened.append(
            chromium.new_context(
                viewport={"width": width, "height": 900},
                java_script_enabled=script,
                http_credentials={"username": "anybody", "password": TOKEN},
                **context,
            )
        )
        page = opened[-1].new_page()
        page.complaints, page.asked = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda asked: page.asked.append(asked.url))
        assert page.goto(f"http://127.0.0.1:{servers[kind]}{path}").status == 200
        return page

    yield open_page
    for context in opened:
        context.close()


def opened(page):
    """Open everything that is folded."""
    for details in page.locator("details").all():
        details.locator("summary").click()
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_wrong(visit, path, scheme):
    report = Axe().run(opened(visit(path, color_scheme=scheme, bypass_csp=True)))
    assert report.violations_count == 0, report.generate_report()


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_wrong_with_nothing(visit, path):
    report = Axe().run(visit(path, kind="empty", bypass_csp=True))
    assert report.violations_count == 0, report.generate_report()


@pytest.mark.parametrize("width", [320, 360, 700, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_scrolls_sideways(visit, path, width):
    page = opened(visit(path, width=width))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", PAGES)
def test_the_browser_has_nothing_to_complain_about(visit, path):
    # The challenge to which it answers with the token is the one thing it may tell of.
    assert [said for said in visit(path).complaints if "401" not in said] == []


def test_a_page_asks_for_itself_and_its_style_only(visit):
    assert {url.split("/", 3)[3].split(".")[0] for url in visit("/monitoring/").asked} == {
        "monitoring/",
        "monitoring/style",
    }


def test_everything_is_readable_without_javascript(visit):
    page = visit("/monitoring/errors", script=False)
    stack = page.locator("pre").first
    assert not stack.is_visible()
    page.get_by_text("Stack of the last one").first.click()
    assert stack.is_visible()


def test_the_windows_and_the_sections_are_links(visit):
    page = visit("/monitoring/")
    page.get_by_role("link", name="7 days").click()
    page.get_by_role("link", name="worker").click()
    page.get_by_role("navigation", name="Admin").get_by_role("link", name="Requests").click()
    assert page.url.endswith("/monitoring/requests?window=7d&service=worker")
    assert page.get_by_role("heading", level=1).inner_text() == "Requests"


def test_one_click_leads_from_an_error_to_its_request(visit):
    page = visit("/monitoring/errors")
    page.get_by_role("link", name=samples.ID).first.click()
    assert page.get_by_role("heading", name="One request").is_visible()
    assert page.get_by_role("heading", name="Log lines").is_visible()


def test_the_pictures_say_what_they_show(visit):
    labels = [
        svg.get_attribute("aria-label") for svg in visit("/monitoring/requests").locator(".plot svg[role=img]").all()
    ]
    assert [label.split(":")[0] for label in labels] == [
        "Requests and errors over the last 24 hours",
        "Latency, 24 points",
    ]


def test_wide_tables_can_be_scrolled_with_the_keyboard(visit):
    page = visit("/monitoring/requests", width=320)
    region = page.get_by_role("group", name="By endpoint")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.scroll').scrollLeft > 0")


def test_forced_colors_keep_errors_apart_from_answers(visit):
    page = visit("/monitoring/requests?window=7d", forced_colors="active")
    bars = [page.locator(f".plot {kind}").first for kind in (".ok", ".server")]
    assert len({bar.evaluate("bar => getComputedStyle(bar).fill") for bar in bars}) == 2
