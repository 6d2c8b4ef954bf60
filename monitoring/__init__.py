"""Daymark: probes what an application depends on, and shows the truth."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["Monitoring", "__version__", "correlation", "errors", "log", "metrics", "performance"]

_HOMES = {"Monitoring": "monitoring.extension", "log": "monitoring.logs"}
_ROOMS = frozenset(["correlation", "errors", "metrics", "performance"])


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing before: most of who imports this package needs a small part of it."""
    if name in _ROOMS:
        return import_module(f"monitoring.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'monitoring' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found
