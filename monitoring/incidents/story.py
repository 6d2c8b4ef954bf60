"""One incident while a batch of changes is told into it. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from monitoring.incidents import words
from monitoring.incidents.watched import Watched
from monitoring.status import Status, worst_of
from monitoring.store.incidents import Affected, Impact, Incident, Stage, Update, new_id
from monitoring.store.transitions import Transition

MOST_UPDATES = 50
"""Of the machine in one incident: a check that keeps falling is told of so often, then only stage and times change."""
_IMPACTS = {Status.DEGRADED: Impact.MINOR, Status.UNHEALTHY: Impact.MAJOR}
_ORDER = list(Impact)


class Story:
    """An incident and what is still to be said in it. `changed` says whether it is to be written."""

    def __init__(self, incident: Incident, watched: Watched, now: float) -> None:
        self.incident = incident
        self.changed = False
        self._watched, self._now = watched, now
        self._fallen: list[Transition] = []
        self._again = False

    @property
    def touched(self) -> bool:
        """Return whether a person opened it or has written in it."""
        return self.incident.opened_by is not None or any(each.author is not None for each in self.incident.updates)

    @property
    def resolved(self) -> bool:
        """Return whether it is resolved."""
        return self.incident.stage is Stage.RESOLVED

    @property
    def lasting(self) -> set[str]:
        """Return the names of its checks whose outages have not ended, and of those that a person named."""
        return {each.check for each in self.incident.checks if each.ended_at is None}

    def affected(self, check: str) -> Affected | None:
        """Return what it says of a check."""
        return next((each for each in self.incident.checks if each.check == check), None)

    def fall(self, transition: Transition) -> None:
        """Take in the beginning of an outage; what was resolved is open again."""
        known = self.affected(transition.check)
        status = worst_of((transition.status, known.status)) if known else transition.status
        self._put(Affected(check=transition.check, status=status, began_at=transition.at))
        if self.incident.opened_by is None:
            self.incident = replace(self.incident, started_at=min(self.incident.started_at, transition.at))
        if self.resolved:
            self._again = True
            self.incident = replace(self.incident, stage=Stage.INVESTIGATING, resolved_at=None)
        self._fallen.append(transition)

    def worsen(self, transition: Transition) -> None:
        """Take in that an outage is another than it was; only what is worse is said."""
        known = self.affected(transition.check)
        if known is None or transition.status.severity <= known.status.severity:
            return
        self.tell()
        self._put(replace(known, status=transition.status))
        self._judge()
        self._say(words.worsened(transition, self._title(transition.check)), transition.confirmed_at)

    def end(self, transition: Transition) -> None:
        """Take in the end of an outage; with the last one the incident is over."""
        known = self.affected(transition.check)
        if known is None:
            return
        self.tell()
        self._put(replace(known, ended_at=transition.at))
        if all(each.ended_at is not None for each in self._outages()):
            self._resolve(transition)

    def tell(self) -> None:
        """Say what fell since it was last told."""
        fallen, self._fallen = self._fallen, []
        if not fallen:
            return
        self._judge()
        first, *others = self._causes_first(fallen)
        titles = [self._title(each.check) for each in others]
        tell = self._words(len(fallen))
        self._say(tell(first, self._title(first.check), titles), max(each.confirmed_at for each in fallen))

    def _words(self, fallen: int) -> Callable[[Transition, str, Sequence[str]], str]:
        """Return how it is said that checks fell: the first ones, again, or too."""
        if self._again:
            self._again = False
            return words.again
        return words.opened if len(self._outages()) == fallen else words.joined

    def _resolve(self, last: Transition) -> None:
        """Say that all is well, and resolve what the machine opened, unless somebody has."""
        since = next((each.at for each in self.incident.updates if each.stage is Stage.RESOLVED), 0.0)
        outages = [each for each in self._outages() if (each.ended_at or 0.0) > since] or self._outages()
        began, ended = min(each.began_at or 0.0 for each in outages), max(each.ended_at or 0.0 for each in outages)
        if self.incident.opened_by is None and not self.resolved:
            self.incident = replace(self.incident, stage=Stage.RESOLVED, resolved_at=ended)
            self._judge()
        titles = [self._title(name) for name in self._ordered([each.check for each in outages])]
        self._say(words.back(titles, ended - began), last.confirmed_at)

    def _outages(self) -> list[Affected]:
        """Return its outages, but those that last of checks that nobody asks any more: they would never end."""
        there = self._watched.subjects
        outages = (each for each in self.incident.checks if each.began_at is not None)
        return [each for each in outages if each.ended_at is not None or each.check in there]

    def _judge(self) -> None:
        """Give it the title and impact that its outages make, unless a person has a say in it; it is never less bad."""
        if self.touched:
            return
        outages = self._outages()
        names = self._ordered([each.check for each in outages])
        statuses = [each.status for each in outages]
        title = words.title([self._title(name) for name in names], statuses, over=self.resolved)
        impact = max(self.incident.impact, self._impact(outages), key=_ORDER.index)
        self.incident = replace(self.incident, title=title, impact=impact)

    def _impact(self, outages: Sequence[Affected]) -> Impact:
        subjects = self._watched.subjects
        known = [each for each in outages if each.check in subjects]
        worst = worst_of(subjects[each.check].weight(each.status) for each in known)
        down = {each.check for each in known if each.status is Status.UNHEALTHY and each.ended_at is None}
        if worst is Status.UNHEALTHY and self._watched.mostly_down(down):
            return Impact.CRITICAL
        return _IMPACTS.get(worst, Impact.MINOR)

    def _put(self, affected: Affected) -> None:
        others = [each for each in self.incident.checks if each.check != affected.check]
        self.incident = replace(self.incident, checks=(*others, affected), updated_at=self._now)
        self.changed = True

    def _say(self, body: str, confirmed_at: float) -> None:
        """Add an update, dated when it was known: after the one before, and never in the future."""
        updates = self.incident.updates
        if sum(each.author is None for each in updates) >= MOST_UPDATES:
            return
        at = following(updates, min(confirmed_at, self._now))
        update = Update(id=new_id(), stage=self.incident.stage, body=body, at=at)
        self.incident = replace(self.incident, updates=(update, *updates))

    def _title(self, check: str) -> str:
        subject = self._watched.subjects.get(check)
        return subject.title if subject else check

    def _causes_first(self, fallen: Sequence[Transition]) -> list[Transition]:
        by_name = {each.check: each for each in fallen}
        return [by_name[name] for name in self._ordered(list(by_name))]

    def _ordered(self, names: Sequence[str]) -> list[str]:
        """Return names, causes first: what most others depend on, then the worst, then what began first."""
        known = {each.check: each for each in self.incident.checks}
        below = {name: self._watched.ancestors(name) & set(names) for name in names}
        above = Counter(cause for causes in below.values() for cause in causes)

        def key(name: str) -> tuple[int, int, int, float, str]:
            each = known[name]
            return len(below[name]), -above[name], -each.status.severity, each.began_at or 0.0, name

        return sorted(names, key=key)


def following(updates: Sequence[Update], at: float) -> float:
    """Return `at`, or just after the newest update where that is later: their order is that of their times."""
    return max(at, updates[0].at + 0.001) if updates else at
