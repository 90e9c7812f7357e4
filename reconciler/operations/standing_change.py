"""Pauses of rooms, and their ends."""

import asyncio

from msgspec import Struct

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.ports import SEND_WITHIN_SECONDS, Clock
from reconciler.model.errors import SettingError
from reconciler.operations.evaluated_room import taking_back
from reconciler.operations.requester import Operator
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore

LAST_REQUEST_SECONDS = SEND_WITHIN_SECONDS + 1.0
"""Seconds for which a pause waits for a pass that is under way: nothing that was not
sent by then is sent any longer."""

_POLL_SECONDS = 0.05


class PauseResult(Struct, frozen=True):
    """Whether a pause ``changed`` anything; ``until`` when it is, None for good.

    ``settled`` says that no pass is under way any longer.
    """

    changed: bool
    settled: bool
    until: float | None


async def pause_room(
    store: SqlStore, room: str, operator: Operator, clock: Clock, seconds: float | None
) -> PauseResult:
    """Pause a room for *seconds* from now, None until it is resumed."""
    at = clock()
    until = None if seconds is None else at + seconds
    require_not_released(room, await store.desired(room, at))
    changed = await store.stand(
        Decision(room, at, operator.who, operator.reason), Standing.PAUSED, until=until
    )
    return PauseResult(changed, await _settled(store, room, clock), until)


async def _settled(store: SqlStore, room: str, clock: Clock) -> bool:
    """Whether no pass is under way any longer that began before the pause."""
    end = clock() + LAST_REQUEST_SECONDS
    while await store.held(room, clock()):
        if clock() >= end:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True


async def resume_room(
    store: SqlStore, room: str, operator: Operator, clock: Clock
) -> tuple[Desired | None, bool]:
    """The room before, and whether anything changed."""
    at = clock()
    before = await store.desired(room, at)
    done = await store.stand(
        Decision(room, at, operator.who, operator.reason), Standing.MANAGED
    )
    if not done:
        require_not_released(room, await store.desired(room, at))
    return before, done


def require_not_released(room: str, desired: Desired | None) -> None:
    """SettingError with what brings a released room back."""
    if desired is not None and desired.standing is Standing.RELEASED:
        raise SettingError(f"'{room}' was released. {taking_back(room, desired)}")


def resumed_as(before: Desired | None) -> Standing:
    """A pause that ends leaves a room released whose file has left."""
    left = before is not None and before.file_left
    return Standing.RELEASED if left else Standing.MANAGED


def resumed_text(room: str, before: Desired | None, *, changed: bool) -> str:
    """What came of ending a pause, in a sentence."""
    if not changed:
        return f"{room} is not paused."
    if before is not None and resumed_as(before) is Standing.RELEASED:
        return f"Resumed {room}, which is released. " + taking_back(room, before)
    return f"Resumed {room}. The daemon or the next sync will reconcile it."
