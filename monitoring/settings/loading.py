"""Settings from the environment and `status.toml`; either all of them are right, or every fault is told at once."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from monitoring.settings import telling
from monitoring.settings.builtin import Builtin, builtins
from monitoring.settings.checks import CheckSettings
from monitoring.settings.dependencies import judge_dependencies, judge_names
from monitoring.settings.document import Document
from monitoring.settings.entries import Entries, Entry
from monitoring.settings.environment import read_environment
from monitoring.settings.faults import SettingsError
from monitoring.settings.structure import Settings
from monitoring.settings.tables import Decoder


def load(environ: Mapping[str, str], kinds: Mapping[str, type[CheckSettings]], directory: Path) -> Settings:
    """Return what is in force.

    `kinds` maps a check type's name to the struct of its settings; a built-in check whose type is not in it is left
    out. `directory` holds `status.toml`, and relative paths are below it. Nothing is written or connected to.
    Raises SettingsError with every fault of both sources.
    """
    directory = directory.absolute()
    values, faults = read_environment(environ, directory)
    decoder = Decoder(environ)
    document = Document(environ, directory, decoder)
    values |= {"page": document.page(), "connectivity": document.connectivity(), "status_config": document.path}
    values |= {"budgets": document.budgets(), "thresholds": document.thresholds()}
    values |= _named(document, kinds, builtins(values), decoder)
    faults += decoder.faults
    if faults:
        raise SettingsError(faults)
    return Settings(**values, concealed=frozenset(decoder.concealed))


def _named(
    document: Document, kinds: Mapping[str, type[CheckSettings]], given: Mapping[str, Builtin], decoder: Decoder
) -> dict[str, Any]:
    """Return the checks, the channels and the rules, whose names must fit together."""
    maker = Entries(kinds, given, decoder, document.label)
    entries = maker.in_order(document.tables("checks"))
    judge_names(entries, decoder)
    made = _checks(maker, entries)
    checks = {name: check for name, check in made if name}
    judge_dependencies(entries, checks, given, decoder)
    channels = telling.channels(document, decoder)
    known = telling.Known(checks=checks, entries=entries, builtins=given)
    rules = telling.rules(document, channels, known, decoder)
    return {"checks": tuple(check for _, check in made), "channels": channels, "rules": rules}


def _checks(maker: Entries, entries: Iterable[Entry]) -> list[tuple[str | None, CheckSettings]]:
    """Return the checks that are enabled, each with its name where that was sound."""
    made = []
    for entry in entries:
        if entry.enabled:
            made.append((entry.name, maker.settings(entry)))
        else:
            maker.disabled(entry)
    return made
