"""How many requests may be under way, and who goes first."""

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from reconciler.engine.limits.in_flight import (
    MAX_READS_IN_FLIGHT,
    InFlight,
    RequestSlots,
)
from reconciler.engine.limits.limited_provider import RateLimitedProvider
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.model.observation import ListingToken
from tests.engine.world import World, member, roster, run

if TYPE_CHECKING:
    from reconciler.engine.ports import Provider


class Requests:
    """Requests that are over when they are told to be."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.order: list[str] = []

    def send(self, slots: RequestSlots, name: str) -> "asyncio.Task[None]":
        return asyncio.create_task(self._sent(slots, name))

    async def _sent(self, slots: RequestSlots, name: str) -> None:
        async with slots:
            self.order.append(name)
            await self.over.wait()


def test_a_silence_leaves_while_every_other_request_hangs() -> None:
    async def story() -> None:
        in_flight, requests = InFlight(changes=2, reserved=2), Requests()
        names = ("a", "b", "c")
        sent = [requests.send(in_flight.changes, name) for name in names]
        await asyncio.sleep(0.01)
        sent += [requests.send(in_flight.silences, f"s{at}") for at in range(3)]
        await asyncio.sleep(0.01)
        silences = [each for each in requests.order if each.startswith("s")]
        assert (len(requests.order), len(silences)) == (4, 2)
        requests.over.set()
        await asyncio.gather(*sent)
        assert requests.order[4].startswith("s")
        assert len(requests.order) == 6

    run(story)


def test_who_stops_waiting_takes_nothing_with_them() -> None:
    async def story() -> None:
        in_flight, requests = InFlight(changes=1, reserved=0), Requests()
        first = requests.send(in_flight.changes, "a")
        await asyncio.sleep(0.01)
        waiting = [requests.send(in_flight.changes, name) for name in ("b", "c")]
        await asyncio.sleep(0.01)
        waiting[0].cancel()
        waiting[1].cancel()
        requests.over.set()
        await asyncio.wait({first, *waiting})
        for name in ("d", "e"):
            await requests.send(in_flight.changes, name)
        assert requests.order[-2:] == ["d", "e"]

    run(story)


@pytest.mark.parametrize(
    ("portion", "most"), [(1.0, 20), (0.5, 10), (0.24, 4), (0.0, 1)]
)
def test_a_process_among_several_has_its_portion_of_the_creates(
    portion: float, most: int
) -> None:
    in_flight = InFlight(20)
    in_flight.share(portion)
    assert in_flight.max_calls == most
    in_flight.share(1.0)
    assert in_flight.max_calls == 20


@pytest.mark.parametrize("strict", [True, False])
def test_creates_never_exceed_the_concurrency_of_an_account_that_has_one(
    strict: bool,
) -> None:
    async def story() -> None:
        world = World()
        daemon = world.daemon(workers=6)
        daemon.limiter.in_flight = InFlight(2, strict=strict)
        seen: list[int] = []
        await world.declare(*(roster(f"r{n}", member(f"m{n}")) for n in range(6)))
        async with daemon:
            daemon.wire.delay = 1.0
            for _ in range(600):
                await asyncio.sleep(0.1)
                seen.append(daemon.limiter.in_flight.calls)
        world.exchange.catch_up()
        assert len(world.exchange.state.history.rings) == 6
        assert (max(seen) <= 2) == strict

    run(story)


class Listings:
    """A provider whose listings are read again, each until ``over``."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.reading = 0

    async def unchanged(self, listing: ListingToken) -> bool:  # noqa: ARG002 - Provider
        self.reading += 1
        try:
            return await self.over.wait()
        finally:
            self.reading -= 1


def test_listings_are_read_again_a_limited_number_at_a_time() -> None:
    async def story() -> None:
        listings, now = Listings(), asyncio.get_running_loop().time
        limiter = AccountLimiter(calls_per_second=1.0, clock=now, jitter=lambda: 0.0)
        provider = RateLimitedProvider(cast("Provider", listings), limiter, now)
        asked = [
            asyncio.create_task(provider.unchanged(ListingToken()))
            for _ in range(2 * MAX_READS_IN_FLIGHT + 1)
        ]
        await asyncio.sleep(0.01)
        assert listings.reading == MAX_READS_IN_FLIGHT
        for each in asked[: MAX_READS_IN_FLIGHT + 1]:
            each.cancel()
        await asyncio.sleep(0.01)
        assert listings.reading == MAX_READS_IN_FLIGHT
        listings.over.set()
        assert all(await asyncio.gather(*asked[MAX_READS_IN_FLIGHT + 1 :]))
        assert all(limiter.in_flight.reads.take() for _ in range(MAX_READS_IN_FLIGHT))
        assert not limiter.in_flight.reads.take()

    run(story)
