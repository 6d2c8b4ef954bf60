import msgspec
import pytest

from monitoring.status import Cause, Status
from monitoring.web import wording
from monitoring.web.verdict import verdict
from tests.web.samples import DAY, NOW, check, empty_days, fleet, full_days, outage, overview, window

DOWN, DEGRADED, UNKNOWN = Status.UNHEALTHY, Status.DEGRADED, Status.UNKNOWN


def sentence(*checks, **given):
    return verdict(overview(*checks, **given)).sentence


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "100 %"),
        (0.9999999999, "99.99 %"),
        (0.99995, "99.99 %"),
        (0.9995, "99.95 %"),
        (0.29, "29.00 %"),
        (0.0, "0.00 %"),
    ],
)
def test_it_never_rounds_a_share_up(share, words):
    assert wording.percent(share) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.3, "under 1 s"),
        (42, "42 s"),
        (150, "2 min 30 s"),
        (2500, "41 min"),
        (3900, "1 h 5 min"),
        (7200, "2 h"),
        (93600, "1 d 2 h"),
    ],
)
def test_it_says_durations_in_two_units(seconds, words):
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "no data"), (0.0008, "0.8 ms"), (0.0124, "12 ms"), (0.9994, "999 ms"), (0.9996, "1.00 s"), (2.5, "2.50 s")],
)
def test_it_says_latencies_in_a_fitting_unit(seconds, words):
    assert wording.latency(seconds) == words


def test_it_says_the_day_only_where_it_is_another():
    assert wording.moment(NOW - 60, NOW) == "12:02 UTC"
    assert wording.moment(NOW - DAY, NOW) == "22 Nov, 12:03 UTC"


def test_it_names_every_status_and_every_cause():
    assert set(wording.STATE_WORDS) == set(Status)
    assert set(wording.CAUSE_WORDS) == set(Cause)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, ""),
        (60, "more than 1 minute old"),
        (61, "more than 1 minute old"),
        (200, "more than 2 minutes old"),
        (4000, "more than 1 hour old"),
        (200_000, "more than 2 days old"),
        (-5, ""),
    ],
)
def test_it_says_how_old_the_data_is_in_steps(seconds, words):
    assert wording.age(overview(check(), judged_at=NOW + seconds)) == words


def test_it_speaks_up_to_the_newest_result():
    assert wording.present(overview(check(), judged_at=NOW + 500)) == NOW
    assert wording.present(overview(data_at=None)) == NOW


def test_the_uptime_is_labelled_with_its_span_and_coverage():
    view = msgspec.structs.replace(check(days=full_days()), uptime=0.9995, coverage=0.98799)
    assert wording.uptime(view) == "99.95 % uptime over 90 days, 98.7 % observed"


def test_the_uptime_of_a_young_check_does_not_claim_90_days():
    young = msgspec.structs.replace(check(days=empty_days()[:87] + full_days()[87:]), uptime=1.0, coverage=1.0)
    assert wording.uptime(young) == "100 % uptime over 3 days, 100 % observed"
    newborn = msgspec.structs.replace(young, days=empty_days()[:89] + full_days()[89:])
    assert wording.uptime(newborn) == "100 % uptime today, 100 % observed"


def test_a_check_that_nobody_observed_has_no_uptime():
    assert wording.uptime(check(days=empty_days())) == "No data over 90 days"


def test_it_blames_the_check_that_is_the_cause():
    broken = check(status=DOWN, cause=Cause.TIMEOUT, blamed_on="Database")
    whole = overview(broken, check("database", DOWN))
    assert wording.reason(broken, whole) == "no answer in time, because Database is down"


def test_it_does_not_name_a_private_check_as_the_cause():
    broken = check(status=DOWN, blamed_on="Vault")
    whole = overview(broken, check("vault", DEGRADED, public=False))
    assert wording.reason(broken, whole) == "because a system not listed here is degraded"


def test_what_depends_on_something_in_maintenance_says_so():
    broken = check(status=DOWN, blamed_on="Database")
    whole = overview(broken, check("database", DOWN, in_maintenance=True))
    assert wording.reason(broken, whole) == "because Database is in maintenance"


def test_how_a_check_in_maintenance_is_counts_for_nothing():
    worked_on = check(status=DOWN, in_maintenance=True, since=NOW - 60)
    assert (wording.look(worked_on), wording.state(worked_on)) == ("maintenance", "In maintenance")
    assert wording.state_since(worked_on, NOW) == "In maintenance"
    assert wording.summary(worked_on).startswith("in maintenance; ")


def test_a_window_names_the_day_of_its_end_only_where_it_is_another():
    assert wording.window_moments(window(NOW, 3600.0)) == ("Mon 23 Nov 2026, 12:03", "13:03 UTC")
    assert wording.window_moments(window(NOW, float(DAY))) == ("Mon 23 Nov 2026, 12:03", "24 Nov, 12:03 UTC")


def test_it_tells_an_outage_without_its_error():
    assert wording.outage_story(outage(), NOW) == "Down for 42 min, 10:03 to 10:45 UTC: no answer in time"
    assert wording.outage_story(outage(lasted=None), NOW) == "Down for 2 h so far, since 10:03 UTC: no answer in time"


def test_all_is_well_only_where_all_was_seen():
    assert sentence(check(), check("mail")) == "All systems operational"
    assert sentence(check(), check("mail", UNKNOWN)) == (
        "All observed systems operational; Mail has not been observed lately"
    )
    assert sentence(check(), check("a", UNKNOWN), check("b", UNKNOWN)) == (
        "All observed systems operational; 2 of 3 have not been observed lately"
    )


def test_an_unobserved_private_check_is_not_passed_over():
    assert sentence(check(), check("vault", UNKNOWN, public=False)) == (
        "All listed systems operational; a system not listed here has not been observed lately"
    )


def test_it_says_so_when_it_cannot_tell():
    assert sentence(check(status=UNKNOWN)) == "We cannot tell: nothing has been observed lately"
    assert sentence(check(status=UNKNOWN), data_at=None) == "We cannot tell yet: nothing has been observed so far"
    assert sentence(data_at=None) == "Nothing is being watched yet"


def test_a_healthy_private_check_does_not_turn_unseen_public_ones_green():
    said = verdict(overview(check(status=UNKNOWN), check("vault", public=False)))
    assert said.status is UNKNOWN
    assert said.sentence == "We cannot tell: no system listed here has been observed lately"


def test_it_names_one_and_counts_more():
    assert sentence(check(status=DOWN), check("mail")) == "Search is down"
    assert sentence(check(status=DEGRADED), check("mail", DEGRADED)) == "2 systems are degraded"
    assert sentence(check(status=DOWN), check("mail", DEGRADED)) == "Search is down and Mail is degraded"


def test_it_names_the_cause_and_counts_what_depends_on_it():
    children = [check(name, DOWN, blamed_on="Database") for name in ("a", "b")]
    assert sentence(check("database", DOWN), children[0]) == "Database is down; 1 system that depends on it is affected"
    assert sentence(check("database", DOWN), *children) == "Database is down; 2 systems that depend on it are affected"


def test_checks_that_blame_each_other_are_still_told():
    ring = [check("a", DOWN, title="A", blamed_on="B"), check("b", DOWN, title="B", blamed_on="A")]
    assert sentence(*ring) == "2 systems are down"


def test_a_private_failure_is_told_without_its_name():
    vault = check("vault", DOWN, public=False)
    assert sentence(check(), vault) == "A system not listed here is down"
    assert sentence(check(status=DEGRADED), vault) == "A system not listed here is down and Search is degraded"


def test_a_private_failure_that_changes_nothing_is_not_told():
    assert sentence(check(status=DOWN), check("vault", DOWN, public=False)) == "Search is down"


def test_a_check_of_small_impact_degrades_the_whole():
    said = verdict(overview(check(status=DOWN, impact="degraded")))
    assert (said.sentence, said.status) == ("Search is down", DEGRADED)


def test_the_summary_of_a_check_says_status_uptime_and_speed():
    assert wording.summary(fleet("healthy").checks[0]).startswith("operational; 99.")
    assert wording.summary(fleet("healthy").checks[0]).endswith("; answers in 12 ms")
