"""One daemon acts for several accounts: each with its own far end, limits and rooms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from reconciler.engine.loop.account_controllers import AccountControllers
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.event import Event
from reconciler.model.roster import Member, Roster
from reconciler.store.queries.operator_decision import Decision
from tests.engine.world import Daemon, Records, World, member, roster, run

ANN, BOB, CAT = member("ann"), member("bob"), member("cat")
OTHER = "europe"


@dataclass
class Accounts:
    """Two exchanges over one store, each with the controller of its account."""

    store: Records
    default: World
    europe: World
    daemons: dict[str, Daemon]
    controllers: AccountControllers

    async def declare(self, *rosters: Roster) -> None:
        now = self.default.loop.time()
        await self.store.load(rosters, folder=None, now=now, cause="test")

    def rung(self, world: World) -> list[str]:
        world.exchange.catch_up()
        return [each.to for each in world.exchange.state.history.rings]

    def state(self, account: str, room: str) -> RoomPhase:
        return self.daemons[account].observer.states[room]

    async def told(self, kind: str) -> list[Event]:
        events = await self.store.events(None, limit=1000)
        return [each for each in events if each.kind == kind]


@asynccontextmanager
async def accounts() -> AsyncIterator[Accounts]:
    store, default, europe = Records(), World(seed=1), World(seed=2)
    daemons: dict[str, Daemon] = {}
    async with AsyncExitStack() as stack:
        for name, world in (("default", default), (OTHER, europe)):
            world.store = store.of_account(name, world.exchange.account.sid)
            daemon = world.daemon(name=name, account=name)
            daemons[name] = await stack.enter_async_context(daemon)
        all_of_them = {name: each.controller for name, each in daemons.items()}
        controllers = AccountControllers(all_of_them)
        yield Accounts(store, default, europe, daemons, controllers)


def of_europe(room: str, *members: Member) -> Roster:
    return replace(roster(room, *members), account=OTHER)


def test_each_room_is_called_by_its_own_account() -> None:
    async def story() -> None:
        async with accounts() as it:
            await it.declare(roster("alpha", ANN), of_europe("beta", BOB))
            await asyncio.sleep(20.0)
            assert it.rung(it.default) == [ANN.to]
            assert it.rung(it.europe) == [BOB.to]
            assert it.controllers.mark("beta", Priority.WEBHOOK)
            assert it.controllers.knows("alpha")
            assert not it.controllers.mark("gamma", Priority.WEBHOOK)

    run(story)


def test_an_account_that_is_refused_holds_back_its_own_rooms_only() -> None:
    async def story() -> None:
        async with accounts() as it:
            it.daemons[OTHER].wire.refused = True
            await it.declare(roster("alpha", ANN), of_europe("beta", BOB))
            await asyncio.sleep(60.0)
            assert it.state("default", "alpha") is RoomPhase.CONVERGED
            assert it.rung(it.europe) == []
            it.daemons[OTHER].wire.refused = False
            await asyncio.sleep(120.0)
            assert it.rung(it.europe) == [BOB.to]

    run(story)


def test_an_account_that_is_told_to_wait_holds_up_its_own_rooms_only() -> None:
    async def story() -> None:
        async with accounts() as it:
            it.daemons[OTHER].wire.limit = 60.0
            await it.declare(roster("alpha", ANN), of_europe("beta", BOB))
            await asyncio.sleep(30.0)
            assert it.rung(it.default) == [ANN.to]
            assert it.rung(it.europe) == []

    run(story)


def test_a_room_whose_account_changes_stays_with_the_old_one_until_all_have_left() -> (
    None
):
    async def story() -> None:
        async with accounts() as it:
            await it.declare(of_europe("beta", ANN, BOB))
            await asyncio.sleep(20.0)
            await it.declare(roster("beta", replace(ANN, muted=True), BOB, CAT))
            await asyncio.sleep(60.0)
            assert it.rung(it.default) == []
            assert it.europe.legs("beta")["ann"].muted
            assert it.state(OTHER, "beta") is RoomPhase.STALLED
            it.europe.exchange.hang_up(BOB.to)
            await asyncio.sleep(60.0)
            assert it.europe.legs("beta").keys() == {"ann"}
            assert it.rung(it.europe) == [ANN.to, BOB.to]
            it.europe.exchange.hang_up(ANN.to)
            await asyncio.sleep(60.0)
            assert len(await it.told("room.account-changed")) == 1
            assert it.rung(it.europe) == [ANN.to, BOB.to]
            assert it.rung(it.default) == [CAT.to]

    run(story)


def test_the_new_account_calls_whom_a_person_asks_for_once_the_old_one_is_left() -> (
    None
):
    async def story() -> None:
        async with accounts() as it:
            await it.declare(of_europe("beta", ANN))
            await asyncio.sleep(20.0)
            await it.declare(roster("beta", ANN))
            await asyncio.sleep(10.0)
            it.europe.exchange.hang_up(ANN.to)
            await asyncio.sleep(60.0)
            now = it.default.loop.time()
            await it.store.redial(Decision("beta", now, "eve"), "ann")
            await asyncio.sleep(60.0)
            assert it.rung(it.default) == [ANN.to]
            assert it.default.legs("beta").keys() == {"ann"}

    run(story)


def test_a_room_that_nobody_was_called_for_is_the_new_accounts_at_once() -> None:
    async def story() -> None:
        async with accounts() as it:
            it.daemons[OTHER].wire.refused = True
            await it.declare(of_europe("beta", ANN))
            await asyncio.sleep(20.0)
            await it.declare(roster("beta", ANN))
            await asyncio.sleep(20.0)
            assert it.rung(it.default) == [ANN.to]
            assert it.daemons[OTHER].observer.met_at == {}

    run(story)


def test_a_lost_create_keeps_the_room_with_the_account_that_sent_it() -> None:
    async def story() -> None:
        async with accounts() as it:
            await it.declare(of_europe("beta", ANN))
            await asyncio.sleep(1.0)
            it.daemons[OTHER].wire.delay = 40.0
            await asyncio.sleep(30.0)
            await it.declare(roster("beta", ANN))
            await asyncio.sleep(300.0)
            both = [*it.rung(it.default), *it.rung(it.europe)]
            assert both.count(ANN.to) <= 1

    run(story)


@pytest.mark.parametrize("who", [ANN.to, "+15559990001"])
def test_while_somebody_who_dialed_in_is_there_the_new_account_calls_nobody(
    who: str,
) -> None:
    async def story() -> None:
        async with accounts() as it:
            await it.declare(of_europe("beta", BOB))
            await asyncio.sleep(20.0)
            it.europe.exchange.dial_in("beta", who)
            await asyncio.sleep(20.0)
            await it.declare(roster("beta", ANN))
            await asyncio.sleep(60.0)
            if "bob" in it.europe.legs("beta"):
                it.europe.exchange.hang_up(BOB.to)
            await asyncio.sleep(60.0)
            assert len(it.europe.legs("beta")) == 1
            assert it.rung(it.default) == []

    run(story)
