"""What is raised when the line breaks, stage by stage, and how often was sent."""

import asyncio
import socket

import httpx
import pytest

from reconciler.model.errors import TransientError, TwilioError, UnknownOutcome
from reconciler.twilio.api.client import TwilioClient
from tests.twilio.samples import ANN, CONFERENCE, page, participant
from tests.twilio.wire_server import (
    TIGHT,
    Break,
    Reply,
    client,
    error,
    reply,
    serving,
)

FIELDS = (("from", "+15005550006"), ("label", "ann"), ("to", "+15551230001"))
WHOLE = reply(201, participant()).raw
STAGES = [
    (Break.AFTER_ACCEPT, Reply()),
    (Break.AFTER_HEADERS, Reply()),
    (Break.AFTER_BODY, Reply()),
    (Break.MID_HEADERS, Reply(WHOLE[:20])),
    (Break.MID_BODY, Reply(WHOLE[:-40])),
]
RESET = [(Break.AFTER_BODY, Reply(reset=True))]


async def create(twilio: TwilioClient) -> None:
    await twilio.participants.create("standup", FIELDS)


def unused_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
    return port


@pytest.mark.parametrize(("stage", "answer"), STAGES + RESET)
async def test_a_create_that_may_have_left_has_an_unknown_outcome_and_is_sent_once(
    stage: Break, answer: Reply
) -> None:
    async with serving(answer, stage) as server, server.client() as twilio:
        with pytest.raises(UnknownOutcome):
            await create(twilio)
        assert server.connections == 1


@pytest.mark.parametrize(("stage", "answer"), STAGES + RESET)
async def test_an_update_that_may_have_left_has_an_unknown_outcome_and_is_sent_once(
    stage: Break, answer: Reply
) -> None:
    async with serving(answer, stage) as server, server.client() as twilio:
        with pytest.raises(UnknownOutcome):
            await twilio.participants.update(CONFERENCE, ANN, (("muted", True),))
        assert server.connections == 1


@pytest.mark.parametrize(("stage", "answer"), STAGES + RESET)
async def test_a_read_is_tried_three_times_and_is_then_transient(
    stage: Break, answer: Reply
) -> None:
    async with serving(answer, stage) as server, server.client() as twilio:
        with pytest.raises(TransientError):
            await twilio.participants.list(CONFERENCE)
        assert server.connections == 3


@pytest.mark.parametrize(("stage", "answer"), STAGES + RESET)
async def test_a_delete_is_sent_again_once(stage: Break, answer: Reply) -> None:
    """And may have worked, either time."""
    async with serving(answer, stage) as server, server.client() as twilio:
        with pytest.raises(UnknownOutcome):
            await twilio.participants.delete(CONFERENCE, ANN)
        assert server.connections == 2


async def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    async with client(f"http://127.0.0.1:{unused_port()}") as twilio:
        with pytest.raises(TransientError, match="nothing was sent"):
            await create(twilio)


async def test_a_failed_handshake_means_that_nothing_was_sent() -> None:
    async with serving(Reply(), Break.AFTER_ACCEPT) as server:
        url = server.url.replace("http:", "https:")
        async with client(url) as twilio:
            with pytest.raises(TransientError, match="nothing was sent"):
                await create(twilio)
        assert server.requests == []


async def test_a_server_that_never_answers_a_create_leaves_its_outcome_unknown() -> (
    None
):
    async with (
        serving(Reply(broken=Break.HANG)) as server,
        server.client(timing=TIGHT) as twilio,
    ):
        with pytest.raises(UnknownOutcome, match="ReadTimeout"):
            await create(twilio)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b"[]", b"{}", b"null", WHOLE[-9:]]
)
async def test_garbage_with_success_leaves_a_create_unknown(
    status: int, body: bytes
) -> None:
    async with serving(reply(status, body)) as server, server.client() as twilio:
        with pytest.raises(UnknownOutcome, match=str(status)):
            await create(twilio)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308, 500, 502, 503, 504, 408])
async def test_a_create_is_never_repeated_nor_redirected(status: int) -> None:
    there = reply(status, b"moved", [("Location", "/elsewhere")])
    async with serving(there) as server, server.client() as twilio:
        with pytest.raises(UnknownOutcome):
            await create(twilio)
        assert len(server.requests) == 1


async def test_a_create_is_sent_once_when_too_many_requests_are_under_way() -> None:
    async with serving(error(429, 20429)) as server, server.client() as twilio:
        with pytest.raises(TransientError):
            await create(twilio)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_a_redirected_read_is_not_followed(status: int) -> None:
    there = reply(status, b"moved", [("Location", "/elsewhere")])
    async with serving(there) as server, server.client() as twilio:
        with pytest.raises(TransientError):
            await twilio.participants.list(CONFERENCE)
        assert len(server.requests) == 1


async def test_garbage_where_a_page_should_be_is_transient_and_says_so() -> None:
    async with serving(reply(200, b"<html>")) as server, server.client() as twilio:
        with pytest.raises(TransientError, match="not Twilio's JSON"):
            await twilio.participants.list(CONFERENCE)


async def test_each_create_has_a_connection_of_its_own_and_reads_share_one() -> None:
    def script(request: object) -> Reply:
        method = getattr(request, "method", "")
        if method == "POST":
            return reply(201, participant())
        return reply(200, page("participants"))

    async with serving(script) as server, server.client() as twilio:
        for _ in range(3):
            await twilio.participants.list(CONFERENCE)
        assert server.connections == 1
        await create(twilio)
        await create(twilio)
        assert server.connections == 3
        assert server.requests[-1].headers["connection"] == "close"


async def test_a_create_cancelled_in_flight_still_ends_with_the_answer() -> None:
    def script(_: object) -> Reply:
        return Reply(reply(201, participant()).raw, Break.HANG)

    async with serving(script) as server, server.client() as twilio:
        ringing = asyncio.ensure_future(twilio.participants.create("standup", FIELDS))
        await server.received.wait()
        ringing.cancel()
        await asyncio.sleep(0)
        server.go_on.set()
        assert (await ringing).call_sid == ANN
        assert ringing.cancelling() == 1


async def test_a_create_whose_every_task_is_cancelled_is_of_unknown_outcome() -> None:
    async with serving(Reply(broken=Break.HANG)) as server, server.client() as twilio:
        before = asyncio.all_tasks()
        ringing = asyncio.ensure_future(create(twilio))
        await server.received.wait()
        own = [
            task
            for task in asyncio.all_tasks() - before
            if "serve" not in repr(task.get_coro())
        ]
        for task in own:
            task.cancel()
        with pytest.raises(UnknownOutcome):
            await ringing


async def test_a_create_cancelled_before_it_begins_sends_nothing() -> None:
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        ringing = asyncio.ensure_future(create(twilio))
        ringing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ringing
        assert server.requests == []


async def test_a_create_that_is_late_at_once_sends_nothing() -> None:
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        with pytest.raises(TransientError, match="not sent"):
            await twilio.participants.create("standup", FIELDS, lambda: False)
        assert server.connections == 0


async def test_a_create_that_became_late_while_connecting_sends_no_byte() -> None:
    asked = iter([True, False])
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        with pytest.raises(TransientError, match="not sent"):
            await twilio.participants.create("standup", FIELDS, lambda: next(asked))
        assert server.requests == []


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("x"), TransientError),
        (httpx.ConnectTimeout("x"), TransientError),
        (httpx.PoolTimeout("x"), TransientError),
        (httpx.UnsupportedProtocol("x"), TransientError),
        (httpx.ProxyError("x"), TransientError),
        (httpx.ReadTimeout("x"), UnknownOutcome),
        (httpx.ReadError("x"), UnknownOutcome),
        (httpx.WriteError("x"), UnknownOutcome),
        (httpx.WriteTimeout("x"), UnknownOutcome),
        (httpx.CloseError("x"), UnknownOutcome),
        (httpx.RemoteProtocolError("x"), UnknownOutcome),
        (httpx.LocalProtocolError("x"), UnknownOutcome),
        (httpx.DecodingError("x"), UnknownOutcome),
        (TimeoutError("x"), UnknownOutcome),
        (OSError("x"), UnknownOutcome),
    ],
)
async def test_a_transport_that_reports_nothing_is_believed_by_its_errors_alone(
    raised: Exception, kind: type[TwilioError]
) -> None:
    class Breaking(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert request.method == "POST"
            raise raised

    async with client("http://twilio.test", transport=Breaking()) as twilio:
        with pytest.raises(TwilioError) as caught:
            await create(twilio)
    assert type(caught.value) is kind
