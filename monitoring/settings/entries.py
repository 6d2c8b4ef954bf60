"""Each check, from its built-in defaults and its `[[checks]]` table to its settings."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import fields

from monitoring.settings.builtin import Builtin
from monitoring.settings.checks import CheckSettings, Name
from monitoring.settings.expectations import choice, expectation
from monitoring.settings.kinds import LONGEST
from monitoring.settings.masks import shown
from monitoring.settings.tables import Decoder, blanks

_HEAD = ("name", "type", "enabled")
_STAND_IN = "unnamed"


class Entry(msgspec.Struct, kw_only=True):
    """One check on its way: `place` is where its faults are, `table` what the file says (empty: nothing)."""

    place: str
    table: dict[str, Any]
    name: str | None
    builtin: Builtin | None = None
    enabled: bool = True

    @property
    def body(self) -> dict[str, Any]:
        """Return the table without name, type and enabled."""
        return {key: value for key, value in self.table.items() if key not in _HEAD}

    @property
    def or_else(self) -> str:
        """Return how else a built-in would get what it requires."""
        needs = self.builtin.needs if self.builtin else ""
        return f" (or {needs} in the environment)" if needs else ""


class Entries:
    """Makes checks of tables; `kinds` maps a type's name to the struct of its settings."""

    def __init__(
        self, kinds: Mapping[str, type[CheckSettings]], builtins: Mapping[str, Builtin], decoder: Decoder, label: str
    ) -> None:
        self._kinds = kinds
        self._builtins = {name: builtin for name, builtin in builtins.items() if builtin.type in kinds}
        self._decoder = decoder
        self._label = label

    def in_order(self, tables: list[Any]) -> list[Entry]:
        """Return the built-ins that are present or adjusted, then the others in the file's order."""
        written = [self._entry(raw, position) for position, raw in enumerate(tables, start=1)]
        entries = [entry for entry in written if entry is not None]
        adjusted = {entry.name: entry for entry in reversed(entries) if entry.name in self._builtins}
        first = [adjusted.get(builtin.name) or _alone(builtin) for builtin in self._builtins.values()]
        alive = [entry for entry in first if entry.table or (entry.builtin and entry.builtin.present)]
        return alive + [entry for entry in entries if all(entry is not other for other in first)]

    def settings(self, entry: Entry) -> CheckSettings:
        """Return the check's settings; where faults were noted, a stand-in that is good for finding more of them."""
        kind, type_name = self._kind(entry)
        self._known_keys(entry, kind)
        struct = kind or CheckSettings
        given = self._given(entry, type_name)
        own = self._decoder.struct_fields(struct, entry.body, entry.place)
        self._decoder.required(struct, {*entry.table, *given}, entry.place, entry.or_else)
        if "interval" in entry.table and "interval" not in own:
            own["interval"] = LONGEST  # the one given is wrong: nothing may be called longer than it
        check = _made(struct, given | own)
        self._decoder.judge(check, entry.table, entry.place)
        return check

    def disabled(self, entry: Entry) -> None:
        """Note what is wrong with a disabled table: its keys only, since its values need not be there."""
        kind, _ = self._kind(entry)
        self._known_keys(entry, kind)

    def _entry(self, raw: Any, position: int) -> Entry | None:
        place = f"{self._label}: checks[{position}]"
        table = self._decoder.table(raw, place)
        if table is None:
            return None
        place += f" {shown(table['name'])}: " if isinstance(table.get("name"), str) else ": "
        name = self._head(table, "name", Name, place)
        if "name" not in table:
            self._decoder.fault(f"{place}name", f"{expectation(Name)}; it is required")
        enabled = self._head(table, "enabled", bool, place)
        return Entry(
            place=place, table=table, name=name, builtin=self._builtins.get(name or ""), enabled=enabled is not False
        )

    def _head(self, table: dict[str, Any], key: str, kind: Any, place: str) -> Any:
        value = self._decoder.value(table[key], kind, place + key) if key in table else msgspec.UNSET
        return None if value is msgspec.UNSET else value

    def _kind(self, entry: Entry) -> tuple[type[CheckSettings] | None, str]:
        """Return the struct of the check's type and the type's name; no struct, and a fault, where it is not known."""
        if "type" not in entry.table:
            name = entry.builtin.type if entry.builtin else ""
            if not name:
                self._decoder.fault(
                    f"{entry.place}type", choice(entry.name or "", sorted(self._kinds)) + "; it is required"
                )
            return self._kinds.get(name), name
        name = self._head(entry.table, "type", str, entry.place)
        if name is not None and name not in self._kinds:
            self._decoder.fault(f"{entry.place}type", choice(name, sorted(self._kinds)), shown(entry.table["type"]))
        return self._kinds.get(name or ""), name or ""

    def _known_keys(self, entry: Entry, kind: type[CheckSettings] | None) -> None:
        """Note unknown keys; of an unknown type, whose keys nobody knows, none."""
        if kind is not None:
            known = dict.fromkeys((*_HEAD, *kind.__struct_fields__))
            self._decoder.known_keys(entry.table, known, entry.place)

    def _given(self, entry: Entry, type_name: str) -> dict[str, Any]:
        """Return what is decided before the table's body: name, type, a built-in's defaults if it keeps its type."""
        head = {"name": entry.name or _STAND_IN, "type": type_name}
        if entry.builtin is not None and entry.builtin.type == type_name:
            return entry.builtin.defaults() | head
        return head


def _alone(builtin: Builtin) -> Entry:
    return Entry(place=f'built-in check "{builtin.name}": ', table={}, name=builtin.name, builtin=builtin)


def _made(kind: type[CheckSettings], values: dict[str, Any]) -> CheckSettings:
    """Return the struct; a required field that is missing (which was noted) is blank, so that others are judged."""
    missing = blanks(kind, values)
    if None not in missing.values():
        return kind(**values, **missing)
    shared = {field.name for field in fields(CheckSettings)}
    return CheckSettings(**{key: value for key, value in values.items() if key in shared})
