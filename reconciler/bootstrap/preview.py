"""Preview of a load of roster files, without writes."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.bootstrap.command_session import CommandSession
from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.known_folder import KnownFolder
from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.limits.in_flight import MAX_ROOMS_AT_ONCE
from reconciler.engine.loop.rooms_at_rest import RoomsAtRest
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.files import Loading
from reconciler.model.declaration import Declaration, Override
from reconciler.model.exit_code import DIFFERENCES, INVALID, UNREACHABLE, WITHHELD
from reconciler.model.ledger import Elsewhere, Ledger
from reconciler.model.load_result import Loaded
from reconciler.model.observation import ConferenceSurvey, Observation
from reconciler.model.phone import normal_address
from reconciler.model.roster import Roster
from reconciler.operations.load_outcome import (
    BeforeLoad,
    after_load,
    until_change,
    untouched_by_calls,
)
from reconciler.planning.effective import lasting
from reconciler.planning.load_preview import by_phone, elsewhere_after_load


class Preview(Struct, frozen=True):
    """``looks`` are at the rooms that the files declare, as the load leaves them.

    ``released`` has how many people are in each room that the load releases,
    None where that is not known; ``returned`` are rooms that are managed again.
    ``moved`` are pairs of rooms: the first is declared now, and phones of its
    members are on the line in the second, which the load releases. ``overrides``
    are those that count then, by room. ``unpinned`` are rooms whose files changed, each
    with the generation that was pinned until then.
    """

    looks: tuple[Evaluation, ...]
    loaded: Loaded
    released: dict[str, int | None]
    returned: tuple[str, ...] = ()
    moved: tuple[tuple[str, str, int], ...] = ()
    overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
    unpinned: tuple[tuple[str, int], ...] = ()

    @property
    def converged(self) -> bool:
        """Whether every room is as the files declare it."""
        return all(evaluation.state is RoomPhase.CONVERGED for evaluation in self.looks)

    @property
    def changes_rooms(self) -> bool:
        """Whether the load manages other rooms than before."""
        loaded = self.loaded
        return bool(self.released or self.returned or loaded.foreign or loaded.taken)


async def preview(
    shop: CommandSession,
    loading: Loading | KnownFolder,
    loader: DesiredStateLoader,
    only: Mapping[str, frozenset[str]] | None = None,
    at: float = 0.0,
) -> Preview:
    """Look at every room that the load concerns, as it is declared at *at*, or now.

    *only* has the labels that are acted on by room, where not all are. Rooms of a known
    folder are declared as they are stored.
    """
    loaded, files = await _loaded(loading, loader)
    foreign = {home.room for home in loaded.foreign}
    declared = [room for room in files if room not in foreign]
    rooms = [*declared, *loaded.released]
    now = shop.clock()
    reading = _stored if isinstance(loading, KnownFolder) else _before
    before = await reading(shop, rooms, now)
    at = max(now, at)
    wanted = [
        _with_account(_shown_after(files[x], before[x], now, at), before[x])
        for x in declared
    ]
    shop.route({desired.roster.room: desired.account for desired, _ in wanted})
    survey = await shop.provider.survey(rooms)
    rosters = {desired.roster.room: desired.roster for desired, _ in wanted}
    async with shop.at_rest(rosters, survey) as at_rest:
        resting = await _at_rest(at_rest, [x for x in wanted if not _narrowed(x, only)])
    others = [x for x in wanted if x[0].roster.room not in resting]
    elsewhere = await _elsewhere(shop, others, rosters, loaded.released)
    observer = _Observer(shop, survey, only or {})
    observed = await observer.look_at(
        (desired, replace(ledger, elsewhere=elsewhere[desired.roster.room]))
        for desired, ledger in others
    )
    left = await observer.look_at(
        (before_load.desired, before_load.ledger)
        for before_load in (before[room] for room in loaded.released)
        if before_load.desired is not None
    )
    by_room = resting | {evaluation.room: evaluation for evaluation in observed}
    evaluations = tuple(by_room[room] for room in rosters)
    return Preview(
        looks=evaluations,
        loaded=loaded,
        released={evaluation.room: _people(evaluation) for evaluation in left},
        returned=tuple(
            room
            for room in declared
            if _returns(before[room].desired) and room in loaded.changed
        ),
        moved=tuple(_moved(evaluations, left)),
        unpinned=tuple(_unpinned(evaluations, before)),
        overrides={x: lasting(before[x].overrides, at) for x in before},
    )


async def _loaded(
    loading: Loading | KnownFolder, loader: DesiredStateLoader
) -> tuple[Loaded, Mapping[str, Declaration | None]]:
    """What a load comes to, and what files declare by room; None is what is stored."""
    if isinstance(loading, KnownFolder):
        return loading.loaded, dict.fromkeys(loading.rooms)
    declared = {each.room: each for each in loading.declarations}
    return await loader.preview(loading), declared


def _shown_after(
    declaration: Declaration | None, before: BeforeLoad, now: float, at: float
) -> tuple[Desired, Ledger]:
    """The room at *at* after the load, until its next change."""
    desired, ledger = after_load(declaration, before, now, at)
    if desired.boundary is None:
        return desired, ledger
    stays = declaration is None or desired.pin is not None
    counting = before.declaration if stays else declaration
    assert counting is not None  # noqa: S101 - what is pinned was loaded
    return until_change(desired, counting, before.overrides, at), ledger


def _with_account(
    after: tuple[Desired, Ledger], before: BeforeLoad
) -> tuple[Desired, Ledger]:
    """*after* with the account that acts once the load is done."""
    desired, ledger = after
    stays = before.desired is not None and not untouched_by_calls(before.ledger)
    acting = before.desired.account if before.desired and stays else None
    return replace(desired, account=acting or desired.roster.account), ledger


def _unpinned(
    looks: Iterable[Evaluation], before: Mapping[str, BeforeLoad]
) -> Iterator[tuple[str, int]]:
    for evaluation in looks:
        stored = before[evaluation.room].desired
        stays = evaluation.desired is not None and evaluation.desired.pin is not None
        if stored is not None and stored.pin is not None and not stays:
            yield evaluation.room, stored.pin.generation


def _returns(desired: Desired | None) -> bool:
    return desired is not None and desired.standing is Standing.RELEASED


def _narrowed(
    room: tuple[Desired, Ledger], only: Mapping[str, frozenset[str]] | None
) -> bool:
    return only is not None and room[0].roster.room in only


async def _at_rest(
    at_rest: RoomsAtRest, rooms: Iterable[tuple[Desired, Ledger]]
) -> dict[str, Evaluation]:
    """The evaluations of those of *rooms* that are as an earlier process left them."""
    looks = await asyncio.gather(
        *(
            at_rest.evaluation(desired.roster.room, desired, _asked(ledger))
            for desired, ledger in rooms
        )
    )
    return {evaluation.room: evaluation for evaluation in looks if evaluation}


def _asked(ledger: Ledger) -> Ledger:
    return replace(ledger, asked=True)


async def _elsewhere(
    shop: CommandSession,
    rooms: Iterable[tuple[Desired, Ledger]],
    declared: Mapping[str, Roster],
    released: Collection[str],
) -> dict[str, tuple[Elsewhere, ...]]:
    """The attempts of other rooms to the phones of *rooms*, as the load leaves them."""
    rosters = [desired.roster for desired, _ in rooms]
    phones = {normal_address(x.to) for roster in rosters for x in roster.members}
    under_way = by_phone(await shop.store.under_way(phones))
    return {
        roster.room: elsewhere_after_load(roster, under_way, declared, released)
        for roster in rosters
    }


async def _before(
    shop: CommandSession, rooms: Sequence[str], now: float
) -> dict[str, BeforeLoad]:
    """Each room as stored, with what its file declared and the overrides that stand."""
    stored = await shop.store.read(rooms, now)
    declared = await shop.store.declared(rooms, now)
    left = await shop.store.left_by_themselves(rooms, now)
    return {
        room: BeforeLoad(
            desired, ledger, found.declaration, found.overrides, left.get(room, {})
        )
        if (found := declared.get(room))
        else BeforeLoad(desired, ledger)
        for room, (desired, ledger) in stored.items()
    }


async def _stored(
    shop: CommandSession, rooms: Sequence[str], now: float
) -> dict[str, BeforeLoad]:
    """Each room as stored, where no file changes it: what is declared only where it lasts."""
    stored = await shop.store.read(rooms, now)
    overrides = await shop.store.overrides(rooms, now)
    limited = [x for x, (it, _) in stored.items() if it and it.boundary is not None]
    declared = await shop.store.declared(limited, now) if limited else {}
    return {
        room: BeforeLoad(
            desired,
            ledger,
            declared[room].declaration if room in declared else None,
            overrides.get(room, ()),
        )
        for room, (desired, ledger) in stored.items()
    }


class _Observer(Struct, frozen=True):
    shop: CommandSession
    survey: ConferenceSurvey
    only: Mapping[str, frozenset[str]]

    async def look_at(
        self, rooms: Iterable[tuple[Desired, Ledger]]
    ) -> tuple[Evaluation, ...]:
        places = asyncio.Semaphore(MAX_ROOMS_AT_ONCE)

        async def one(desired: Desired, ledger: Ledger) -> Evaluation:
            async with places:
                return await self._look(desired, ledger)

        return tuple(await asyncio.gather(*(one(*room) for room in rooms)))

    async def _look(self, desired: Desired, ledger: Ledger) -> Evaluation:
        room, only = desired.roster.room, self.only.get(desired.roster.room)
        return await self.shop.evaluate(
            room, desired, _asked(ledger), self.survey, only
        )


def _people(seen: Evaluation) -> int | None:
    if not isinstance(seen.observation, Observation):
        return None
    return sum(leg.connected for leg in seen.observation.participants)


def _moved(
    looks: tuple[Evaluation, ...], left: tuple[Evaluation, ...]
) -> Iterator[tuple[str, str, int]]:
    for evaluation in looks:
        phones = {
            normal_address(x.member.to) for x in evaluation.plan.people if not x.leg
        }
        for old in left:
            lines = {normal_address(x.member.to) for x in old.plan.people if x.leg}
            if phones & lines:
                yield evaluation.room, old.room, len(phones & lines)


def preview_code(seen: Preview, loading: Loading, *, differences: bool) -> int:
    """The exit code of a plan; with *differences*, 2 and 4 for what sync would do."""
    evaluations = seen.looks
    if any(evaluation.state is RoomPhase.UNKNOWN for evaluation in evaluations):
        return UNREACHABLE
    if loading.refused:
        return INVALID
    if not differences:
        return 0
    paused = any(evaluation.state is RoomPhase.PAUSED for evaluation in evaluations)
    if (
        seen.changes_rooms
        or paused
        or any(evaluation.plan.actions for evaluation in evaluations)
    ):
        return DIFFERENCES
    if any(evaluation.plan.stalled for evaluation in evaluations):
        return WITHHELD
    return (
        0
        if all(evaluation.plan.converged for evaluation in evaluations)
        else DIFFERENCES
    )
