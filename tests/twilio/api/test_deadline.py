"""A client that is to end by a moment does so, whatever the network does."""

import asyncio
from collections.abc import Awaitable

import pytest

from reconciler.model.errors import TransientError, TwilioError, UnknownOutcome
from reconciler.twilio.api.client import TwilioClient
from tests.dripping import Dripping
from tests.twilio.samples import ANN, CONFERENCE
from tests.twilio.wire_server import PATIENT, Slept, client, error, serving

WITHIN = 0.3
SLACK = 10.0
CREATE = (("to", "+15551230001"),)


async def failed(twilio: TwilioClient, work: Awaitable[object]) -> TwilioError:
    """The error of *work*, by a client that is to end soon."""
    now = asyncio.get_running_loop().time
    began = now()
    twilio.end_by(began + WITHIN)
    with pytest.raises(TwilioError) as caught:
        await work
    assert now() - began < WITHIN + SLACK
    return caught.value


@pytest.mark.parametrize("silent", [True, False])
async def test_a_read_that_is_not_answered_or_drips_ends(*, silent: bool) -> None:
    async with Dripping(silent=silent) as server:
        url = f"http://127.0.0.1:{server.port}"
        async with client(url, timing=PATIENT) as twilio:
            found = await failed(twilio, twilio.participants.list(CONFERENCE))
    assert isinstance(found, TransientError)
    assert len(server.requests) == 1


@pytest.mark.parametrize("silent", [True, False])
async def test_a_write_that_is_not_answered_or_drips_may_have_worked(
    *, silent: bool
) -> None:
    async with Dripping(silent=silent) as server:
        url = f"http://127.0.0.1:{server.port}"
        async with client(url, timing=PATIENT) as twilio:
            ring = twilio.participants.create("standup", CREATE)
            assert type(await failed(twilio, ring)) is UnknownOutcome
            kick = twilio.participants.delete(CONFERENCE, ANN)
            assert isinstance(await failed(twilio, kick), TransientError)


async def test_a_handshake_that_stalls_ends_and_nothing_was_sent() -> None:
    async with Dripping(speaking=False) as server:
        url = f"https://127.0.0.1:{server.port}"
        async with client(url, timing=PATIENT) as twilio:
            ring = twilio.participants.create("standup", CREATE)
            assert type(await failed(twilio, ring)) is TransientError


async def test_nothing_is_sent_once_the_time_is_up() -> None:
    async with serving(error(500, 20500)) as server, server.client() as twilio:
        twilio.end_by(asyncio.get_running_loop().time())
        for work in (
            twilio.participants.list(CONFERENCE),
            twilio.participants.create("standup", CREATE),
            twilio.participants.delete(CONFERENCE, ANN),
        ):
            with pytest.raises(TransientError, match="the time is up"):
                await work
        assert server.requests == []


async def test_no_wait_between_two_tries_goes_on_past_the_end() -> None:
    slept = Slept()
    busy = error(500, 20500)
    async with serving(busy) as server, server.client(sleep=slept) as twilio:
        twilio.end_by(asyncio.get_running_loop().time() + 0.05)
        with pytest.raises(TransientError):
            await twilio.participants.list(CONFERENCE)
    assert all(each <= 0.05 for each in slept.waits)
