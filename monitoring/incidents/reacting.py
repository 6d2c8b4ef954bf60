"""What the leader makes of confirmed outages: incidents are opened, joined, opened again and resolved."""

from collections.abc import Iterable, Iterator, Sequence

from monitoring.incidents.story import Story
from monitoring.incidents.watched import Watched
from monitoring.store import incidents
from monitoring.store.database import Connection
from monitoring.store.incidents import Affected, Impact, Incident, Stage, new_id
from monitoring.store.transitions import Transition

JOIN_SECONDS = 120.0
"""What falls so soon after (or before) an incident began belongs to it."""
REOPEN_SECONDS = 900.0
"""What falls again so soon after its incident was resolved opens that one again."""


def react(connection: Connection, transitions: Sequence[Transition], watched: Watched, now: float) -> bool:
    """Write into incidents what the transitions of a batch make of them; return whether anything was written.

    In the leader's own transaction, whose first statement locks the lease: nobody else writes meanwhile. Given again,
    the same transitions change nothing. For outages that outlast a maintenance they may be given again with a later
    `confirmed_at`: planned work is looked for at that time.
    """
    news = sorted((each for each in transitions if each.check in watched.subjects), key=lambda each: each.confirmed_at)
    if not news:
        return False
    since = min(each.at for each in news) - REOPEN_SECONDS
    changed = reacted(incidents.involving(connection, {each.check for each in news}, since), news, watched, now)
    for incident in changed:
        incidents.save(connection, incident)
    return bool(changed)


def reacted(standing: Iterable[Incident], news: Iterable[Transition], watched: Watched, now: float) -> list[Incident]:
    """Return the incidents that are new or other than they were, after transitions in the order of their
    confirmation. `standing` are those that more can be said of, newest first. Pure.
    """
    stories = [Story(incident, watched, now) for incident in standing]
    for transition in news:
        _take(stories, transition, watched, now)
    for story in stories:
        story.tell()
    return [story.incident for story in stories if story.changed]


def _take(stories: list[Story], transition: Transition, watched: Watched, now: float) -> None:
    """Tell one change into the story it belongs to. What is older than what is known of its check is no news."""
    story, known = _last_outage(stories, transition.check)
    broken = transition.status.severity > 0
    if story is None or known is None or (known.ended_at is not None and transition.at >= known.ended_at):
        if broken:
            _fall(stories, transition, watched, now)
    elif known.ended_at is None and transition.at >= (known.began_at or 0.0):
        story.worsen(transition) if broken else story.end(transition)


def _last_outage(stories: Iterable[Story], check: str) -> tuple[Story | None, Affected | None]:
    """Return what is known of the last outage of a check, and where it is told."""
    found = ((story, story.affected(check)) for story in stories)
    outages = [(story, known) for story, known in found if known is not None and known.began_at is not None]
    return max(outages, key=lambda pair: pair[1].began_at or 0.0, default=(None, None))


def _fall(stories: list[Story], transition: Transition, watched: Watched, now: float) -> None:
    """Tell the beginning of an outage where it belongs, unless strangers may not see it or it was planned."""
    if not watched.subjects[transition.check].public or watched.planned(transition.check, transition.confirmed_at):
        return
    story = next(_homes(stories, transition, watched), None)
    if story is None:
        story = Story(_opened(transition, now), watched, now)
        stories.insert(0, story)
    story.fall(transition)


def _homes(stories: Sequence[Story], transition: Transition, watched: Watched) -> Iterator[Story]:
    """Yield the incidents that an outage belongs to, the nearest first: one that names its check, one of what it
    depends on, one that began with it, one that was resolved too soon.
    """
    check, ancestors = transition.check, watched.ancestors(transition.check)
    lasting = [story for story in stories if not story.resolved]
    yield from (story for story in lasting if story.affected(check))
    yield from (story for story in lasting if story.lasting & ancestors)
    yield from (story for story in lasting if _began_with(story.incident, transition))
    yield from (story for story in stories if story.resolved and not story.touched and _is_back(story, transition))


def _began_with(incident: Incident, transition: Transition) -> bool:
    return incident.opened_by is None and abs(transition.at - incident.started_at) <= JOIN_SECONDS


def _is_back(story: Story, transition: Transition) -> bool:
    known = story.affected(transition.check)
    return known is not None and known.ended_at is not None and transition.at - known.ended_at <= REOPEN_SECONDS


def _opened(transition: Transition, now: float) -> Incident:
    """Return an incident about which nothing has been said yet."""
    return Incident(
        id=new_id(),
        title="",
        stage=Stage.INVESTIGATING,
        impact=Impact.NONE,
        started_at=transition.at,
        created_at=now,
        updated_at=now,
    )
