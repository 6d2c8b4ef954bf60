"""Disk space, of a real file system."""

import shutil
from pathlib import Path

import pytest

from monitoring.health.checks.disk import DiskCheck
from monitoring.health.runner import Runner
from monitoring.status import Status
from tests.support.probes import ask, faults_of, make


def test_it_says_how_full_the_disk_is_for_those_who_are_not_root(runner: Runner, tmp_path: Path) -> None:
    result = ask(runner, make(DiskCheck, path=str(tmp_path), degraded_percent=100, unhealthy_percent=100))
    usage = shutil.disk_usage(tmp_path)
    assert result.status is Status.HEALTHY
    assert result.details["path"] == str(tmp_path)
    assert result.details["used_percent"] == pytest.approx(100 * usage.used / (usage.used + usage.free), abs=0.5)
    assert result.details["available"] == pytest.approx(usage.free, rel=0.1)


@pytest.mark.parametrize(
    ("degraded", "unhealthy", "status"), [(0.00001, 100, Status.DEGRADED), (0.00001, 0.00001, Status.UNHEALTHY)]
)
def test_it_is_worse_above_each_threshold(runner: Runner, degraded: float, unhealthy: float, status: Status) -> None:
    result = ask(runner, make(DiskCheck, degraded_percent=degraded, unhealthy_percent=unhealthy))
    assert result.status is status
    assert result.error is not None and result.error.endswith("% used, over 1e-05 %")


@pytest.mark.parametrize(
    ("used", "status"),
    [(80, Status.HEALTHY), (81, Status.DEGRADED), (90, Status.DEGRADED), (91, Status.UNHEALTHY)],
)
def test_its_thresholds_are_80_and_90_percent_exclusive(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, used: int, status: Status
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1000, used, 100 - used))  # type: ignore[attr-defined]
    assert ask(runner, make(DiskCheck)).status is status


def test_a_path_that_cannot_be_read_is_degraded(runner: Runner) -> None:
    result = ask(runner, make(DiskCheck, path="/nowhere/at/all"))
    assert result.status is Status.DEGRADED
    assert result.error == "no such file or directory: /nowhere/at/all"


def test_it_refuses_thresholds_in_the_wrong_order_and_a_path_without_a_root() -> None:
    faults = faults_of(DiskCheck, path="data", degraded_percent=95)
    assert set(faults) == {"degraded_percent", "path"}
