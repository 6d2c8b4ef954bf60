import pytest

from monitoring.errors.occurrence import MESSAGE_LENGTH, STACK_LENGTH, members_of, occurrence_of
from tests.errors.conftest import raised


def _occurrence(error):
    return occurrence_of(error, 1000.0, "request-7")


def _pay(kind, amount):
    if amount > 5:
        raise kind(f"too much: {amount}")
    raise kind(f"too little: {amount}")


def _failed(kind, amount):
    with pytest.raises(kind) as caught:
        _pay(kind, amount)
    return caught.value


def test_it_says_what_happened_where_and_when():
    occurrence = _occurrence(_failed(ValueError, 9))
    assert (occurrence.type, occurrence.message) == ("ValueError", "too much: 9")
    assert (occurrence.at, occurrence.correlation_id) == (1000.0, "request-7")
    assert occurrence.frame.startswith("tests/errors/test_occurrence.py:")
    assert occurrence.stack.rstrip().endswith("ValueError: too much: 9")


def test_errors_of_one_type_and_function_are_one_group_whatever_they_say():
    assert _occurrence(_failed(ValueError, 9)).fingerprint == _occurrence(_failed(ValueError, 1)).fingerprint


def test_another_type_or_another_function_is_another_group():
    known = _occurrence(_failed(ValueError, 9)).fingerprint
    assert _occurrence(_failed(KeyError, 9)).fingerprint != known
    assert _occurrence(raised(ValueError("too much: 9"))).fingerprint != known


def test_types_of_one_name_from_two_modules_are_two_groups():
    one, other = (type("Missing", (Exception,), {"__module__": module}) for module in ("shop", "bank"))
    assert _occurrence(_failed(one, 9)).fingerprint != _occurrence(_failed(other, 9)).fingerprint


def test_the_stack_tells_the_causes():
    try:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise RuntimeError("second") from error
    except RuntimeError as error:
        occurrence = _occurrence(error)
    assert occurrence.type == "RuntimeError"
    assert occurrence.stack.index("KeyError: 'first'") < occurrence.stack.index("RuntimeError: second")


def test_it_keeps_no_secret():
    occurrence = _occurrence(raised(ValueError("cannot reach postgres://shop:hunter22@db/shop")))
    assert "hunter22" not in repr(occurrence)
    assert "shop:***@db" in occurrence.message


def test_it_is_bounded():
    occurrence = _occurrence(raised(type("T" * 5000, (Exception,), {})("x" * 1_000_000)))
    assert len(occurrence.type) == 200
    assert len(occurrence.message) <= MESSAGE_LENGTH
    assert len(occurrence.stack) <= STACK_LENGTH


def test_it_survives_an_endless_recursion():
    def fall(number):
        return fall(number + 1) + 1

    with pytest.raises(RecursionError) as caught:
        fall(0)
    occurrence = _occurrence(caught.value)
    assert occurrence.frame.endswith("fall")
    assert len(occurrence.stack) <= STACK_LENGTH


def test_it_survives_an_error_that_cannot_be_told():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    occurrence = _occurrence(raised(Odd()))
    assert (occurrence.type, occurrence.message) == ("Odd", "")
    assert "Odd" in occurrence.stack


def test_the_members_of_a_group_are_its_leaves():
    leaves = [ValueError("a"), KeyError("b"), OSError("c")]
    group = ExceptionGroup("all", [leaves[0], ExceptionGroup("inner", leaves[1:])])
    assert members_of(group) == leaves
    assert members_of(leaves[0]) == [leaves[0]]


def test_a_huge_group_has_20_members():
    assert len(members_of(ExceptionGroup("all", [ValueError(str(n)) for n in range(100)]))) == 20
