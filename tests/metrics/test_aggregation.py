from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.aggregation import LABEL_SETS, NAMES, Aggregator
from monitoring.metrics.cell import OTHER, Cell, Kind

AT = 1_700_000_041.5
entries = st.tuples(
    st.sampled_from(Kind),
    st.sampled_from(["a", "a.b", "c"]),
    st.floats(0, 1e9),
    st.sampled_from([None, {}, {"x": "1"}, {"x": 1}, {"x": "1", "y": "2"}, {"y": "2", "x": "1"}]),
    st.floats(AT, AT + 300),
    st.none(),
)


class Told:
    """An aggregator, and what it says."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        self.warnings: list[dict[str, Any]] = []
        self.aggregator = Aggregator(lambda reason: self.dropped.update([reason]), self._warn)

    def _warn(self, message: str, **fields: Any) -> None:
        self.warnings.append({"message": message, **fields})

    def count(self, name: Any, value: Any = 1, tags: Any = None, kind: Kind = Kind.COUNTER) -> list[Cell]:
        return self.aggregator.cells([(kind, name, value, tags, AT, None)])


@given(st.lists(st.lists(entries, max_size=40), max_size=5))
def test_count_and_sum_are_kept_over_any_number_of_flushes(flushes: list[list[Any]]) -> None:
    aggregator = Aggregator(pytest.fail, pytest.fail)
    cells = [cell for batch in flushes for cell in aggregator.cells(batch)]
    given_values = sorted((kind, name, value) for batch in flushes for kind, name, value, *_ in batch)
    kept = sorted((cell.series.kind, cell.series.name, value) for cell in cells for value in cell.values)
    assert kept == given_values


@given(st.lists(entries, min_size=1, max_size=40))
def test_a_batch_has_one_cell_for_each_series_and_minute(batch: list[Any]) -> None:
    cells = Aggregator(pytest.fail, pytest.fail).cells(batch)
    assert len({(cell.series, cell.minute) for cell in cells}) == len(cells)
    for cell in cells:
        assert cell.minute % 60 == 0 and cell.minute <= cell.last_at < cell.minute + 60


def test_the_order_of_tags_and_the_type_of_their_values_do_not_matter() -> None:
    batch = [(Kind.GAUGE, "a", 1, tags, AT, None) for tags in ({"x": 1, "y": "2"}, {"y": 2, "x": "1"})]
    (cell,) = Told().aggregator.cells(batch)
    assert cell.series.tags == (("x", "1"), ("y", "2")) and cell.values == [1.0, 1.0]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "not_finite"),
        (float("inf"), "not_finite"),
        (10**400, "not_finite"),
        (Decimal("sNaN"), "not_finite"),
        ("3", "not_a_number"),
        (None, "not_a_number"),
        ([1], "not_a_number"),
        (1j, "not_a_number"),
        (-1, "negative"),
        (-0.001, "negative"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_the_reason(value: Any, reason: str) -> None:
    told = Told()
    assert told.count("a", value) == []
    assert told.dropped == {reason: 1}


@pytest.mark.parametrize("value", [0, 2, True, Decimal("1.5"), Fraction(1, 2)])
def test_any_real_number_is_taken(value: Any) -> None:
    assert Told().count("a", value)[0].values == [float(value)]


def test_only_a_counter_never_goes_down() -> None:
    assert Told().count("a", -5, kind=Kind.GAUGE)[0].values == [-5.0]


@pytest.mark.parametrize("name", ["", None, 7, b"a", "a\nb", "a\x00", "\ud800", "x" * 201, ["a"]])
def test_a_name_must_be_one(name: Any) -> None:
    told = Told()
    assert told.count(name) == []
    assert told.dropped == {"name": 1}


class Grumpy:
    def __str__(self) -> str:
        raise RuntimeError("not in this mood")


@pytest.mark.parametrize("tags", ["text", [1], 5, {"x": Grumpy()}, {Grumpy(): "x"}])
def test_tags_that_cannot_be_read_are_refused(tags: Any) -> None:
    told = Told()
    told.aggregator.cells([(Kind.COUNTER, "a", 1, tags, AT, None), (Kind.COUNTER, "b", 1, None, AT, None)])
    assert told.dropped == {"tags": 1}


def test_labels_are_bounded_in_length_and_number() -> None:
    (cell,) = Told().count("a", tags={f"{n:0200}": "v" * 200 + "\ud800" for n in range(30)})
    assert all(len(key) <= 100 and len(value) <= 100 for key, value in cell.series.tags)
    (cell,) = Told().count("a", tags={f"k{n}": n for n in range(30)})
    assert len(cell.series.tags) == 16


def test_half_a_character_becomes_a_question_mark() -> None:
    assert Told().count("a", tags={"x": "a\ud800"})[0].series.tags == (("x", "a?"),)


def test_label_sets_beyond_the_limit_fold_into_one_and_it_says_so_once() -> None:
    told = Told()
    batch = [(Kind.COUNTER, "a", 1, {"user": n}, AT, None) for n in range(LABEL_SETS + 50)]
    cells = told.aggregator.cells(batch)
    assert len(cells) == LABEL_SETS + 1
    assert [len(cell.values) for cell in cells if cell.series.tags == OTHER] == [50]
    assert [warning["metric"] for warning in told.warnings] == ["a"]
    assert told.aggregator.cells(batch)[-1].series.tags == OTHER and len(told.warnings) == 1


def test_the_limit_is_each_metrics_own_and_spares_what_has_no_tags() -> None:
    told = Told()
    told.aggregator.cells([(Kind.COUNTER, "a", 1, {"user": n}, AT, None) for n in range(LABEL_SETS + 1)])
    assert told.count("a")[0].series.tags == ()
    assert told.count("b", tags={"user": 1})[0].series.tags == (("user", "1"),)


def test_metrics_beyond_the_limit_are_refused() -> None:
    told = Told()
    cells = told.aggregator.cells([(Kind.COUNTER, f"metric.{n}", 1, None, AT, None) for n in range(NAMES + 5)])
    assert len(cells) == NAMES and told.dropped == {"names": 5}


@given(st.lists(st.tuples(entries, st.booleans()), max_size=40))
def test_what_is_counted_besides_is_as_if_it_were_recorded_apart(batch: list[tuple[Any, bool]]) -> None:
    together = [(*entry[:5], "hits" if counted else None) for entry, counted in batch]
    apart = [entry for entry, _ in batch]
    apart += [(Kind.COUNTER, "hits", 1, entry[3], entry[4], None) for entry, counted in batch if counted]
    cells = [Aggregator(pytest.fail, pytest.fail).cells(each) for each in (together, apart)]
    assert len({len(each) for each in cells}) == 1
    assert {(cell.series, cell.minute, *cell.values) for cell in cells[0]} == {
        (cell.series, cell.minute, *cell.values) for cell in cells[1]
    }


@pytest.mark.parametrize("counter", ["", "x" * 201, "a\nb"])
def test_a_counter_that_is_refused_leaves_no_empty_cell(counter: str) -> None:
    told = Told()
    assert told.aggregator.cells([(Kind.HISTOGRAM, "a", 1, None, AT, counter)]) == []
    assert told.dropped == {"name": 1}


@pytest.mark.parametrize("tags", [("abc",), (1, 2), ((1, 2),), (("a", []),)])
def test_pairs_that_are_none_are_refused(tags: Any) -> None:
    told = Told()
    assert (told.count("a", tags=tags), told.dropped) == ([], {"tags": 1})


def test_a_kind_is_found_by_its_value() -> None:
    assert all({kind: 1}[kind.value] for kind in Kind)  # type: ignore[index]
