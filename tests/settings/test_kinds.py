import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.settings.kinds import LONGEST, Duration, Secret, Url, carries_secret, carries_url, decode_hook


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("250ms", 0.25), ("1h", 3600), ("90d", 7_776_000), ("1.5s", 1.5)]
)
def test_it_reads_a_duration(text, seconds):
    assert Duration.parse(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "s", "-1s", "30 s", "1w", "1e3s", "٣s", "nan", "9" * 400 + "s"])
def test_it_refuses_what_is_no_duration(text):
    with pytest.raises(ValueError, match='a duration such as "30s" or "5m"'):
        Duration.parse(text)


def test_it_refuses_a_duration_over_ten_years():
    assert Duration.parse("3650d") == LONGEST
    with pytest.raises(ValueError, match="at most 3650d"):
        Duration.parse("3651d")


@given(st.integers(0, 10**6), st.sampled_from(["ms", "s", "m", "h"]))
def test_it_writes_a_duration_as_it_would_be_read(amount, unit):
    duration = Duration.parse(f"{amount}{unit}") if amount < 80_000 else Duration(amount / 1000)
    assert math.isclose(Duration.parse(duration.written()), duration, abs_tol=1e-9)


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_a_value_error(text):
    try:
        assert 0 <= Duration.parse(text) <= LONGEST
    except ValueError as wrong:
        assert "a duration" in str(wrong)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (60, "1m"), (90, "90s"), (86400, "1d"), (1.25, "1250ms")])
def test_it_writes_the_largest_unit_that_divides(seconds, text):
    assert Duration(seconds).written() == text


@pytest.mark.parametrize("bare", [30, 0.5])
def test_a_bare_number_is_told_that_it_has_no_unit(bare):
    with pytest.raises(msgspec.ValidationError, match="a bare number has none"):
        msgspec.convert(bare, Duration, dec_hook=decode_hook)


def test_marks_are_found_however_deep_they_stand():
    assert carries_secret(dict[str, Secret]) and carries_secret(Secret | None) and carries_secret(tuple[Secret, ...])
    assert carries_url(Url | None) and not carries_secret(Url) and not carries_url(str | None)
