"""One correlation id in plain lines: what the store has under it, and what this host's log files say.

It stands on the floor of `probing` and `web`, for the command line.
"""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from monitoring import clock
from monitoring.logs.redaction import redact, redact_text
from monitoring.logs.search import search
from monitoring.store.traces import Trace

_HEAD = ("timestamp", "level", "message", "correlation_id", "stack")


def stored(trace: Trace) -> Iterator[str]:
    """Yield what the store has, from all hosts; secrets masked."""
    for group in trace.error_groups:
        yield _line(group.last_at, f"error {group.type}, {group.count} in all: {group.message} ({group.frame})")
        yield from (f"    {line}" for line in redact_text(group.stack).splitlines())
    for slow in trace.slow_operations:
        took = f"{slow.seconds:.3f} s, allowed {slow.threshold_seconds:.3f} s"
        yield _line(slow.at, f"slow {slow.name}: {took}{_told(slow.details)}")
    for moved in trace.transitions:
        yield _line(moved.at, f"{moved.check} {moved.previous} -> {moved.status}")
    for entry in trace.audit:
        yield _line(entry.at, f"audit {entry.action} by {entry.user_id or 'nobody known'}{_told(entry.details)}")
    for alert in trace.alerts:
        told = f"told {clock.iso(alert.told_at)}" if alert.told_at is not None else "not told"
        yield _line(alert.began_at, f"alert {alert.check} {alert.status} on {alert.channel}: {told}")
    if trace.empty:
        yield "The store has nothing under this id."


def logged(correlation_id: str, directory: Path | None) -> Iterator[str]:
    """Yield the log lines of this host, and which files were looked at."""
    host = socket.gethostname()
    if directory is None:
        yield f"The host {host} keeps no log files (LOG_DIR)."
        return
    found = search(directory, correlation_id)
    for line in found.lines:
        rest = {key: value for key, value in line.items() if key not in _HEAD}
        yield f"{line.get('timestamp', '')} {line.get('level', '')} {line.get('message', '')}{_told(rest)}"
        yield from (f"    {each}" for each in str(line.get("stack") or "").splitlines())
    until = f"; stopped after {found.stopped_by}, there may be more" if found.stopped_by else ""
    files = ", ".join(found.files) or "no files"
    yield f"{len(found.lines)} lines on the host {host}, looked for in {directory}: {files}{until}."


def _line(at: float, words: str) -> str:
    return f"{clock.iso(at)} {redact_text(words)}"


def _told(details: Any) -> str:
    shown = redact(details)
    return f" {msgspec.json.encode(shown).decode()}" if shown else ""
