"""Writes TOML, for properties over arbitrary documents; the standard library only reads it."""

import json
from typing import Any


def written(document: dict[str, Any]) -> str:
    return "\n".join(f"{_key(key)} = {_value(value)}" for key, value in document.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return str(value.isoformat())


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)
