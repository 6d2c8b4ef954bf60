"""Rows as structs: enumerations and None as the struct's fields have them."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

StructT = TypeVar("StructT", bound=msgspec.Struct)


def load(connection: Connection, query: sa.Executable, kind: type[StructT]) -> list[StructT]:
    """Return a query's rows, whose columns come in the order of the struct's fields."""
    return [struct(row, kind) for row in connection.execute(query)]


def struct(row: Sequence[Any], kind: type[StructT]) -> StructT:
    """Return one row, whose columns come in the order of the struct's fields."""
    return msgspec.convert(dict(zip(kind.__struct_fields__, row, strict=True)), kind)
