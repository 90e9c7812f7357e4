"""Doing a plan: step by step, one request a person at a time, rings paced."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from reconciler.engine.deed import WORKED, Deed, Result
from reconciler.engine.dialling import Dialler, finish
from reconciler.engine.pace import Pacer
from reconciler.engine.ports import Changed, Clock, Lease, Provider, Store
from reconciler.engine.record import Scribe
from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.errors import (
    CredentialsRefused,
    Gone,
    RateLimited,
    TransientError,
    TwilioError,
    UnknownOutcome,
)
from reconciler.model.event import Event
from reconciler.model.observation import Participant
from reconciler.planning.order import RELYING, SILENCING, step_of
from reconciler.planning.plan import Plan
from reconciler.planning.words import what

LEASE = 30.0
"""Seconds for which a room is held without being renewed."""

_SHOWN = frozenset(
    {"muted", "hold", "coaching", "call_sid_to_coach", "end_conference_on_exit"}
)


@dataclass(slots=True)
class Actor:
    """Sends what a plan says. Raises CredentialsRefused, RoomBusy, StoreError.

    ``stopping`` is asked before each request: once it says so, nothing more is
    begun, and what has begun is finished and noted.
    """

    store: Store
    provider: Provider
    clock: Clock
    pace: Pacer
    stopping: Callable[[], bool]

    async def act(self, lease: Lease, plan: Plan, scribe: Scribe) -> list[Deed]:
        """Do the actions in order; what is not begun is skipped with a reason."""
        deeds: list[Deed] = []
        blocked = ""
        for step, group in groupby(plan.actions, key=step_of):
            actions = tuple(group)
            reason = "stopping" if self.stopping() else ""
            if blocked and (step in RELYING or blocked == _LIMITED):
                reason = reason or blocked
            if reason:
                deeds += [Deed(each, Result.SKIPPED, reason) for each in actions]
                continue
            lease = await self._renewed(lease)
            done = await self._step(lease, actions, plan, scribe)
            deeds += done
            blocked = _blocking(done, step in SILENCING) or blocked
        return deeds

    async def _step(
        self, lease: Lease, actions: Sequence[Action], plan: Plan, scribe: Scribe
    ) -> list[Deed]:
        rings = [each for each in actions if isinstance(each, Ring)]
        if rings:
            return await self._ring(lease, rings, plan, scribe)
        rows: dict[str, list[Change | Remove]] = defaultdict(list)
        for each in actions:
            if not isinstance(each, Ring):
                rows[each.call_sid or ""].append(each)
        done = await finish(_gather(self._row(lease, row) for row in rows.values()))
        return [deed for row in done for deed in row]

    async def _ring(
        self, lease: Lease, rings: Sequence[Ring], plan: Plan, scribe: Scribe
    ) -> list[Deed]:
        """One after the other: two creates by name at once could be two rooms."""
        dialler = Dialler(self.store, self.provider, self.clock)
        deeds: list[Deed] = []
        for number, ring in enumerate(rings):
            wait = self.pace.take(self.clock())
            if wait or self.stopping():
                left = len(rings) - number
                eta = wait + self.pace.eta(left - 1)
                reason = f"{left} to ring, the last in about {eta:.0f} s"
                deeds += [
                    Deed(each, Result.PACED, reason, retry_after=wait)
                    for each in rings[number:]
                ]
                break
            lease = await self._renewed(lease)
            deed = await dialler.dial(
                lease, ring, plan.generation, self._teller(scribe, ring)
            )
            deeds.append(deed)
        return deeds

    def _teller(
        self, scribe: Scribe, ring: Ring
    ) -> Callable[[str, str, str | None], Event]:
        def tell(kind: str, message: str, request_id: str | None) -> Event:
            told = f"{what(ring)}: {ring.reason}: {message}"
            return scribe.tell(
                self.clock(), kind, told, label=ring.label, request_id=request_id
            )

        return tell

    async def _row(
        self, lease: Lease, actions: Iterable[Change | Remove]
    ) -> list[Deed]:
        """One person's requests, in order; a failure ends the row."""
        deeds: list[Deed] = []
        for action in actions:
            if deeds and deeds[-1].result not in WORKED:
                reason = "the request before it did not work"
                deeds.append(Deed(action, Result.SKIPPED, reason))
                continue
            deeds.append(await self._send(lease, action))
        return deeds

    async def _send(self, lease: Lease, action: Change | Remove) -> Deed:
        """One request; none once the lease ran out, as after a long freeze."""
        if self.clock() >= lease.expires_at:
            return Deed(action, Result.SKIPPED, "the room's lease ran out")
        try:
            if isinstance(action, Remove):
                request_id = await self.provider.remove(action)
                return Deed(action, Result.DONE, request_id=request_id)
            return _compared(action, await self.provider.change(action))
        except CredentialsRefused:
            raise
        except TwilioError as error:
            return _failed(action, error)

    async def _renewed(self, lease: Lease) -> Lease:
        now = self.clock()
        if lease.expires_at - now > LEASE / 2:
            return lease
        return await self.store.renew(lease, now, LEASE)


_LIMITED = "Twilio asked to wait"


async def _gather(rows: Iterable[Awaitable[list[Deed]]]) -> list[list[Deed]]:
    return list(await asyncio.gather(*rows))


def _blocking(deeds: Iterable[Deed], silencing: bool) -> str:
    """Why later steps must not be begun, or ""."""
    for deed in deeds:
        if deed.retry_after is not None and deed.result is Result.DELAYED:
            return _LIMITED
        if silencing and deed.result not in WORKED:
            return f"a silence that must come first did not work: {deed.message}"
    return ""


def _compared(change: Change, changed: Changed) -> Deed:
    """The deed of an update that was answered: untaken if it did not take."""
    wrong = [
        f"{shift.name} is {_shown(changed.participant, shift.name)}"
        for shift in change.shifts
        if shift.name in _SHOWN
        and _shown(changed.participant, shift.name) != shift.after
    ]
    if not wrong:
        return Deed(change, Result.DONE, request_id=changed.request_id)
    message = f"Twilio answered, but {', '.join(wrong)}"
    return Deed(change, Result.UNTAKEN, message, changed.request_id)


def _shown(participant: Participant, name: str) -> str | bool | None:
    value: str | bool | None = getattr(participant, name)
    return value


def _failed(action: Action, error: TwilioError) -> Deed:
    result, wait = Result.FAILED, None
    if isinstance(error, Gone):
        result = Result.GONE
    elif isinstance(error, UnknownOutcome):
        result = Result.UNKNOWN
    elif isinstance(error, TransientError):
        result = Result.DELAYED
        wait = error.retry_after if isinstance(error, RateLimited) else None
        if isinstance(error, RateLimited) and wait is None:
            wait = 1.0
    return Deed(action, result, str(error), error.request_id, error.code or None, wait)
