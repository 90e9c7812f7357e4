"""A room as it was at an earlier moment, from what is on record of it.

on record      how each connected leg was, between observations as the earlier one
               found it; the roster that counted; pauses; events
not on record  calls that had not connected, and phases
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from reconciler.engine.desired_room import Standing
from reconciler.model.event import Event
from reconciler.model.recorded_observation import Audience, LegInterval
from reconciler.model.roster import Member, Roster
from reconciler.operations.audibility_text import RoomAudibility
from reconciler.page.audience_graph import AudienceView, audience_view
from reconciler.page.room_view import declared_words
from reconciler.planning.audience import Audibility
from reconciler.store.queries.audit import EventFilter
from reconciler.store.queries.decisions import KINDS, pause_seconds
from reconciler.store.queries.revision_row import Revision
from reconciler.store.store import SqlStore

_STANDINGS = {kind: standing for standing, (kind, _) in KINDS.items()}


class PastPerson(Struct, frozen=True):
    """A member, or with ``listed`` False somebody whom the roster did not name."""

    label: str
    desired: tuple[str, ...]
    observed: tuple[str, ...]
    overheard: str
    listed: bool = True


class PastRoom(Struct, frozen=True):
    """What is on record of a room at ``at``, in Unix seconds.

    ``revision`` is the generation that counted, None before the first on record.
    """

    room: str
    at: float
    revision: Revision | None
    standing: Standing
    people: tuple[PastPerson, ...]
    audience: AudienceView

    @property
    def connected(self) -> int:
        """How many people were in the room."""
        return sum(bool(past_person.observed) for past_person in self.people)


async def read_past_room(store: SqlStore, room: str, at: float) -> PastRoom:
    event_filter = EventFilter(room=room, kinds=tuple(_STANDINGS), until=at)
    decided = await store.newest(event_filter, limit=1)
    revision = await store.revision_at(room, at)
    legs = tuple(
        x
        for x in await store.intervals(room, at, at)
        if x.ends_at is None or x.ends_at > at
    )
    return PastRoom(
        room,
        at,
        revision,
        _standing([x.event for x in decided], at),
        tuple(past_people(revision.roster if revision else Roster(room, ()), legs)),
        audience_view(past_audibility(legs)),
    )


def _standing(decided: Sequence[Event], at: float) -> Standing:
    """What a person had decided last about the room, by its event."""
    for event in decided:
        seconds = pause_seconds(event.message)
        over = seconds is not None and event.at + seconds <= at
        return Standing.MANAGED if over else _STANDINGS[event.kind]
    return Standing.MANAGED


def past_people(roster: Roster, legs: Sequence[LegInterval]) -> Iterator[PastPerson]:
    """The members of *roster*, and then whoever else was in the room."""
    names = {leg.call_sid: leg.label or leg.call_sid for leg in legs}
    for member in roster.members:
        intervals = [leg for leg in legs if leg.label == member.label]
        yield _person(member.label, intervals, names, member)
    for leg in legs:
        if roster.member(leg.label) is None:
            yield _person(names[leg.call_sid], [leg], names, None)


def _person(
    label: str,
    legs: Sequence[LegInterval],
    names: dict[str, str],
    member: Member | None,
) -> PastPerson:
    heard = [leg for leg in legs if leg.overheard]
    causes = dict.fromkeys(str(leg.cause) for leg in heard if leg.cause)
    return PastPerson(
        label,
        tuple(declared_words(member)) if member else (),
        tuple(word for leg in legs for word in _words(leg, names)),
        ", ".join(causes) or ("overheard" if heard else ""),
        listed=member is not None,
    )


def _words(leg: LegInterval, names: dict[str, str]) -> Iterator[str]:
    yield "muted" if leg.muted else "not muted"
    if leg.hold:
        yield "on hold"
    if leg.coaching:
        target = names.get(leg.target or "")
        yield f"coaches {target}" if target else "coaching"


def past_audibility(legs: Sequence[LegInterval]) -> RoomAudibility:
    """Who heard whom; nobody heard anybody before the conference had started."""
    waiting = any(
        leg.audience is Audience.NOBODY and not (leg.muted or leg.hold) for leg in legs
    )
    listeners = [leg.call_sid for leg in legs if not (leg.hold or waiting)]
    return RoomAudibility(
        {leg.call_sid: leg.label or leg.call_sid for leg in legs},
        Audibility(
            {
                leg.call_sid: (leg.audience, leg.target)
                for leg in legs
                if leg.audience is not Audience.NOBODY
            },
            frozenset(listeners),
        ),
    )
