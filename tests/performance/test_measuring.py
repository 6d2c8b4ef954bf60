import asyncio
import inspect
from contextlib import suppress

import pytest

from tests.performance.conftest import stats


def test_it_measures_a_block(timed, name):
    with timed.measure(name):
        pass
    assert stats(name).count == 1


def test_it_measures_a_block_that_fails_and_lets_the_error_through(timed, name):
    error = KeyError("gone")
    with pytest.raises(KeyError) as raised, timed.measure(name):
        raise error
    assert raised.value is error
    assert stats(name).count == 1


def test_it_measures_a_function(timed, name):
    @timed.measure(name)
    def double(number, *, times=2):
        """Say it."""
        return number * times

    assert double(4, times=3) == 12
    assert (double.__name__, double.__doc__) == ("double", "Say it.")
    assert stats(name).count == 1


def test_it_names_a_function_by_itself(timed):
    class Shop:
        @timed.measure()
        def pay(self):
            return self

    shop = Shop()
    assert shop.pay() is shop
    assert stats(f"{__name__}.{Shop.__qualname__}.pay").count == 1


def test_it_measures_calls_within_calls(timed, name):
    @timed.measure(name)
    def countdown(number):
        return countdown(number - 1) if number else "done"

    assert countdown(4) == "done"
    assert stats(name).count == 5


def test_it_measures_a_coroutine_until_it_returns(timed, name):
    @timed.measure(name)
    async def nap():
        await asyncio.sleep(0.02)
        return "rested"

    assert inspect.iscoroutinefunction(nap)
    assert asyncio.run(nap()) == "rested"
    assert stats(name).min >= 20


def test_it_measures_coroutines_that_overlap_each_apart(timed, name):
    @timed.measure(name)
    async def nap(seconds):
        await asyncio.sleep(seconds)

    async def both():
        await asyncio.gather(nap(0.01), nap(0.05))

    asyncio.run(both())
    found = stats(name)
    assert (found.count, found.min < 45 <= found.max) == (2, True)


def test_it_measures_a_cancelled_coroutine_and_cancels_it(timed, name):
    @timed.measure(name)
    async def nap():
        await asyncio.Event().wait()

    async def cancel():
        task = asyncio.ensure_future(nap())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert stats(name).count == 1


def test_it_measures_a_generator_to_its_end(timed, name):
    @timed.measure(name)
    def letters():
        got = yield "a"
        with suppress(KeyError):
            yield got
        return "end"

    def consume():
        return (yield from outer)

    outer = letters()
    assert stats(name).count == 0
    assert next(outer) == "a"
    assert outer.send("b") == "b"
    with pytest.raises(StopIteration) as stopped:
        outer.throw(KeyError())
    assert stopped.value.value == "end"
    assert stats(name).count == 1


def test_it_measures_a_generator_that_is_closed(timed, name):
    closed = []

    @timed.measure(name)
    def letters():
        try:
            yield "a"
        finally:
            closed.append(True)

    generator = letters()
    next(generator)
    generator.close()
    assert (stats(name).count, closed) == (1, [True])


def test_it_measures_an_async_generator_through_send_and_throw(timed, name):
    @timed.measure(name)
    async def letters():
        got = yield "a"
        try:
            yield got
        except KeyError:
            yield "caught"

    async def consume():
        outer = letters()
        seen = [await anext(outer), await outer.asend("b"), await outer.athrow(KeyError())]
        return seen + [rest async for rest in outer]

    assert asyncio.run(consume()) == ["a", "b", "caught"]
    assert stats(name).count == 1


def test_it_measures_an_async_generator_that_is_closed(timed, name):
    closed = []

    @timed.measure(name)
    async def letters():
        try:
            yield "a"
        finally:
            closed.append(True)

    async def consume():
        outer = letters()
        await anext(outer)
        await outer.aclose()

    asyncio.run(consume())
    assert (stats(name).count, closed) == (1, [True])


def test_an_error_of_an_async_generator_passes_through(timed, name):
    @timed.measure(name)
    async def failing():
        yield 1
        raise KeyError("gone")

    async def consume():
        return [each async for each in failing()]

    with pytest.raises(KeyError, match="gone"):
        asyncio.run(consume())
    assert stats(name).count == 1


def test_it_measures_an_operation_given_as_a_function(timed, name):
    async def answer():
        return 42

    assert timed.measure_sync(name, lambda: 41, {"user": 1}) == 41
    assert asyncio.run(timed.measure_async(name, answer)) == 42
    assert stats(name).count == 2
