"""Several processes place the calls of one account: never more a second than it has."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import pytest

from reconciler.engine.limits.call_slots import CallSlots, Reservation
from reconciler.engine.ports import AttemptDraft, Lease
from reconciler.model.attempt import Attempt
from reconciler.model.errors import StoreError
from reconciler.store.queries.call_budgets import reserved
from tests.engine.fleet import Fleet, fill, fleet
from tests.engine.world import Records, run


def most_within_a_second(times: list[float]) -> int:
    return max(
        (sum(start <= each < start + 1.0 for each in times) for start in times),
        default=0,
    )


@pytest.mark.parametrize("per_second", [1.0, 3.0, 20.0])
def test_four_daemons_never_place_more_calls_a_second_than_the_account_has(
    per_second: float,
) -> None:
    async def story() -> None:
        async with fleet(per_second) as it:
            wanted = await fill(it, rooms=8, people=int(2 + per_second / 2))
            await asyncio.sleep(20.0 + 2.0 * wanted / per_second)
            times = it.sent()
            assert len(times) == wanted
            assert most_within_a_second(times) <= per_second
            took = times[-1] - times[0]
            assert took < 1.6 * wanted / per_second + 10.0

    run(story)


def test_each_daemon_gets_its_turn() -> None:
    async def story() -> None:
        async with fleet(10.0) as it:
            await fill(it, rooms=8, people=30)
            await asyncio.sleep(15.0)
            counts = [len(Fleet(it.world, [x], []).sent()) for x in it.daemons]
            assert sum(counts) > 80
            assert max(counts) < 1.5 * min(counts)

    run(story)


def test_what_a_daemon_had_reserved_when_it_died_is_used_by_nobody() -> None:
    async def story() -> None:
        async with fleet(10.0) as it:
            wanted = await fill(it, rooms=8, people=15)
            await asyncio.sleep(6.0)
            it.kill(it.daemons[0])
            await asyncio.sleep(3.0)
            it.kill(it.daemons[1])
            await asyncio.sleep(60.0)
            times = it.sent()
            assert len(times) >= wanted - 4
            assert most_within_a_second(times) <= 10
            it.world.exchange.catch_up()
            rung = [x.to for x in it.world.exchange.state.history.rings]
            assert len(rung) == len(set(rung))

    run(story)


def test_calls_that_take_long_to_connect_are_placed_at_the_same_pace() -> None:
    async def story() -> None:
        async with fleet(5.0) as it:
            for each in it.daemons:
                each.wire.connecting = 0.4
            wanted = await fill(it, rooms=4, people=8)
            await asyncio.sleep(60.0)
            times = it.sent()
            assert len(times) == wanted
            assert most_within_a_second(times) <= 5

    run(story)


def test_a_call_whose_connection_took_too_long_is_not_sent() -> None:
    async def story() -> None:
        async with fleet(5.0) as it:
            for each in it.daemons:
                each.wire.connecting = 1.7
            await fill(it, rooms=4, people=2)
            await asyncio.sleep(30.0)
            assert it.sent() == []

    run(story)


class Distant(Records):
    """A store whose answers take a while: some, or all of them."""

    def __init__(self, *delays: float) -> None:
        super().__init__()
        self.delays = cycle(delays)

    async def reserve_calls(self, calls: int, gap: float, now: float) -> Reservation:
        found = await super().reserve_calls(calls, gap, now)
        await asyncio.sleep(next(self.delays))
        return found


@pytest.mark.parametrize("delays", [(0.15,), (0.8,), (0.02, 0.3), (0.3, 0.02, 1.2)])
def test_a_database_that_answers_slowly_does_not_keep_calls_back(
    delays: tuple[float, ...],
) -> None:
    async def story() -> None:
        async with fleet(10.0, Distant(*delays)) as it:
            wanted = await fill(it, rooms=4, people=5)
            await asyncio.sleep(90.0)
            assert len(it.sent()) == wanted
            assert most_within_a_second(it.sent()) <= 10

    run(story)


class Slow(Records):
    """A store that puts some attempts on record later than their times."""

    def __init__(self) -> None:
        super().__init__()
        self.delays = cycle((0.0, 0.38, 0.6, 0.1))

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        made = await super().open_attempts(lease, drafts, now)
        await asyncio.sleep(next(self.delays))
        return made


def test_a_call_that_is_late_for_its_time_waits_for_another() -> None:
    async def story() -> None:
        async with fleet(5.0, Slow()) as it:
            wanted = await fill(it, rooms=4, people=10)
            await asyncio.sleep(120.0)
            times = it.sent()
            assert len(times) >= wanted
            assert most_within_a_second(times) <= 5
            rung = [x.to for x in it.world.exchange.state.history.rings]
            assert len(rung) == len(set(rung)) == wanted

    run(story)


def test_a_time_that_has_passed_is_not_used_later() -> None:
    async def story() -> None:
        slots, _ = slots_of(10.0)
        assert slots.take(3)[0] > 0.0
        await asyncio.sleep(0.05)
        wait, at = slots.take(3)
        assert wait == 0.0
        assert slots.good(at)
        await asyncio.sleep(1.6)
        assert not slots.good(at)
        await asyncio.sleep(5.0)
        assert slots.take(1)[0] > 0.0

    run(story)


def test_no_time_is_taken_while_the_store_is_away_or_slow() -> None:
    async def story() -> None:
        slots, ledger = slots_of(10.0)
        ledger.away = True
        slots.take(1)
        await asyncio.sleep(0.1)
        assert slots.take(1)[0] > 0.0
        ledger.away, ledger.delay = False, 0.5
        slots.take(1)
        await asyncio.sleep(0.52)
        assert slots.take(1)[0] > 0.0

    run(story)


def test_nothing_is_reserved_while_nobody_has_a_call_to_place() -> None:
    async def story() -> None:
        async with fleet(10.0) as it:
            await fill(it, rooms=4, people=2)
            await asyncio.sleep(30.0)
            before = it.world.store.reservations
            assert before > 0
            await asyncio.sleep(300.0)
            assert it.world.store.reservations == before

    run(story)


@dataclass
class Ledger:
    next_at: float = 0.0
    away: bool = False
    delay: float = 0.0

    async def reserve(self, calls: int, gap: float) -> Reservation:
        if self.away:
            raise StoreError("The database is away.")
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(self.delay)
        found, self.next_at = reserved(self.next_at, now, calls, gap)
        return found


def slots_of(per_second: float) -> tuple[CallSlots, Ledger]:
    ledger = Ledger()
    clock = asyncio.get_running_loop().time
    return CallSlots(per_second, ledger.reserve, clock), ledger
