"""What one probe comes to: an answer or a failure becomes a result, redacted and of bounded size."""

from typing import Any

import msgspec

from monitoring import clock
from monitoring.health.check import Answer, Check, CheckFailed
from monitoring.health.failures import ERROR_CHARACTERS, explain, timed_out
from monitoring.logs.redaction import redact
from monitoring.status import Cause, Result, Status

DETAILS_BYTES = 8192

Outcome = tuple[float, Answer | BaseException]
"""Seconds it took, and what came of it."""


def result_of(check: Check[Any], outcome: Outcome, scheduled_at: float) -> Result:
    """Return the result of a probe that has ended."""
    seconds, said = outcome
    if isinstance(said, Answer):
        return _answered(check, scheduled_at, seconds, said)
    cause, words = explain(said, check.settings.timeout_seconds)
    details = bounded(said.details) if isinstance(said, CheckFailed) else {}
    return _failure(check, scheduled_at, cause, words, details)


def too_late(check: Check[Any], scheduled_at: float) -> Result:
    """Return the result of a probe that is past its deadline."""
    return _failure(check, scheduled_at, Cause.TIMEOUT, timed_out(check.settings.timeout_seconds))


def still_waiting(check: Check[Any], scheduled_at: float, begun_at: float) -> Result:
    """Return the result of a probe that was not begun, since one begun before has never ended."""
    return _failure(check, scheduled_at, Cause.TIMEOUT, f"still waiting for the probe begun at {clock.iso(begun_at)}")


def bounded(details: dict[str, Any]) -> dict[str, Any]:
    """Return details as plain, redacted JSON types; a note instead where they are larger than 8 KiB."""
    if not details:
        return details
    plain: dict[str, Any] = redact(details)
    if len(msgspec.json.encode(plain)) > DETAILS_BYTES:
        return {"note": "these details were larger than 8 KiB"}
    return plain


def _answered(check: Check[Any], scheduled_at: float, seconds: float, answer: Answer) -> Result:
    status, cause, error = answer.status, answer.cause, answer.error
    slow_after = check.settings.slow_after
    if status is Status.HEALTHY and answer.timed and slow_after is not None and seconds > slow_after:
        status, cause = Status.DEGRADED, Cause.TIMEOUT
        error = f"answered in {seconds:.2f} s, slower than {slow_after:g} s"
    return Result(
        check=check.name,
        status=status,
        scheduled_at=scheduled_at,
        finished_at=clock.now(),
        response_seconds=seconds if answer.timed else None,
        cause=cause,
        error=str(redact(error))[:ERROR_CHARACTERS] if error else None,
        details=bounded(answer.details),
        phases=answer.phases,
    )


def _failure(
    check: Check[Any], scheduled_at: float, cause: Cause, error: str, details: dict[str, Any] | None = None
) -> Result:
    return Result(
        check=check.name,
        status=check.failure_status,
        scheduled_at=scheduled_at,
        finished_at=clock.now(),
        cause=cause,
        error=error,
        details=details or {},
    )
