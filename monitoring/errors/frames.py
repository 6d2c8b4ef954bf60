"""Where in the application an error came from."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType, TracebackType

import msgspec

_INSTALLED = tuple(f"{os.sep}{folder}{os.sep}" for folder in ("site-packages", "dist-packages"))
_STDLIB = tuple({sysconfig.get_path(name).rstrip(os.sep) + os.sep for name in ("stdlib", "platstdlib")})
_ROOT = Path(__file__).parents[1]
# What only stands around others' code is never where an error comes from.
_AROUND = (str(_ROOT / "errors") + os.sep, str(_ROOT / "performance") + os.sep, str(_ROOT / "correlation.py"))
_CHAIN = 20


class Frame(msgspec.Struct, frozen=True):
    """A place in code; `words` are such as `shop/views.py:41 in pay`."""

    module: str
    function: str
    words: str


def innermost_own(error: BaseException) -> Frame | None:
    """Return the innermost frame of the application's own code, neither the standard library's nor a package's.

    It is looked for in the error itself, then in what caused it; where there is none, the innermost frame at all is
    taken, and None where the error was never raised.
    """
    for each in _chain(error):
        own = [at for at in _walk(each.__traceback__) if _is_own(at[0].f_code.co_filename)]
        if own:
            return _frame(*own[-1])
    for place in list(_walk(error.__traceback__))[-1:]:
        return _frame(*place)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    for _ in range(_CHAIN):  # a chain may be a circle
        if each is None:
            return
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def _walk(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _frame(frame: FrameType, line: int) -> Frame:
    code: CodeType = frame.f_code
    module = str(frame.f_globals.get("__name__", ""))
    return Frame(module, code.co_qualname, f"{_short(code.co_filename)}:{line} in {code.co_qualname}")


@lru_cache(maxsize=4096)
def _is_own(filename: str) -> bool:
    if filename.startswith("<") or filename.startswith(_AROUND):
        return False
    return not (filename.startswith(_STDLIB) or any(folder in filename for folder in _INSTALLED))


@lru_cache(maxsize=4096)
def _short(filename: str) -> str:
    """Return the file below the folder that it was imported from."""
    folders = sorted((str(Path(folder).absolute()) for folder in sys.path), key=len, reverse=True)
    for folder in folders:
        if filename.startswith(folder.rstrip(os.sep) + os.sep):
            return filename[len(folder.rstrip(os.sep)) + 1 :]
    return filename
