import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.overview.views import Span
from monitoring.status import Status
from monitoring.web import bars, drawing, wording
from tests.web.samples import DAY, NOW, TODAY, empty_days, full_days, hours, span


def parsed(picture):
    return ElementTree.fromstring(str(picture))


def bar(day):
    """Return (classes from the top down, title) of one day's bar."""
    drawn = next(iter(parsed(bars.day_bars([day], NOW))))
    return [each.get("class") for each in drawn.iter() if each.get("class")], drawn.findtext("title")


def test_every_day_is_one_bar_with_its_day():
    drawn = list(parsed(bars.day_bars(full_days(), NOW)))
    assert [each.findtext("title").split(":")[0] for each in drawn] == [wording.day(d.start) for d in full_days()]


def test_a_day_that_nobody_looked_at_is_grey_and_says_so():
    assert bar(Span(start=TODAY - DAY)) == (["n"], "Sun 22 Nov 2026: no data")


def test_a_good_day_is_one_whole_bar():
    assert bar(span()) == (["u"], "Sun 22 Nov 2026: 100 % up")


def test_downtime_stands_on_top_with_its_minutes():
    classes, title = bar(span(down_seconds=600.0))
    assert classes == ["d", "u"]
    assert title == "Sun 22 Nov 2026: 99.30 % up, 10 min down"


def test_a_second_of_downtime_is_seen_and_is_not_100_percent():
    classes, title = bar(span(down_seconds=0.5))
    assert classes[0] == "d"
    assert "99.99 % up" in title


def test_degraded_time_does_not_cut_the_uptime():
    assert bar(span(degraded_seconds=3600.0)) == (["g", "u"], "Sun 22 Nov 2026: 100 % up, 1 h degraded")


def test_a_day_half_seen_shows_the_half_nobody_saw():
    assert bar(span(observed=DAY / 2)) == (["u", "n"], "Sun 22 Nov 2026: 100 % up, 50 % observed")


def test_a_day_wholly_in_maintenance_has_a_look_and_words_of_its_own():
    assert bar(span(observed=0.0, maintenance_seconds=float(DAY))) == (["m"], "Sun 22 Nov 2026: in maintenance")


def test_maintenance_of_an_hour_is_seen_and_is_not_missing_data():
    classes, title = bar(span(observed=DAY - 3600.0, maintenance_seconds=3600.0))
    assert (classes, title) == (["u", "m"], "Sun 22 Nov 2026: 100 % up, 1 h in maintenance")


def test_a_day_of_maintenance_and_nothing_else_says_both():
    classes, title = bar(span(observed=0.0, maintenance_seconds=DAY / 2))
    assert (classes, title) == (["m", "n"], "Sun 22 Nov 2026: no data, 12 h in maintenance")


def test_today_may_be_in_maintenance_so_far():
    assert bar(Span(TODAY, maintenance_seconds=NOW - TODAY))[0] == ["m"]


def test_today_is_judged_by_what_has_passed_of_it():
    assert bar(Span(TODAY, NOW - TODAY))[0] == ["u"]
    assert bar(Span(TODAY, (NOW - TODAY) / 2))[0] == ["u", "n"]


def test_a_day_all_down_is_one_bar_taller_than_the_others():
    drawn = next(iter(parsed(bars.day_bars([span(down_seconds=float(DAY))], NOW))))
    assert (drawn.get("class"), drawn.get("d")) == ("d", "M1 0h6v36h-6z")


def shares():
    return st.floats(0, 1).map(lambda share: share * DAY)


@given(observed=shares(), degraded=st.floats(0, 1), down=st.floats(0, 1), worked=st.floats(0, 1))
def test_any_day_fits_its_bar(observed, degraded, down, worked):
    down *= observed
    figures = {"degraded_seconds": degraded * (observed - down), "maintenance_seconds": worked * (DAY - observed)}
    day = span(observed=observed, down_seconds=down, **figures)
    for left, top, height in re.findall(r"M(\d+) (\d+)h\dv(-?\d+)", bars.day_bars([day], NOW)):
        assert int(left) <= 3
        assert int(height) > 0
        assert int(top) + int(height) <= 36


def test_an_empty_history_has_as_many_elements_as_a_clean_one():
    clean = full_days(trouble=0.0)
    assert bars.day_bars(empty_days(), NOW).count("<") == bars.day_bars(clean, NOW).count("<")


def test_the_bars_have_a_text_alternative():
    days = [span(down_seconds=60.0), Span(start=TODAY), span()]
    assert parsed(bars.day_bars(days, NOW)).get("aria-label") == (
        "Uptime by day: 1 of 3 days with downtime, 1 without data"
    )
    worked = [span(observed=0.0, maintenance_seconds=60.0), *days]
    assert parsed(bars.day_bars(worked, NOW)).get("aria-label").endswith(" 1 without data, 1 with maintenance")


def test_a_line_has_a_gap_where_nothing_answered():
    some = [Span(start=0, p50=0.1, p95=0.2), Span(start=1), Span(start=2, p50=0.1, p95=0.1), Span(start=3, p50=0.2)]
    p50 = parsed(drawing.latency_line(some)).find("*[@class='p50']").get("d")
    assert p50 == "M0 16h0M10 16h0L15 2"


latencies = st.lists(st.one_of(st.none(), st.floats(0.001, 9)), max_size=26)


@given(latencies)
def test_a_line_whose_past_was_kept_is_the_line_drawn_at_once(values):
    spans = [Span(index, p50=value, p95=value and 2 * value) for index, value in enumerate(values)]
    scale = 28 / (max([2 * value for value in values if value is not None], default=0) or 1.0)
    drawing.latency_line(spans)
    lower = [*spans[:-1], Span(len(values) - 1, p50=0.0005, p95=0.0005)] if spans else []
    drawing.latency_line(lower)  # the same past under another scale, perhaps
    picture = parsed(drawing.latency_line(spans))
    for name in ("p50", "p95"):
        whole = drawing._line([getattr(each, name) for each in spans], 5, 30, scale)
        assert picture.find(f"*[@class='{name}']").get("d") == whole


def test_spans_are_one_key_only_where_they_are_the_same_objects():
    kept, equal = [span(), span()], [span(), span()]
    assert kept == equal
    assert drawing.Same(kept) == drawing.Same(tuple(kept)) != drawing.Same(equal)
    assert hash(drawing.Same(kept)) == hash(drawing.Same(tuple(kept)))
    assert drawing.Same(kept) != drawing.Same(kept[:1])


def test_an_empty_line_says_no_data():
    picture = parsed(drawing.latency_line([Span(start=index) for index in range(24)]))
    assert picture.get("aria-label") == "Latency over 24 hours, no data"


@pytest.mark.parametrize(
    ("seconds", "top"), [(0.0, 1.0), (0.0123, 0.02), (0.05, 0.05), (0.081, 0.1), (0.1, 0.1), (7.0, 8.0)]
)
def test_a_plot_ends_at_a_round_number(seconds, top):
    assert drawing.ceiling(seconds) == pytest.approx(top)


@given(st.floats(1e-6, 1e5))
def test_no_point_lies_above_its_plot(seconds):
    assert drawing.ceiling(seconds) >= seconds * (1 - 1e-9)


def test_a_plot_has_three_lines_and_figures_for_every_hour():
    picture = parsed(drawing.latency_plot(hours(), 4, wording.hour))
    lines = [each.get("class") for each in picture if each.get("class") in {"p50", "p95", "p99"}]
    assert lines == ["p99", "p95", "p50"]
    titles = [each.text for each in picture.iter("title")]
    assert len(titles) == 24
    assert re.fullmatch(r"23 Nov, 12:00 UTC: p50 \d+ ms, p95 \d+ ms, p99 \d+ ms", titles[-1])


def test_an_hour_of_maintenance_says_so():
    spans = [Span(0, maintenance_seconds=3600.0), Span(3600, 1800.0, p50=0.1, maintenance_seconds=1800.0)]
    titles = [each.text for each in parsed(drawing.latency_plot(spans, 4, wording.hour)).iter("title")]
    assert titles[0] == "1 Jan, 00:00 UTC: no data, 1 h in maintenance"
    assert titles[1].endswith(", 30 min in maintenance")


def test_a_plot_of_nothing_is_drawn():
    assert "no data" in drawing.latency_plot((), 4, wording.hour)


def test_phases_are_shown_in_their_order_with_the_rest():
    parts = drawing.phase_parts({"first_byte": 0.05, "dns": 0.01, "secret_host": 9.0}, 0.1)
    assert [name for _, name, _ in parts] == ["DNS", "First byte", "Rest"]
    assert parts[-1][2] == pytest.approx(0.04)


def test_the_phase_bar_is_as_wide_as_its_parts():
    picture = parsed(drawing.phase_bar(drawing.phase_parts({"dns": 0.01, "tls": 0.03}, 0.04)))
    assert [(each.get("x"), each.get("width")) for each in picture] == [("0", "250"), ("250", "750")]


def test_no_phases_draw_nothing():
    assert drawing.phase_bar(drawing.phase_parts({}, 0.1)) == ""


def test_each_status_has_a_favicon_of_its_own():
    icons = {drawing.favicon(look) for look in (*Status, wording.MAINTENANCE)}
    assert len(icons) == 5
    assert not any(character in icon for icon in icons for character in '"#<>')
