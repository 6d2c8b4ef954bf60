"""Made-up values for the pages: a clock that stands still and checks with any history."""

from random import Random

import msgspec

from monitoring.maintenance import Maintenance, Window
from monitoring.overview.views import CheckView, History, Month, Outage, Overview, Span
from monitoring.settings.checks import CheckSettings
from monitoring.status import Cause, Status, worst_of
from monitoring.store.incidents import Affected, Impact, Incident, Stage, Update

NOW = 1795435390.0
"""2026-11-23 12:03:10 UTC."""
DAY = 86400
TODAY = int(NOW // DAY * DAY)
STYLESHEET = "/static/daymark.css"


class Link(msgspec.Struct, frozen=True):
    title: str
    url: str


class Page(msgspec.Struct, frozen=True):
    title: str = "Lightship"
    url: str = ""
    description: str = ""
    links: tuple[Link, ...] = ()


def span(start=TODAY - DAY, observed=float(DAY), **figures):
    return Span(start=start, observed_seconds=observed, **figures)


def empty_days(count=90):
    return tuple(Span(start=TODAY - DAY * (count - 1 - index)) for index in range(count))


def full_days(seed=0, trouble=0.04):
    random = Random(seed)
    base = random.uniform(0.004, 0.3)
    return tuple(_day(random, base, TODAY - DAY * (89 - index), trouble) for index in range(90))


def _day(random, base, start, trouble):
    length = min(float(DAY), NOW - start)
    troubled = random.random() < trouble
    down = length * random.choice((0.0007, 0.004, 0.02, 0.2)) if troubled else 0.0
    degraded = length * random.choice((0.01, 0.1, 0.3)) if random.random() < trouble else 0.0
    observed = length * (random.uniform(0.4, 0.9) if random.random() < trouble / 4 else random.uniform(0.99, 1))
    return _with_latency(random, base, Span(start, observed, min(degraded, observed / 2), min(down, observed / 2)))


def _with_latency(random, base, empty):
    p50 = base * random.uniform(0.9, 1.2)
    p95 = p50 * random.uniform(1.5, 2.4)
    return msgspec.structs.replace(empty, p50=p50, p95=p95, p99=p95 * random.uniform(1.1, 1.8))


def hours(seed=0, count=24):
    random = Random(seed)
    base, last = random.uniform(0.004, 0.3), int(NOW // 3600 * 3600)
    starts = (last - 3600 * (count - 1 - index) for index in range(count))
    return tuple(_with_latency(random, base, Span(start, 3600.0)) for start in starts)


def check(name="search", status=Status.HEALTHY, *, days=None, seed=0, **given):
    fields = {key: given.pop(key) for key in ("title", "group", "public", "impact", "description") if key in given}
    settings = CheckSettings(name=name, type="http", **fields)
    days = full_days(seed) if days is None else days
    observed = sum(each.observed_seconds for each in days)
    down = sum(each.down_seconds for each in days)
    figures = {
        "since": NOW - 40 * DAY,
        "hours": hours(seed)
        if observed
        else tuple(Span(start=int(NOW // 3600 - 23 + hour) * 3600) for hour in range(24)),
        "uptime": 1 - down / observed if observed else None,
        "coverage": min(1.0, observed / (NOW - next((d.start for d in days if d.observed_seconds), 0))),
        "p50": 0.012 if observed else None,
        "p95": 0.04 if observed else None,
    }
    return CheckView(settings=settings, status=status, days=days, **{**figures, **given})


def overview(*checks, status=None, **given):
    if status is None:
        counted = (c for c in checks if not c.in_maintenance)
        status = worst_of(min(c.status, Status(c.settings.impact), key=lambda s: s.severity) for c in counted)
    return Overview(**{"version": 7, "status": status, "checks": checks, "data_at": NOW, "judged_at": NOW, **given})


def outage(name="search", began=NOW - 7200, lasted=2520.0, **given):
    fields = {"title": name.capitalize(), "worst": Status.UNHEALTHY, "cause": Cause.TIMEOUT, "error": "secret canary"}
    ended = None if lasted is None else began + lasted
    return Outage(check=name, started_at=began, ended_at=ended, **{**fields, **given})


def work(starts_at=NOW - 600, seconds=7200.0, **given):
    fields = {"id": "a1b2c3d4e5f6", "title": "Move the disks", "created_at": NOW - DAY, "created_by": "ada"}
    return Maintenance(starts_at=starts_at, seconds=seconds, updated_at=NOW - DAY, **{**fields, **given})


def window(starts_at=NOW - 600, seconds=7200.0, **given):
    planned = work(starts_at, seconds, **given)
    return Window(f"w{starts_at:.0f}", planned, starts_at, starts_at + seconds)


def incident(**given):
    fields = {
        **{"id": "i1i2i3i4i5i6", "title": "Searches fail", "stage": Stage.INVESTIGATING, "impact": Impact.MAJOR},
        **{"started_at": NOW - 2520, "created_at": NOW - 2400, "updated_at": NOW - 600},
        "updates": (Update(id="u1", stage=Stage.INVESTIGATING, body="We are **looking** into it.", at=NOW - 600),),
        "checks": (Affected(check="search", status=Status.UNHEALTHY, began_at=NOW - 2520),),
    }
    return Incident(**{**fields, **given})


def month_of(outages=(), **given):
    fields = {"name": "2026-11", "months": ("2026-11", "2026-10"), "observed": True}
    return Month(**{**fields, "outages": tuple(outages), **given})


_FLEET = """API:Website,Search,Sign-in,Checkout,Image resizing|Data:Database,Redis,Object store,Search index,Backups|
Partners:OpenAI,Mail,Payments,Maps,Text messages|Network:DNS,CDN,Certificates,Egress,Disk space"""


def fleet(kind="mixed"):
    """Return 20 checks in 4 groups: `healthy`, `unknown`, `mixed`, or `worked` on."""
    pairs = [(g.split(":")[0].strip(), t) for g in _FLEET.split("|") for t in g.split(":")[1].split(",")]
    checks = [_member(index, group, title, kind) for index, (group, title) in enumerate(pairs)]
    told = {"incidents": (incident(),), "windows": _AGENDA[1:]} if kind == "mixed" else {}
    told = {"windows": _AGENDA} if kind == "worked" else told
    return overview(*checks, made_up=kind == "mixed", data_at=None if kind == "unknown" else NOW, **told)


_AGENDA = (
    window(groups=("Data",), body="Searches may be *old*.\n\n- disks\n- cables"),
    window(
        *(TODAY + 5 * DAY + 7200, 5400.0),
        **{"id": "b1b2b3b4b5b6", "title": "Renew certificates", "checks": ("website", "cdn")},
        body="Connections are cut **once**.",
    ),
    window(TODAY + 6 * DAY + 3600 * 23, 7200.0, id="c1c2c3c4c5c6", title="Weekly restart", rrule="FREQ=WEEKLY"),
    window(TODAY + 13 * DAY + 3600 * 23, 7200.0, id="c1c2c3c4c5c6", title="Weekly restart", rrule="FREQ=WEEKLY"),
)


def _worked_on(seed):
    """Return 90 days with one wholly in maintenance, an hour of it on each Sunday, and some of it today."""
    given = list(full_days(seed))
    given[-1] = msgspec.structs.replace(given[-1], observed_seconds=NOW - TODAY - 600, maintenance_seconds=600.0)
    given[-3] = Span(given[-3].start, maintenance_seconds=float(DAY))
    for day in range(5, 90, 7):
        given[-day] = msgspec.structs.replace(
            given[-day], observed_seconds=given[-day].observed_seconds - 3600, maintenance_seconds=3600.0
        )
    return tuple(given)


def _broken_today(seed, down):
    return (*full_days(seed)[:-1], _with_latency(Random(seed), 0.1, Span(TODAY, NOW - TODAY, 0.0, down)))


def _member(index, group, title, kind):
    special = {
        "Search": {
            "days": _broken_today(index, 2500),
            "status": Status.UNHEALTHY,
            "since": NOW - 2500,
            "cause": Cause.TIMEOUT,
            "blamed_on": "Search index",
        },
        "Search index": {
            "days": _broken_today(index, 2520),
            "status": Status.UNHEALTHY,
            "since": NOW - 2520,
            "cause": Cause.REFUSED,
        },
        "OpenAI": {"status": Status.DEGRADED, "since": NOW - 2 * DAY, "cause": Cause.STATUS, "impact": "degraded"},
        "Maps": {"status": Status.UNKNOWN, "days": empty_days()},
        "Backups": {"days": empty_days()[:70] + full_days(index)[70:]},
    }
    given = special.get(title, {}) if kind == "mixed" else {}
    if kind == "worked" and group == "Data":
        down = Status.UNHEALTHY if title == "Redis" else Status.HEALTHY
        given = {"in_maintenance": True, "days": _worked_on(index), "p50": 0.02, "p95": 0.05, "status": down}
    if kind == "unknown":
        given = {"status": Status.UNKNOWN, "days": empty_days(), "since": None}
    if "days" not in given:
        given |= {"p50": 0.012 * (index + 1), "p95": 0.031 * (index + 1)}
    return check(title.lower().replace(" ", "-"), title=title, group=group, seed=index, **given)


def history(view, outages=()):
    return History(check=view, week=hours(3, 168), outages=tuple(outages))
