import pytest

from monitoring.performance.thresholds import Thresholds


@pytest.mark.parametrize(
    ("name", "milliseconds"),
    [
        ("api.request", 1000),
        ("db.query", 100),
        ("file.upload", 5000),
        ("file.processing", 30000),
        ("search.query", 2000),
        ("embedding.generation", 500),
    ],
)
def test_it_knows_the_thresholds_of_the_specification(name, milliseconds):
    assert Thresholds().of(name) == milliseconds


def test_it_covers_what_continues_a_name_after_a_dot():
    assert Thresholds().of("db.query.users.by_id") == 100


def test_it_does_not_cover_what_only_begins_alike():
    assert Thresholds().of("db.queryplan") is None


def test_it_takes_the_longest_prefix():
    thresholds = Thresholds()
    thresholds.set("db.query.report", 7000)
    assert thresholds.of("db.query.report.monthly") == 7000
    assert thresholds.of("db.query.users") == 100


def test_it_knows_nothing_of_others():
    assert Thresholds().of("mail") is None
    assert Thresholds().of("") is None


@pytest.mark.parametrize("milliseconds", [0, -1, float("nan"), float("inf")])
def test_it_refuses_a_threshold_that_is_no_time(milliseconds):
    with pytest.raises(ValueError, match="above 0"):
        Thresholds().set("mail", milliseconds)


def test_it_refuses_a_threshold_without_a_name():
    with pytest.raises(ValueError, match="a name"):
        Thresholds().set("", 5)
