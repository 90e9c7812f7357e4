"""What a load of roster files would do to rooms: looked at, and nothing written."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.bootstrap.command_session import CommandSession
from reconciler.bootstrap.declaring import Declarer
from reconciler.engine.ports import Desired, Loaded, Standing
from reconciler.engine.room.evaluate import Evaluation, evaluate
from reconciler.files import Loading
from reconciler.model.ledger import Elsewhere, Ledger
from reconciler.model.observation import Conference, Observation
from reconciler.model.phone import normal_address
from reconciler.model.roster import Roster
from reconciler.planning.load_preview import elsewhere_after_load, ledger_after_load

AT_ONCE = 20
"""Rooms that are looked at at the same time."""


@dataclass(frozen=True, slots=True)
class Preview:
    """``looks`` are at the rooms that the files declare, as the load leaves them.

    ``released`` has how many people are in each room that the load releases,
    None where that is not known; ``returned`` are rooms that are managed again.
    ``moved`` are pairs of rooms: the first is declared now, and phones of its
    members are on the line in the second, which the load releases.
    """

    looks: tuple[Evaluation, ...]
    loaded: Loaded
    released: dict[str, int | None]
    returned: tuple[str, ...] = ()
    moved: tuple[tuple[str, str, int], ...] = ()

    @property
    def changes_rooms(self) -> bool:
        """Whether the load manages other rooms than before."""
        loaded = self.loaded
        return bool(self.released or self.returned or loaded.foreign or loaded.taken)


async def preview(
    shop: CommandSession,
    loading: Loading,
    declarer: Declarer,
    only: Mapping[str, frozenset[str]] | None = None,
) -> Preview:
    """Look at every room that the load concerns.

    *only* has the labels that are acted on by room, where not all are.
    """
    loaded = await declarer.preview(loading)
    foreign = {each.room for each in loaded.foreign}
    declared = [each for each in loading.rosters if each.room not in foreign]
    rooms = [*(each.room for each in declared), *loaded.released]
    now = shop.clock()
    stored = await shop.store.read(rooms, now)
    observer = _Observer(shop, await shop.provider.survey(rooms), only or {})
    before = {room: desired for room, (desired, _) in stored.items()}
    elsewhere = await _elsewhere(shop, declared, loaded.released)
    looks = await observer.look_at(
        _as_loaded(roster, *stored[roster.room], elsewhere[roster.room], now)
        for roster in declared
    )
    left = await observer.look_at(
        (desired, ledger)
        for desired, ledger in (stored[room] for room in loaded.released)
        if desired is not None
    )
    return Preview(
        looks=looks,
        loaded=loaded,
        released={each.room: _people(each) for each in left},
        returned=tuple(
            each.room
            for each in declared
            if _returns(before[each.room]) and each.room in loaded.changed
        ),
        moved=tuple(_moved(looks, left)),
    )


def _returns(desired: Desired | None) -> bool:
    return desired is not None and desired.standing is Standing.RELEASED


async def _elsewhere(
    shop: CommandSession, declared: Sequence[Roster], released: Collection[str]
) -> dict[str, tuple[Elsewhere, ...]]:
    """The attempts of other rooms to each room's phones, as the load leaves them."""
    phones = {normal_address(x.to) for roster in declared for x in roster.members}
    under_way = await shop.store.under_way(phones)
    rosters = {each.room: each for each in declared}
    return {
        room: elsewhere_after_load(roster, under_way, rosters, released)
        for room, roster in rosters.items()
    }


def _as_loaded(
    roster: Roster,
    stored: Desired | None,
    ledger: Ledger,
    elsewhere: tuple[Elsewhere, ...],
    now: float,
) -> tuple[Desired, Ledger]:
    """The room as a load of *roster* would leave it.

    A room whose file returns is managed again, a pause stands.
    """
    ledger = replace(ledger, elsewhere=elsewhere)
    if stored is None:
        return Desired(roster, 1), ledger_after_load(None, roster, ledger, now)
    same = replace(stored.roster, source="") == replace(roster, source="")
    if same and not (_returns(stored) and stored.released_by is None):
        return stored, ledger
    desired = replace(
        stored,
        roster=roster,
        generation=stored.generation + 1,
        standing=Standing.MANAGED if stored.paused_by is None else Standing.PAUSED,
        released_by=None,
    )
    return desired, ledger_after_load(stored.roster, roster, ledger, now)


@dataclass(frozen=True, slots=True)
class _Observer:
    shop: CommandSession
    survey: Mapping[str, Conference | str] | str
    only: Mapping[str, frozenset[str]]

    async def look_at(
        self, rooms: Iterable[tuple[Desired, Ledger]]
    ) -> tuple[Evaluation, ...]:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(desired: Desired, ledger: Ledger) -> Evaluation:
            async with places:
                return await self._look(desired, ledger)

        return tuple(await asyncio.gather(*(one(*each) for each in rooms)))

    async def _look(self, desired: Desired, ledger: Ledger) -> Evaluation:
        room, survey = desired.roster.room, self.survey
        conference = survey if isinstance(survey, str) else survey.get(room)
        return await evaluate(
            room,
            desired,
            replace(ledger, asked=True),
            provider=self.shop.provider,
            conference=conference,
            clock=self.shop.clock,
            account_sid=self.shop.account_sid,
            policy=self.shop.policy,
            only=self.only.get(room),
        )


def _people(seen: Evaluation) -> int | None:
    if not isinstance(seen.observation, Observation):
        return None
    return sum(leg.connected for leg in seen.observation.participants)


def _moved(
    looks: tuple[Evaluation, ...], left: tuple[Evaluation, ...]
) -> Iterator[tuple[str, str, int]]:
    for each in looks:
        phones = {normal_address(x.member.to) for x in each.plan.people if not x.leg}
        for old in left:
            lines = {normal_address(x.member.to) for x in old.plan.people if x.leg}
            if phones & lines:
                yield each.room, old.room, len(phones & lines)
