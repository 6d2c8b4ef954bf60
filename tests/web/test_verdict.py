"""The whole in one sentence while something is being worked on."""

from monitoring.status import Status
from monitoring.web.verdict import broken_checks, verdict
from tests.web.samples import check, overview

DOWN, DEGRADED, UNKNOWN = Status.UNHEALTHY, Status.DEGRADED, Status.UNKNOWN


def worked_on(name="search", status=DOWN, **given):
    return check(name, status, in_maintenance=True, **given)


def told(*checks, **given):
    said = verdict(overview(*checks, **given))
    return said.sentence, said.look


def test_maintenance_is_said_where_that_is_all_there_is():
    assert told(worked_on()) == ("Maintenance in progress", "maintenance")
    assert told(worked_on(), check("mail")) == (
        *("Maintenance in progress on Search; all other systems operational", "maintenance"),
    )
    assert told(worked_on(), worked_on("a"), check("mail"))[0] == (
        "Maintenance in progress on 2 systems; all other systems operational"
    )


def test_what_is_broken_besides_is_said_first():
    assert told(worked_on(), check("mail", DOWN)) == ("Mail is down", "unhealthy")
    assert told(worked_on(), check("mail", DEGRADED)) == ("Mail is degraded", "degraded")


def test_what_fails_for_what_is_being_worked_on_is_still_broken():
    assert told(worked_on(), check("mail", DOWN, blamed_on="Search"))[0] == "Mail is down"


def test_nothing_is_said_to_work_that_nobody_has_looked_at():
    assert told(worked_on(), check("mail", UNKNOWN))[0] == (
        "Maintenance in progress on Search; nothing else has been observed lately"
    )
    assert told(worked_on(), check("mail", UNKNOWN), check("api"))[0] == (
        "Maintenance in progress on Search; 1 of the 2 other systems has not been observed lately"
    )
    assert told(worked_on(), check(), check("vault", UNKNOWN, public=False))[0] == (
        "Maintenance in progress on Search; all other listed systems operational"
    )


def test_a_check_in_maintenance_is_not_missed_where_its_state_is_not_known():
    assert told(worked_on(status=UNKNOWN), check("mail"))[0] == (
        "Maintenance in progress on Search; all other systems operational"
    )


def test_a_private_check_in_maintenance_is_told_without_its_name():
    assert told(check(), worked_on("vault", public=False)) == (
        *("All listed systems operational; a system not listed here is in maintenance", "healthy"),
    )
    assert told(worked_on("vault", public=False)) == ("Maintenance in progress", "maintenance")


def test_a_private_failure_is_told_during_maintenance():
    assert told(worked_on(), check("mail"), check("vault", DOWN, public=False)) == (
        *("A system not listed here is down", "unhealthy"),
    )


def test_what_is_being_worked_on_is_not_broken():
    assert [each.settings.name for each in broken_checks([worked_on(), check("mail", DOWN)])] == ["mail"]
