"""How long things take: `with performance.measure("search.query"): …`, or the same as a decorator."""

from monitoring.performance.measuring import Measurement
from monitoring.performance.operation import SlowOperation
from monitoring.performance.recording import Performance

__all__ = [
    "Measurement",
    "Performance",
    "SlowOperation",
    "end_timer",
    "exceeded",
    "get_stats",
    "measure",
    "measure_async",
    "measure_sync",
    "performance",
    "set_threshold",
    "start_timer",
]

performance = Performance()
start_timer, end_timer = performance.start_timer, performance.end_timer
measure, measure_sync, measure_async = performance.measure, performance.measure_sync, performance.measure_async
set_threshold, get_stats = performance.set_threshold, performance.get_stats
exceeded = performance.exceeded
