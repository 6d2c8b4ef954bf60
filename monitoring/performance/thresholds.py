"""How long which operation may take."""

import math

DEFAULTS = {
    "api.request": 1000.0,
    "db.query": 100.0,
    "file.upload": 5000.0,
    "file.processing": 30000.0,
    "search.query": 2000.0,
    "embedding.generation": 500.0,
}


class Thresholds:
    """Milliseconds by the name of an operation; a name covers those that continue it after a dot."""

    def __init__(self) -> None:
        self._milliseconds = dict(DEFAULTS)

    def set(self, name: str, milliseconds: float) -> None:
        """Let operations of `name` take so long; ValueError where the name is empty or the time is not above 0."""
        if not name or not 0 < milliseconds < math.inf:
            raise ValueError(f"threshold {name!r}: a name and milliseconds above 0, not {milliseconds!r}")
        self._milliseconds[name] = float(milliseconds)

    def of(self, name: str) -> float | None:
        """Return the threshold of `name`, else of its longest prefix that ends before a dot, else None."""
        known = self._milliseconds
        while name not in known:
            name, dot, _ = name.rpartition(".")
            if not dot:
                return None
        return known[name]
