"""Finding one id's lines in log files: newest first, within bounds, and nobody else's."""

import json
import os
from pathlib import Path

import pytest

from monitoring import clock
from monitoring.logs import search as module
from monitoring.logs.files import DatedFile
from monitoring.logs.search import search

ID, OTHER = "a-request", "a-request-2"


def line(number: int, correlation_id: str | None = ID, **fields: object) -> str:
    return json.dumps({"timestamp": f"{number:06}", "message": "said", "correlation_id": correlation_id, **fields})


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("".join(f"{each}\n" for each in lines))


def numbers(found: module.Found) -> list[int]:
    return [int(each["timestamp"]) for each in found.lines]


def test_it_finds_the_lines_of_every_file_oldest_first(tmp_path: Path) -> None:
    write(tmp_path, "application-2026-11-22.log", line(1), line(2))
    write(tmp_path, "application-2026-11-23.log", line(3))
    write(tmp_path, "application-2026-11-23.1.log", line(4))
    found = search(tmp_path, ID)
    assert numbers(found) == [1, 2, 3, 4]
    assert found.files == [f"application-2026-11-{day}.log" for day in ("23.1", "23", "22")]
    assert found.stopped_by is None


def test_parts_are_read_by_their_number(tmp_path: Path) -> None:
    for part in range(12):
        write(tmp_path, f"application-2026-11-23{f'.{part}' if part else ''}.log", line(part))
    assert search(tmp_path, ID, most_lines=2).files[:2] == [f"application-2026-11-23.{part}.log" for part in (11, 10)]


@pytest.mark.parametrize("said", [line(1, OTHER), line(1, None, message=ID), line(1, None), '{"half', ID, "[1]", ""])
def test_what_only_mentions_the_id_is_not_its_line(tmp_path: Path, said: str) -> None:
    write(tmp_path, "application-2026-11-23.log", said, line(2))
    assert numbers(search(tmp_path, ID)) == [2]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("error-2026-11-23.log", "application-2026-11-23.log.gz", "notes.txt"):
        write(tmp_path, name, line(1))
    assert search(tmp_path, ID).files == []


def test_lines_across_blocks_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK_BYTES", 100)
    write(tmp_path, "application-2026-11-23.log", *(line(number, text="x" * (number % 37)) for number in range(150)))
    assert numbers(search(tmp_path, ID)) == list(range(150))


def test_a_line_longer_than_a_block_costs_itself_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK_BYTES", 200)
    write(tmp_path, "application-2026-11-23.log", line(1), line(2, text="x" * 1000), line(3))
    assert {1, 3} <= set(numbers(search(tmp_path, ID)))


def test_the_newest_lines_are_kept_where_there_are_too_many(tmp_path: Path) -> None:
    write(tmp_path, "application-2026-11-23.log", *(line(number) for number in range(300)))
    found = search(tmp_path, ID)
    assert numbers(found) == list(range(100, 300))
    assert found.stopped_by == "200 lines"


def test_it_stops_after_so_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK_BYTES", 1000)
    write(tmp_path, "application-2026-11-23.log", *(line(number, OTHER) for number in range(500)))
    found = search(tmp_path, ID, most_bytes=5000)
    assert found.bytes_read == 5000
    assert "MB read" in str(found.stopped_by)


def test_it_stops_when_its_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (22, 23):
        write(tmp_path, f"application-2026-11-{day}.log", line(day))
    seconds = iter((0.0, 2.0))  # when it begins, and after the first block
    monkeypatch.setattr(clock, "monotonic", lambda: next(seconds))
    found = search(tmp_path, ID)
    assert (numbers(found), found.stopped_by) == ([23], "the time there was")


def test_a_folder_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert search(tmp_path / "logs", ID) == module.Found()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "fifo"])
def test_what_is_no_file_is_passed_over(tmp_path: Path, make: object) -> None:
    make(tmp_path / "application-2026-11-24.log")  # type: ignore[operator]
    write(tmp_path, "application-2026-11-23.log", line(1))
    assert numbers(search(tmp_path, ID)) == [1]


def test_secrets_that_were_written_are_not_shown(tmp_path: Path) -> None:
    write(tmp_path, "application-2026-11-23.log", line(1, password="c4nary", url="redis://:c4nary@host/0"))
    assert "c4nary" not in str(search(tmp_path, ID))


def test_it_finds_what_the_logs_themselves_write(tmp_path: Path) -> None:
    file = DatedFile(tmp_path, "application")
    file.write(f"{line(1)}\n".encode())
    file.close()
    assert numbers(search(tmp_path, ID)) == [1]
