"""Planned work for tests, with only what matters said."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitoring.maintenance import Maintenance, Plan

BERLIN = "Europe/Berlin"


def at(text: str, zone: str = "UTC") -> float:
    """Return a moment such as `2026-11-23 02:00` in a zone, in Unix seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def work(starts_at: float, seconds: float = 3600.0, **fields: Any) -> Maintenance:
    """Return planned work that covers every check."""
    base = {"id": "abcdefghijkl", "title": "Move the disks", "created_at": 0.0, "created_by": "ada", "updated_at": 0.0}
    return Maintenance(**{**base, "starts_at": starts_at, "seconds": seconds, **fields})


def plan(starts_at: float, **fields: Any) -> Plan:
    """Return a plan of an hour without faults."""
    return Plan(**{"title": "Move the disks", "starts_at": starts_at, "seconds": 3600.0, **fields})
