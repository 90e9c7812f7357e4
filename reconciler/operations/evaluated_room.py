"""Rooms looked up by name and evaluated, without writes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reconciler.engine.ports import Desired, Standing
from reconciler.engine.room.evaluate import Evaluation, RoomPhase, state_of
from reconciler.model.declaration import Override
from reconciler.model.errors import SettingError
from reconciler.model.ledger import Approval, Ledger
from reconciler.model.roster import Roster
from reconciler.operations.load_outcome import BeforeLoad, as_of
from reconciler.operations.operation_context import OperationContext
from reconciler.planning.authority import Authority
from reconciler.planning.describe import quoted
from reconciler.planning.origins import explained
from reconciler.planning.planner import make_plan


@dataclass(frozen=True, slots=True)
class EvaluatedRoom:
    """A room as it is desired and as a look found it.

    ``overrides`` are those that stand, oldest first.
    """

    desired: Desired
    evaluation: Evaluation
    overrides: tuple[Override, ...] = ()


def with_approval(
    seen: EvaluatedRoom, approval: Approval | None, authority: Authority
) -> EvaluatedRoom:
    """The same look, as if *approval* were the one on record."""
    look, desired = seen.evaluation, seen.desired
    if look.observation is None:
        return seen
    ledger = replace(look.ledger, approval=approval)
    plan = make_plan(
        desired.roster,
        look.observation,
        ledger,
        look.observed_at,
        desired.generation,
        authority=authority,
        only=look.only,
    )
    plan = explained(plan, desired.origins)
    look = replace(look, state=state_of(plan), plan=plan, ledger=ledger)
    return replace(seen, evaluation=_as_paused(look, desired))


def require(room: str, rooms: Iterable[str]) -> None:
    """SettingError unless *room* is one of those that were ever loaded."""
    known = tuple(rooms)
    if room not in known:
        names = ", ".join(known) or "none. To load rosters: reconciler sync"
        raise SettingError(f"room '{room}' does not exist (known: {names})")


def require_label(label: str, roster: Roster) -> None:
    """SettingError unless the roster names *label*."""
    if roster.member(label) is None:
        names = ", ".join(each.label for each in roster.members) or "nobody"
        raise SettingError(
            f"the roster of '{roster.room}' does not list '{label}' (it lists: {names})"
        )


async def see(shop: OperationContext, room: str | None) -> list[EvaluatedRoom]:
    """Look at one room, or at all that were ever loaded; nothing is written."""
    rooms = await shop.store.rooms()
    if room is not None:
        require(room, rooms)
    names = rooms if room is None else (room,)
    survey = await shop.provider.survey(names)
    seen: list[EvaluatedRoom] = []
    stored = await shop.store.read(names, shop.clock())
    words = await shop.store.overrides(names, shop.clock())
    for name in names:
        desired, ledger = await _as_of(shop, *stored[name])
        if desired is None:
            continue
        found = await shop.evaluate(name, _watched(desired), ledger, survey)
        made = _as_paused(found, desired)
        seen.append(EvaluatedRoom(desired, made, words.get(name, ())))
    return seen


async def _as_of(
    shop: OperationContext, desired: Desired | None, ledger: Ledger
) -> tuple[Desired | None, Ledger]:
    """The room as it counts now, although no loop has made it so yet."""
    now = shop.clock()
    if desired is None or not desired.due(now):
        return desired, ledger
    room = desired.roster.room
    found = (await shop.store.declared([room], now))[room]
    return as_of(BeforeLoad(desired, ledger, found.declaration, found.overrides), now)


def _watched(desired: Desired) -> Desired:
    """A paused room is looked at like any other: its people are shown."""
    paused = desired.standing is Standing.PAUSED
    return replace(desired, standing=Standing.MANAGED) if paused else desired


def _as_paused(found: Evaluation, desired: Desired) -> Evaluation:
    """What guards withhold matters once the pause is over."""
    if desired.standing is not Standing.PAUSED:
        return found
    plan = replace(found.plan, withheld=())
    return replace(found, state=RoomPhase.PAUSED, plan=plan)


def taking_back(room: str, desired: Desired) -> str:
    """How a released room is managed again."""
    if desired.released_by is not None:
        return f"To manage it again: reconciler resume {quoted(room)}"
    return f"To manage it again, sync its file: reconciler sync {_file(desired)}"


def _file(desired: Desired) -> str:
    file = desired.roster.source.rpartition(":")[0]
    return quoted(file) if file else "FILE"


def require_managed(room: str, desired: Desired) -> None:
    """SettingError unless the room's roster is carried out: neither paused nor released."""
    standing = desired.standing
    if standing is not Standing.MANAGED:
        how = (
            f"Resume it first: reconciler resume {quoted(room)}"
            if standing is Standing.PAUSED
            else taking_back(room, desired)
        )
        raise SettingError(f"'{room}' is {standing}. {how}")
