"""What is wrong with the settings: every fault at once, in words that show no secret."""

from collections.abc import Iterable

import msgspec


class Fault(msgspec.Struct, frozen=True):
    """One wrong setting.

    `key` is a variable's name or a place such as `status.toml: checks[2] "api": interval` (tables count from 1);
    `value` is the value as it was written, None where it is missing, unknown or secret; `expected` says what would do.
    """

    key: str
    value: str | None
    expected: str

    def __str__(self) -> str:
        """Return the fault as one line."""
        written = "" if self.value is None else f" = {self.value}"
        return f"{self.key}{written}: expected {self.expected}"


class SettingsError(Exception):
    """The settings are wrong; the message has one fault a line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
