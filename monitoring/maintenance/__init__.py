"""Planned work: when its windows are, and which checks they cover."""

from monitoring.maintenance.plan import Plan, moment, planned
from monitoring.maintenance.window import Maintenance, Piece, Window, covering, parted, windows

__all__ = ["Maintenance", "Piece", "Plan", "Window", "covering", "moment", "parted", "planned", "windows"]
