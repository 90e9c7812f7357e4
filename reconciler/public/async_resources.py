"""Participants, conferences and calls of a client for event loops."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar, Unpack

from reconciler.engine.ports import Placed
from reconciler.model.errors import ClientClosed, TerminalError
from reconciler.model.number import is_emergency
from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    Participant,
)
from reconciler.model.roster import Fields
from reconciler.public.arguments import (
    require_count,
    require_optional_boolean,
    require_optional_text,
    require_text,
    require_unix_time,
)
from reconciler.public.parameters import CreateParameters, UpdateParameters
from reconciler.twilio.api.calls import Calls
from reconciler.twilio.api.conferences import Conferences
from reconciler.twilio.api.participants import Participants

T = TypeVar("T")


class Gate:
    """Whether a client is still open."""

    def __init__(self) -> None:
        self.closed = False

    def check(self, **texts: str) -> None:
        """ClientClosed if it is not; SettingError for one of *texts* that is none."""
        if self.closed:
            raise ClientClosed("the client is closed: make another one")
        for name, value in texts.items():
            require_text(name, value)


class AsyncParticipants:
    """Twilio: conference participant resource.

    ``conference`` is a conference SID; ``create`` alone takes a friendly name too.
    ``participant`` is a call SID or a label.
    """

    def __init__(self, api: Participants, gate: "Gate") -> None:
        self._api = api
        self._gate = gate

    async def list(
        self,
        conference: str,
        *,
        muted: bool | None = None,
        hold: bool | None = None,
        coaching: bool | None = None,
        limit: int | None = None,
        page_size: int | None = None,
    ) -> tuple[Participant, ...]:
        """Those that match, in Twilio's order: all, or *limit*, or an error is raised."""
        found = self.stream(
            conference, muted=muted, hold=hold, coaching=coaching, page_size=page_size
        )
        return await _first(found, limit)

    async def stream(
        self,
        conference: str,
        *,
        muted: bool | None = None,
        hold: bool | None = None,
        coaching: bool | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[Participant]:
        """The same one by one: a page is fetched when the one before is used up."""
        self._gate.check(conference=conference)
        for name, value in (("muted", muted), ("hold", hold), ("coaching", coaching)):
            require_optional_boolean(name, value)
        require_count("page_size", page_size, 1)
        pages = self._api.pages(
            conference, muted=muted, hold=hold, coaching=coaching, page_size=page_size
        )
        async for page in pages:
            for leg in page:
                yield leg

    async def create(
        self,
        conference: str,
        *,
        to: str,
        from_: str,
        label: str | None = None,
        **parameters: Unpack[CreateParameters],
    ) -> Placed:
        """Call *to* into the conference, by one request that is never repeated.

        UnknownOutcome: the call may have been placed; look before calling again.
        A cancellation waits for the answer, which is returned.
        """
        self._gate.check(conference=conference, to=to, from_=from_)
        require_optional_text("label", label)
        if is_emergency(to):
            raise TerminalError(f"nothing was sent: {to!r} is an emergency number")
        who = {"to": to, "from": from_, **({"label": label} if label else {})}
        return await self._api.create(conference, _fields({**who, **parameters}))

    async def fetch(self, conference: str, participant: str) -> Participant:
        """One of them; Gone if it is not there."""
        self._gate.check(conference=conference, participant=participant)
        return await self._api.fetch(conference, participant)

    async def update(
        self,
        conference: str,
        participant: str,
        **parameters: Unpack[UpdateParameters],
    ) -> Participant:
        """Change one of them, by one request; what Twilio then shows of it."""
        self._gate.check(conference=conference, participant=participant)
        changed = await self._api.update(
            conference, participant, _fields({**parameters})
        )
        return changed.participant

    async def delete(self, conference: str, participant: str) -> None:
        """Hang one of them up; Gone if it is not there."""
        self._gate.check(conference=conference, participant=participant)
        await self._api.delete(conference, participant)


class AsyncConferences:
    """Twilio: conference resource."""

    def __init__(self, api: Conferences, gate: "Gate") -> None:
        self._api = api
        self._gate = gate

    async def list(
        self,
        *,
        friendly_name: str | None = None,
        status: ConferenceStatus | None = None,
        limit: int | None = None,
        page_size: int | None = None,
    ) -> tuple[Conference, ...]:
        """Those that match, in Twilio's order: all, or *limit*, or an error is raised."""
        found = self.stream(
            friendly_name=friendly_name, status=status, page_size=page_size
        )
        return await _first(found, limit)

    async def stream(
        self,
        *,
        friendly_name: str | None = None,
        status: ConferenceStatus | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[Conference]:
        """The same one by one: a page is fetched when the one before is used up."""
        self._gate.check()
        require_optional_text("friendly_name", friendly_name)
        require_optional_text("status", status)
        require_count("page_size", page_size, 1)
        pages = self._api.pages(friendly_name, status, page_size=page_size)
        async for page in pages:
            for conference in page:
                yield conference

    async def fetch(self, sid: str) -> Conference:
        """One of them, over or not."""
        self._gate.check(sid=sid)
        return await self._api.fetch(sid)

    async def complete(self, sid: str) -> Conference:
        """End it: everybody is hung up."""
        self._gate.check(sid=sid)
        return (await self._api.complete(sid))[0]


class AsyncCalls:
    """Twilio: call resource."""

    def __init__(self, api: Calls, gate: "Gate") -> None:
        self._api = api
        self._gate = gate

    async def list(
        self,
        *,
        to: str | None = None,
        status: CallStatus | None = None,
        start_time_after: float | None = None,
        limit: int | None = None,
        page_size: int | None = None,
    ) -> tuple[Call, ...]:
        """Those that match: all, or *limit*, or an error is raised.

        ``start_time_after`` is a Unix time of which Twilio compares the UTC day.
        """
        found = self.stream(
            to=to,
            status=status,
            start_time_after=start_time_after,
            page_size=page_size,
        )
        return await _first(found, limit)

    async def stream(
        self,
        *,
        to: str | None = None,
        status: CallStatus | None = None,
        start_time_after: float | None = None,
        page_size: int | None = None,
    ) -> AsyncIterator[Call]:
        """The same one by one: a page is fetched when the one before is used up."""
        self._gate.check()
        require_optional_text("to", to)
        require_optional_text("status", status)
        require_unix_time("start_time_after", start_time_after)
        require_count("page_size", page_size, 1)
        pages = self._api.pages(
            to=to, status=status, start_time_after=start_time_after, page_size=page_size
        )
        async for page in pages:
            for call in page:
                yield call

    async def fetch(self, sid: str) -> Call:
        """One of them, over or not."""
        self._gate.check(sid=sid)
        return await self._api.fetch(sid)

    async def complete(self, sid: str) -> Call:
        """Hang up a call."""
        self._gate.check(sid=sid)
        return (await self._api.complete(sid))[0]

    async def cancel(self, sid: str) -> Call:
        """Stop a call that nobody answered; one that was answered continues."""
        self._gate.check(sid=sid)
        return (await self._api.cancel(sid))[0]


async def _first(found: AsyncIterator[T], limit: int | None) -> tuple[T, ...]:
    items: list[T] = []
    require_count("limit", limit, 0)
    if limit == 0:
        return ()
    async for each in found:
        items.append(each)
        if len(items) == limit:
            break
    return tuple(items)


def _fields(parameters: dict[str, Any]) -> Fields:
    """The parameters sorted by name; arrays as tuples."""
    return tuple((name, _value(value)) for name, value in sorted(parameters.items()))


def _value(value: Any) -> Any:
    is_array = isinstance(value, Sequence) and not isinstance(value, str)
    return tuple(value) if is_array else value
