"""The words of the machine: plain, and nothing in them that names a host or an error. Bodies are Markdown."""

import re
from collections.abc import Sequence

from monitoring.clock import duration, utc
from monitoring.status import Cause, Status
from monitoring.store.transitions import Transition

LONGEST_TITLE = 200
_CAUSES = {
    Cause.TIMEOUT: "it does not answer in time",
    Cause.REFUSED: "it refuses connections",
    Cause.DNS: "its name cannot be resolved",
    Cause.TLS: "its certificate or its encryption is at fault",
    Cause.STATUS: "it answers with an error",
    Cause.CONTENT: "it does not answer as expected",
    Cause.AUTH: "it denies access",
    Cause.UNKNOWN: "the cause is not known yet",
}
_STATES = {Status.DEGRADED: "slow or impaired", Status.UNHEALTHY: "down"}
_MEANT = re.compile(r"[\\`*_\[\]<>&]|^[#+~-]")
_NUMBERED = re.compile(r"^(\d+)([.)])")
_LISTED = 3


def title(titles: Sequence[str], statuses: Sequence[Status], over: bool = False) -> str:
    """Return how the checks of these titles are, or were once it is over; the first is named first."""
    words = {_STATES[status] for status in statuses}
    state = words.pop() if len(words) == 1 else "down or impaired"
    one, several = ("was", "were") if over else ("is", "are")
    if len(titles) == 1:
        return _cut(f"{titles[0]} {one} {state}")
    others = titles[1] if len(titles) == 2 else f"{len(titles) - 1} others"
    return _cut(f"{titles[0]} and {others} {several} {state}")


def opened(first: Transition, title: str, others: Sequence[str]) -> str:
    """Return the first update: what began when and why, and the titles of what is affected with it."""
    with_it = f" {_subject(others)} affected too." if others else ""
    return f"Since {_time(first.at)} {plain(title)} is {_STATES[first.status]}{_because(first)}.{with_it}"


def joined(transition: Transition, title: str, others: Sequence[str]) -> str:
    """Return that more checks fell."""
    if others:
        return f"{_subject((title, *others))} affected too."
    return f"{plain(title)} is {_STATES[transition.status]} too, since {_time(transition.at)}{_because(transition)}."


def again(transition: Transition, title: str, others: Sequence[str]) -> str:
    """Return that what seemed to be over is not."""
    with_it = f" {_subject(others)} affected too." if others else ""
    state = f"{_STATES[transition.status]} again, since {_time(transition.at)}{_because(transition)}"
    return f"{plain(title)} is {state}.{with_it}"


def worsened(transition: Transition, title: str) -> str:
    """Return that a check that was degraded is down."""
    return f"{plain(title)} is {_STATES[transition.status]} since {_time(transition.at)}{_because(transition)}."


def back(titles: Sequence[str], seconds: float) -> str:
    """Return that the checks of these titles are well again, and how long it lasted."""
    return f"{_subject(titles)} back. It lasted {duration(seconds)}."


def plain(text: str) -> str:
    """Return text as it stands in Markdown: on one line, and nothing in it means anything."""
    return _NUMBERED.sub(r"\1\\\2", _MEANT.sub(r"\\\g<0>", " ".join(text.split())))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1]}…"


def _subject(titles: Sequence[str]) -> str:
    """Return up to three titles and the number of the others, with their verb."""
    named, rest = [plain(each) for each in titles[:_LISTED]], len(titles) - _LISTED
    if rest > 0:
        named.append(f"{rest} other{'s' if rest > 1 else ''}")
    if len(named) == 1:
        return f"{named[0]} is"
    return f"{', '.join(named[:-1])} and {named[-1]} are"


def _because(transition: Transition) -> str:
    """Return why, of a closed set; of what is only slow, nothing unless it is known."""
    if transition.cause is None and transition.status is Status.DEGRADED:
        return ""
    return f": {_CAUSES[transition.cause or Cause.UNKNOWN]}"


def _time(at: float) -> str:
    return f"{utc(at):%H:%M} UTC"
