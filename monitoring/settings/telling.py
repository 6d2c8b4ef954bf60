"""The `[[channels]]` and `[[rules]]` of the file: each decoded, and each name in them known."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from monitoring.settings.builtin import Builtin
from monitoring.settings.channels import CHANNEL_KINDS, ChannelSettings
from monitoring.settings.checks import CheckSettings
from monitoring.settings.dependencies import absence, judge_names
from monitoring.settings.document import Document
from monitoring.settings.entries import Entry
from monitoring.settings.expectations import choice, nearest
from monitoring.settings.masks import shown
from monitoring.settings.rules import RuleSettings
from monitoring.settings.tables import Decoder, written


class _Place(msgspec.Struct):
    """Where a channel stands, for faults, and its name."""

    place: str
    name: str | None


class Known(msgspec.Struct, kw_only=True):
    """What the file's checks are: those in force by name, every table and built-in that has one."""

    checks: Mapping[str, CheckSettings]
    entries: Sequence[Entry]
    builtins: Mapping[str, Builtin]


def channels(document: Document, decoder: Decoder) -> tuple[ChannelSettings, ...]:
    """Return the channels in the file's order; stand-ins where faults were noted."""
    places, made = [], []
    for position, raw in enumerate(document.tables("channels"), start=1):
        place = f"{document.label}: channels[{position}]"
        table = decoder.table(raw, place)
        if table is not None:
            place += f" {shown(table['name'])}: " if isinstance(table.get("name"), str) else ": "
            channel = _channel(table, place, decoder)
            places.append(_Place(place, channel.name or None))
            made.append(channel)
    judge_names(places, decoder)
    return tuple(made)


def rules(
    document: Document, channels: Iterable[ChannelSettings], known: Known, decoder: Decoder
) -> tuple[RuleSettings, ...]:
    """Return the rules in the file's order; a fault for each check, group and channel in them that is not there."""
    names, made = {channel.name for channel in channels if channel.name}, []
    for position, raw in enumerate(document.tables("rules"), start=1):
        table = decoder.table(raw, f"{document.label}: rules[{position}]")
        if table is not None:
            place = f"{document.label}: rules[{position}]: "
            rule = decoder.struct(RuleSettings, table, place)
            _judge_rule(rule, names, known, _Blame(table, place, decoder))
            made.append(rule)
    return tuple(made)


def _channel(table: dict[str, Any], place: str, decoder: Decoder) -> ChannelSettings:
    kind = _kind(table, place, decoder)
    if kind is not None:
        return decoder.struct(kind, table, place)
    shared = {key: value for key, value in table.items() if key in ChannelSettings.__struct_fields__ and key != "type"}
    return decoder.struct(ChannelSettings, {**shared, "type": ""}, place)


def _kind(table: dict[str, Any], place: str, decoder: Decoder) -> type[ChannelSettings] | None:
    if "type" not in table:
        decoder.fault(f"{place}type", choice("", CHANNEL_KINDS) + "; it is required")
        return None
    name = decoder.value(table["type"], str, f"{place}type")
    if name is not msgspec.UNSET and name not in CHANNEL_KINDS:
        decoder.fault(f"{place}type", choice(name, CHANNEL_KINDS), shown(table["type"]))
    return CHANNEL_KINDS.get(name) if isinstance(name, str) else None


class _Blame:
    """Notes what one rule names and is not there."""

    def __init__(self, table: dict[str, Any], place: str, decoder: Decoder) -> None:
        self._table, self._place, self._decoder = table, place, decoder

    def __call__(self, key: str, expected: str) -> None:
        self._decoder.fault(self._place + key, expected, written(self._table.get(key), list[str]))


def _judge_rule(rule: RuleSettings, channels: set[str], known: Known, blame: _Blame) -> None:
    entries = {entry.name: entry for entry in known.entries if entry.name}
    for name in rule.checks:
        if name not in known.checks:
            blame("checks", absence(name, entries, known.builtins))
    groups = {check.group for check in known.checks.values()}
    for group in rule.groups:
        if group not in groups:
            blame("groups", _unknown("groups of checks", group, groups))
    for name in rule.channels:
        if name not in channels:
            blame("channels", _unknown("channels", name, channels))


def _unknown(kind: str, word: str, known: Iterable[str]) -> str:
    there = sorted(known)
    near = nearest(word, there)
    return f"{kind} that are there; {shown(word)} is not" + (f", the nearest is {near}" if near else "")
