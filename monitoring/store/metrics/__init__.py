"""Metrics in the store: each process writes its own rows whole, readers merge them."""

from monitoring.store.metrics.merging import merge_closed_hours
from monitoring.store.metrics.reader import MetricsReader
from monitoring.store.metrics.sink import StoreSink

__all__ = ["MetricsReader", "StoreSink", "merge_closed_hours"]
