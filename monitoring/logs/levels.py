"""The six levels, by name and by stdlib number: fatal is stdlib's CRITICAL, trace is below its DEBUG."""

TRACE = 5
DEBUG = 10
INFO = 20
WARN = 30
ERROR = 40
FATAL = 50

NUMBERS = {"fatal": FATAL, "error": ERROR, "warn": WARN, "info": INFO, "debug": DEBUG, "trace": TRACE}
_NAMES = {number: name for name, number in NUMBERS.items()}


def number_of(name: str) -> int:
    """Return the stdlib number of the level `name`, any case; ValueError lists the names there are."""
    number = NUMBERS.get(name.strip().lower())
    if number is None:
        raise ValueError(f"unknown level {name!r}: one of {', '.join(NUMBERS)}")
    return number


def name_of(number: int) -> str:
    """Return the name of a stdlib level; a number between two levels has the lower one's name."""
    name = _NAMES.get(number)
    if name is not None:
        return name
    return _NAMES[max((known for known in _NAMES if known <= number), default=TRACE)]


def of_status(status: int) -> int:
    """Return the level that an HTTP status deserves: 5xx error, 4xx warn, else info."""
    if status >= 500:
        return ERROR
    return WARN if status >= 400 else INFO


def of_request(path: str, status: int) -> int:
    """Return the level of a request's completion line; what load balancers ask all day is debug below 500."""
    if status < 500 and (path == "/health" or path.startswith("/health/") or path == "/api/health"):
        return DEBUG
    return of_status(status)


def of_duration(duration_ms: float) -> int:
    """Return the level that a duration in milliseconds deserves: over 1,000 warn, over 100 info, else debug."""
    if duration_ms > 1000:
        return WARN
    return INFO if duration_ms > 100 else DEBUG
