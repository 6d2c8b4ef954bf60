"""What people read when something breaks and when it is mended. Pure."""

from collections import Counter
from collections.abc import Sequence

from monitoring import clock
from monitoring.alerts.channel import Links
from monitoring.alerts.message import Message
from monitoring.logs.redaction import redact_text
from monitoring.status import CAUSE_WORDS, Cause, Status
from monitoring.store.alerts import Event

STATUS_PAGE, ACKNOWLEDGE = "Status page", "Acknowledge"
CALM = "Its state keeps changing. Nothing more is said until it has been calm for 30 minutes."
TEST = "This is a test of the channel. Nothing is wrong."
ERROR_LETTERS = 300
SHORT_ERROR_LETTERS = 100
MOST_AFFECTED = 20

_UNITS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
_STATES = {Status.UNHEALTHY: "down", Status.DEGRADED: "degraded"}
_KINDS = {
    # what is wrong, what it is called in a digest, and how it is said that it is over
    "spike": ("{member} errors come in a spike", "error spike", "The spike of {member} errors is over"),
    "slow": ("{member} has become slow", "slow operation", "{member} is fast again"),
    "leader": ("The leader has changed", "leader change", "The leader is steady again"),
    "budget": (
        "The budget of {member} is {state}",
        "budget alert",
        "The budget of {member} is kept again",
    ),
}
_COLORS = {
    Status.UNHEALTHY: "#c93a26",
    Status.DEGRADED: "#e0a030",
    Status.HEALTHY: "#26734f",
    Status.UNKNOWN: "#5b6673",
}
_BUDGET_STATES = {Status.UNHEALTHY: "spent", Status.DEGRADED: "nearly spent"}


def duration(seconds: float) -> str:
    """Return seconds in their two largest units, such as `4 min 12 s`."""
    whole = int(seconds)
    for size, unit, smaller, small_unit in _UNITS:
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {small_unit}" if rest else f"{whole // size} {unit}"
    return f"{whole} s" if whole else "under 1 s"


def moment(at: float, until: float) -> str:
    """Return `at` to the second as one says it at `until`: `12:03:10`, on another day `22 Nov 12:03:10`."""
    then = clock.utc(at)
    day = "" if then.date() == clock.utc(until).date() else f"{then.day} {then:%b} "
    return f"{day}{then:%H:%M:%S}"


def subject(message: Message) -> str:
    """Return the message in one line, such as `Redis is down: connection refused, since 12:03:10 UTC (40 s)`."""
    if message.labelled_test:
        return f"TEST: {_named(message)}, {moment(message.at, message.at)} UTC"
    return _over(message) if message.event is Event.RESOLVE else _wrong(message)


def thread(message: Message) -> str:
    """Return a line that is the same for all messages about one outage, for what sorts them by their subject."""
    if message.labelled_test:
        return subject(message)
    began = clock.utc(message.began_at)
    kind, member = _kind(message)
    what = f"{member}: {_KINDS[kind][1]}" if kind else f"{_named(message)}: outage"
    return f"{what} since {began:%H:%M:%S} UTC, {began.day} {began:%b %Y}"


def details(message: Message) -> list[str]:
    """Return what there is to say besides the subject, a sentence or two a line."""
    error = _error(message, ERROR_LETTERS)
    lines = [TEST] if message.labelled_test else []
    lines += [CALM] if message.flapping else []
    lines += [f"It said: {error}"] if error and _status(message).severity > 0 else []
    lines += [f"Also down with it: {_listed(message.affects)}."] if message.affects else []
    lines += [f"Group: {line(message.group)}"] if message.group else []
    lines += [f"Correlation ID: {message.correlation_id}"] if message.correlation_id else []
    return lines


def links(message: Message, made: Links) -> list[tuple[str, str]]:
    """Return (what to call it, address) of the pages that a message leads to; what is over is not acknowledged."""
    page = made.page(message)
    acknowledge = None if message.event is Event.RESOLVE else made.acknowledge(message)
    pairs = ((STATUS_PAGE, page), (ACKNOWLEDGE, acknowledge))
    return [(words, address) for words, address in pairs if address is not None]


def digest(messages: Sequence[Message]) -> str:
    """Return several messages in one line, such as `7 alerts: 5 down, 2 back`."""
    counted = Counter(_sort(message) for message in messages)
    parts = [f"{count} {_plural(sort, count)}" for sort, count in counted.most_common()]
    return f"{len(messages)} alerts: {', '.join(parts)}"


def color(messages: Sequence[Message]) -> str:
    """Return the colour (`#rrggbb`) of the worst that is told."""
    worst = max((_status(message) for message in messages), key=lambda status: status.severity)
    return _COLORS[worst]


def _status(message: Message) -> Status:
    over = message.event is Event.RESOLVE and message.status is not Status.UNKNOWN
    return Status.HEALTHY if over else message.status


def _wrong(message: Message) -> str:
    since = f"since {moment(message.began_at, message.at)} UTC"
    if message.flapping:
        return f"{_named(message)} is flapping: its state keeps changing, {since}"
    cause = message.cause or Cause.UNKNOWN
    why = _error(message, SHORT_ERROR_LETTERS) if cause is Cause.UNKNOWN else CAUSE_WORDS[cause]
    # The first message about an outage is its trigger.
    number = f", reminder {max(1, message.number - 1)}" if message.event is Event.REMINDER else ""
    return f"{_state(message)}{': ' + why if why else ''}, {since} ({duration(message.seconds)}{number})"


def _over(message: Message) -> str:
    end = message.ended_at if message.ended_at is not None else message.at
    span = f"{moment(message.began_at, end)} – {moment(end, end)} UTC"  # noqa: RUF001 - a span has a dash
    if message.seconds == 0:  # who says so does not know when it began
        return f"{_end(message)} ({moment(end, end)} UTC)"
    return f"{_end(message)} after {duration(message.seconds)} ({span})"


def _end(message: Message) -> str:
    kind, member = _kind(message)
    if message.status is Status.UNKNOWN:  # its check was removed: whether it is well, nobody knows
        return f"{_named(message)} is no longer watched"
    return _KINDS[kind][2].format(member=member) if kind else f"{_named(message)} is back"


def _state(message: Message) -> str:
    kind, member = _kind(message)
    if kind:
        return _KINDS[kind][0].format(member=member, state=_BUDGET_STATES.get(message.status, message.status.value))
    return f"{_named(message)} is {_STATES.get(message.status, message.status.value)}"


def _kind(message: Message) -> tuple[str, str]:
    """Return what kind of thing it is about and its name; an empty kind for a check."""
    kind, slash, member = message.check.partition("/")
    return (kind, line(member)) if slash and kind in _KINDS else ("", message.check)


def _sort(message: Message) -> str:
    kind, _ = _kind(message)
    if message.event is Event.RESOLVE:
        return "no longer watched" if message.status is Status.UNKNOWN else "back"
    if message.flapping:
        return "flapping"
    return _KINDS[kind][1] if kind else _STATES.get(message.status, message.status.value)


def _plural(sort: str, count: int) -> str:
    nouns = {words[1] for words in _KINDS.values()}
    return f"{sort}s" if sort in nouns and count > 1 else sort


def _named(message: Message) -> str:
    return line(message.title or message.check)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(line(name) for name in names[:MOST_AFFECTED])
    rest = len(names) - MOST_AFFECTED
    return f"{shown} and {rest} more" if rest > 0 else shown


def _error(message: Message, letters: int) -> str:
    text = line(redact_text(message.error or ""))
    return text if len(text) <= letters else text[: letters - 1] + "…"


def line(text: str) -> str:
    """Return text on one line, without control letters: nothing that a check says can begin a line of its own."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
