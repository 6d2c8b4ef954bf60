"""Whether an exception has been captured before: by hand in a view, and again by the hook that it goes on to."""

from monitoring import correlation

_MARK = "_daymark_captured"


def first_time(error: BaseException) -> bool:
    """Return whether `error` is new, and mark it.

    The same object under another correlation id is new again: some code raises one exception object for ever.
    """
    now = correlation.current()
    attributes = vars(error)
    if _MARK in attributes and (now is None or attributes[_MARK] in (None, now)):
        return False
    attributes[_MARK] = now
    return True


def is_captured(error: object) -> bool:
    """Return whether `error` is an exception that was captured."""
    return isinstance(error, BaseException) and _MARK in vars(error)
