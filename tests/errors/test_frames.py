import importlib
import json

import requests

from monitoring import correlation
from monitoring.errors.frames import innermost_own
from monitoring.performance import performance


def _of(function, *given):
    try:
        function(*given)
    except Exception as error:  # noqa: BLE001 - each test raises another
        return innermost_own(error)
    raise AssertionError("it did not fail")


def _parse(text):
    return json.loads(text)


def test_it_finds_the_own_frame_above_the_standard_library():
    frame = _of(_parse, "{")
    assert (frame.module, frame.function) == (__name__, "_parse")
    assert frame.words.startswith("tests/errors/test_frames.py:")
    assert frame.words.endswith(" in _parse")


def test_it_finds_the_own_frame_above_a_package():
    def fetch():
        requests.get("nonsense://", timeout=1)

    assert _of(fetch).function.endswith("fetch")


def test_it_is_not_taken_in_by_the_session_that_carries_the_id():
    def fetch():
        correlation.session().get("http://127.0.0.1:1/")

    assert _of(fetch).function.endswith("fetch")


def test_it_is_not_taken_in_by_a_timer():
    def measured():
        performance.measure("parse")(json.loads)("{")

    assert _of(measured).function.endswith("measured")


def test_a_frame_is_the_method_with_its_class():
    class Till:
        def pay(self):
            raise KeyError("no coin")

    assert _of(Till().pay).function.endswith("Till.pay")


def test_it_looks_at_the_cause_where_the_error_itself_has_no_own_frame():
    def caused():
        try:
            _parse("{")
        except ValueError as error:
            wrapper = RuntimeError("wrapped")
            wrapper.__cause__ = error
            return wrapper

    assert innermost_own(caused()).function == "_parse"


def test_it_takes_any_frame_rather_than_none():
    try:
        importlib.import_module("no.such.module")
    except ImportError as error:
        error.__traceback__ = error.__traceback__.tb_next  # without ours
        assert innermost_own(error).words


def test_an_error_never_raised_has_no_frame():
    assert innermost_own(ValueError()) is None


def test_a_circle_of_causes_ends():
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert innermost_own(first) is None
