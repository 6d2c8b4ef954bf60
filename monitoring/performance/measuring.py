"""`measure(name)`: one object that is a context manager, and a decorator for whatever can be called."""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from types import TracebackType
from typing import Any, TypeVar, cast

from monitoring import clock

F = TypeVar("F", bound=Callable[..., Any])
Record = Callable[[str, float, Mapping[str, Any] | None], object]
"""Takes a name, milliseconds and metadata."""


class Measurement:
    """The time between entering and leaving, also where an error ends it.

    As a decorator it measures each call apart: a coroutine until it returns, a generator from its first step to its
    end, which includes what its consumer does in between.
    """

    __slots__ = ("_began", "_metadata", "_name", "_record")

    def __init__(self, record: Record, name: str | None, metadata: Mapping[str, Any] | None) -> None:
        self._record, self._name, self._metadata = record, name, metadata
        self._began = 0.0

    def __enter__(self) -> "Measurement":
        self._began = clock.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        self._record(self._name or "unnamed", (clock.monotonic() - self._began) * 1000, self._metadata)

    def __call__(self, function: F) -> F:
        """Return `function` measured; without a name of its own the measurement takes the function's."""
        name = self._name or ".".join(getattr(function, part, "unnamed") for part in ("__module__", "__qualname__"))
        measured = functools.partial(Measurement, self._record, name, self._metadata)
        return cast(F, functools.wraps(function)(_wrapper_of(function)(function, measured)))


Make = Callable[[], Measurement]


def _wrapper_of(function: Callable[..., Any]) -> Callable[[Callable[..., Any], Make], Callable[..., Any]]:
    if inspect.isasyncgenfunction(function):
        return _async_generator
    if inspect.iscoroutinefunction(function):
        return _coroutine
    return _generator if inspect.isgeneratorfunction(function) else _plain


def _plain(function: Callable[..., Any], measured: Make) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        with measured():
            return function(*given, **named)

    return call


def _coroutine(function: Callable[..., Any], measured: Make) -> Callable[..., Any]:
    async def call(*given: Any, **named: Any) -> Any:
        with measured():
            return await function(*given, **named)

    return call


def _generator(function: Callable[..., Any], measured: Make) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Generator[Any, Any, Any]:
        with measured():
            return (yield from function(*given, **named))

    return call


def _async_generator(function: Callable[..., Any], measured: Make) -> Callable[..., Any]:
    async def call(*given: Any, **named: Any) -> AsyncGenerator[Any, Any]:
        inner = function(*given, **named)
        resume: Callable[[], Any] = inner.__anext__
        with measured():
            while True:
                try:
                    value = await resume()
                except StopAsyncIteration:
                    return
                # What is sent and thrown at the outer one is the inner one's affair, as with `yield from`.
                try:
                    resume = functools.partial(inner.asend, (yield value))
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - handed on as it is
                    resume = functools.partial(inner.athrow, error)

    return call
