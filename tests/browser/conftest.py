"""Real Chromium on pages served as strings, under the policy that production sends."""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from monitoring.status import Status
from monitoring.web import pages
from tests.web.samples import (
    DAY,
    NOW,
    STYLESHEET,
    Link,
    Page,
    fleet,
    history,
    incident,
    month_of,
    outage,
    window,
)

POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
WORDS = Page(description="What we run for you.", links=(Link("Support", "https://example.org"),))


def texts():
    """Return every page by path."""
    mixed = fleet()
    search = mixed.checks[1]
    story = [outage(lasted=None), outage(began=NOW - DAY, worst=Status.DEGRADED, cause=None)]
    worked = fleet("worked")
    over = incident(title="Mail was late", started_at=NOW - 3 * DAY, resolved_at=NOW - 2.9 * DAY)
    works = (window(NOW - 8 * DAY, checks=("search", "mail")), window())
    month = month_of(story, incidents=(incident(), over), windows=works)
    fronts = {
        f"/{kind}": pages.render_front(fleet(kind), WORDS, stylesheet=STYLESHEET)
        for kind in ("mixed", "healthy", "unknown", "worked")
    }
    return {
        **fronts,
        "/check": pages.render_check(history(search, story), mixed, WORDS, stylesheet=STYLESHEET),
        "/check-worked": pages.render_check(history(worked.checks[6], story), worked, WORDS, stylesheet=STYLESHEET),
        "/history": pages.render_history(month, mixed, WORDS, stylesheet=STYLESHEET),
    }


def pytest_collection_modifyitems(items):
    """Keep the browser's tests together, so that it is started once."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("browser"))


class Server(ThreadingHTTPServer):
    """Serves the pages and counts what was asked for."""

    daemon_threads = True

    def __init__(self):
        styles = (pages.TEMPLATES.parent / "static" / "daymark.css").read_bytes()
        self.bodies = {path: ("text/html; charset=utf-8", text.encode()) for path, text in texts().items()}
        self.bodies[STYLESHEET] = ("text/css", styles)
        self.asked = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    def do_GET(self):
        self.server.asked.append(self.path)
        kind, body = self.server.bodies.get(self.path, ("text/plain", b""))
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="session")
def site():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


# Of the package, not of the session: while it runs, Playwright has an event loop running in the main thread, and
# a test that begins one of its own would find it there.
@pytest.fixture(scope="package")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium on the PATH; scripts/tools.sh gets it where it can")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(site, chromium):
    """Return a function that opens a page; `script` runs JavaScript of the test's own past the policy."""
    opened = []

    def open_page(path, *, width=1280, script=True, **context):
        opened.append(
            chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script, **context)
        )
        page = opened[-1].new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{site.server_port}{path}")
        return page

    yield open_page
    for context in opened:
        context.close()
