"""What can be told about: a check, or what else changes its state under a name of its own."""

import msgspec


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be told about: a check, or `spike/…`, `budget/…` and their like (`kind` is that word).

    `parents` are the names of the checks it depends on; `settle_seconds` how long it may take to notice that a parent
    is back (2 x interval + timeout); `doubt_seconds` how long a state that one single result made, the first after
    nobody knew anything, must last before anybody is told.
    """

    name: str
    title: str
    group: str = ""
    kind: str = "check"
    parents: tuple[str, ...] = ()
    settle_seconds: float = 0.0
    doubt_seconds: float = 0.0


_TITLES = {"spike": "Error spike: {}", "budget": "Budget of {}", "slow": "Slow operation: {}", "leader": "Leader: {}"}


def subject_of(name: str) -> Subject:
    """Return a subject made from a name that no check has: `spike/ValueError` is of the kind `spike`."""
    kind, slash, member = name.partition("/")
    if not slash:
        return Subject(name=name, title=name)
    return Subject(name=name, title=_TITLES.get(kind, f"{kind.capitalize()} {{}}").format(member), kind=kind)
