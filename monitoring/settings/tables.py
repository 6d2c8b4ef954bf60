"""The tables of `status.toml`, decoded field by field, so that all faults come at once."""

from collections.abc import Collection, Iterator, Mapping
from math import isfinite
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import fields

from monitoring.settings.expectations import expectation, nearest
from monitoring.settings.faults import Fault
from monitoring.settings.kinds import carries_secret, carries_url, decode_hook
from monitoring.settings.masks import is_secret_key, shown, shown_key
from monitoring.settings.references import faults_in, names_in, replaced


class Judged(Protocol):
    """A struct that tells what is wrong with its decoded fields."""

    __struct_fields__: ClassVar[tuple[str, ...]]
    __struct_encode_fields__: ClassVar[tuple[str, ...]]

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what was expected)."""
        ...  # pragma: no cover


S = TypeVar("S", bound=Judged)
_BLANKS = {str: "", int: 1, float: 1.0}


class Decoder:
    """Decodes tables and gathers what is wrong with them.

    `place` is the text before a key in a fault, such as `status.toml: page.`. `concealed` gathers the values of
    variables that sound secret and came in by a `${NAME}`.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[Fault] = []
        self.concealed: set[str] = set()

    def fault(self, key: str, expected: str, value: str | None = None) -> None:
        """Note a fault."""
        self.faults.append(Fault(key, value, expected))

    def table(self, raw: Any, key: str) -> dict[str, Any] | None:
        """Return `raw` where it is a table; otherwise None, and a fault."""
        if isinstance(raw, dict):
            return raw
        self.fault(key, "a table", _scalar(raw))
        return None

    def tables(self, raw: Any, key: str, header: str) -> list[Any]:
        """Return `raw` where it is an array; otherwise none, and a fault that shows the tables' header."""
        if isinstance(raw, list):
            return raw
        self.fault(key, f"an array of tables, {header}", _scalar(raw))
        return []

    def known_keys(self, table: dict[str, Any], known: Collection[str], place: str) -> None:
        """Note a fault for each key of the table that is not known; its value is not shown, whatever it is."""
        for key in table:
            if key not in known:
                near = nearest(key, known)
                expected = f"a known key; the nearest is {near}" if near else "a known key: " + ", ".join(known)
                self.fault(place + shown_key(key), expected)

    def struct_fields(self, kind: type[Any], table: dict[str, Any], place: str) -> dict[str, Any]:
        """Return the table's sound fields, decoded as `kind` has them; what it does not know is left alone."""
        known = {field.encode_name: field for field in fields(kind)}
        wanted = {key: raw for key, raw in table.items() if key in known}
        decoded = {known[key].name: self.value(raw, known[key].type, place + key) for key, raw in wanted.items()}
        return {name: value for name, value in decoded.items() if value is not msgspec.UNSET}

    def struct(self, kind: type[S], table: dict[str, Any], place: str) -> S:
        """Return the whole table as a struct, judged; a stand-in, good for finding more, where faults were noted."""
        self.known_keys(table, kind.__struct_encode_fields__, place)
        values = self.struct_fields(kind, table, place)
        self.required(kind, table, place)
        struct = kind(**blanks(kind, values), **values)
        self.judge(struct, table, place)
        return struct

    def value(self, raw: Any, kind: Any, key: str) -> Any:
        """Return `raw` with its references replaced, decoded as `kind`; UNSET where a fault was noted."""
        wrong = list(faults_in(raw, self.environ))
        if not wrong:
            self._conceal(names_in(raw))
            try:
                return _convert(replaced(raw, self.environ), kind, strict=not names_in(raw))
            except _UnsuitableError as unsuitable:
                wrong = [str(unsuitable)]
        for expected in wrong:
            self.fault(key, expected, written(raw, kind))
        return msgspec.UNSET

    def required(self, kind: type[Any], present: Collection[str], place: str, or_else: str = "") -> None:
        """Note a fault for each field of `kind` that has no default and is not present; `or_else` ends the fault."""
        for field in fields(kind):
            if field.required and field.encode_name not in present:
                self.fault(place + field.encode_name, f"{expectation(field.type)}; it is required{or_else}")

    def judge(self, struct: Judged, table: dict[str, Any], place: str) -> None:
        """Note what the struct says of its own fields, but not of those that had a fault before."""
        kinds = {field.encode_name: field.type for field in fields(struct)}  # type: ignore[arg-type]  # every Judged is a Struct
        noted = {fault.key for fault in self.faults}
        for key, expected in struct.faults():
            if place + key not in noted:
                value = written(table[key], kinds.get(key, str)) if key in table else None
                self.fault(place + key, expected, value)

    def _conceal(self, names: set[str]) -> None:
        self.concealed |= {self.environ[name] for name in names if is_secret_key(name)}


class _UnsuitableError(ValueError):
    """A value is not of the type; the message says what was expected."""


def _convert(value: Any, kind: Any, strict: bool) -> Any:
    """Return the value decoded; not strict: text that came from the environment may stand for a number."""
    _refuse_unusable(value)
    try:
        decoded = msgspec.convert(value, kind, dec_hook=decode_hook, strict=strict)
    except msgspec.ValidationError as wrong:
        from_hook = isinstance(wrong.__cause__, ValueError)
        raise _UnsuitableError(str(wrong).split(" - at `")[0] if from_hook else expectation(kind)) from None
    _refuse_unusable(decoded)
    return decoded


def blanks(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stand-ins for the required fields of `kind` that `values` lacks; None for one that has none."""
    return {field.name: _blank(field.type) for field in fields(kind) if field.required and field.name not in values}


def _blank(kind: Any) -> Any:
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return () if get_origin(plain) is tuple else _BLANKS.get(plain)


def written(raw: Any, kind: Any) -> str | None:
    """Return a value as it was written, references and all; None where the kind is secret, addresses masked."""
    return None if carries_secret(kind) else shown(raw, address=carries_url(kind))


def _scalar(raw: Any) -> str | None:
    """Return a value that stands where a table should; of an array or a table, which may hold anything, nothing."""
    return None if isinstance(raw, list | dict) else shown(raw)


def _refuse_unusable(value: Any) -> None:
    """Refuse what TOML, or a variable's text, allows and nothing here can use: nan, infinities, more than 64 bits."""
    if isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            _refuse_unusable(item)
    elif isinstance(value, float) and not isfinite(value):
        raise _UnsuitableError("a finite number")
    elif isinstance(value, int) and value.bit_length() > 63:
        raise _UnsuitableError("a number of at most 64 bits")
