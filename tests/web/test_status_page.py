"""The public pages over HTTP, from a store in which something has happened."""

import gzip
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitoring import clock
from monitoring.maintenance import planned as as_planned
from monitoring.overview.months import this_month
from monitoring.store.database import Database
from monitoring.web import pages
from monitoring.web.rendered import FOR_GOOD, PAGE_CACHED
from tests.maintenance.plans import plan
from tests.support.apps import NO_BUILTINS, TurnedClock, daymark_of
from tests.support.history import lived, planned
from tests.support.results import HEALTHY, UNHEALTHY, result
from tests.support.sockets import refusing_port
from tests.web.conftest import MakeApp

BROWSER = {"Accept": "text/html"}
DOCUMENT = NO_BUILTINS + "".join(
    f'[[checks]]\nname = "{name}"\ntitle = "{title}"\ntype = "http"\nurl = "http://127.0.0.1:9/"\n{more}\n'
    for name, title, more in (
        ("api", "The API", 'group = "Website"'),
        ("mail", "Mail", 'group = "Partners"'),
        ("vault", "The vault", "public = false"),
    )
)


def tell(app: Flask, database: Database, api=HEALTHY, mail=HEALTHY, vault=HEALTHY) -> None:
    """Store a result of each check, as a leader does that has just asked them."""
    settings = [check.settings for check in daymark_of(app).registry.all()]
    at, found = clock.now() - 0.2, {"api": api, "mail": mail, "vault": vault}
    lived(database, settings, [result(status, at, check=name) for name, status in found.items()])


@pytest.fixture
def app(sqlite: Database, make_app: MakeApp) -> Flask:
    made = make_app(sqlite, document=DOCUMENT)
    tell(made, sqlite)
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def renders(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of each page that is rendered, as it is."""
    rendered: list[str] = []
    for name in ("render_front", "render_check", "render_history"):
        monkeypatch.setattr(pages, name, _noting(rendered, name, getattr(pages, name)))
    return rendered


def _noting(rendered: list[str], name: str, render: Callable[..., str]) -> Callable[..., str]:
    def noted(*given: object, **named: object) -> str:
        rendered.append(name)
        return render(*given, **named)

    return noted


def test_the_page_tells_the_verdict_then_what_is_broken_then_the_groups_then_its_age(
    app: Flask, client: FlaskClient, sqlite: Database, turned_clock: TurnedClock
) -> None:
    assert "<h1>All systems operational</h1>" in client.get("/").text
    for _ in range(3):
        turned_clock.ahead += 20
        tell(app, sqlite, mail=UNHEALTHY)
    text = client.get("/").text
    parts = ("<h1>Mail is down</h1>", "What is broken", ">Website<", ">Partners<", "Data as of")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_it_says_that_it_cannot_tell_before_anything_was_observed(sqlite: Database, make_app: MakeApp) -> None:
    answer = make_app(sqlite, document=DOCUMENT).test_client().get("/")
    assert answer.status_code == 200 and "We cannot tell yet" in answer.text


@pytest.mark.parametrize(("accepted", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress), ("", bytes)])
@pytest.mark.parametrize("path", ["/", "/status/api", "/history"])
def test_every_page_is_compressed_tagged_and_kept_by_caches(
    client: FlaskClient, path: str, accepted: str, unpack: Callable[[bytes], bytes]
) -> None:
    answer = client.get(path, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding", "") == accepted and b"</html>" in unpack(answer.data)
    assert answer.headers["Cache-Control"] == PAGE_CACHED and "stale-if-error" in PAGE_CACHED
    assert answer.headers["Vary"] == "Accept-Encoding"
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])


def test_head_is_the_page_without_its_body(client: FlaskClient) -> None:
    answer, head = client.get("/"), client.head("/")
    assert (head.data, head.content_length, head.headers["ETag"]) == (b"", len(answer.data), answer.headers["ETag"])


def test_every_process_tells_the_same_in_the_same_words(database: Database, make_app: MakeApp) -> None:
    workers = [make_app(database, document=DOCUMENT) for _ in range(2)]
    tell(workers[0], database, api=UNHEALTHY)
    for path in ("/", "/status/api", "/history"):
        first, second = (worker.test_client().get(path) for worker in workers)
        assert first.status_code == 200
        assert (first.headers["ETag"], first.data) == (second.headers["ETag"], second.data)


def test_they_do_so_an_hour_apart_too_where_nothing_has_changed(
    sqlite: Database, make_app: MakeApp, turned_clock: TurnedClock
) -> None:
    workers = [make_app(sqlite, document=DOCUMENT) for _ in range(2)]
    tell(workers[0], sqlite)
    tags = []
    for worker, ahead in zip(workers, (4 * 3600, 3600), strict=True):
        turned_clock.ahead += ahead
        tags.append([worker.test_client().get(path).headers["ETag"] for path in ("/", "/status/api")])
    assert tags[0] == tags[1]


def test_no_query_string_forces_any_work(client: FlaskClient, renders: list[str]) -> None:
    pages_of = ("/", "/status/api", "/history")
    tags = {path: {client.get(f"{path}?nocache={n}").headers["ETag"] for n in range(5)} for path in pages_of}
    assert [len(each) for each in tags.values()] == [1, 1, 1]
    assert renders == ["render_front", "render_check", "render_history"]


def test_a_change_is_rendered_once_for_all_who_come_at_once(
    app: Flask, sqlite: Database, turned_clock: TurnedClock, renders: list[str]
) -> None:
    app.test_client().get("/")
    turned_clock.ahead += 1
    tell(app, sqlite)
    with ThreadPoolExecutor(30) as pool:
        answers = [pool.submit(lambda: app.test_client().get("/").status_code) for _ in range(30)]
    assert ({answer.result() for answer in answers}, renders) == ({200}, ["render_front"] * 2)


def test_changes_are_rendered_at_most_once_a_second(
    app: Flask, client: FlaskClient, sqlite: Database, turned_clock: TurnedClock, renders: list[str]
) -> None:
    for _ in range(5):
        tell(app, sqlite)
        client.get("/")
    assert len(renders) == 1
    turned_clock.ahead += 1
    client.get("/")
    assert len(renders) == 2


def test_nothing_is_rendered_where_nothing_changed(
    client: FlaskClient, turned_clock: TurnedClock, renders: list[str]
) -> None:
    for _ in range(5):
        client.get("/status/api")
        turned_clock.ahead += 5
    assert renders == ["render_check"]


def test_unchanged_data_are_told_anew_as_they_age(client: FlaskClient, turned_clock: TurnedClock) -> None:
    ages = []
    for ahead in (2, 61, 60, 180, 300):
        turned_clock.ahead += ahead
        ages += re.findall(r"more than [^.<]* old", client.get("/").text)
    assert ages == [f"more than {words} old" for words in ("1 minute", "2 minutes", "5 minutes", "10 minutes")]


def test_maintenance_begins_and_ends_on_the_pages_of_all_processes_without_any_new_result(
    sqlite: Database, make_app: MakeApp, turned_clock: TurnedClock
) -> None:
    workers = [make_app(sqlite, document=DOCUMENT) for _ in range(2)]
    tell(workers[0], sqlite, mail=UNHEALTHY)
    now = clock.now()
    planned(sqlite, as_planned(plan(now + 30, seconds=60.0, groups=("Partners",)), "ada", now))
    told = []
    for _ in range(4):
        pages_of = [{path: worker.test_client().get(path).text for path in ("/", "/status/mail")} for worker in workers]
        assert pages_of[0] == pages_of[1]
        told.append([verdict_of(text) for text in pages_of[0].values()])
        turned_clock.ahead += 30
    working = ["Maintenance in progress on Mail; all other systems operational", "Mail"]
    assert told == [["Mail is down", "Mail"], working, working, ["Mail is down", "Mail"]]


def verdict_of(text: str) -> str:
    return re.search("<h1>(.*?)</h1>", text)[1]


def test_maintenance_that_somebody_plans_is_announced_a_second_later(
    client: FlaskClient, sqlite: Database, turned_clock: TurnedClock
) -> None:
    assert "Planned maintenance" not in client.get("/").text
    now = clock.now()
    planned(sqlite, as_planned(plan(now + 3600, title="Move <all> disks"), "ada", now))
    turned_clock.ahead += 1
    text = client.get("/").text
    assert "Planned maintenance" in text and "Move &lt;all&gt; disks" in text


@pytest.mark.parametrize("path", ["/status/vault", "/status/nobody", "/status/", "/status/../api"])
def test_private_and_unknown_checks_have_no_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 404 and "vault" not in answer.text.lower()
    assert '<link rel="stylesheet"' in answer.text


def test_private_checks_are_on_no_public_page(app: Flask, client: FlaskClient, sqlite: Database) -> None:
    tell(app, sqlite, vault=UNHEALTHY)
    texts = [client.get(path).text.lower() for path in ("/", "/status/api", "/history")]
    assert not [text for text in texts if "vault" in text]


def test_history_shows_this_month_and_each_month_has_an_address(client: FlaskClient) -> None:
    now = this_month(clock.now())
    assert client.get("/history").data == client.get(f"/history/{now}").data


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-00", "2026-1", "1999-01", "2099-12", "rubbish", "٢٠٢٦-01"])
def test_there_is_no_page_of_a_month_in_which_nobody_can_have_looked(client: FlaskClient, month: str) -> None:
    answer = client.get(f"/history/{month}")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_the_style_sheet_is_named_by_its_content_and_kept_for_good(client: FlaskClient) -> None:
    address = re.search(r'<link rel="stylesheet" href="(.*?)"', client.get("/").text)[1]
    answer = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert (answer.mimetype, answer.headers["Content-Encoding"]) == ("text/css", "br")
    assert answer.headers["Cache-Control"] == FOR_GOOD and b"color" in brotli.decompress(answer.data)


def test_another_versions_style_sheet_is_not_kept_under_that_name(client: FlaskClient) -> None:
    answer = client.get("/static/daymark.0123456789ab.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_while_the_store_is_away_the_last_pages_are_shown_with_their_age(
    app: Flask, client: FlaskClient, tmp_path: Path, turned_clock: TurnedClock
) -> None:
    before = {path: client.get(path).text for path in ("/", "/status/api", "/history")}
    break_store(app, tmp_path)
    turned_clock.ahead += 130
    for path, text in before.items():
        answer = client.get(path)
        assert answer.status_code == 200 and "more than 2 minutes old" not in text
        assert "more than 2 minutes old" in answer.text
    assert "We cannot tell: nothing has been observed lately" in client.get("/").text
    assert client.get("/health").status_code == 200


def break_store(app: Flask, folder: Path) -> None:
    """Put rubbish in the place of an application's SQLite database."""
    daymark_of(app).database.close()
    for path in folder.glob("store.db*"):
        path.unlink()
    (folder / "store.db").write_bytes(b"no database at all" * 1000)


def test_a_page_that_was_never_read_is_not_there_while_the_store_is_away(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    client.get("/")
    break_store(app, tmp_path)
    for path in ("/status/api", "/history"):
        answer = client.get(path, headers=BROWSER)
        assert answer.status_code == 503 and "<h1>Service Unavailable</h1>" in answer.text


def test_a_service_that_starts_without_its_store_says_that_it_cannot_tell(make_app: MakeApp) -> None:
    client = make_app(f"postgresql://daymark:x@127.0.0.1:{refusing_port()}/store", document=DOCUMENT).test_client()
    answer = client.get("/")
    assert answer.status_code == 200 and "We cannot tell yet" in answer.text and "The API" in answer.text
    assert client.get("/health").status_code == 200
    assert client.get("/status/api").status_code == 503
