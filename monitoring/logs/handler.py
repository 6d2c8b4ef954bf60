"""The one handler: formats a record once, and writes the line to stdout and to the files."""

import logging
import os
import sys
from collections.abc import Sequence

from monitoring.logs import levels
from monitoring.logs.files import DatedFile
from monitoring.logs.formats import FIELDS, LOGGER


class LineHandler(logging.Handler):
    """Writes each record as one line, to stdout where `printed`; whatever fails, its caller never hears of it.

    `files` are pairs of the least level and the file that takes it. `failures` counts lines that could not be
    formatted, or not be written to stdout; each file counts its own losses.
    """

    def __init__(
        self, formatter: logging.Formatter, files: Sequence[tuple[int, DatedFile]] = (), *, printed: bool = True
    ) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.files = files
        self.failures = 0
        self._printed = printed

    def emit(self, record: logging.LogRecord) -> None:
        """Write `record` to stdout and to each file that takes its level."""
        try:
            line = (self.format(record) + "\n").encode("utf-8", "replace")
        except Exception:  # noqa: BLE001 - a log line must never break what it tells of
            self.failures += 1
            return
        self._put(record.levelno, line)

    def put(self, level: int, line: bytes) -> None:
        """Write `line`, which is formatted already and ends in a newline, as `handle` does with a record."""
        with self.lock:  # type: ignore[union-attr] # every handler has one
            self._put(level, line)

    def close(self) -> None:
        """Close the files."""
        for _, file in self.files:
            file.close()
        super().close()

    def _put(self, level: int, line: bytes) -> None:
        if self._printed:
            self._print(line)
        for least, file in self.files:
            if level >= least:
                self._keep(file, line)

    def _print(self, line: bytes) -> None:
        try:
            _write_out(line)
        except (OSError, ValueError, AttributeError):  # a closed pipe, a closed stream, no stream at all
            self.failures += 1

    def _keep(self, file: DatedFile, line: bytes) -> None:
        error = file.write(line)
        if error is not None:  # said once, where it can still be said
            notice = logging.makeLogRecord(
                {"name": LOGGER, "levelno": levels.ERROR, "msg": "Log file cannot be written"}
            )
            vars(notice)[FIELDS] = {"directory": str(file.directory), "error": error.strerror, "lost": file.lost}
            self._print((self.format(notice) + "\n").encode("utf-8", "replace"))


def _write_out(line: bytes) -> None:
    """Write to what is stdout now, in one write where it is a file, a pipe or a terminal."""
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # captured in memory
        sys.stdout.write(line.decode())
        return
    while line:
        line = line[os.write(descriptor, line) :]
