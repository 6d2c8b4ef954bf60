"""Finding the lines of one correlation id in this host's log files, newest first and within bounds."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from monitoring import clock
from monitoring.logs.redaction import redact

MOST_LINES = 200
MOST_BYTES = 50 * 1024 * 1024
MOST_SECONDS = 2.0
_BLOCK_BYTES = 1024 * 1024
_FILE = re.compile(r"application-(\d{4}-\d\d-\d\d)(?:\.(\d+))?\.log")


class Found(msgspec.Struct):
    """What a search came to: `lines` oldest first, redacted; `files` by name, newest first, as far as it got.

    `stopped_by` says in words which bound ended it; None where every file was read to its beginning.
    """

    lines: list[dict[str, Any]] = msgspec.field(default_factory=list)
    files: list[str] = msgspec.field(default_factory=list)
    bytes_read: int = 0
    stopped_by: str | None = None


def search(
    directory: Path,
    correlation_id: str,
    *,
    most_lines: int = MOST_LINES,
    most_bytes: int = MOST_BYTES,
    most_seconds: float = MOST_SECONDS,
) -> Found:
    """Return the lines under `correlation_id` in the `application-*.log` of `directory`.

    The newest files are read first, each from its end. A folder or file that cannot be read counts as not there.
    """
    found, needle = Found(), correlation_id.encode("utf-8", "surrogateescape")
    deadline = clock.monotonic() + most_seconds
    for path in _newest_first(directory):
        found.files.append(path.name)
        for block in _backwards(path, found):
            _take(found, block, needle, correlation_id, most_lines)
            found.stopped_by = _bound(found, most_lines, most_bytes, deadline)
            if found.stopped_by:
                return _in_order(found)
    return _in_order(found)


def _newest_first(directory: Path) -> list[Path]:
    try:
        matches = [(match, path) for path in directory.iterdir() if (match := _FILE.fullmatch(path.name))]
    except OSError:
        return []
    return [path for _, path in sorted(matches, key=lambda one: (one[0][1], int(one[0][2] or 0)), reverse=True)]


def _backwards(path: Path, found: Found) -> Iterator[bytes]:
    """Yield the file's blocks from its end, each of whole lines; what a block begins with belongs to the next."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO of that name is not waited for
    except OSError:
        return
    try:
        end, carried = os.fstat(descriptor).st_size, b""
        while end > 0:
            start = max(0, end - _BLOCK_BYTES)
            block = os.pread(descriptor, end - start, start) + carried
            found.bytes_read += end - start
            whole = block.find(b"\n") + 1 if start else 0
            carried, end = block[:whole], start
            yield block[whole:]
    except OSError:
        return
    finally:
        os.close(descriptor)


def _take(found: Found, block: bytes, needle: bytes, correlation_id: str, most_lines: int) -> None:
    """Add the lines of the block that are this id's, newest first."""
    if needle not in block:
        return
    for line in reversed(block.splitlines()):
        if needle in line and len(found.lines) < most_lines:
            decoded = _decoded(line)
            if decoded.get("correlation_id") == correlation_id:
                found.lines.append(redact(decoded))


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _bound(found: Found, most_lines: int, most_bytes: int, deadline: float) -> str | None:
    if len(found.lines) >= most_lines:
        return f"{most_lines} lines"
    if found.bytes_read >= most_bytes:
        return f"{most_bytes / 1024 / 1024:g} MB read"
    return "the time there was" if clock.monotonic() >= deadline else None


def _in_order(found: Found) -> Found:
    found.lines.sort(key=lambda line: str(line.get("timestamp", "")))
    return found
