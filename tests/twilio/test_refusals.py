"""Each answer that is no success, as the error that says what to do."""

import pytest

from reconciler.model.errors import (
    CredentialsRefused,
    Gone,
    LabelInUse,
    RateLimited,
    TerminalError,
    TransientError,
    TwilioError,
    UnknownOutcome,
)
from reconciler.twilio.codes import TABLE, Code
from tests.twilio.samples import CONFERENCE, page
from tests.twilio.wire_server import Reply, Slept, error, reply, serving

TRANSIENT = {
    10004,
    16001,
    16003,
    16021,
    16022,
    16027,
    16028,
    16030,
    16099,
    20162,
    20409,
    21220,
}
STOPPED = {10001, 20003, 20005, 20008, 20010, 20403}
NAMED: dict[int, type[TwilioError]] = {
    16026: LabelInUse,
    20404: Gone,
    20429: RateLimited,
    20500: UnknownOutcome,
    20503: UnknownOutcome,
}


def expected(code: int) -> type[TwilioError]:
    if code in TRANSIENT:
        return TransientError
    if code in STOPPED:
        return CredentialsRefused
    return NAMED.get(code, TerminalError)


async def refused(answer: Reply) -> TwilioError:
    async with serving(answer) as server, server.client() as twilio:
        with pytest.raises(TwilioError) as caught:
            await twilio.participants.create("standup", (("to", "+15551230001"),))
        assert len(server.requests) == 1
    return caught.value


async def unread(answer: Reply) -> TwilioError:
    async with serving(answer) as server, server.client() as twilio:
        with pytest.raises(TwilioError) as caught:
            await twilio.participants.list(CONFERENCE)
    return caught.value


@pytest.mark.parametrize("code", TABLE, ids=lambda each: str(each.number))
async def test_each_code_of_twilios_says_what_to_do(code: Code) -> None:
    number = code.number
    found = await refused(error(400, number, "for +15551230001"))
    assert type(found) is expected(number)
    assert (found.code, found.status) == (number, 400)
    assert str(number) in str(found)
    assert code.meaning in str(found)
    assert "+15551230001" not in str(found)


def test_all_codes_of_the_tests_are_in_the_table() -> None:
    assert {each.number for each in TABLE} >= TRANSIENT | STOPPED | set(NAMED)
    assert len({each.number for each in TABLE}) == len(TABLE)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, TerminalError),
        (401, CredentialsRefused),
        (403, CredentialsRefused),
        (404, Gone),
        (405, TerminalError),
        (409, TransientError),
        (422, TerminalError),
        (429, RateLimited),
        (500, UnknownOutcome),
        (502, UnknownOutcome),
        (503, UnknownOutcome),
        (504, UnknownOutcome),
    ],
)
@pytest.mark.parametrize("body", [b"<html>", b'{"code": 99999, "message": "new"}', b""])
async def test_an_answer_without_a_known_code_goes_by_its_status(
    status: int, kind: type[TwilioError], body: bytes
) -> None:
    found = await refused(reply(status, body))
    assert type(found) is kind
    assert found.status == status


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_read_that_fails_at_twilio_is_transient(status: int) -> None:
    assert type(await unread(error(status, 20500))) is TransientError


async def test_a_code_is_no_proof_when_the_status_says_that_it_may_have_worked() -> (
    None
):
    assert type(await refused(error(500, 16030))) is UnknownOutcome


async def test_a_403_with_a_code_of_its_own_is_no_matter_of_credentials() -> None:
    assert type(await refused(error(403, 21215))) is TerminalError


async def test_the_request_id_is_kept_on_errors() -> None:
    answer = reply(400, {"code": 21211}, [("Twilio-Request-Id", "RQ1")])
    assert (await refused(answer)).request_id == "RQ1"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([("Retry-After", "7")], 7.0),
        (
            [
                ("Retry-After", "Tue, 14 Apr 2026 09:26:53 GMT"),
                ("Date", "Tue, 14 Apr 2026 09:26:43 GMT"),
            ],
            10.0,
        ),
        ([("Retry-After", "Tue, 14 Apr 2026 09:26:53 GMT")], None),
        ([("Retry-After", "soon")], None),
        ([], None),
    ],
)
async def test_a_429_says_how_long_to_wait(
    headers: list[tuple[str, str]], seconds: float | None
) -> None:
    found = await refused(reply(429, {"code": 20429}, headers))
    assert isinstance(found, RateLimited)
    assert found.retry_after == seconds


async def test_a_read_is_tried_again_until_it_works() -> None:
    replies = [error(500, 20500), error(429, 20429), reply(200, page("participants"))]
    slept = Slept()
    async with (
        serving(lambda _: replies.pop(0)) as server,
        server.client(sleep=slept, jitter=lambda: 1.0) as twilio,
    ):
        assert await twilio.participants.list(CONFERENCE) == ()
        assert len(server.requests) == 3
    assert slept.waits == [0.5, 1.0]


async def test_a_read_waits_as_long_as_it_is_told_if_that_is_short() -> None:
    slept = Slept()
    told = reply(429, {"code": 20429}, [("Retry-After", "3")])
    async with serving(told) as server, server.client(sleep=slept) as twilio:
        with pytest.raises(RateLimited):
            await twilio.participants.list(CONFERENCE)
        assert len(server.requests) == 3
    assert slept.waits == [3.0, 3.0]


async def test_a_read_that_is_told_to_wait_long_leaves_that_to_the_caller() -> None:
    slept = Slept()
    told = reply(429, {"code": 20429}, [("Retry-After", "60")])
    async with serving(told) as server, server.client(sleep=slept) as twilio:
        with pytest.raises(RateLimited) as caught:
            await twilio.participants.list(CONFERENCE)
        assert len(server.requests) == 1
    assert caught.value.retry_after == 60.0
    assert slept.waits == []


@pytest.mark.parametrize("status", [400, 401, 404, 405, 409])
async def test_a_read_that_is_refused_is_not_tried_again(status: int) -> None:
    async with serving(error(status, 99999)) as server, server.client() as twilio:
        with pytest.raises(TwilioError):
            await twilio.participants.list(CONFERENCE)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 503])
async def test_a_delete_that_fails_at_twilio_is_transient(status: int) -> None:
    async with serving(error(status, 20500)) as server, server.client() as twilio:
        with pytest.raises(TransientError):
            await twilio.participants.delete(CONFERENCE, "ann")
        assert len(server.requests) == 1
