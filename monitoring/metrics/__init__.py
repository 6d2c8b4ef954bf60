"""Numbers: `metrics.increment`, `gauge`, `histogram` and `summary` from anywhere, aggregated for the sinks."""

from monitoring.metrics.cell import Cell, Kind, Series
from monitoring.metrics.recorder import Recorder
from monitoring.metrics.stats import Source, Stats, Total

metrics = Recorder()
"""This process's recorder; its methods are this module's functions too."""

increment, gauge, histogram, summary = metrics.increment, metrics.gauge, metrics.histogram, metrics.summary
timed = metrics.timed
get_metrics, get_stats, flush = metrics.get_metrics, metrics.get_stats, metrics.flush

__all__ = [
    "Cell",
    "Kind",
    "Recorder",
    "Series",
    "Source",
    "Stats",
    "Total",
    "flush",
    "gauge",
    "get_metrics",
    "get_stats",
    "histogram",
    "increment",
    "metrics",
    "summary",
    "timed",
]
