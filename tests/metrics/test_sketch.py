"""The sketch against the truth and against another implementation."""

import math
import random

import pytest
from ddsketch import DDSketch
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.sketch import Sketch

SHARES = (0.0, 0.5, 0.95, 0.99, 1.0)
latencies = st.lists(st.floats(1e-5, 1e5), min_size=1, max_size=300)


@given(latencies)
def test_every_quantile_is_within_one_percent(values: list[float]) -> None:
    ordered = sorted(values)
    for share, found in zip(SHARES, Sketch(values).quantiles(*SHARES), strict=True):
        truth = ordered[min(math.floor(share * len(ordered)), len(ordered) - 1)]
        assert found == pytest.approx(truth, rel=0.01)


def test_it_agrees_with_ddsketch() -> None:
    chance = random.Random(1)
    values = [chance.lognormvariate(-2, 1) for _ in range(10_000)]
    oracle = DDSketch(0.01)
    for value in values:
        oracle.add(value)
    sketch = Sketch(values)
    for share in (0.5, 0.95, 0.99):
        assert sketch.quantile(share) == pytest.approx(oracle.get_quantile_value(share), rel=0.02)


@given(latencies, latencies)
def test_merging_is_the_same_as_counting_together(first: list[float], second: list[float]) -> None:
    merged = Sketch(first)
    merged.merge(Sketch(second))
    assert merged.bins == Sketch(first + second).bins


@given(latencies)
def test_it_survives_being_stored(values: list[float]) -> None:
    assert Sketch.decode(Sketch(values).encode()).bins == Sketch(values).bins


def test_an_empty_one_knows_no_quantile() -> None:
    assert Sketch().quantiles(0.5, 0.99) == [None, None]
    assert Sketch.decode(None).count == 0


@pytest.mark.parametrize("value", [0.0, -1.0, 1e-300, 1e300, math.inf])
def test_values_out_of_range_are_clamped(value: float) -> None:
    assert Sketch([value]).count == 1
    assert 0.9e-6 < Sketch([value]).quantile(0.5) < 1.1e12


@given(st.lists(st.floats(-1, 1e13)))
def test_many_values_at_once_are_counted_as_one_by_one(values: list[float]) -> None:
    apart = Sketch()
    for value in values:
        apart.add(value)
    assert Sketch(values).bins == apart.bins
