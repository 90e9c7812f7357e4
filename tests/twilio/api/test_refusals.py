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
from reconciler.twilio.api.error_codes import TABLE, Code, ErrorClass
from tests.twilio.samples import CONFERENCE, page
from tests.twilio.wire_server import Reply, Slept, error, reply, serving

TRANSIENT = {
    10004,
    16001,
    16003,
    16020,
    16021,
    16022,
    16027,
    16028,
    16099,
    20162,
    20409,
    21220,
}
STOPPED = {10001, 20003, 20005, 20008, 20010}
NAMED: dict[int, type[TwilioError]] = {
    16030: UnknownOutcome,
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
    """The error of a create, of an account whose credentials were refused before."""
    denied = error(401, 20003)
    async with (
        serving(
            lambda request: answer if request.method == "POST" else denied
        ) as server,
        server.client() as twilio,
    ):
        with pytest.raises(CredentialsRefused):
            await twilio.participants.list(CONFERENCE)
        with pytest.raises(TwilioError) as caught:
            await twilio.participants.create("standup", (("to", "+15551230001"),))
        assert [each.method for each in server.requests].count("POST") == 1
    return caught.value


async def unread(answer: Reply) -> TwilioError:
    async with serving(answer) as server, server.client() as twilio:
        with pytest.raises(TwilioError) as caught:
            await twilio.participants.list(CONFERENCE)
    return caught.value


@pytest.mark.parametrize("code", TABLE, ids=lambda each: str(each.number))
async def test_each_code_of_twilios_says_what_to_do(code: Code) -> None:
    number = code.number
    status = code.status or 400
    found = await refused(error(status, number, "for +15551230001"))
    assert type(found) is expected(number)
    assert (found.code, found.status) == (number, status)
    assert str(number) in str(found)
    assert code.meaning in str(found)
    assert code.step in str(found)
    assert "+15551230001" not in str(found)


def test_all_codes_of_the_tests_are_in_the_table() -> None:
    assert {each.number for each in TABLE} >= TRANSIENT | STOPPED | set(NAMED)
    assert len({each.number for each in TABLE}) == len(TABLE)


def test_whoever_must_act_is_told_what_to_do() -> None:
    told = {ErrorClass.STOP, ErrorClass.PERSON, ErrorClass.FORBIDDEN, ErrorClass.ADOPT}
    assert all(each.step for each in TABLE if each.error_class in told)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, TerminalError),
        (401, CredentialsRefused),
        (403, TerminalError),
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
@pytest.mark.parametrize("code", [99999, None])
async def test_an_answer_of_twilios_without_a_known_code_goes_by_its_status(
    status: int, kind: type[TwilioError], code: int | None
) -> None:
    body = {"code": code, "message": "new", "status": status}
    found = await refused(reply(status, body))
    assert type(found) is kind
    assert found.status == status


FOREIGN = [
    b"<html>",
    b"",
    b"[]",
    b'{"message": "Forbidden"}',
    b'{"code": "x", "status": "no"}',
]


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 405, 407, 409, 413, 414, 422, 500, 502, 503]
)
@pytest.mark.parametrize("body", FOREIGN)
async def test_a_page_that_is_not_twilios_leaves_open_what_became_of_a_write(
    status: int, body: bytes
) -> None:
    found = await refused(reply(status, body))
    assert type(found) is UnknownOutcome
    assert (found.status, found.code) == (status, 0)
    assert "proxy or CDN" in str(found)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 502])
@pytest.mark.parametrize("body", FOREIGN)
async def test_a_page_that_is_not_twilios_is_a_passing_fault_of_a_read(
    status: int, body: bytes
) -> None:
    async with serving(reply(status, body)) as server, server.client() as twilio:
        with pytest.raises(TransientError):
            await twilio.conferences.fetch(CONFERENCE)
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_page_that_is_not_twilios_tells_of_no_removal(status: int) -> None:
    answer = reply(status, b"<html>")
    async with serving(answer) as server, server.client() as twilio:
        with pytest.raises(UnknownOutcome):
            await twilio.participants.delete(CONFERENCE, "ann")
        assert len(server.requests) == 1


async def test_a_429_of_something_in_between_was_not_passed_on_either() -> None:
    assert type(await refused(reply(429, b"<html>"))) is RateLimited


@pytest.mark.parametrize("code", [20403, 99999])
async def test_a_403_is_about_the_one_who_was_to_be_rung_removed_or_changed(
    code: int,
) -> None:
    answer = error(403, code)
    async with serving(answer) as server, server.client() as twilio:
        for work in (
            twilio.participants.create("standup", (("to", "+15551230001"),)),
            twilio.participants.update(CONFERENCE, "ann", (("muted", True),)),
            twilio.participants.delete(CONFERENCE, "ann"),
        ):
            with pytest.raises(TwilioError) as caught:
                await work
            assert type(caught.value) is TerminalError


@pytest.mark.parametrize("code", [20403, 99999])
async def test_a_403_of_a_read_that_stays_is_about_the_credentials(code: int) -> None:
    assert type(await unread(error(403, code))) is CredentialsRefused


async def test_a_feature_that_is_off_is_named_and_is_no_matter_of_credentials() -> None:
    found = await refused(error(403, 12400))
    assert type(found) is TerminalError
    assert "a feature that the request needs is disabled" in str(found)


async def test_an_internal_failure_with_the_code_of_a_feature_is_not_called_so() -> (
    None
):
    found = await refused(error(500, 12400))
    assert type(found) is UnknownOutcome
    assert "feature" not in str(found)


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
        ([("Retry-After", "0")], None),
        ([("Retry-After", "-5")], None),
        ([("Retry-After", "1e9")], None),
        ([("Retry-After", "99999999")], 300.0),
        ([("Retry-After", "9" * 400)], 300.0),
        (
            [
                ("Retry-After", "Tue, 14 Apr 2099 09:26:53 GMT"),
                ("Date", "Tue, 14 Apr 2026 09:26:43 GMT"),
            ],
            300.0,
        ),
        (
            [
                ("Retry-After", "Tue, 14 Apr 2026 09:26:33 GMT"),
                ("Date", "Tue, 14 Apr 2026 09:26:43 GMT"),
            ],
            None,
        ),
        ([], None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_twilio_says_how_long_to_wait(
    headers: list[tuple[str, str]], seconds: float | None, status: int
) -> None:
    found = await refused(reply(status, {"code": 20429}, headers))
    assert isinstance(found, RateLimited if status == 429 else UnknownOutcome)
    assert found.retry_after == seconds
    read = await unread(reply(status, {"code": 20429}, headers))
    assert isinstance(read, TransientError)
    assert read.retry_after == seconds


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


@pytest.mark.parametrize("status", [400, 404, 405, 409])
async def test_a_read_that_is_refused_is_not_tried_again(status: int) -> None:
    async with serving(error(status, 99999)) as server, server.client() as twilio:
        with pytest.raises(TwilioError):
            await twilio.participants.list(CONFERENCE)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 503])
async def test_a_delete_that_fails_at_twilio_may_have_worked(status: int) -> None:
    async with serving(error(status, 20500)) as server, server.client() as twilio:
        with pytest.raises(UnknownOutcome):
            await twilio.participants.delete(CONFERENCE, "ann")
        assert len(server.requests) == 1
