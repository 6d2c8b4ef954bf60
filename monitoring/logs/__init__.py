"""Logs: `configure` once per process, then `log.info("...", key=value)` from anywhere."""

from monitoring.logs.logger import COMPLETED, Log, audit_log, log, log_error, log_metric, log_performance, log_request
from monitoring.logs.prepared import Prepared
from monitoring.logs.setup import configure

__all__ = [
    "COMPLETED",
    "Log",
    "Prepared",
    "audit_log",
    "configure",
    "log",
    "log_error",
    "log_metric",
    "log_performance",
    "log_request",
]
