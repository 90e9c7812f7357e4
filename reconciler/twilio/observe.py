"""Observes one room with the fewest requests that answer all questions.

What Twilio says is taken whole or not at all: an observation that contradicts itself
raises Contradiction and is no observation.
"""

import asyncio
from collections.abc import Awaitable, Collection, Iterable
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from reconciler.engine.ports import Clock
from reconciler.model.errors import Gone
from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    Observation,
    Participant,
    Questions,
)
from reconciler.model.phone import normal_address
from reconciler.model.reported_call import ReportedCall
from reconciler.twilio.api.client import TwilioClient
from reconciler.twilio.api.listing_snapshot import ListingSnapshot
from reconciler.twilio.http.timing import Timing
from reconciler.twilio.listing_checks import (
    Contradiction,
    ended_conference,
    require_consistent,
    two_active,
    waits_to_start,
)
from reconciler.twilio.lost_create_lookup import LostCreateLookup

T = TypeVar("T")
_OVER = ConferenceStatus.COMPLETED
_DAY_SECONDS = 86_400.0
_SLACK_SECONDS = 60.0

PROMPT_SECONDS = Timing().read_seconds
"""A listing that took longer is as old as its request: a process may have stood still."""


class ListedParticipants(NamedTuple):
    """Who is in a conference, and from when that is, in Unix seconds."""

    participants: tuple[Participant, ...]
    at: float


class ConferenceObserver:
    """An observation of *room*, in which *conference* is active if it is not None.

    ``limit`` bounds the requests under way at once. ``clock`` gives Unix seconds.
    ``lookup`` asks another source about lost creates.
    """

    def __init__(
        self,
        client: TwilioClient,
        limit: asyncio.Semaphore,
        clock: Clock,
        lookup: LostCreateLookup | None = None,
    ) -> None:
        self._client = client
        self._limit = limit
        self._clock = clock
        self._lookup = lookup

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation:
        """The observation; any TwilioError means that there is none."""
        conference = await self._active(room, conference, questions.created)
        listing, last, searched = await self._at_once(room, conference, questions)
        if conference is None and last is not None and waits_to_start(last):
            conference, last = last, None
            listing = await self._list(conference)
        participants = listing.participants
        wanted = _wanted(participants, questions)
        ended = ended_conference(conference, questions.conference_sid)
        alone = not (wanted or ended or questions.numbers)
        reported = await self._reported(questions)
        wanted |= {reported_call.call_sid for reported_call in reported}
        return Observation(
            room=room,
            conference=conference,
            participants=participants,
            calls=await self._calls(sorted(wanted)),
            reported=reported,
            searched=searched,
            last=last,
            alone=alone,
            lacks=self._client.service.lacks,
            listing=self._snapshot(conference, participants) if alone else None,
            listed_at=listing.at,
        )

    async def listed_again(self, observation: Observation) -> Observation:
        """*observation* as of now, if its conference still shows the same participants."""
        again = await self._list(observation.conference)
        if again.participants != observation.participants:
            return observation
        return replace(observation, listed_at=again.at)

    async def confirm(
        self, observation: Observation, call_sids: Collection[str]
    ) -> Observation:
        """*observation* with some legs as their own records show them; as ``observe``."""
        legs = [x for x in observation.participants if x.call_sid in call_sids]
        shown = await gathered(map(self._participant, legs))
        found = {x.call_sid: now for x, now in zip(legs, shown, strict=True)}
        listed = (found.get(x.call_sid, x) for x in observation.participants)
        participants = tuple(x for x in listed if x is not None)
        if observation.conference is not None:
            require_consistent(participants, observation.conference)
        gone = sorted(sid for sid, now in found.items() if now is None)
        calls = {**observation.calls, **await self._calls(gone)}
        return replace(
            observation,
            participants=participants,
            calls=calls,
            alone=False,
            listing=None,
        )

    async def _participant(self, leg: Participant) -> Participant | None:
        """The leg by its own record, None if nobody is there."""
        fetch = self._client.participants.fetch
        async with self._limit:
            return await _unless_gone(fetch(leg.conference_sid, leg.call_sid))

    async def _active(
        self, room: str, listed: Conference | None, created: str | None
    ) -> Conference | None:
        """The room's conference. Our own create's is asked for where it is in doubt."""
        if created is None or (listed is not None and listed.sid == created):
            return listed
        own = await self._still_active(created)
        if own is None or own.name != room:
            return listed
        if listed is not None and await self._still_active(listed.sid) is not None:
            raise Contradiction(two_active(own.sid, listed.sid))
        return own

    async def _still_active(self, sid: str) -> Conference | None:
        """The conference by its own record, None once it is over or not there."""
        async with self._limit:
            conference = await _unless_gone(self._client.conferences.fetch(sid))
        over = conference is None or conference.status is ConferenceStatus.COMPLETED
        return None if over else conference

    def _snapshot(
        self, conference: Conference | None, participants: tuple[Participant, ...]
    ) -> ListingSnapshot | None:
        """None also for a service whose answers are not compared as they come."""
        if conference is None or not any(leg.connected for leg in participants):
            return None
        if self._client.service.translates:
            return None
        return self._client.participants.snapshot(conference.sid, participants)

    async def _at_once(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> tuple[ListedParticipants, Conference | None, dict[str, tuple[Call, ...]]]:
        """What can be asked without knowing who is in the room."""
        listing = asyncio.ensure_future(self._list(conference))
        ended = ended_conference(conference, questions.conference_sid)
        last = asyncio.ensure_future(self._last(room, conference, ended))
        searched = asyncio.ensure_future(self._searched(questions.numbers))
        await gathered((listing, last, searched))
        return listing.result(), last.result(), searched.result()

    async def _list(self, conference: Conference | None) -> ListedParticipants:
        """Who is in it, and from when that is."""
        sent = self._clock()
        if conference is None:
            return ListedParticipants((), sent)
        async with self._limit:
            sent = self._clock()
            legs = await self._client.participants.list(conference.sid)
        require_consistent(legs, conference)
        answered = self._clock()
        prompt = 0.0 <= answered - sent <= PROMPT_SECONDS
        return ListedParticipants(legs, answered if prompt else sent)

    async def _last(
        self, room: str, listed: Conference | None, sid: str | None
    ) -> Conference | None:
        """The conference *sid*, which is over, or waits for somebody to start it.

        Twilio may not list conferences that have not started.
        """
        if sid is None:
            return None
        async with self._limit:
            conference = await _unless_gone(self._client.conferences.fetch(sid))
        if conference is None or conference.status is _OVER:
            return conference
        if conference.name != room:
            return None
        if listed is not None:
            raise Contradiction(two_active(listed.sid, conference.sid))
        if not waits_to_start(conference):
            raise Contradiction(
                f"conference {sid} is {conference.status} according to its own record, but "
                "the list of active conferences does not show it"
            )
        return conference

    async def _reported(self, questions: Questions) -> tuple[ReportedCall, ...]:
        """What events report, and Voice Insights where it is asked."""
        if self._lookup is None or not questions.undecided:
            return questions.reported
        return *questions.reported, *await self._lookup.reported(questions.undecided)

    async def _calls(self, sids: Iterable[str]) -> dict[str, Call]:
        calls = await gathered(self._call(sid) for sid in sids)
        return {call.sid: call for call in calls if call is not None}

    async def _call(self, sid: str) -> Call | None:
        async with self._limit:
            call = await _unless_gone(self._client.calls.fetch(sid))
        if call is not None and call.sid != sid:
            raise Contradiction(
                f"Twilio returned {call.sid} when call {sid} was requested"
            )
        return call

    async def _searched(
        self, numbers: Iterable[tuple[str, float]]
    ) -> dict[str, tuple[Call, ...]]:
        since: dict[str, float] = {}
        for address, at in numbers:
            since[address] = min(at, since.get(address, at))
        callses = await gathered(self._calls_to(*each) for each in since.items())
        return dict(zip(since, callses, strict=True))

    async def _calls_to(self, address: str, since: float) -> tuple[Call, ...]:
        """Calls that we may have made to *address* from shortly before *since*.

        Queued calls have no start and are asked for first: one that leaves the
        queue in between has a start by the second request. A call may be
        recorded with or without the custom parameters of its address.
        """
        calls = self._client.calls
        found: dict[str, Call] = {}
        for to in _spellings(address):
            async with self._limit:
                queued = await calls.list(to=to, status=CallStatus.QUEUED)
                started = await calls.list(to=to, start_time_after=since - _DAY_SECONDS)
            found |= {call.sid: call for call in (*queued, *started)}
        return tuple(
            call for call in found.values() if _ours(call, since - _SLACK_SECONDS)
        )


def _spellings(address: str) -> tuple[str, ...]:
    """How Twilio may show *address*: as it was given, bare, in its normal form."""
    bare = address.partition("?")[0]
    return tuple(dict.fromkeys((address, bare, normal_address(address))))


def _ours(call: Call, since: float) -> bool:
    """Whether a create of ours may have made it; one without a date may be."""
    at = call.started_at if call.created_at is None else call.created_at
    return not call.inbound and (at is None or at >= since)


def _wanted(participants: Iterable[Participant], questions: Questions) -> set[str]:
    connected = {leg.call_sid for leg in participants if leg.connected}
    strangers = {leg.call_sid for leg in participants} - questions.known
    return (set(questions.calls) - connected) | strangers | questions.answered


async def _unless_gone(record: Awaitable[T]) -> T | None:
    try:
        return await record
    except Gone:
        return None


async def gathered(work: Iterable[Awaitable[T]]) -> list[T]:
    """All results in order, or the first error once everything has ended."""
    found = await asyncio.gather(*work, return_exceptions=True)
    results: list[T] = []
    for each in found:
        if isinstance(each, BaseException):
            raise each
        results.append(each)
    return results
