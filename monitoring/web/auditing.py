"""The audit of what is done over HTTP: a line of the log, and an entry of the store."""

from collections.abc import Callable, Mapping
from typing import Any

from monitoring.logs import audit_log, log

KeepAudit = Callable[[str, str | None, Mapping[str, Any]], object]
"""Keeps one entry of the audit: what was done, by whom (None: nobody known), and the details."""


def audit(keep: KeepAudit | None, action: str, user_id: str | None, details: Mapping[str, Any]) -> None:
    """Write down that something was done; whoever did it is not to suffer where the store cannot take it."""
    audit_log(action, user_id, details)
    if keep is None:
        return
    try:
        keep(action, user_id, details)
    except Exception as error:  # noqa: BLE001 - the log has it
        log.warn("An entry of the audit could not be kept", error=str(error))
