"""The verdict: the whole in one sentence, true also where something private or unobserved is part of it."""

from collections.abc import Sequence

import msgspec

from monitoring.overview.views import CheckView, Overview
from monitoring.status import Status
from monitoring.web.wording import MAINTENANCE, UNLISTED, plain_state


class Verdict(msgspec.Struct, frozen=True):
    """The whole in one sentence, and its status, checks in maintenance left out."""

    sentence: str
    status: Status
    in_maintenance: bool = False

    @property
    def look(self) -> str:
        """Return the name of its icon and colours: the status, or `maintenance` where that is all there is."""
        return MAINTENANCE if self.in_maintenance else self.status.value


def public_checks(overview: Overview) -> tuple[CheckView, ...]:
    """Return the checks that strangers may see, in their order."""
    return tuple(check for check in overview.checks if check.settings.public)


def broken_checks(checks: Sequence[CheckView]) -> list[CheckView]:
    """Return those that are known not to be healthy, the worst first, then the longest broken; none in maintenance."""
    broken = [check for check in checks if check.status.severity > 0 and not check.in_maintenance]
    return sorted(broken, key=lambda check: (-check.status.severity, check.since or 0.0))


def verdict(overview: Overview) -> Verdict:
    """Return what a reader wants to know first.

    Green is said only where something public was seen: where none of it was, the status is unknown.
    """
    listed = public_checks(overview)
    public = [check for check in listed if not check.in_maintenance]
    unseen = [check for check in public if check.status is Status.UNKNOWN]
    if overview.status.severity > 0:
        return Verdict(_broken_sentence(overview, broken_checks(public)), overview.status)
    if len(public) < len(listed) or (overview.checks and all(check.in_maintenance for check in overview.checks)):
        worked_on = [check for check in listed if check.in_maintenance]
        return Verdict(_maintenance_sentence(overview, worked_on, public, unseen), overview.status, in_maintenance=True)
    if overview.status is Status.UNKNOWN:
        return Verdict(_nothing_known(overview), Status.UNKNOWN)
    if public and len(unseen) == len(public):
        return Verdict("We cannot tell: no system listed here has been observed lately", Status.UNKNOWN)
    return Verdict(_healthy_sentence(overview, public, unseen), overview.status)


def _nothing_known(overview: Overview) -> str:
    if not overview.checks:
        return "Nothing is being watched yet"
    if overview.data_at is None:
        return "We cannot tell yet: nothing has been observed so far"
    return "We cannot tell: nothing has been observed lately"


def _maintenance_sentence(
    overview: Overview, worked_on: Sequence[CheckView], others: Sequence[CheckView], unseen: Sequence[CheckView]
) -> str:
    if not others:
        return "Maintenance in progress"
    subject = worked_on[0].settings.title if len(worked_on) == 1 else f"{len(worked_on)} systems"
    if len(unseen) == len(others):
        rest = "nothing else has been observed lately"
    elif unseen:
        rest = f"{len(unseen)} of the {len(others)} other systems {_have(unseen)} not been observed lately"
    else:
        rest = "all other listed systems operational" if _hides_unknown(overview) else "all other systems operational"
    return f"Maintenance in progress on {subject}; {rest}"


def _have(those: Sequence[CheckView]) -> str:
    return "has" if len(those) == 1 else "have"


def _hides_unknown(overview: Overview) -> bool:
    """Return whether there is a check of which nothing is known, other than for maintenance."""
    return any(check.status is Status.UNKNOWN and not check.in_maintenance for check in overview.checks)


def _healthy_sentence(overview: Overview, public: Sequence[CheckView], unseen: Sequence[CheckView]) -> str:
    if len(unseen) == 1:
        return f"All observed systems operational; {unseen[0].settings.title} has not been observed lately"
    if unseen:
        return f"All observed systems operational; {len(unseen)} of {len(public)} have not been observed lately"
    if _hides_unknown(overview):
        return f"All listed systems operational; {UNLISTED} has not been observed lately"
    if any(check.in_maintenance for check in overview.checks):
        return f"All listed systems operational; {UNLISTED} is in maintenance"
    return "All systems operational"


def _broken_sentence(overview: Overview, broken: Sequence[CheckView]) -> str:
    titles = {check.settings.title for check in broken}
    roots = [check for check in broken if check.blamed_on not in titles] or broken
    phrases = [_phrase(roots, status) for status in (Status.UNHEALTHY, Status.DEGRADED)]
    # What the listed checks do not explain is a private one's doing.
    explained = max((_weight(check) for check in broken), default=0)
    if overview.status.severity > explained:
        phrases.insert(0, f"{UNLISTED} is {plain_state(overview.status)}")
    sentence = " and ".join(phrase for phrase in phrases if phrase)
    return sentence[:1].upper() + sentence[1:] + _followers(len(broken) - len(roots), len(roots))


def _weight(check: CheckView) -> int:
    """Return how much a check counts in the whole: its severity, at most its impact's."""
    return min(check.status.severity, Status(check.settings.impact).severity)


def _phrase(checks: Sequence[CheckView], status: Status) -> str:
    those = [check.settings.title for check in checks if check.status is status]
    if not those:
        return ""
    subject = f"{those[0]} is" if len(those) == 1 else f"{len(those)} systems are"
    return f"{subject} {plain_state(status)}"


def _followers(count: int, roots: int) -> str:
    if not count:
        return ""
    depend = f"depend{'s' if count == 1 else ''} on {'it' if roots == 1 else 'them'}"
    return f"; {count} {'system' if count == 1 else 'systems'} that {depend} {'is' if count == 1 else 'are'} affected"
