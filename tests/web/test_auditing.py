"""The audit of what is done over HTTP."""

from typing import Any

import pytest

from monitoring.web.auditing import audit


def test_it_is_in_the_log_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    kept: list[Any] = []
    audit(lambda *entry: kept.append(entry), "alert.acknowledged", "ada", {"check": "search"})
    assert kept == [("alert.acknowledged", "ada", {"check": "search"})]
    assert "alert.acknowledged" in str([vars(record) for record in caplog.records])


def test_a_store_that_cannot_take_it_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def keep(*entry: object) -> None:
        raise OSError("the store is away")

    audit(keep, "alert.acknowledged", None, {})
    assert "An entry of the audit could not be kept" in caplog.text


def test_without_a_store_the_log_is_enough(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    audit(None, "alert.acknowledged", None, {})
    assert len(caplog.records) == 1
