"""One error that happened, and what makes it one of a group."""

import hashlib
import traceback
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from monitoring.errors import frames
from monitoring.logs.redaction import redact_text

TYPE_LENGTH = 200
MESSAGE_LENGTH = 1000
STACK_LENGTH = 16_384
STACK_FRAMES = 60
MEMBERS = 20
"""Of a group of exceptions so many are counted apart."""


class Occurrence(msgspec.Struct, frozen=True):
    """An error as it is kept, without secrets; `at` is Unix seconds.

    `fingerprint` is the same for errors of one type that come from one function of the application; `frame` says where
    that is, as `shop/views.py:41 in pay`; `stack` is the traceback with its causes, at most 16,384 characters.
    """

    type: str
    message: str
    fingerprint: str
    frame: str
    stack: str
    at: float
    correlation_id: str | None


def occurrence_of(error: BaseException, at: float, correlation_id: str | None) -> Occurrence:
    """Return `error` as an occurrence."""
    frame = frames.innermost_own(error)
    return Occurrence(
        type=type_of(error),
        message=_cut(redact_text(words_of(error)), MESSAGE_LENGTH),
        fingerprint=_fingerprint(error, frame),
        frame=frame.words if frame else "",
        stack=_stack(error),
        at=at,
        correlation_id=correlation_id,
    )


def members_of(error: BaseException) -> list[BaseException]:
    """Return the errors that a group of exceptions holds, at any depth, at most 20; of any other error itself."""
    found = [member for member, _ in zip(_leaves(error), range(MEMBERS), strict=False)]
    return found or [error]


def type_of(error: BaseException) -> str:
    """Return the name of the error's class."""
    return type(error).__name__[:TYPE_LENGTH]


def words_of(error: BaseException) -> str:
    """Return what `error` says of itself, nothing where it cannot."""
    with suppress(Exception):
        return str(error)
    return ""


def _leaves(error: BaseException) -> Iterator[BaseException]:
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseExceptionGroup):
            waiting.extend(reversed(each.exceptions))
        else:
            yield each


def _fingerprint(error: BaseException, frame: frames.Frame | None) -> str:
    """Hash the function rather than the line: a group outlives an edit above it, and is the same on every host."""
    kind = type(error)
    parts = (kind.__module__, kind.__qualname__, *((frame.module, frame.function) if frame else ()))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _stack(error: BaseException) -> str:
    """Return the traceback, its innermost frames where there are too many."""
    try:
        told = traceback.TracebackException.from_exception(error, limit=-STACK_FRAMES)
        text = "".join(told.format())
    except Exception:  # noqa: BLE001 - a foreign exception's own code may fail while it is told of
        text = "".join(traceback.format_tb(error.__traceback__, -STACK_FRAMES)) + type_of(error)
    return _cut(redact_text(text), STACK_LENGTH)


def _cut(text: str, most: int) -> str:
    """Return at most `most` characters: of a stack both ends say something."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}\n…\n{text[-half:]}"
