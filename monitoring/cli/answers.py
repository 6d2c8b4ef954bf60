"""What every command says of a store that does not answer, of input that cannot be used, and of its user."""

import getpass
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from monitoring.logs.redaction import redact_text
from monitoring.store.database import Connection, Database, StoreError


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """Yield a connection that reads; the command ends with a plain sentence where the store is away."""
    try:
        with database.read() as connection:
            yield connection
    except StoreError as error:
        sys.exit(f"The store cannot be read: {in_one_line(error)}")


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """Yield a connection that writes; the command ends with a plain sentence where the store is away."""
    try:
        with database.write() as connection:
            yield connection
    except StoreError as error:
        sys.exit(f"The store cannot be written to: {in_one_line(error)}")


def refused(faults: Iterable[tuple[str, str]]) -> None:
    """End the command with every fault (key, what was expected), if there is one."""
    said = [f"{key}: expected {expected}" for key, expected in faults]
    if said:
        raise click.UsageError("; ".join(said))


def in_one_line(error: Exception) -> str:
    """Return the driver's own words without those that SQLAlchemy adds."""
    return " ".join(redact_text(str(getattr(error, "orig", None) or error)).split())


def somebody() -> str:
    """Return the user of the shell; a container may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "the command line"
