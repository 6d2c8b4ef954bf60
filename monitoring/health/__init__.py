"""Asking dependencies whether they are well, and judging the answers."""

from monitoring.health.registry import register

__all__ = ["register"]
