"""A process that is frozen for longer than its leases, and goes on."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import AttemptDraft, Lease
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.errors import StoreError
from tests.engine.loop.test_room_share import Shared
from tests.engine.world import Records, World, member, roster, run

ROOM = "support-line"
FROZEN_SECONDS = 20.0


class Freezing(Records):
    """A store whose user *freezes* once, right after a commit of attempts or before."""

    def __init__(self, *, before: bool = False) -> None:
        super().__init__()
        self.freezes: str | None = "one"
        self.frozen: str | None = None
        self._before = before

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        if self._before:
            await self._freeze(lease.owner)
        opened = await super().open_attempts(lease, drafts, now)
        await self._freeze(lease.owner)
        return opened

    async def renew(self, lease: Lease, now: float, ttl: float) -> Lease:
        if lease.owner == self.frozen:
            raise StoreError("Nothing moves.")
        return await super().renew(lease, now, ttl)

    async def _freeze(self, owner: str) -> None:
        if owner == self.freezes:
            self.freezes, self.frozen = None, owner
            await asyncio.sleep(FROZEN_SECONDS)
            self.frozen = None


class Place(World):
    def __init__(self, store: Freezing) -> None:
        super().__init__()
        self.store: Freezing = store


def states(world: World) -> list[AttemptState]:
    attempts = world.store.tables.attempts.values()
    return [each.state for each in attempts if each.label == "ann"]


@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
def test_who_was_not_called_because_the_lease_ran_out_is_called_later(
    *, before: bool
) -> None:
    async def story() -> None:
        world = Place(Freezing(before=before))
        await world.declare(roster(ROOM, member("ann"), member("bob")))
        async with world.daemon():
            await asyncio.sleep(FROZEN_SECONDS + 30)
            assert set(world.legs(ROOM)) == {"ann", "bob"}
            refused = [] if before else [AttemptState.REFUSED]
            assert states(world) == [*refused, AttemptState.PLACED]

    run(story)


def test_the_daemon_that_has_the_room_by_then_learns_who_was_not_called() -> None:
    async def story() -> None:
        world = Place(Freezing())
        await world.declare(roster(ROOM, member("ann"), member("bob")))
        async with (
            Shared(world, ROOM, lease_seconds=4.0) as one,
            Shared(world, name="two") as other,
        ):
            await asyncio.sleep(6)
            assert world.store.frozen == "one"
            one.rooms.clear()
            other.becomes(ROOM)
            await asyncio.sleep(FROZEN_SECONDS - 5)
            assert states(world) == [AttemptState.UNKNOWN]
            one.becomes()
            await asyncio.sleep(60)
            assert set(world.legs(ROOM)) == {"ann", "bob"}
            assert states(world) == [AttemptState.REFUSED, AttemptState.PLACED]

    run(story)


def test_a_note_that_cannot_be_written_any_more_keeps_its_room_from_nothing() -> None:
    async def story() -> None:
        world = Place(Freezing())
        await world.declare(roster(ROOM, member("ann"), member("bob")))
        async with world.daemon() as daemon:
            await asyncio.sleep(FROZEN_SECONDS / 2)
            attempts = world.store.tables.attempts
            for each in tuple(attempts.values()):
                attempts[each.id] = replace(
                    each, room="elsewhere", state=AttemptState.ENDED
                )
            await asyncio.sleep(FROZEN_SECONDS + 60)
            assert set(world.legs(ROOM)) == {"ann", "bob"}
            daemon.observer.troubles.clear()
            world.mute(ROOM, "bob", muted=True)
            await asyncio.sleep(60)
            assert daemon.observer.troubles == []

    run(story)
