"""Logs: `configure` once per process, then `log.info("...", key=value)` from anywhere."""

from monitoring.logs.logger import Log, audit_log, log, log_error, log_metric, log_performance, log_request
from monitoring.logs.setup import configure

__all__ = ["Log", "audit_log", "configure", "log", "log_error", "log_metric", "log_performance", "log_request"]
