"""Logs: `configure` once per process, then `log.info("...", key=value)` from anywhere."""

from monitoring.logs.logger import COMPLETED, Log, audit_log, log, log_error, log_metric, log_performance, log_request
from monitoring.logs.prepared import Prepared
from monitoring.logs.setup import configure, configure_by

__all__ = [
    "COMPLETED",
    "Log",
    "Prepared",
    "audit_log",
    "configure",
    "configure_by",
    "log",
    "log_error",
    "log_metric",
    "log_performance",
    "log_request",
]
