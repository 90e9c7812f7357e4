"""Somebody dials in: what they are answered, from SQL as it is now."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.ports import Clock
from reconciler.model.event import Event
from reconciler.model.ledger import Ledger
from reconciler.model.roster import Fields
from reconciler.planning.admission import Admission, IncomingCall, Rejection, admit


class AdmissionStore(Protocol):
    """What of the store an answer needs; see ``engine.ports.Store``."""

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> Mapping[str, tuple[Desired | None, Ledger]]:
        """The room and its ledger, of one moment."""
        ...

    async def advance(self, now: float) -> tuple[str, ...]:
        """Let what counts at *now* count."""
        ...

    async def admit(
        self, call_sid: str, memory: Fields, event: Event, now: float
    ) -> None:
        """Put on record what somebody who dials into ``event.room`` is answered.

        Needs no lease: the call is in no room yet. With *memory* the room's version
        changes, so that no plan made before is carried out.
        """
        ...


class CallAnswerer(Struct, frozen=True):
    """Answers calls. An answer is on record before anybody has it."""

    store: AdmissionStore
    clock: Clock

    async def answer(
        self, room: str, call: IncomingCall, accounts: Collection[str]
    ) -> Admission | Rejection:
        """What becomes of *call*, to a number of *room*; StoreError.

        A room in which none of *accounts* acts is as one that nobody declared: the call
        would come into a conference of that name in its own account.
        """
        now = self.clock()
        desired, ledger = await self._read(room, now)
        if desired is not None and desired.account not in accounts:
            desired = None
        managed = desired is not None and desired.standing is not Standing.RELEASED
        roster = desired.roster if desired and managed else None
        answer = admit(roster, ledger, call, now)
        if desired is not None:
            memory = answer.memory if isinstance(answer, Admission) else ()
            event = _event(room, call, answer, desired.generation, now)
            await self.store.admit(call.sid, memory, event, now)
        return answer

    async def _read(self, room: str, now: float) -> tuple[Desired | None, Ledger]:
        desired, ledger = (await self.store.read((room,), now))[room]
        if desired is None or not desired.due(now):
            return desired, ledger
        await self.store.advance(now)
        return (await self.store.read((room,), now))[room]


def _event(
    room: str,
    call: IncomingCall,
    answer: Admission | Rejection,
    generation: int,
    now: float,
) -> Event:
    admitted = isinstance(answer, Admission)
    return Event(
        room=room,
        at=now,
        kind="call.admitted" if admitted else "call.rejected",
        message=f"Dialed in: {answer.reason}.",
        label=answer.label if isinstance(answer, Admission) else "",
        call_sid=call.sid,
        cause="voice webhook",
        generation=generation,
    )
