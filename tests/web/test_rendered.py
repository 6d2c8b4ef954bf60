"""Pages kept as bytes: encodings, tags, and how often they are rendered."""

import gzip
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from monitoring.web import rendered
from monitoring.web.rendered import PAGE_CACHED, Rendered, Shelf
from tests.support.waiting import until

TEXT = "<p>Grüße von der Wache</p>" * 100
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


def asked_with(**headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(EnvironBuilder(headers=named).get_environ())


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("deflate", None),
        ("", None),
        ("rubbish;;q=x", None),
    ],
)
def test_it_is_compressed_as_the_reader_can_take_it(accepted: str, encoding: str | None) -> None:
    response = Rendered(TEXT).respond(asked_with(Accept_Encoding=accepted))
    assert response.headers.get("Content-Encoding") == encoding
    assert UNPACK[encoding](response.data).decode() == TEXT
    assert response.content_length == len(response.data)


def test_caches_are_told_what_it_depends_on_and_how_long_it_lasts() -> None:
    response = Rendered(TEXT).respond(asked_with())
    assert (response.headers["Vary"], response.headers["Cache-Control"]) == ("Accept-Encoding", PAGE_CACHED)
    assert response.content_type == "text/html; charset=utf-8"


def test_whoever_has_it_already_gets_304() -> None:
    page = Rendered(TEXT)
    tag = page.respond(asked_with()).headers["ETag"]
    for known in (tag, f'"another", {tag}', "*", tag.removeprefix("W/")):
        response = page.respond(asked_with(If_None_Match=known))
        assert (response.status_code, response.data, response.headers["ETag"]) == (304, b"", tag)
        assert response.headers["Vary"] and response.headers["Cache-Control"]
    assert page.respond(asked_with(If_None_Match='W/"another"')).status_code == 200


def test_the_tag_is_a_function_of_the_text() -> None:
    assert Rendered(TEXT).etag == Rendered(TEXT).etag != Rendered(TEXT + " ").etag


class Pen:
    """Renders, once it may, and counts."""

    def __init__(self) -> None:
        self.rendered = 0
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self) -> str:
        self.rendered += 1
        number = self.rendered
        self.go_on.wait(60)
        return f"text {number}"


@pytest.fixture
def pen() -> Iterator[Pen]:
    made = Pen()
    yield made
    made.go_on.set()


def text_of(page: Rendered) -> str:
    return page.respond(asked_with()).data.decode()


def test_a_page_is_rendered_once_for_many_who_come_at_once(pen: Pen) -> None:
    shelf, source = Shelf(), object()
    pen.go_on.clear()
    with ThreadPoolExecutor(30) as pool:
        got = [pool.submit(shelf.page, "/", source, pen) for _ in range(30)]
        until(lambda: pen.rendered)
        pen.go_on.set()
    assert ({text_of(each.result()) for each in got}, pen.rendered) == ({"text 1"}, 1)


def test_the_old_page_is_served_while_one_request_renders_the_new_one(pen: Pen) -> None:
    shelf, new = Shelf(), object()
    shelf.page("/", object(), pen)
    pen.go_on.clear()
    with ThreadPoolExecutor(1) as renderer:
        renewed = renderer.submit(shelf.page, "/", new, pen)
        until(lambda: pen.rendered == 2)
        assert [text_of(shelf.page("/", new, pen)) for _ in range(30)] == ["text 1"] * 30
        pen.go_on.set()
        assert text_of(renewed.result()) == "text 2"
    assert (text_of(shelf.page("/", new, pen)), pen.rendered) == ("text 2", 2)


def test_a_page_that_could_not_be_rendered_is_tried_again(pen: Pen) -> None:
    def fail() -> str:
        raise ValueError("a fault of ours")

    shelf, source = Shelf(), object()
    with pytest.raises(ValueError, match="ours"):
        shelf.page("/", source, fail)
    assert text_of(shelf.page("/", source, pen)) == "text 1"


def test_it_keeps_so_many_pages_and_no_more(pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "PAGES_KEPT", 2)
    shelf, source = Shelf(), object()
    for path in ("/a", "/b", "/c", "/c", "/b", "/a"):
        shelf.page(path, source, pen)
    assert pen.rendered == 4
