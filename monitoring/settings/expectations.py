"""What a type expects, in words, and which known word is nearest to an unknown one."""

import difflib
import json
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import inspect


def expectation(kind: Any) -> str:
    """Return what a field of this type expects, such as `a whole number from 1 to 100`."""
    return _words(inspect.type_info(kind))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like `word`; None where none is like it."""
    matches = difflib.get_close_matches(word[:100], list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def choice(word: str, known: Iterable[str]) -> str:
    """Return words for "one of these": all of them, and the nearest one where there is one."""
    words = list(known)
    listed = "one of " + ", ".join(words) if words else "none"
    near = nearest(word, words)
    return f"{listed}; the nearest is {near}" if near else listed


def _words(kind: inspect.Type) -> str:
    describe = _DESCRIBED.get(type(kind))
    return describe(kind) if describe else "a table"


def _marked(kind: inspect.Metadata) -> str:
    return str((kind.extra_json_schema or {}).get("description") or _words(kind.type))


def _number(kind: inspect.IntType | inspect.FloatType) -> str:
    noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    bounds = (("from", kind.ge), ("over", kind.gt), ("to", kind.le), ("below", kind.lt))
    return " ".join([noun, *(f"{word} {bound:g}" for word, bound in bounds if bound is not None)])


def _text(kind: inspect.StrType) -> str:
    return "text" if kind.pattern is None else f"text that matches {kind.pattern}"


def _literal(kind: inspect.LiteralType) -> str:
    return "one of " + ", ".join(json.dumps(value) for value in sorted(kind.values, key=str))


def _union(kind: inspect.UnionType) -> str:
    return " or ".join(_words(part) for part in kind.types if not isinstance(part, inspect.NoneType))


def _mapping(kind: inspect.DictType) -> str:
    return f"a table, each value {_words(kind.value_type)}"


def _array(kind: inspect.VarTupleType | inspect.ListType) -> str:
    return f"an array, each item {_words(kind.item_type)}"


_DESCRIBED: dict[type[inspect.Type], Callable[[Any], str]] = {
    inspect.Metadata: _marked,
    inspect.BoolType: lambda _: "true or false",
    inspect.IntType: _number,
    inspect.FloatType: _number,
    inspect.StrType: _text,
    inspect.LiteralType: _literal,
    inspect.UnionType: _union,
    inspect.CustomType: lambda _: 'a duration such as "30s" or "5m"',
    inspect.DictType: _mapping,
    inspect.VarTupleType: _array,
    inspect.ListType: _array,
}
