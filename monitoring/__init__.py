"""Daymark: probes what an application depends on, and shows the truth."""

__version__ = "0.1.0"
