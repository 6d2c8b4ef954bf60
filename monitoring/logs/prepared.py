"""A line that is written with every request: what all of its kind have in common is masked and encoded once.

To make such a line from its fields each time costs twice as much.
"""

import os
from collections.abc import Mapping
from functools import cache
from types import EllipsisType, NoneType
from typing import Any

from monitoring import clock, correlation
from monitoring.logs import direct
from monitoring.logs.formats import JsonFormatter, Plain, milliseconds_of, second, shown_text
from monitoring.logs.limit import LINE_BYTES, encode, encode_number
from monitoring.logs.logger import log
from monitoring.logs.redaction import redact_text
from monitoring.logs.secrets import is_number

_SHOWN = {str: shown_text, **dict.fromkeys((int, float, bool, NoneType), encode_number)}
_pid = cache(os.getpid)
os.register_at_fork(after_in_child=_pid.cache_clear)


class Prepared:
    """Lines of one level and message whose fields are the same, but for those whose value is `...`.

    What is written is what `log.write` would write.
    """

    def __init__(self, level: int, message: str, fields: Mapping[str, Plain | EllipsisType]) -> None:
        self._level, self._message, self._fields = level, message, fields
        self._form: tuple[JsonFormatter | None, str | None] = (None, None)

    def write(self, *values: Any) -> None:
        """Write a line at this moment, with these values for the fields that differ, in their order; never raises."""
        if not log.enabled(self._level):
            return
        listener = direct.only_listener()
        line = listener and self._line(listener[1], values)
        if listener and line:
            listener[0].put(self._level, line)
        else:
            given = iter(values)
            fields = {key: next(given) if value is ... else value for key, value in self._fields.items()}
            log.write(self._level, self._message, fields)

    def _line(self, formatter: JsonFormatter, values: tuple[Any, ...]) -> bytes | None:
        """Return the line, None where it takes more than putting values into a form."""
        made_by, form = self._form
        try:
            if made_by is not formatter:
                form = formatter.form(self._level, self._message, self._fields)
                self._form = (formatter, form)
            if form is None:
                return None
            at = milliseconds_of(clock.now())
            shown = [_SHOWN[type(value)](value) for value in values]
            line = (form % (second(at // 1000), at % 1000, _pid(), _shown_id(), *shown)).encode()
        except Exception:  # noqa: BLE001 - a value that is not plain, a lone surrogate: `log.write` takes anything
            return None
        return line if len(line) <= LINE_BYTES else None


def _shown_id() -> str:
    """Return the current correlation id as it stands in a line; most have nothing to mask and to escape."""
    given = correlation.current()
    return f'"{given}"' if given and is_number(given) else encode(given and redact_text(given))
