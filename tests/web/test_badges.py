"""Badges: what they say, in which colour, and to whom."""

import re
from xml.etree import ElementTree

import pytest

from monitoring.overview.views import Span
from monitoring.status import Status
from monitoring.web import status_page
from monitoring.web.badges import CACHED, GROUND, Tone, drawn, state_badge, uptime, uptime_badge
from tests.web.samples import DAY, NOW, TODAY, check, empty_days
from tests.web.told import Teller

SVG = "{http://www.w3.org/2000/svg}"
HOUR = 3600


def picture(teller: Teller, path: str) -> ElementTree.Element:
    answer = teller.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    return ElementTree.fromstring(answer.data)


def words(svg: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in svg.iter(f"{SVG}text")]


def colour(svg: ElementTree.Element) -> str:
    return [each.attrib["fill"] for each in svg.iter(f"{SVG}path")][1]


@pytest.mark.parametrize(
    ("status", "said", "tone"),
    [
        (Status.HEALTHY, "operational", Tone.HEALTHY),
        (Status.DEGRADED, "degraded", Tone.DEGRADED),
        (Status.UNHEALTHY, "down", Tone.UNHEALTHY),
        (Status.UNKNOWN, "no data", Tone.UNKNOWN),
    ],
)
def test_it_shows_the_state_of_a_check(status: Status, said: str, tone: Tone) -> None:
    svg = picture(Teller(check("mail", title="Mail", status=status)), "/badge/mail.svg")
    assert (words(svg), colour(svg)) == (["Mail", said], tone.value)


def test_maintenance_has_its_own_colour_whatever_the_state() -> None:
    svg = picture(Teller(check("mail", status=Status.UNHEALTHY, in_maintenance=True)), "/badge/mail.svg")
    assert (words(svg)[1], colour(svg)) == ("in maintenance", Tone.MAINTENANCE.value)


def test_the_whole_has_a_badge_that_says_the_verdict() -> None:
    svg = picture(Teller(check("mail", title="Mail", status=Status.UNHEALTHY), check("search")), "/badge.svg")
    assert words(svg) == ["Lightship & Co", "down"]
    assert svg.findtext(f"{SVG}title") == "Lightship & Co: Mail is down"


def test_the_whole_is_in_maintenance_where_that_is_all_there_is() -> None:
    teller = Teller(check("mail", title="Mail", in_maintenance=True), check("search"))
    svg = picture(teller, "/badge.svg")
    assert (words(svg)[1], colour(svg)) == ("in maintenance", Tone.MAINTENANCE.value)


def test_whoever_does_not_see_it_is_told() -> None:
    svg = picture(Teller(check("mail", title="Mail")), "/badge/mail.svg")
    title = svg.find(f"{SVG}title")
    assert (svg.attrib["role"], svg.attrib["aria-labelledby"]) == ("img", title.attrib["id"])
    assert title.text == "Mail: operational"
    assert svg.find(f"{SVG}g[@aria-hidden='true']").find(f"{SVG}text") is not None


@pytest.mark.parametrize("ground", [GROUND, *Tone])
def test_its_letters_can_be_read_on_every_colour(ground: str) -> None:
    assert 1.05 / (_luminance(ground) + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_its_colours_are_those_of_the_pages() -> None:
    styles = status_page.STYLES.read_text()
    for tone in Tone:
        assert f"--{tone.name.lower()}: {tone.value};" in styles


def test_what_stands_in_a_title_cannot_become_markup() -> None:
    svg = ElementTree.fromstring(drawn(state_badge(check("mail", title="<script>\"&'</script>"))))
    assert words(svg)[0] == "<script>\"&'</script>" and not list(svg.iter(f"{SVG}script"))


def test_it_is_as_wide_as_its_words_and_never_wider_than_a_line() -> None:
    titles = ("il", "Mail", "郵便局です", "M" * 200)
    pictures = [ElementTree.fromstring(drawn(state_badge(check("mail", title=title)))) for title in titles]
    widths = [int(each.attrib["width"]) for each in pictures]
    assert widths == sorted(set(widths)) and widths[-1] < 800
    assert words(pictures[-1])[0] == "M" * 59 + "…"


@pytest.mark.parametrize(
    ("window", "period", "said"),
    [
        ("24h", "24 hours", "100 %"),
        ("7d", "7 days", "99.50 %"),
        ("30d", "30 days", "99.88 %"),
        ("90d", "90 days", "99.96 %"),
    ],
)
def test_it_shows_the_uptime_of_each_window(window: str, period: str, said: str) -> None:
    days = [Span(TODAY - DAY * back, DAY if back else NOW - TODAY) for back in range(89, -1, -1)]
    days[-3] = Span(days[-3].start, DAY, down_seconds=0.005 * (6 * DAY + NOW - TODAY))
    hours = tuple(Span(int(NOW // HOUR - back) * HOUR, HOUR if back else NOW % HOUR) for back in range(23, -1, -1))
    svg = picture(
        Teller(check("mail", title="Mail", days=tuple(days), hours=hours)), f"/badge/mail/uptime.svg?window={window}"
    )
    assert words(svg) == ["Mail uptime", said]
    assert svg.findtext(f"{SVG}title") == f"Mail: {said} uptime over {period}, 100 % observed"


def test_it_speaks_of_90_days_where_nothing_else_is_asked() -> None:
    teller = Teller(check("mail"))
    assert teller.get("/badge/mail/uptime.svg").data == teller.get("/badge/mail/uptime.svg?window=90d").data


@pytest.mark.parametrize(("share", "tone"), [(1.0, Tone.HEALTHY), (0.9985, Tone.DEGRADED), (0.98, Tone.UNHEALTHY)])
def test_the_colour_of_uptime_is_that_of_its_share(share: float, tone: Tone) -> None:
    days = (Span(TODAY - DAY, DAY, down_seconds=DAY * (1 - share)),)
    assert uptime_badge(check("mail", days=days), "7d", TODAY).tone is tone


def test_it_is_grey_where_nobody_looked() -> None:
    svg = picture(Teller(check("mail", days=empty_days(), status=Status.UNKNOWN)), "/badge/mail/uptime.svg?window=7d")
    assert (words(svg)[1], colour(svg)) == ("no data", Tone.UNKNOWN.value)


def test_time_that_nobody_observed_is_said() -> None:
    half = uptime([Span(0, DAY), Span(DAY, 0.0), Span(2 * DAY, DAY / 2)], DAY, 3 * DAY)
    assert (half.share, half.coverage) == (1, pytest.approx(0.5))


def test_maintenance_counts_on_neither_side_of_the_uptime() -> None:
    worked_on = uptime([Span(0, DAY), Span(DAY, DAY / 2, maintenance_seconds=DAY / 2)], DAY, 2 * DAY)
    assert (worked_on.share, worked_on.coverage) == (1, 1)


@pytest.mark.parametrize("path", ["/badge/vault.svg", "/badge/vault/uptime.svg", "/badge/nobody.svg", "/badge/.svg"])
def test_private_and_unknown_checks_have_no_badge(path: str) -> None:
    answer = Teller(check("mail"), check("vault", public=False)).get(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("window", ["1h", "", "90", "7D", "90d%00"])
def test_another_window_is_refused(window: str) -> None:
    answer = Teller(check("mail")).get(f"/badge/mail/uptime.svg?window={window}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert "24h, 7d, 30d, 90d" in answer.json["detail"]


def test_it_is_kept_for_a_short_time_only_and_not_sent_twice() -> None:
    teller = Teller(check("mail"))
    first = teller.get("/badge/mail.svg")
    assert first.headers["Cache-Control"] == CACHED and "stale" not in CACHED
    assert teller.get("/badge/mail.svg", If_None_Match=first.headers["ETag"]).status_code == 304


def test_it_changes_with_the_overview_and_reads_nothing_else() -> None:
    teller = Teller(check("mail"))
    teller.away = True
    before = teller.get("/badge/mail.svg").data
    teller.change(checks=(check("mail", status=Status.DEGRADED),))
    assert re.search(rb">degraded<", teller.get("/badge/mail.svg").data) and b">degraded<" not in before
    assert teller.reads == 0
