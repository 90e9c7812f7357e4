"""Several processes place the calls of one account: never more at once than it has."""

import asyncio

import pytest

from reconciler.engine.limits.call_permits import (
    CLAIM_SECONDS,
    REQUEST_SECONDS,
    SLICE_SECONDS,
    CallPermits,
    PermitRequest,
)
from reconciler.engine.limits.in_flight import InFlight
from reconciler.model.errors import StoreError
from reconciler.twilio.http.timing import Timing
from tests.engine.fleet import Fleet, fill, fleet
from tests.engine.world import run


def rung_once(it: Fleet, wanted: int) -> bool:
    it.world.exchange.catch_up()
    rung = [x.to for x in it.world.exchange.state.history.rings]
    return len(rung) == len(set(rung)) == wanted


@pytest.mark.parametrize("concurrency", [1, 2, 3, 10])
def test_four_daemons_never_have_more_calls_under_way_than_the_account_has(
    concurrency: int,
) -> None:
    async def story() -> None:
        async with fleet(50.0, concurrency=concurrency) as it:
            for each in it.daemons:
                each.wire.delay = 0.4
            wanted = await fill(it, rooms=8, people=6)
            await asyncio.sleep(30.0 + 1.5 * wanted / concurrency)
            assert rung_once(it, wanted)
            assert 0.6 * concurrency < it.most_at_once() <= concurrency

    run(story)


def test_each_daemon_gets_its_turn_though_there_are_more_than_permits() -> None:
    async def story() -> None:
        async with fleet(50.0, concurrency=2) as it:
            for each in it.daemons:
                each.wire.delay = 0.2
            await fill(it, rooms=8, people=30)
            await asyncio.sleep(10.0)
            began = [len(each.wire.flights) for each in it.daemons]
            await asyncio.sleep(20.0)
            ended = [len(each.wire.flights) for each in it.daemons]
            counts = [end - begin for begin, end in zip(began, ended, strict=True)]
            assert sum(counts) > 60
            assert max(counts) < 2 * min(counts)

    run(story)


def test_what_others_do_not_need_is_a_daemons_own() -> None:
    async def story() -> None:
        async with fleet(50.0, concurrency=10) as it:
            for each in it.daemons:
                each.wire.delay = 0.8
            await fill(it, rooms=1, people=40)
            await asyncio.sleep(30.0)
            assert it.most_at_once() == 10

    run(story)


@pytest.mark.parametrize("delay", [0.3, 6.0])
def test_the_permits_of_a_daemon_that_dies_are_used_when_its_calls_are_over(
    delay: float,
) -> None:
    async def story() -> None:
        async with fleet(50.0, concurrency=2) as it:
            for each in it.daemons:
                each.wire.delay = delay
            wanted = await fill(it, rooms=4, people=6)
            await asyncio.sleep(3.0)
            it.kill(it.daemons[0])
            await asyncio.sleep(2.0)
            it.kill(it.daemons[1])
            await asyncio.sleep(120.0 + wanted * delay)
            assert it.most_at_once() == 2
            assert len(it.sent()) >= wanted - 4

    run(story)


def test_nothing_is_claimed_while_nobody_has_a_call_to_place() -> None:
    async def story() -> None:
        async with fleet(50.0, concurrency=2) as it:
            await fill(it, rooms=4, people=2)
            await asyncio.sleep(30.0)
            before = it.world.store.claims
            assert before > 0
            assert it.world.store.tables.permit_claims == {"": {}}
            await asyncio.sleep(300.0)
            assert it.world.store.claims == before

    run(story)


def test_a_request_is_over_before_its_permit_is_anothers() -> None:
    assert Timing().write_total_seconds <= REQUEST_SECONDS < CLAIM_SECONDS


class Office:
    """Grants what is asked for, unless it is away or late."""

    def __init__(self, permits: int) -> None:
        self.permits = permits
        self.away = False
        self.delay = 0.0
        self.requests: list[PermitRequest] = []

    async def claim(self, request: PermitRequest) -> int:
        self.requests.append(request)
        await asyncio.sleep(self.delay)
        if self.away:
            raise StoreError("The database is away.")
        return self.permits


def permitted(office: Office, most: int = 10) -> InFlight:
    clock = asyncio.get_running_loop().time
    permits = CallPermits(office.claim, clock)
    return InFlight(most, strict=True, permits=permits)


def test_a_call_that_was_begun_before_its_process_stood_still_does_not_leave() -> None:
    async def story() -> None:
        office = Office(2)
        in_flight = permitted(office)
        assert in_flight.calls_free(1) == 0
        await asyncio.sleep(0.01)
        assert in_flight.calls_free(1) == 1
        may_leave = in_flight.begin(1)
        assert may_leave()
        office.away = True
        await asyncio.sleep(CLAIM_SECONDS + 1.0)
        assert not may_leave()
        office.away = False
        await asyncio.sleep(1.0)
        assert in_flight.calls_free(1) == 1
        assert in_flight.begin(1)()
        assert not may_leave()
        in_flight.end(2)

    run(story)


def test_no_more_calls_begin_while_a_claim_is_under_way_than_it_says() -> None:
    async def story() -> None:
        office = Office(5)
        in_flight = permitted(office)
        in_flight.calls_free(5)
        await asyncio.sleep(0.01)
        assert in_flight.calls_free(9) == 5
        in_flight.begin(1)
        office.permits, office.delay = 2, 0.5
        await asyncio.sleep(1.3)
        assert office.requests[-1].used == 1
        assert in_flight.calls_free(9) == 0
        await asyncio.sleep(0.5)
        assert in_flight.calls_free(9) == 1
        in_flight.end(1)

    run(story)


def test_permits_are_given_back_when_no_call_was_placed_for_a_slice() -> None:
    async def story() -> None:
        office = Office(2)
        in_flight = permitted(office)
        in_flight.calls_free(1)
        await asyncio.sleep(0.01)
        assert in_flight.calls_free(1) == 1
        in_flight.begin(1)
        await asyncio.sleep(3.0)
        assert office.requests[-1] == PermitRequest(used=1, wanted=0)
        in_flight.end(1)
        await asyncio.sleep(3.0 * SLICE_SECONDS)
        assert office.requests[-1] == PermitRequest(used=0, wanted=0)
        asked = len(office.requests)
        await asyncio.sleep(60.0)
        assert len(office.requests) == asked

    run(story)


def test_a_process_that_ends_gives_its_permits_back_at_once() -> None:
    async def story() -> None:
        office = Office(2)
        in_flight = permitted(office)
        assert in_flight.permits is not None
        in_flight.calls_free(1)
        await asyncio.sleep(0.01)
        await in_flight.permits.give_back()
        assert office.requests[-1] == PermitRequest(used=0, wanted=0)
        assert in_flight.calls_free(1) == 0

    run(story)
