"""What an application says of itself in its own words: actions, files, costs, searches, queues, queries."""

from monitoring.application.queries import instrument_engine
from monitoring.application.recording import ApplicationMetrics, app_metrics

__all__ = ["ApplicationMetrics", "app_metrics", "instrument_engine"]
