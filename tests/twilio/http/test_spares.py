"""Connections made ahead are as fresh as those made when a request leaves."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from reconciler.twilio.http.connection import Connection
from reconciler.twilio.http.request_bytes import Origin, rendered
from reconciler.twilio.http.spares import MOST_SPARES, Spares
from reconciler.twilio.http.transport import DirectTransport
from tests.ports import free_port
from tests.twilio.raw_server import (
    WHOLE,
    Ending,
    Peer,
    RawServer,
    listening,
    sending,
    transport,
)


def origin(server: RawServer) -> Origin:
    return rendered(server.request()).origin


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)


async def standing(server: RawServer, direct: DirectTransport, number: int) -> None:
    """Have so many connections made, and wait for them."""
    direct.expect(origin(server), number)
    await until(lambda: len(server.peers) == number == len(direct._open))


async def test_a_write_leaves_on_a_connection_that_carried_nothing() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        await standing(server, direct, 3)
        for _ in range(3):
            await direct.ask(server.request("POST", content=b"a=b"))
        assert [each.requests for each in server.peers] == [1, 1, 1]


async def test_the_answer_is_the_same_with_a_connection_made_ahead_and_without() -> (
    None
):
    async with listening(sending(WHOLE)) as server, transport() as direct:
        without = await direct.ask(server.request("POST"))
        direct.expect(origin(server), 1)
        assert await direct.ask(server.request("POST")) == without
        assert server.peers[0].received == server.peers[1].received


async def test_a_write_that_finds_its_connection_half_made_waits_for_it() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        direct.expect(origin(server), 1)
        await direct.ask(server.request("POST"))
        assert [each.requests for each in server.peers] == [1]


async def test_a_second_expectation_counts_what_is_there() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        await standing(server, direct, 2)
        direct.expect(origin(server), 2)
        await standing(server, direct, 3)
        assert len(server.peers) == 3


async def test_there_are_never_more_than_so_many() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        direct.expect(origin(server), 10 * MOST_SPARES)
        assert len(direct._spares) == MOST_SPARES


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
async def test_a_connection_that_the_server_ended_carries_no_request(
    ending: Ending,
) -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        await standing(server, direct, 1)
        server.peers[0].leave(ending)
        await until(lambda: not direct._open)
        assert (await direct.ask(server.request("POST")))[2] == b"hi"
        assert [each.requests for each in server.peers] == [0, 1]


async def test_a_connection_on_which_bytes_came_unasked_carries_no_request() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        await standing(server, direct, 1)
        server.peers[0].send(WHOLE)
        await until(lambda: not direct._open)
        assert (await direct.ask(server.request("POST")))[0] == 200
        assert [each.requests for each in server.peers] == [0, 1]


async def test_a_connection_that_is_too_old_is_closed() -> None:
    made: list[Connection] = []
    async with listening(sending(WHOLE)) as server, transport() as direct:

        async def connect(to: Origin) -> Connection:
            made.append(await direct._opened(to))
            return made[-1]

        spares = Spares(connect, seconds=0.05)
        spares.expect(origin(server), 2)
        await until(lambda: len(made) == 2 and all(each.closed for each in made))
        assert not len(spares)
        assert await spares.take(origin(server)) is None


async def test_another_server_gets_no_request_of_this_one() -> None:
    async with (
        listening(sending(WHOLE)) as server,
        listening(sending(WHOLE)) as other,
        transport() as direct,
    ):
        await standing(server, direct, 1)
        await direct.ask(other.request("POST"))
        assert [each.requests for each in server.peers] == [0]
        assert [each.requests for each in other.peers] == [1]


async def test_a_server_that_is_away_is_told_of_by_the_request_alone() -> None:
    gone = RawServer(sending(WHOLE), port=free_port())
    async with transport() as direct:
        direct.expect(origin(gone), 3)
        with pytest.raises(httpx.ConnectError):
            await direct.ask(gone.request("POST"))


async def test_closing_closes_what_waits_and_makes_no_more() -> None:
    async with listening(sending(WHOLE)) as server:
        async with transport() as direct:
            await standing(server, direct, 2)
            await direct.aclose()
            direct.expect(origin(server), 2)
            await asyncio.gather(*(each.gone.wait() for each in server.peers))
        assert len(server.peers) == 2


async def test_a_read_keeps_its_own_connections() -> None:
    accepted: list[Peer] = []
    async with listening(sending(WHOLE), accepted.append) as server, transport() as one:
        await one.ask(server.request())
        one.expect(origin(server), 1)
        await one.ask(server.request())
        assert accepted[0].requests == 2
