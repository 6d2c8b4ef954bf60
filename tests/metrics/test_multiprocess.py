import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.metrics import multiprocess
from tests.metrics.counting import Counting
from tests.support.waiting import until

ASKED = {"method": "GET", "rule": "/work/<kind>", "status": "200"}


@pytest.fixture
def counting() -> Iterator[Counting]:
    counting = Counting()
    yield counting
    counting.close()


def work(counting: Counting, times: int = 300, kind: str = "pdf") -> set[int]:
    """Ask so often, several at a time; return the workers that answered."""
    return {int(pid) for pid in counting.ask(f"/work/{kind}", times)}


def test_one_scrape_sees_what_all_workers_counted(counting: Counting) -> None:
    assert len(work(counting)) == 3
    until(lambda: counting.count("api_requests_total", **ASKED) == 300)
    assert counting.count("api_response_time_seconds_count", **ASKED) == 300
    assert counting.count("file_processed_success_total", file_type="pdf") == 300


def test_a_dead_workers_counts_stay_and_its_part_of_a_sum_goes(counting: Counting) -> None:
    workers = work(counting)
    until(lambda: counting.count("api_requests_total", **ASKED) == 300)
    until(lambda: counting.count("system_threads") == 30)
    os.kill(workers.pop(), signal.SIGKILL)
    until(lambda: counting.count("system_threads") == 20)
    assert counting.count("api_requests_total", **ASKED) == 300


def test_workers_that_end_in_order_flush_first() -> None:
    counting = Counting(flush_seconds=3600)
    workers = work(counting)
    for worker in workers:
        os.kill(worker, signal.SIGTERM)
    until(lambda: work(counting, 30, "new").isdisjoint(workers), 20)
    counted = counting.count("file_processed_success_total", file_type="pdf")
    counting.close()
    assert counted == 300


def test_settings_read_anew_keep_the_counts(counting: Counting) -> None:
    workers = work(counting)
    until(lambda: counting.count("api_requests_total", **ASKED) == 300)
    counting.process.send_signal(signal.SIGHUP)
    until(lambda: work(counting, 30).isdisjoint(workers), 20)
    assert counting.count("api_requests_total", **ASKED) >= 300
    assert len(list(counting.temporary.glob("daymark-metrics-*"))) == 1


def test_the_folder_goes_with_its_master(counting: Counting) -> None:
    assert len(list(counting.temporary.glob("daymark-metrics-*"))) == 1
    counting.stop()
    assert list(counting.temporary.glob("daymark-metrics-*")) == []


def test_a_folder_that_was_inherited_is_not_followed(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv(multiprocess.VARIABLE, str(tmp_path))
    made = multiprocess.prepare()
    assert made != tmp_path and list(made.iterdir()) == []
    assert multiprocess.prepare() == made


def test_a_full_disk_costs_figures_but_not_the_process(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        command = [sys.executable, "-m", "tests.metrics.full_disk", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[True, [], True, [65536], 0.0, [131072]]"
