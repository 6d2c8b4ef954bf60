import os
import threading
from pathlib import Path

import psutil
import pytest

from monitoring.metrics import system
from monitoring.metrics.sampler import Sampler
from tests.support.waiting import until


def test_memory_is_in_bytes_and_agrees_with_the_kernel() -> None:
    figures = system.memory()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    assert figures["rss"] == pytest.approx(pages * os.sysconf("SC_PAGE_SIZE"), rel=0.1)
    assert figures["heap_used"] + figures["external"] == figures["rss"]
    assert figures["heap_total"] >= figures["heap_used"] * 0.5


def test_cpu_time_is_in_milliseconds_and_grows() -> None:
    before = system.cpu()
    until(lambda: sum(system.cpu().values()) > sum(before.values()) + 20)
    assert sum(system.cpu().values()) == pytest.approx(sum(os.times()[:2]) * 1000, rel=0.1, abs=30)


def test_it_counts_open_files_and_threads(tmp_path: Path) -> None:
    before = system.handles()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    with (tmp_path / "open").open("w"):
        after = system.handles()
    stop.set()
    thread.join()
    assert after["open_files"] == before["open_files"] + 1
    assert after["threads"] >= 2
    assert after["open_files_limit"] >= after["open_files"]


def test_what_there_is_never_exceeds_the_host() -> None:
    figures = system.capacity()
    assert 0 < figures["memory"] <= psutil.virtual_memory().total
    assert 0 < figures["cpu"] <= (psutil.cpu_count() or 1)


def test_the_sampler_records_at_once_and_goes_on_after_a_failure() -> None:
    calls: list[int] = []
    failures: list[Exception] = []

    def record() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("no figures today")

    sampler = Sampler(record, failures.append, seconds=0.01)
    sampler.start()
    sampler.start()
    until(lambda: len(calls) > 3)
    sampler.stop()
    assert [str(failure) for failure in failures] == ["no figures today"]
    until(lambda: "system-metrics" not in {thread.name for thread in threading.enumerate()})
