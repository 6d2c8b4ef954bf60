"""The file `status.toml`: found, read and parsed; its page and its connectivity."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import UNSET

from monitoring.settings.kinds import Duration
from monitoring.settings.masks import shown, shown_key
from monitoring.settings.structure import BudgetLimits, Connectivity, Link, Page
from monitoring.settings.tables import Decoder

KEYS = ("page", "connectivity", "budgets", "thresholds", "checks", "channels", "rules")
DEFAULT_NAME = "status.toml"

_MOST_BYTES = 4 * 1024 * 1024
_DEEPEST = 16


class Document:
    """What stands in the file; `path` is None where there is none. `label` names the file in faults."""

    def __init__(self, environ: Mapping[str, str], directory: Path, decoder: Decoder) -> None:
        self._decoder = decoder
        named = environ.get("STATUS_CONFIG", "").strip()
        self.label = shown_key(named) if named else DEFAULT_NAME
        self._named = named
        text = self._read(directory / (named or DEFAULT_NAME))
        self.path = None if text is None else directory / (named or DEFAULT_NAME)
        self.root = self._parsed(text or "")
        decoder.known_keys(self.root, KEYS, f"{self.label}: ")

    def page(self) -> Page:
        """Return the `[page]` table."""
        raw, place = self.root.get("page", {}), f"{self.label}: page"
        table = self._decoder.table(raw, place) or {}
        self._decoder.known_keys(table, Page.__struct_fields__, f"{place}.")
        own = {key: value for key, value in table.items() if key != "links"}
        page = Page(**self._decoder.struct_fields(Page, own, f"{place}."), links=self._links(table, place))
        self._decoder.judge(page, table, f"{place}.")
        return page

    def connectivity(self) -> Connectivity | None:
        """Return the `[connectivity]` table; None where there is none."""
        place = f"{self.label}: connectivity"
        if "connectivity" not in self.root:
            return None
        table = self._decoder.table(self.root["connectivity"], place)
        if table is None:
            return None
        return self._decoder.struct(Connectivity, table, f"{place}.")

    def budgets(self) -> dict[str, BudgetLimits]:
        """Return the `[budgets]` table: limits by provider."""
        place = f"{self.label}: budgets"
        budgets = {}
        for provider, raw in (self._decoder.table(self.root.get("budgets", {}), place) or {}).items():
            key = f"{place}.{shown_key(provider)}"
            table = self._decoder.table(raw, key)
            if table is not None:
                budgets[provider] = self._decoder.struct(BudgetLimits, table, f"{key}.")
        return budgets

    def thresholds(self) -> dict[str, Duration]:
        """Return the `[thresholds]` table: how long operations may take, by name or dotted prefix."""
        place = f"{self.label}: thresholds"
        table = self._decoder.table(self.root.get("thresholds", {}), place) or {}
        limits = {}
        for name, raw in table.items():
            limit = self._decoder.value(raw, Duration, f"{place}.{shown_key(name)}")
            if limit is not UNSET:
                limits[name] = limit
        return limits

    def tables(self, key: str) -> list[Any]:
        """Return the tables of an array of the file, such as `checks`, as written."""
        return self._decoder.tables(self.root.get(key, []), f"{self.label}: {key}", f"[[{key}]]")

    def _links(self, table: dict[str, Any], place: str) -> tuple[Link, ...]:
        links = []
        items = self._decoder.tables(table.get("links", []), f"{place}.links", "[[page.links]]")
        for position, raw in enumerate(items, start=1):
            key = f"{place}.links[{position}]"
            link = self._decoder.table(raw, key)
            if link is not None:
                links.append(self._decoder.struct(Link, link, f"{key}."))
        return tuple(links)

    def _read(self, path: Path) -> str | None:
        """Return the file's text; None where there is none, which is a fault unless nobody named it."""
        try:
            with path.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise OSError("it is larger than 4 MiB")
            return content.decode()
        except FileNotFoundError:
            if self._named:
                self._blame("a file that exists")
        except OSError as wrong:
            self._blame(f"a readable file: {wrong.strerror or wrong}")
        except UnicodeDecodeError as wrong:
            self._blame(f"text in UTF-8: byte {wrong.start} is not")
        return None

    def _parsed(self, text: str) -> dict[str, Any]:
        try:
            root = tomllib.loads(text)
        except (ValueError, RecursionError) as wrong:
            message = "nested too deep" if isinstance(wrong, RecursionError) else str(wrong)
            self._decoder.fault(self.label, f"TOML: {message}")
            return {}
        if _depth_exceeds(root, _DEEPEST):
            self._decoder.fault(self.label, f"values nested at most {_DEEPEST} deep")
            return {}
        return root

    def _blame(self, expected: str) -> None:
        if self._named:
            self._decoder.fault("STATUS_CONFIG", expected, shown(self._named))
        else:
            self._decoder.fault(DEFAULT_NAME, expected)


def _depth_exceeds(root: dict[str, Any], most: int) -> bool:
    """Return whether values are nested deeper than `most`; what walks them later may then recurse without care."""
    level: list[Any] = [root]
    for _ in range(most):
        containers = [item for item in level if isinstance(item, dict | list)]
        level = [value for item in containers for value in (item.values() if isinstance(item, dict) else item)]
    return any(isinstance(item, dict | list) for item in level)
