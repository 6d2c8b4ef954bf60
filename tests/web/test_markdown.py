"""Markdown of people, friendly and hostile."""

from html.parser import HTMLParser

import pytest

from monitoring.web.markdown import MOST_LETTERS, rendered

ALLOWED = {"p", "h4", "h5", "h6", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "a", "br", "hr"}


class Seen(HTMLParser):
    """Collects the elements and attributes of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: dict[str, list[str | None]] = {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        for name, value in attributes:
            self.attributes.setdefault(name, []).append(value)


def test_what_people_write_is_formatted() -> None:
    text = "**Bold** and *soft*, `code`:\n\n- one\n- two\n\n> said\n\n1. first"
    assert {"strong", "em", "code", "ul", "li", "blockquote", "ol"} <= set(Seen(rendered(text)).elements)


def test_a_link_is_followed_by_nobody_who_ranks_it() -> None:
    link = rendered('[Forum](https://example.org/a "title")')
    assert link == ('<p><a href="https://example.org/a" title="title" rel="nofollow noopener">Forum</a></p>\n')


@pytest.mark.parametrize("address", ["http://x.example", "HTTPS://x.example/?a=1&b=2", "mailto:a@example.org"])
@pytest.mark.parametrize("written", ["[x]({})", "<{}>", "[x][r]\n\n[r]: {}"])
def test_links_lead_to_the_web_or_to_a_mailbox(address: str, written: str) -> None:
    assert Seen(rendered(written.format(address))).elements == ["p", "a"]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "java&#10;script:alert(1)",
        "%6Aavascript:alert(1)",
        "\\javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/png;base64,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/monitoring/",
        "relative",
        "http:///nowhere",
        "#here",
    ],
)
@pytest.mark.parametrize("written", ["[x]({})", "<{}>", "[x][r]\n\n[r]: {}", "![x]({})"])
def test_nothing_else_is_a_link(address: str, written: str) -> None:
    assert set(Seen(rendered(written.format(address))).elements) <= {"p"}


def test_there_are_no_pictures() -> None:
    assert "img" not in Seen(rendered("![x](https://x.example/track.png) ![y][r]\n\n[r]: https://x.example/")).elements


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick='x'>b</b> <!-- c --> <?php ?> <![CDATA[x]]>",
        "<div>\n\n*x*\n\n</div>",
        "<svg/onload=alert(1)>",
        '[x](https://x.example "onmouseover=alert(1)")',
        '[x](https://x.example/"onmouseover="alert(1))',
        '``` "><script>alert(1)</script>\nx\n```',
        "`<script>`",
        "&lt;script&gt;",
    ],
)
def test_no_html_gets_through(text: str) -> None:
    seen = Seen(rendered(text))
    assert set(seen.elements) <= ALLOWED
    assert set(seen.attributes) <= {"href", "rel", "title", "class"}


def test_headings_begin_below_those_of_the_page_and_leave_out_no_level() -> None:
    text = "### a\n\n# b\n\n## c\n\nd\n===\n\n## e\n\n###### f\n\n###### g"
    assert Seen(rendered(text)).elements == ["h4", "h4", "h5", "h4", "h5", "h6", "h6"]


@pytest.mark.parametrize(
    "text",
    [
        ">" * 10_000 + "deep",
        "[" * 10_000 + "deep" + "](https://x.example)" * 10_000,
        "*" * 10_000 + "deep" + "*" * 10_000,
        "- " * 10_000 + "deep",
        "![" * 10_000,
        "<" * 100_000,
        "`" * 9_999 + " " + "`" * 10_000,
        "&" * 100_000,
        "[a]: https://x.example\n" * 10_000,
        "[a](" * 10_000,
        "*_" * 10_000,
        "x" * 1_000_000,
        "\0\ud800\u202e",
        "",
    ],
)
def test_deep_and_huge_texts_are_bounded(text: str) -> None:
    html = rendered(text)
    assert len(html) <= 10 * MOST_LETTERS
    assert set(Seen(html).elements) <= ALLOWED
