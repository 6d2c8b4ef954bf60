"""What belongs to one process: a fork takes nothing over, and writes under a name of its own."""

import os
import secrets
from abc import ABC, abstractmethod
from weakref import WeakSet

_known: "WeakSet[OfProcess]" = WeakSet()


class OfProcess(ABC):
    """Keeps state that is this process's alone. `instance` names it: host, process and a token, at most 105 letters.

    Two processes that wrote under one name would overwrite each other's rows.
    """

    def __init__(self, instance: str) -> None:
        self._given = instance
        self.instance = instance
        self.begin()
        _known.add(self)

    @abstractmethod
    def begin(self) -> None:
        """Start with nothing: in the constructor, and again in a forked child."""

    def forked(self) -> None:
        """Begin anew in a forked child, under a new name."""
        self.instance = f"{self._given}:{os.getpid()}:{secrets.token_hex(4)}"
        self.begin()


def _begin_anew() -> None:
    for each in list(_known):
        each.forked()


os.register_at_fork(after_in_child=_begin_anew)
