"""Plots as text: geometry, words, and nothing that could be anything else."""

import re
from xml.etree import ElementTree

import pytest

from monitoring.web import plots
from monitoring.web.plots import Bar

HEIGHT = plots.HEIGHT


def heights(svg: str, kind: str) -> list[float]:
    return [float(height) for height in re.findall(rf'class="{kind}" d="M\d+ [\d.]+h8v([\d.]+)', svg)]


def test_bars_are_as_high_as_their_values() -> None:
    svg = plots.stacked([Bar((("ok", 50.0),), "one"), Bar((("ok", 100.0),), "two")], 1, "Requests")
    low, high = heights(svg, "ok")
    assert high == pytest.approx(HEIGHT - 4)
    assert low == pytest.approx(high / 2)


def test_parts_stand_on_each_other() -> None:
    svg = plots.stacked([Bar((("ok", 60.0), ("server", 40.0)), "both")], 1, "Requests")
    tops = [float(top) for top in re.findall(r'd="M\d+ ([\d.]+)h8', svg)]
    assert tops == pytest.approx([HEIGHT - 0.6 * 156, HEIGHT - 156], abs=0.1)


def test_a_single_error_among_thousands_is_seen() -> None:
    svg = plots.stacked([Bar((("ok", 10_000.0), ("server", 1.0)), "much")], 1, "Requests")
    assert heights(svg, "server") == [2.0]


def test_what_was_not_there_costs_nothing() -> None:
    assert heights(plots.stacked([Bar((("ok", 0.0),), "none")], 1, "Requests"), "ok") == []


def test_every_step_has_its_words() -> None:
    svg = plots.stacked([Bar((("ok", 1.0),), f"step {number}") for number in range(60)], 6, "Requests")
    assert re.findall(r"<title>(.*?)</title>", svg) == [f"step {number}" for number in range(60)]


def test_a_line_has_a_gap_where_nothing_was_measured() -> None:
    svg = plots.line([(1.0, ""), (2.0, ""), (None, ""), (1.0, "")], 1, "Memory")
    [path] = re.findall(r'class="p50" d="(.*?)"', svg)
    assert (path.count("M"), path.count("L")) == (2, 1)


@pytest.mark.parametrize(
    ("share", "kind", "width"),
    [(0.0, "within", 0), (0.79, "within", 79), (0.8, "near", 80), (1.0, "over", 100), (9.0, "over", 125)],
)
def test_a_meter_tells_how_far_a_budget_is_spent(share: float, kind: str, width: float) -> None:
    assert f'<path class="{kind}" d="M0 1h{width:.1f}v8' in plots.meter(share, "spent")


@pytest.mark.parametrize(
    "svg",
    [
        plots.stacked([Bar((("ok", 1.0),), "<&\"' token=c4naryS3cret")], 2, "<&\"' redis://:c4naryS3cret@host"),
        plots.stacked([], 4, ""),
        plots.line([(1.0, "<&\"' redis://:c4naryS3cret@host")], 2, "<&\"'"),
        plots.line([], 4, ""),
        plots.meter(0.5, "<&\"'"),
    ],
)
def test_it_is_sound_whatever_the_words_and_keeps_secrets(svg: str) -> None:
    assert ElementTree.fromstring(svg).tag == "svg"
    assert "c4nary" not in svg
