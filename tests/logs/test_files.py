import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from monitoring.logs import log
from monitoring.logs.files import DatedFile
from tests.logs.captured import captured

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
MOUNT = ["mount", "-t", "tmpfs", "-o", "size=64k", "none"]
TODAY = "application-2026-11-23.log"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def start(folder: Path, name: str, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.logs.writer_process", str(folder), name, str(count), "200000"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def written(folder: Path) -> dict[str, list[int]]:
    """Return the numbers that stand in the files of `folder`, by process; a torn line fails the test."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for path in folder.iterdir():
        for text in path.read_text().splitlines():
            line = json.loads(text)
            numbers[line["process"]].append(line["number"])
    return numbers


def test_many_processes_lose_double_and_tear_nothing(tmp_path: Path) -> None:
    writers = [start(tmp_path, str(number), 5000) for number in range(4)]
    assert [writer.communicate()[0] for writer in writers] == ["started\n0\n"] * 4
    numbers = written(tmp_path)
    assert {name: sorted(found) for name, found in numbers.items()} == {
        str(name): list(range(5000)) for name in range(4)
    }
    assert len(list(tmp_path.iterdir())) > 10
    assert max(path.stat().st_size for path in tmp_path.iterdir()) < 200_000 + 4 * 200


def test_killing_one_writer_harms_no_line_of_another(tmp_path: Path) -> None:
    victim, other = start(tmp_path, "victim", 1_000_000), start(tmp_path, "other", 5000)
    assert victim.stdout is not None and victim.stdout.readline() == "started\n"
    other.communicate()
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    numbers = written(tmp_path)
    assert sorted(numbers["other"]) == list(range(5000))
    assert sorted(numbers["victim"]) == list(range(len(numbers["victim"])))


def test_a_full_part_is_followed_by_the_next(tmp_path: Path, clock: Any) -> None:
    file = DatedFile(tmp_path, "application", part_bytes=10)
    for line in (b"1234567\n", b"12\n", b"a line longer than a part\n", b"1\n"):
        file.write(line)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        TODAY: b"1234567\n12\n",
        "application-2026-11-23.1.log": b"a line longer than a part\n",
        "application-2026-11-23.2.log": b"1\n",
    }
    file.close()


def test_after_midnight_utc_the_next_day_begins(tmp_path: Path, clock: Any) -> None:
    file = DatedFile(tmp_path, "application")
    clock.move_to(datetime(2026, 11, 23, 23, 59, 59, 999000, UTC))
    file.write(b"before\n")
    clock.move_to(datetime(2026, 11, 24, 0, 0, 0, 0, UTC))
    file.write(b"after\n")
    assert (tmp_path / TODAY).read_bytes() == b"before\n"
    assert (tmp_path / "application-2026-11-24.log").read_bytes() == b"after\n"
    file.close()


def test_files_of_thirty_days_are_kept_and_only_own_names_removed(tmp_path: Path, clock: Any) -> None:
    own_old = ["application-2026-10-24.log", "application-2026-10-24.3.log", "application-2020-01-01.log"]
    kept = [
        "application-2026-10-25.log",
        "error-2020-01-01.log",
        "application-2020-01-01.log.gz",
        "notes-2020-01-01.log",
    ]
    for name in own_old + kept:
        (tmp_path / name).touch()
    (tmp_path / "application-2020-01-02.log").mkdir()
    file = DatedFile(tmp_path, "application")
    file.write(b"x\n")
    file.close()
    assert {path.name for path in tmp_path.iterdir()} == {*kept, TODAY, "application-2020-01-02.log"}


def test_old_files_go_at_midnight_too(tmp_path: Path, clock: Any) -> None:
    file = DatedFile(tmp_path, "application", kept_days=1)
    file.write(b"x\n")
    clock.shift(86400)
    file.write(b"y\n")
    file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["application-2026-11-24.log"]


def test_a_deleted_file_and_a_vanished_folder_are_made_again(tmp_path: Path, clock: Any) -> None:
    folder = tmp_path / "deep" / "logs"
    file = DatedFile(folder, "application")
    file.write(b"1\n")
    (folder / TODAY).unlink()
    file.write(b"2\n")
    shutil.rmtree(folder)
    file.write(b"3\n")
    assert (folder / TODAY).read_bytes() == b"3\n" and file.lost == 0
    file.close()


def test_half_a_line_left_by_another_spoils_no_other(tmp_path: Path, clock: Any) -> None:
    (tmp_path / TODAY).write_bytes(b'{"half')
    file = DatedFile(tmp_path, "application")
    file.write(b"whole\n")
    file.close()
    assert (tmp_path / TODAY).read_bytes() == b'{"half\nwhole\n'


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount 64 kB of memory at `folder`; skip where that is not allowed."""
    folder.mkdir()
    if subprocess.run([*MOUNT, str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_costs_lines_but_no_caller_and_no_later_line(tmp_path: Path, capsys: Any, clock: Any) -> None:
    with small_disk(tmp_path / "disk") as folder:
        (folder / "filler").write_bytes(b"x" * 50_000)
        with captured(capsys, directory=folder) as lines:
            for number in range(200):
                log.info("full", number=number, text="x" * 1000)
            shown = lines.all()
            (folder / "filler").unlink()
            log.info("again")
        assert [line["number"] for line in shown if line["message"] == "full"] == list(range(200))
        assert [line["directory"] for line in shown if line["message"] == "Log file cannot be written"] == [str(folder)]
        assert json.loads((folder / TODAY).read_text().splitlines()[-1])["message"] == "again"


def test_a_size_limit_of_the_process_is_a_loss_that_is_counted(tmp_path: Path, clock: Any) -> None:
    file = DatedFile(tmp_path, "application")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        errors = [file.write(b"1234567\n") for _ in range(4)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [error is not None for error in errors] == [False, True, False, False] and file.lost == 3
    assert file.write(b"fits\n") is None
    assert (tmp_path / TODAY).read_bytes().splitlines()[-1] == b"fits"
    file.close()


def test_a_folder_that_cannot_be_made_is_said_once(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "file").touch()
    with captured(capsys, directory=tmp_path / "file" / "logs") as lines:
        log.info("one")
        log.info("two")
        assert [line["message"] for line in lines.all()] == ["one", "Log file cannot be written", "two"]


def test_errors_have_a_file_of_their_own(tmp_path: Path, capsys: Any, clock: Any) -> None:
    with captured(capsys, directory=tmp_path) as lines:
        for level in ("fatal", "error", "warn", "trace"):
            getattr(log, level)(level)
        shown = lines.text()
    assert (tmp_path / TODAY).read_text() == shown
    errors = (tmp_path / "error-2026-11-23.log").read_text().splitlines()
    assert [json.loads(line)["level"] for line in errors] == ["fatal", "error"]


def test_files_are_not_for_everybody_to_read(tmp_path: Path, clock: Any) -> None:
    before = os.umask(0)
    try:
        file = DatedFile(tmp_path, "application")
        file.write(b"x\n")
    finally:
        os.umask(before)
    assert (tmp_path / TODAY).stat().st_mode & 0o777 == 0o640
    file.close()
