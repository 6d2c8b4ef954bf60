import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = ("/mixed", "/healthy", "/unknown", "/worked", "/check", "/check-worked", "/history")
SCHEMES = ("light", "dark")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_wrong(visit, path, scheme):
    page = visit(path, color_scheme=scheme, bypass_csp=True)
    for details in page.locator("details").all():
        details.locator("summary").click()
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()


@pytest.mark.parametrize("width", [320, 360, 700, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_scrolls_sideways(visit, path, width):
    page = visit(path, width=width)
    for details in page.locator("details").all():
        details.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", PAGES)
def test_the_browser_has_nothing_to_complain_about(visit, path):
    assert visit(path).complaints == []


def test_a_page_is_two_requests(visit, site):
    site.asked.clear()
    visit("/mixed")
    assert sorted(site.asked) == ["/mixed", "/static/daymark.css"]


def test_everything_is_readable_without_javascript(visit):
    page = visit("/mixed", script=False)
    assert page.get_by_role("heading", level=1).inner_text().startswith("Search index is down")
    assert page.get_by_text("uptime over 90 days", exact=False).first.is_visible()
    assert page.get_by_text("24 h: p50 12 ms", exact=False).first.is_visible()
    assert page.get_by_text("Data as of", exact=False).is_visible()


def test_each_check_is_one_tab_stop_after_the_head(visit):
    page = visit("/healthy")
    stops = []
    while len(stops) < 40:
        page.keyboard.press("Tab")
        address = page.evaluate("document.activeElement.getAttribute('href')")
        if address is None:
            break
        stops.append(address)
    assert stops[:4] == ["#main", "/", "/history", "https://example.org"]
    assert len(stops[4:-2]) == 20
    assert all(stop.startswith("/status/") for stop in stops[4:-2])
    assert stops[-2:] == ["/feed.atom", "/maintenance.ics"]


def test_the_link_of_a_check_tells_its_state_to_those_who_do_not_see_it(visit):
    link = visit("/healthy").get_by_role("link", name="Website").first
    assert link.evaluate("link => link.textContent").startswith("Website: operational; ")


@pytest.mark.parametrize(("width", "shown"), [(1280, 90), (360, 45)])
def test_the_words_agree_with_the_bars_that_are_shown(visit, width, shown):
    page = visit("/mixed", width=width)
    strip = page.locator(".strip").first
    box = strip.bounding_box()
    bars = strip.locator("svg > *").all()
    boxes = [bar.bounding_box() for bar in bars]
    assert sum(1 for each in boxes if each["x"] + each["width"] / 2 >= box["x"]) == shown
    assert page.get_by_text("the last 45 of 90 days").is_visible() == (shown == 45)


def test_dark_is_dark_and_light_is_light(visit):
    papers = [
        visit("/mixed", color_scheme=scheme).evaluate("getComputedStyle(document.documentElement).backgroundColor")
        for scheme in SCHEMES
    ]
    brightness = [sum(int(part) for part in paper[4:-1].split(",")) for paper in papers]
    assert brightness[0] > 600
    assert brightness[1] < 150


@pytest.mark.parametrize("path", ["/mixed", "/check"])
def test_it_prints_on_white_without_navigation(visit, path):
    page = visit(path, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_role("navigation").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_forced_colors_keep_down_apart_from_up(visit):
    page = visit("/mixed", forced_colors="active")
    fills = {page.locator(f".bars .{kind}").first.evaluate("bar => getComputedStyle(bar).fill") for kind in "ugdn"}
    assert len(fills) == 4


def test_forced_colors_keep_maintenance_apart_from_up(visit):
    page = visit("/worked", forced_colors="active")
    fills = {page.locator(f".bars .{kind}").first.evaluate("bar => getComputedStyle(bar).fill") for kind in "udm"}
    assert len(fills) == 3


def test_what_is_done_can_be_unfolded_without_javascript(visit):
    page = visit("/worked", script=False)
    words = page.get_by_text("Connections are cut")
    assert not words.is_visible()
    page.get_by_text("What is done").click()
    assert words.is_visible()
