import re
from html.parser import HTMLParser

import brotli
import msgspec

from monitoring.settings.structure import Page as PageSettings
from monitoring.status import Cause, Status
from monitoring.web import pages
from tests.web.samples import (
    DAY,
    NOW,
    STYLESHEET,
    Link,
    Page,
    check,
    empty_days,
    fleet,
    history,
    incident,
    month_of,
    outage,
    overview,
    window,
)


def front(whole, page=None):
    return pages.render_front(whole, page or Page(), stylesheet=STYLESHEET)


def check_page(view, outages=(), **given):
    return pages.render_check(history(view, outages), overview(view, **given), Page(), stylesheet=STYLESHEET)


def month(outages=(), whole=None, **given):
    return pages.render_history(month_of(outages, **given), whole or overview(check()), Page(), stylesheet=STYLESHEET)


class Words(HTMLParser):
    """Collects what a reader reads, and how often each element stands."""

    def __init__(self):
        super().__init__()
        self.words, self.elements, self.attributes = [], [], []

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += [name for name, _ in attributes]

    def handle_data(self, data):
        self.words.append(data)


def read(text):
    reader = Words()
    reader.feed(text)
    return reader


def words(text):
    return " ".join(" ".join(read(text).words).split())


def test_it_says_the_verdict_first():
    text = front(overview(check()))
    assert "<title>All systems operational · Lightship</title>" in text
    assert re.search(r"<h1>(.*?)</h1>", text)[1] == "All systems operational"


def test_it_says_what_is_broken_since_when_and_why():
    broken = check(status=Status.UNHEALTHY, since=NOW - 2520, cause=Cause.REFUSED, error="secret canary")
    said = words(front(overview(broken)))
    assert "What is broken Search Down since 11:21 UTC, for 42 min Connection refused" in said


def test_nothing_is_said_to_be_broken_when_nothing_is():
    assert "What is broken" not in front(overview(check(), check("mail", Status.UNKNOWN)))


def test_it_tells_unresolved_incidents_first():
    over = incident(id="oooooooooooo", title="Mail was late", resolved_at=NOW - 60)
    text = front(overview(check(status=Status.UNHEALTHY), incidents=(incident(), over)))
    assert text.index('<a href="/incidents/i1i2i3i4i5i6">Searches fail</a>') < text.index("What is broken")
    assert "We are <strong>looking</strong> into it." in text
    assert "Mail was late" not in text


def test_it_tells_no_incident_that_the_machine_opened_for_a_private_check():
    text = front(overview(check("search", public=False), check("mail"), incidents=(incident(),)))
    assert "Searches fail" not in text


def test_maintenance_in_progress_is_told_with_its_time_its_body_and_what_it_affects():
    work = window(checks=("search",), body="Searches may be *old*.")
    text = front(overview(check(in_maintenance=True), check("mail"), windows=(work,)))
    assert "<h1>Maintenance in progress on Search; all other systems operational</h1>" in text
    said = words(text)
    assert "Maintenance in progress Move the disks Mon 23 Nov 2026, 11:53 to 13:53 UTC Affected: Search" in said
    assert "<em>old</em>" in text
    assert '<time datetime="2026-11-23T11:53:10.000Z">Mon 23 Nov 2026, 11:53</time>' in text


def test_a_check_in_maintenance_is_neither_green_nor_red():
    text = front(overview(check(status=Status.UNHEALTHY, in_maintenance=True), check("mail"), windows=(window(),)))
    assert text.count("In maintenance") == 1
    assert '<p class="state maintenance">' in text
    assert "What is broken" not in text
    assert 'Search<span class="aside">: in maintenance; ' in text


def test_planned_maintenance_is_announced_once_with_the_time_it_comes_again():
    works = tuple(window(NOW + days * DAY, 60.0, rrule="FREQ=WEEKLY") for days in (2, 9))
    said = words(front(overview(check(), windows=works)))
    assert said.count("Move the disks") == 1
    assert "Planned maintenance Move the disks Wed 25 Nov 2026, 12:03 to 12:04 UTC" in said
    assert "again Wed 2 Dec 2026, 12:03 UTC Affected: all systems" in said
    assert "Maintenance in progress" not in said


def test_maintenance_of_private_checks_is_told_to_nobody():
    checks = (check(), check("vault", public=False, group="Vaults", in_maintenance=True))
    works = (window(checks=("vault",)), window(NOW + DAY, groups=("Vaults",)), window(NOW + DAY, checks=("gone",)))
    text = front(overview(*checks, windows=works))
    assert "Move the disks" not in text
    assert "<h1>All listed systems operational; a system not listed here is in maintenance</h1>" in text


def test_of_private_checks_in_maintenance_no_name_is_told():
    works = (window(checks=("vault", "search")),)
    text = front(overview(check(), check("mail"), check("vault", public=False), windows=works))
    assert "Affected: Search" in words(text)
    assert "ault" not in text.replace("default", "")


def test_the_page_of_a_check_tells_its_own_maintenance_only():
    works = (window(checks=("search",), title="Move"), window(NOW + DAY, checks=("mail",), title="Other"))
    view = check(status=Status.UNHEALTHY, cause=Cause.DNS, in_maintenance=True)
    text = check_page(view, windows=works)
    assert '<p class="now">In maintenance until 13:53 UTC.</p>' in text
    assert '<div class="verdict maintenance">' in text
    assert "Move" in text and "Other" not in text
    assert "name not resolved" not in text


def test_the_history_tells_incidents_outages_and_maintenance_of_a_day_together():
    over = incident(resolved_at=NOW - 600)
    said = words(month([outage()], incidents=(over,), windows=(window(NOW - 7200, 3600.0),)))
    assert said.count("Mon 23 Nov 2026") == 1
    places = [said.index(part) for part in ("Searches fail", "Search Down for", "Move the disks Maintenance for 1 h")]
    assert places == sorted(places)
    assert "10:03 to 11:03 UTC Affected: all systems" in said


def test_the_history_leaves_out_private_maintenance_and_incidents():
    whole = overview(check("mail"), check("search", public=False))
    text = month(incidents=(incident(),), windows=(window(checks=("search",)),), whole=whole)
    assert "Searches fail" not in text and "Move the disks" not in text


def test_groups_stand_in_the_order_in_which_they_first_appear():
    text = front(overview(check("a", group="Web"), check("b", group="Data"), check("c", group="Web")))
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", text) == ["Web", "Data"]
    assert re.findall(r'href="/status/(\w)"', text) == ["a", "c", "b"]


def test_each_check_has_one_link_with_a_summary():
    text = front(overview(check(days=empty_days(), p50=None, status=Status.UNKNOWN)))
    link = re.search(r'<a href="/status/search">(.*?)</a>', text)[1]
    assert link == 'Search<span class="aside">: no data; No data over 90 days</span>'


def test_private_checks_are_not_shown():
    vault = check("vault", Status.UNHEALTHY, public=False, title="Vault")
    text = front(overview(check(), vault))
    assert "Vault" not in text
    assert "vault" not in text
    assert "A system not listed here is down" in text


def test_no_error_and_no_detail_reaches_any_page():
    canary = "canary-host.internal"
    view = check(status=Status.UNHEALTHY, error=canary, details={"host": canary}, phases={canary: 1.0}, cause=Cause.DNS)
    story = [outage(error=canary)]
    whole = overview(view, incidents=(incident(),), windows=(window(),))
    assert all(canary not in text for text in (front(whole), check_page(view, story), month(story)))


def test_what_users_wrote_is_escaped():
    evil = "<script>alert(1)</script>"
    view = check(title=evil, group=evil, description=evil, status=Status.DEGRADED, blamed_on=evil)
    page = Page(title=evil, description=evil, links=(Link(evil, 'https://x.example/"><script>'),))
    told = {"title": evil, "body": evil}
    whole = overview(
        view, incidents=(incident(title=evil),), windows=(window(**told), window(NOW + DAY, **told, id="b"))
    )
    texts = [front(whole, page), pages.render_check(history(view), whole, page, stylesheet="x")]
    texts.append(month(windows=whole.windows, incidents=whole.incidents, whole=whole))
    assert all("<script" not in text for text in texts)


def test_no_page_has_a_script_or_an_inline_style():
    view = fleet().checks[1]
    for text in (front(fleet()), front(fleet("worked")), check_page(view, [outage()]), month([outage()])):
        seen = read(text)
        assert not {"script", "style"} & set(seen.elements)
        assert not [name for name in seen.attributes if name == "style" or name.startswith("on")]


def test_the_footer_says_how_old_the_data_is():
    assert "Data as of 2026-11-23 12:03:10 UTC ." in words(front(overview(check())))
    old = words(front(overview(check(), judged_at=NOW + 130)))
    assert "Data as of 2026-11-23 12:03:10 UTC , more than 2 minutes old ." in old


def test_made_up_history_is_labelled_on_every_page():
    whole = overview(check(), made_up=True)
    view = whole.checks[0]
    for text in (front(whole), check_page(view, made_up=True), month(whole=whole)):
        assert "the history on this page is made up" in text
    assert "made up" not in front(overview(check()))


def test_it_is_the_same_text_until_the_data_ages_a_step():
    fresh, later = (front(overview(check(), judged_at=NOW + seconds)) for seconds in (3, 55))
    assert fresh == later
    assert fresh != front(overview(check(), judged_at=NOW + 61))


def test_it_says_where_one_is_told():
    text = front(overview(check()))
    assert '<link rel="alternate" type="application/atom+xml"' in text
    assert '<a href="/feed.atom">' in text and '<a href="/maintenance.ics">' in text


def test_nothing_is_said_of_the_latency_of_a_job_that_calls():
    settings = msgspec.structs.replace(check().settings, type="heartbeat")
    job = msgspec.structs.replace(check(), settings=settings)
    assert "A job that calls when it is done" in front(overview(job)) and 'class="spark"' not in front(overview(job))
    assert "Latency" not in check_page(job)


def test_a_month_with_more_incidents_than_are_shown_says_so():
    assert "Only 200 incidents" in month(incidents=tuple(incident(id=f"i{each:011}") for each in range(200)))
    assert "Only 200 incidents" not in month(incidents=(incident(),))


def test_it_shows_none_one_and_two_hundred_checks():
    assert "No public check is configured." in front(overview(data_at=None))
    assert front(overview(check())).count('class="check"') == 1
    many = [check(f"check-{index}", days=empty_days()) for index in range(200)]
    assert front(overview(*many)).count('class="check"') == 200


def test_it_takes_the_page_of_the_settings():
    text = front(overview(check()), PageSettings(title="Harbour", description="All our lights."))
    assert "Harbour" in text
    assert '<meta name="description" content="All our lights.">' in text


def test_twenty_checks_with_90_days_fit_the_wire():
    styles = (pages.TEMPLATES.parent / "static" / "daymark.css").read_bytes()
    sizes = [len(brotli.compress(body, quality=5)) for body in (front(fleet("worked")).encode(), styles)]
    assert sum(sizes) < 20_000


def test_the_page_of_a_check_shows_three_plots_and_its_outages():
    said = words(check_page(fleet().checks[0], [outage(began=NOW - DAY), outage(lasted=None, cause=None)]))
    assert all(period in said for period in ("24 hours , by hour", "7 days , by hour", "90 days , by day"))
    assert "Sun 22 Nov 2026, 12:03 42 min No answer in time Down" in said
    assert "Mon 23 Nov 2026, 10:03 2 h so far Cause unknown Down" in said


def test_the_page_of_a_check_shows_the_phases_of_its_last_probe():
    view = check(phases={"dns": 0.004, "tls": 0.03}, response_seconds=0.1, checked_at=NOW - 60)
    said = words(check_page(view))
    assert "The last probe 100 ms in all, at 12:02 UTC. DNS 4.0 ms TLS 30 ms Rest 66 ms" in said
    assert "The last probe" not in check_page(check())


def test_the_daily_figures_are_a_table():
    days = (
        *empty_days()[:89],
        msgspec.structs.replace(empty_days()[-1], observed_seconds=NOW // 1 % DAY, down_seconds=600),
    )
    text = check_page(check(days=days))
    assert len(re.findall(r'<tr><th scope="row">', text)) == 90
    assert "Mon 23 Nov 2026 98.61 % 10 min 0 s 100 % Sun 22 Nov 2026 no data" in words(text)
    assert "Maintenance</th>" not in text


def test_the_daily_figures_have_maintenance_where_there_was_some():
    worked = msgspec.structs.replace(empty_days()[-2], maintenance_seconds=float(DAY))
    partly = msgspec.structs.replace(empty_days()[-1], observed_seconds=3600, maintenance_seconds=NOW % DAY - 3600)
    said = words(check_page(check(days=(*empty_days()[:88], worked, partly))))
    assert "Degraded Maintenance Observed Mon 23 Nov 2026 100 % 0 s 0 s 11 h 3 min 100 %" in said
    assert "Sun 22 Nov 2026 in maintenance 1 d Sat 21 Nov 2026 no data" in said


def test_no_outages_is_said_only_where_somebody_looked():
    assert "No outages in the time observed." in check_page(check())
    assert "No data: nobody has been looking." in check_page(check(days=empty_days()))
    assert "No outages in the time observed." in month()
    assert "No data: nobody was looking." in month(observed=False)


def test_the_history_tells_outages_by_day_newest_first():
    said = words(month([outage(began=NOW - 3 * DAY), outage(began=NOW - 7200)]))
    assert said.index("Mon 23 Nov 2026") < said.index("Fri 20 Nov 2026")
    assert "Search Down for 42 min, 10:03 to 10:45 UTC: no answer in time" in said


def test_the_history_leaves_out_what_is_not_public():
    whole = overview(check(), check("vault", public=False))
    text = month([outage("vault"), outage("gone")], whole=whole)
    assert "Vault" not in text
    assert "Gone" not in text


def test_the_history_links_its_months_and_marks_the_one_shown():
    text = month()
    assert '<a href="/history/2026-11" aria-current="page">November 2026</a>' in text
    assert '<a href="/history/2026-10">October 2026</a>' in text


def test_a_page_of_errors_can_stand_on_the_base_alone():
    text = pages.templates().get_template("base.html").render()
    assert "<title>Daymark</title>" in text
    assert "stylesheet" not in text
