"""From entries as they were recorded to cells: what is unsound is refused here, where no caller waits."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from math import isfinite
from numbers import Real
from typing import Any

from monitoring.metrics.cell import OTHER, Cell, Kind, Series, Tags

Entry = tuple[Kind, Any, Any, Any, float, str | None]
"""Kind, name, value and tags as the caller gave them, when (Unix seconds), and the counter that counts it besides."""

LABEL_SETS = 200
NAMES = 1000
NAME_LENGTH = 200
LABEL_LENGTH = 100
LABELS = 16
MINUTE_SECONDS = 60

_Key = tuple[Kind, str, Tags, float, str | None]


class Refused(Exception):
    """An entry that is not taken; its argument is the reason in a word."""


class Aggregator:
    """Sorts entries into cells, and remembers the label sets of each metric for the life of the process.

    `drop` is told the reason for each entry that is refused, `warn` once of each metric that has too many label sets.
    """

    def __init__(self, drop: Callable[[str], None], warn: Callable[..., object]) -> None:
        self._drop, self._warn = drop, warn
        self._label_sets: dict[str, set[Tags]] = {}
        self._folded: set[str] = set()

    def cells(self, entries: Iterable[Entry]) -> list[Cell]:
        """Return the entries, aggregated by series and minute, in the order of their first entries."""
        by_key: dict[_Key, tuple[Cell, Cell | None]] = {}
        cells: dict[tuple[Series, int], Cell] = {}
        for kind, name, value, tags, at, counter in entries:
            try:
                number = _number(kind, name, value)
                key = (kind, name, _pairs(tags) if tags else (), at // MINUTE_SECONDS, counter)
                found = by_key.get(key)
                if found is None:
                    found = by_key[key] = self._found(cells, key)
            except Refused as refused:
                self._drop(str(refused))
            except Exception:  # noqa: BLE001 - a caller's own object may do anything when it is made text
                self._drop("tags")
            else:
                cell, counted = found
                cell.values.append(number)
                cell.last_at = at
                if counted is not None:
                    counted.values.append(1.0)
                    counted.last_at = at
        return list(cells.values())

    def _found(self, cells: dict[tuple[Series, int], Cell], key: _Key) -> tuple[Cell, Cell | None]:
        """Return the cells of a key not met before: the order of tags, or folding, can make them ones that are there.

        All that can be refused is, before a cell is made: none is empty.
        """
        kind, name, pairs, minutes, counter = key
        tags, minute = _tags(pairs), int(minutes) * MINUTE_SECONDS
        series = self._series(kind, name, tags)
        counted = None if counter is None else self._series(Kind.COUNTER, counter, tags)
        cell = cells.setdefault((series, minute), Cell(series, minute))
        return cell, None if counted is None else cells.setdefault((counted, minute), Cell(counted, minute))

    def _series(self, kind: Kind, name: str, tags: Tags) -> Series:
        if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
            raise Refused("name")
        return Series(name, kind, self._admitted(name, tags))

    def _admitted(self, name: str, tags: Tags) -> Tags:
        """Return the tags, or those of the series that takes what is too many; Refused for one metric too many."""
        known = self._label_sets.get(name)
        if known is None:
            if len(self._label_sets) >= NAMES:
                raise Refused("names")
            known = self._label_sets[name] = set()
        if not tags or tags in known:
            return tags
        if len(known) >= LABEL_SETS:
            self._say_once(name)
            return OTHER
        known.add(tags)
        return tags

    def _say_once(self, name: str) -> None:
        if name not in self._folded:
            self._folded.add(name)
            self._warn("Metric has too many label sets: further ones count as other", metric=name, limit=LABEL_SETS)


def _number(kind: Kind, name: Any, value: Any) -> float:
    """Return the value as a float; Refused for what is no number, has no name or goes down where it only may go up."""
    if type(name) is not str:
        raise Refused("name")
    number = value if type(value) is float else _converted(value)
    if not isfinite(number):
        raise Refused("not_finite")
    if number < 0 and kind is Kind.COUNTER:
        raise Refused("negative")
    return number


def _converted(value: Any) -> float:
    if type(value) is not int and not isinstance(value, Real | Decimal):
        raise Refused("not_a_number")
    try:
        return float(value)
    except (ArithmeticError, ValueError) as error:  # an integer beyond floats, a signalling NaN
        raise Refused("not_finite") from error


def _pairs(tags: Any) -> Tags:
    """Return the tags as text, in the order given: what most entries of a flush have in common."""
    if type(tags) is tuple:
        return tags
    return tuple(
        [
            (key if type(key) is str else str(key), value if type(value) is str else str(value))
            for key, value in tags.items()
        ]
    )


def _tags(pairs: Tags) -> Tags:
    return tuple(sorted({_text(key): _text(value) for key, value in pairs[:LABELS]}.items()))


def _text(value: str) -> str:
    """Return what a label may hold: bounded, and no half of a character that no sink could write."""
    return value[:LABEL_LENGTH].encode("utf-8", "replace").decode()
