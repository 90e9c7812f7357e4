"""A stray 401 is asked again; refused credentials are told within some seconds."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from reconciler.model.errors import CredentialsRefused, RefusalInDoubt, TransientError
from reconciler.play.world.virtual_loop import VirtualLoop
from reconciler.twilio.api.account import Account, Credentials
from reconciler.twilio.api.client import TwilioClient
from tests.twilio.samples import ANN, CONFERENCE, call, page
from tests.twilio.wire_server import ACCOUNT, TOKEN


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    loop = VirtualLoop(seed=0, start=1_776_158_802.0)
    try:
        loop.run_until_complete(story())
    finally:
        loop.end()


class Strays(httpx.AsyncBaseTransport):
    """Answers 401 where ``refuses`` says so of a path, and counts all requests."""

    def __init__(self, refuses: Callable[[str], bool]) -> None:
        self.refuses = refuses
        self.asked: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.05)
        path = request.url.path
        self.asked.append((request.method, path))
        if self.refuses(path):
            return httpx.Response(401, json={"code": 20003, "message": "Authenticate"})
        body = call(ANN) if "/Calls/" in path else page("participants")
        return httpx.Response(200, json=body)


def client(strays: Strays) -> TwilioClient:
    return TwilioClient(
        Account(ACCOUNT, Credentials(ACCOUNT, TOKEN), "http://twilio.test"),
        sleep=asyncio.sleep,
        jitter=lambda: 0.5,
        transport=strays,
    )


def next_ones(times: int) -> Callable[[str], bool]:
    left = iter([True] * times)
    return lambda _: next(left, False)


def elapsed() -> float:
    return asyncio.get_running_loop().time() - 1_776_158_802.0


@pytest.mark.parametrize("times", [1, 2, 3])
def test_some_strays_in_a_row_are_asked_again_until_one_is_answered(times: int) -> None:
    async def story() -> None:
        strays = Strays(lambda _: False)
        twilio = client(strays)
        await twilio.participants.list(CONFERENCE)
        strays.refuses = next_ones(times)
        assert await twilio.participants.list(CONFERENCE) == ()
        assert len(strays.asked) == 2 + times
        assert elapsed() < 5.0

    run(story)


def test_a_first_stray_is_asked_again_too() -> None:
    async def story() -> None:
        strays = Strays(next_ones(1))
        assert await client(strays).participants.list(CONFERENCE) == ()

    run(story)


def test_where_nothing_has_worked_the_second_refusal_is_believed() -> None:
    async def story() -> None:
        strays = Strays(lambda _: True)
        twilio = client(strays)
        with pytest.raises(CredentialsRefused):
            await twilio.participants.list(CONFERENCE)
        assert len(strays.asked) == 2
        assert elapsed() < 2.0

    run(story)


def test_credentials_that_were_taken_back_are_believed_refused_in_seconds() -> None:
    async def story() -> None:
        strays = Strays(lambda _: False)
        twilio = client(strays)
        await twilio.participants.list(CONFERENCE)
        strays.refuses = lambda _: True
        with pytest.raises(CredentialsRefused):
            await twilio.participants.list(CONFERENCE)
        assert elapsed() < 5.0
        assert len(strays.asked) <= 5
        with pytest.raises(CredentialsRefused):
            await twilio.participants.update(CONFERENCE, ANN, (("muted", True),))
        assert len(strays.asked) <= 6
        assert twilio.access.denied_at is not None
        strays.refuses = lambda _: False
        await twilio.participants.list(CONFERENCE)
        assert twilio.access.denied_at is None

    run(story)


def test_a_success_long_ago_speaks_for_nothing() -> None:
    async def story() -> None:
        strays = Strays(lambda _: False)
        twilio = client(strays)
        await twilio.participants.list(CONFERENCE)
        await asyncio.sleep(301)
        strays.refuses = lambda _: True
        with pytest.raises(CredentialsRefused):
            await twilio.participants.list(CONFERENCE)
        assert len(strays.asked) == 3

    run(story)


def test_what_alone_is_refused_while_all_else_works_is_a_fault_of_that_request() -> (
    None
):
    async def story() -> None:
        strays = Strays(lambda path: "/Calls/" in path)
        twilio = client(strays)
        await twilio.participants.list(CONFERENCE)

        async def others() -> None:
            while True:
                await twilio.participants.list(CONFERENCE)
                await asyncio.sleep(1)

        meanwhile = asyncio.create_task(others())
        for _ in range(3):
            with pytest.raises(TransientError):
                await twilio.calls.fetch(ANN)
        meanwhile.cancel()
        assert twilio.access.denied_at is None

    run(story)


def test_a_write_that_met_a_stray_was_not_carried_out_and_is_not_repeated_here() -> (
    None
):
    async def story() -> None:
        strays = Strays(lambda _: False)
        people = client(strays).participants
        await people.list(CONFERENCE)
        strays.refuses = lambda _: True
        for write in (
            people.create("standup", (("to", "+15551230001"),)),
            people.update(CONFERENCE, "ann", (("muted", True),)),
            people.delete(CONFERENCE, "ann"),
        ):
            with pytest.raises(TransientError) as caught:
                await write
            assert type(caught.value) is RefusalInDoubt
        sent = [each[0] for each in strays.asked]
        assert sent == ["GET", "POST", "POST", "DELETE"]

    run(story)
