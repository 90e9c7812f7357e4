"""Rooms looked up by name and evaluated, without writes."""

import asyncio
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.limits.in_flight import MAX_ROOMS_AT_ONCE
from reconciler.engine.loop.rooms_at_rest import RoomsAtRest
from reconciler.engine.room.account_change import until_left
from reconciler.engine.room.evaluation import (
    Evaluation,
    Inputs,
    RoomPhase,
    compared,
    untouched,
)
from reconciler.model.declaration import Override
from reconciler.model.errors import SettingError
from reconciler.model.ledger import Approval, Ledger
from reconciler.model.observation import ConferenceSurvey, Observation, Unknown
from reconciler.model.recorded_observation import ObservedRoom, RoomCheck
from reconciler.model.roster import Roster
from reconciler.operations.load_outcome import BeforeLoad, as_of, until_change
from reconciler.operations.operation_context import OperationContext, RecordContext
from reconciler.planning.authority import Authority
from reconciler.planning.describe import quoted


class Recorded(Struct, frozen=True):
    """The last observation on record, and when the room was last seen to be like it.

    ``stale`` says that no daemon promises to observe the room again.
    """

    observation: Observation | Unknown
    seen_at: float | None
    stale: bool = True


class EvaluatedRoom(Struct, frozen=True):
    """A room as it is desired and as an observation found it.

    ``overrides`` are those that stand, oldest first. ``record`` is where the
    observation was read, None if Twilio was asked.
    """

    desired: Desired
    evaluation: Evaluation
    overrides: tuple[Override, ...] = ()
    record: Recorded | None = None

    @property
    def seen_at(self) -> float | None:
        """When the room was last observed, in Unix seconds; None if it never was."""
        if self.record is not None:
            return self.record.seen_at
        observed = isinstance(self.evaluation.observation, Observation)
        return self.evaluation.observed_at if observed else None


def with_approval(
    seen: EvaluatedRoom, approval: Approval | None, authority: Authority
) -> EvaluatedRoom:
    """The same look, as if *approval* were the one on record."""
    evaluation, desired = seen.evaluation, seen.desired
    if evaluation.observation is None:
        return seen
    inputs = Inputs(
        _watched(desired),
        replace(evaluation.ledger, approval=approval),
        evaluation.observation,
        evaluation.observed_at,
        authority,
        evaluation.only,
    )
    evaluation = compared(inputs)
    return replace(seen, evaluation=_as_paused(until_left(evaluation), desired))


def require(room: str, rooms: Iterable[str]) -> None:
    """SettingError unless *room* is one of those that were ever loaded."""
    known = tuple(rooms)
    if room not in known:
        which = (
            f" (known: {', '.join(known)})"
            if known
            else "; no rooms are loaded. To load rosters: reconciler sync"
        )
        raise SettingError(f"room '{room}' does not exist{which}")


def require_label(label: str, roster: Roster) -> None:
    """SettingError unless the roster names *label*."""
    if roster.member(label) is None:
        names = ", ".join(member.label for member in roster.members) or "nobody"
        raise SettingError(
            f"the roster of '{roster.room}' does not list '{label}' (it lists: {names})"
        )


async def see(
    context: OperationContext, room: str | None, *, live: bool = True
) -> list[EvaluatedRoom]:
    """Look at one room, or at all that were ever loaded; nothing is written.

    Unless *live*, rooms that a daemon observes are read from the database, and only
    the others from Twilio.
    """
    names = await _names(context, room)
    checks = {} if live else await context.store.checks(names)
    now = context.clock()
    fresh = [name for name in names if name in checks and checks[name].fresh(now)]
    asked = tuple(name for name in names if name not in fresh)
    survey = await context.provider.survey(asked) if asked else ConferenceSurvey()
    last = await _recorded(context, fresh, checks)
    stored = await context.store.read(names, now)
    overrides = await context.store.overrides(names, now)
    places = asyncio.Semaphore(MAX_ROOMS_AT_ONCE)

    async def evaluated(
        name: str, desired: Desired, ledger: Ledger, at_rest: RoomsAtRest
    ) -> Evaluation:
        async with places:
            known = await at_rest.evaluation(name, desired, ledger)
            return known or await context.evaluate(name, desired, ledger, survey)

    async def look(name: str, at_rest: RoomsAtRest) -> EvaluatedRoom | None:
        desired, ledger = await _as_of(context, *stored[name])
        if desired is None:
            return None
        if name in last:
            evaluation = _compared(context, desired, ledger, last[name])
        else:
            evaluation = await evaluated(name, _watched(desired), ledger, at_rest)
        return EvaluatedRoom(
            desired,
            _as_paused(evaluation, desired),
            overrides.get(name, ()),
            last.get(name),
        )

    async with context.at_rest(asked, survey) as at_rest:
        found = await asyncio.gather(*(look(name, at_rest) for name in names))
    rooms = [evaluated for evaluated in found if evaluated is not None]
    return await _until_change(context, rooms, now)


async def see_recorded(context: RecordContext, room: str | None) -> list[EvaluatedRoom]:
    """As ``see``, from the database alone; what nobody observes any longer is stale."""
    names, now = await _names(context, room), context.clock()
    checks = await context.store.checks(names)
    last = await _recorded(context, names, checks)
    stored = await context.store.read(names, now)
    overrides = await context.store.overrides(names, now)
    found: list[EvaluatedRoom] = []
    for name in names:
        desired, ledger = await _as_of(context, *stored[name])
        if desired is not None:
            record = last.get(name, Recorded(Unknown(name, NEVER_OBSERVED), None))
            evaluation = _compared(context, desired, ledger, record)
            found.append(
                EvaluatedRoom(
                    desired,
                    _as_paused(evaluation, desired),
                    overrides.get(name, ()),
                    record,
                )
            )
    return await _until_change(context, found, now)


NEVER_OBSERVED = (
    "no daemon or sync has observed the room. To ask Twilio: reconciler status --live"
)


async def _names(context: RecordContext, room: str | None) -> tuple[str, ...]:
    rooms = await context.store.rooms()
    if room is None:
        return rooms
    require(room, rooms)
    return (room,)


async def _recorded(
    context: RecordContext, rooms: Collection[str], checks: Mapping[str, RoomCheck]
) -> dict[str, Recorded]:
    """What is on record of *rooms*; one that was observed empty has no row."""
    if not rooms:
        return {}
    rows, now = await context.store.observed(rooms), context.clock()
    found: dict[str, Recorded] = {}
    for room in rooms:
        row, check = rows.get(room), checks.get(room)
        seen_at = last_observed_at(row, check)
        if seen_at is not None:
            observation = row.observation if row else Observation(room, None)
            stale = check is None or not check.fresh(now)
            found[room] = Recorded(observation, seen_at, stale)
    return found


def last_observed_at(row: ObservedRoom | None, check: RoomCheck | None) -> float | None:
    """When a room was last observed, in Unix seconds; None: never."""
    times = [row.seen_at] if row else []
    times += [check.checked_at] if check else []
    return max(times, default=None)


def _compared(
    context: RecordContext, desired: Desired, ledger: Ledger, record: Recorded
) -> Evaluation:
    if desired.standing is Standing.RELEASED:
        return untouched(desired.roster.room, desired, context.clock())
    inputs = Inputs(
        _watched(desired),
        ledger,
        record.observation,
        context.clock(),
        context.authority,
    )
    return until_left(compared(inputs))


async def _until_change(
    context: RecordContext, found: list[EvaluatedRoom], now: float
) -> list[EvaluatedRoom]:
    """*found*, those with a boundary until their next change."""
    timed = [x.desired.roster.room for x in found if x.desired.boundary is not None]
    declared = await context.store.declared(timed, now) if timed else {}
    return [
        replace(x, desired=until_change(x.desired, of.declaration, of.overrides, now))
        if (of := declared.get(x.desired.roster.room))
        else x
        for x in found
    ]


async def _as_of(
    shop: RecordContext, desired: Desired | None, ledger: Ledger
) -> tuple[Desired | None, Ledger]:
    """The room as it counts now, although no loop has made it so yet."""
    now = shop.clock()
    if desired is None or not desired.due(now):
        return desired, ledger
    room = desired.roster.room
    declared = (await shop.store.declared([room], now))[room]
    return as_of(
        BeforeLoad(desired, ledger, declared.declaration, declared.overrides), now
    )


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
    return (
        "No file declares it. To manage it again, declare it in a file, and then: "
        f"reconciler sync {_file(desired)}"
    )


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
