"""The names of checks and what they depend on: no name twice, no unknown one, no circle."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Protocol

from monitoring.settings.builtin import Builtin
from monitoring.settings.checks import CheckSettings
from monitoring.settings.entries import Entry
from monitoring.settings.expectations import nearest
from monitoring.settings.tables import Decoder, written


class Named(Protocol):
    """A table that has a name, where that was sound; `place` is the text before its keys in faults."""

    place: str
    name: str | None


def judge_names(entries: Sequence[Named], decoder: Decoder) -> None:
    """Note a fault for each table whose name another one before it has."""
    seen: dict[str, Named] = {}
    for entry in entries:
        if entry.name in seen:
            other = seen[entry.name].place.removesuffix(": ")
            decoder.fault(f"{entry.place}name", f"a name of its own: {other} has it")
        elif entry.name is not None:
            seen[entry.name] = entry


def judge_dependencies(
    entries: Sequence[Entry], checks: Mapping[str, CheckSettings], builtins: Mapping[str, Builtin], decoder: Decoder
) -> None:
    """Note a fault for each `depends_on` that names a check which is not there, and for each circle."""
    known = {entry.name: entry for entry in entries if entry.name}
    for name, check in checks.items():
        for parent in check.depends_on:
            if parent not in checks:
                _blame(known[name], absence(parent, known, builtins), decoder)
    _judge_circles(known, checks, decoder)


def absence(name: str, known: Mapping[str, Entry], builtins: Mapping[str, Builtin]) -> str:
    """Return what was expected in place of the name of a check that is not there, and why it is not."""
    if name in known:
        return f"checks that are there; {name} is disabled"
    if name in builtins:
        return f"checks that are there; {name} appears where {builtins[name].needs} is set"
    near = nearest(name, known)
    return f"checks that are there; {name} is not" + (f", the nearest is {near}" if near else "")


def _judge_circles(known: Mapping[str, Entry], checks: Mapping[str, CheckSettings], decoder: Decoder) -> None:
    """Note each circle once; a check that depends on itself has told so by itself."""
    graph = {name: set(check.depends_on) - {name} for name, check in checks.items()}
    while circle := _circle(graph):
        _blame(known[circle[0]], "no circle: " + " → ".join(circle), decoder)
        graph = {name: parents for name, parents in graph.items() if name != circle[0]}


def _circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return names of which each depends on the next and the last is the first again; none where there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names: list[str] = error.args[1][:0:-1]
        start = names.index(min(names, key=list(graph).index))
        return [*names[start:], *names[:start], names[start]]
    return []


def _blame(entry: Entry, expected: str, decoder: Decoder) -> None:
    raw = entry.table.get("depends_on")
    decoder.fault(f"{entry.place}depends_on", expected, written(raw, list[str]))
