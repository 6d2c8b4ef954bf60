"""Dated log files that any number of processes append to: nothing is renamed, each line is one write.

A line written by one `os.write` to a file opened with O_APPEND stands whole and alone, whoever else writes.
"""

import itertools
import os
import re
from contextlib import suppress
from pathlib import Path

from monitoring import clock

PART_BYTES = 20 * 1024 * 1024
KEPT_DAYS = 30


class DatedFile:
    """`<name>-YYYY-MM-DD.log` of the UTC day, and `.1.log`, `.2.log` … when that is full.

    A part is full once it has `part_bytes`, so that lines stay in order; its last one goes a little beyond.
    A failure to write (full disk, vanished folder) never raises: `lost` counts the lines that did not get in.
    Not safe for threads; the handler's lock is.
    """

    def __init__(self, directory: Path, name: str, *, part_bytes: int = PART_BYTES, kept_days: int = KEPT_DAYS) -> None:
        self.directory = directory
        self.lost = 0
        self._name = name
        self._part_bytes = part_bytes
        self._kept_days = kept_days
        self._own = re.compile(rf"{re.escape(name)}-(\d{{4}}-\d\d-\d\d)(?:\.\d+)?\.log")
        self._descriptor: int | None = None
        self._day = -1
        self._failing = False

    def write(self, line: bytes) -> OSError | None:
        """Append `line`, which ends in a newline; return the error if a run of losses begins here."""
        try:
            self._append(line)
        except OSError as error:
            self.close()
            self.lost += 1
            began, self._failing = not self._failing, True
            return error if began else None
        self._failing = False
        return None

    def close(self) -> None:
        """Let go of the file; the next write opens it again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _append(self, line: bytes) -> None:
        descriptor = self._descriptor
        today = clock.day_start(clock.now())
        if descriptor is None or today != self._day or not self._has_room(descriptor):
            descriptor = self._open(today)
        written = os.write(descriptor, line)
        if written < len(line):  # the disk became full within the line: try the rest, or learn why not
            os.write(descriptor, line[written:])

    def _has_room(self, descriptor: int) -> bool:
        """Return whether the file is not full, whatever the line's length, and still is where others can read it."""
        status = os.fstat(descriptor)
        return status.st_nlink > 0 and status.st_size < self._part_bytes

    def _open(self, today: int) -> int:
        """Open the first part of `today` that has room; others may be filling it too."""
        self.close()
        self.directory.mkdir(parents=True, exist_ok=True)
        if today != self._day:
            self._remove_old(today)
        self._day = today
        for part in itertools.count():
            path = self.directory / self._part_name(today, part)
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
            if self._has_room(descriptor):
                break
            os.close(descriptor)
        self._descriptor = descriptor
        _end_line(descriptor)
        return descriptor

    def _part_name(self, day: int, part: int) -> str:
        return f"{self._name}-{clock.day_of(day)}{f'.{part}' if part else ''}.log"

    def _remove_old(self, today: int) -> None:
        """Remove our own files of days before the kept ones; what others put here stays."""
        oldest = clock.day_of(today - (self._kept_days - 1) * clock.DAY_SECONDS)
        for path in self.directory.iterdir():
            match = self._own.fullmatch(path.name)
            if match is not None and match[1] < oldest:
                with suppress(OSError):  # another process was faster, or it is not ours to remove
                    path.unlink()


def _end_line(descriptor: int) -> None:
    """End the half line that a full disk or a kill may have left, so that it spoils no other."""
    end = os.fstat(descriptor).st_size
    if end and os.pread(descriptor, 1, end - 1) != b"\n":
        # A file grows page by page while another process writes into it; the empty write waits until that is done.
        os.write(descriptor, b"")
        if os.fstat(descriptor).st_size == end:
            os.write(descriptor, b"\n")
