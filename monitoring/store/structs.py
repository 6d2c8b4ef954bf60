"""Rows as structs: enumerations and None as the struct's fields have them."""

from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

StructT = TypeVar("StructT", bound=msgspec.Struct)


def load(connection: Connection, query: sa.Select[Any], kind: type[StructT]) -> list[StructT]:
    """Return a query's rows, whose columns come in the order of the struct's fields."""
    names = kind.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), kind) for row in connection.execute(query)]
