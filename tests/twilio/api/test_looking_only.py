"""A client that only looks, and what the metrics are told."""

import pytest

from reconciler.model.errors import ReadOnlyViolation
from tests.twilio.samples import ANN, CONFERENCE, call, conference, page, participant
from tests.twilio.wire_server import reply, serving


async def test_a_client_that_only_looks_sends_no_write_of_any_kind() -> None:
    async with (
        serving(reply(200, participant())) as server,
        server.client(read_only=True) as twilio,
    ):
        for write in (
            twilio.participants.create("standup", ()),
            twilio.participants.update(CONFERENCE, ANN, ()),
            twilio.participants.delete(CONFERENCE, ANN),
            twilio.conferences.complete(CONFERENCE),
            twilio.calls.complete(ANN),
            twilio.calls.cancel(ANN),
        ):
            with pytest.raises(ReadOnlyViolation):
                await write
        assert server.connections == 0
        assert (await twilio.participants.fetch(CONFERENCE, ANN)).call_sid == ANN


async def test_every_request_is_told_of() -> None:
    told: list[tuple[str, str, int, bool, str | None]] = []

    def note(
        operation: str, method: str, status: int, seconds: float, request_id: str | None
    ) -> None:
        told.append((operation, method, status, seconds >= 0, request_id))

    replies = [
        reply(500, b""),
        reply(200, page("participants"), [("Twilio-Request-Id", "RQ1")]),
        reply(201, participant(), [("Twilio-Request-Id", "RQ2")]),
        reply(204, None, [("Twilio-Request-Id", "RQ3")]),
        reply(200, conference()),
        reply(200, call()),
    ]
    async with (
        serving(lambda _: replies.pop(0)) as server,
        server.client(on_request=note) as twilio,
    ):
        await twilio.participants.list(CONFERENCE)
        placed = await twilio.participants.create("standup", ())
        assert await twilio.participants.delete(CONFERENCE, ANN) == "RQ3"
        await twilio.conferences.complete(CONFERENCE)
        await twilio.calls.cancel(ANN)
    assert placed.request_id == "RQ2"
    assert placed.conference_sid == CONFERENCE
    assert told == [
        ("list participants", "GET", 500, True, None),
        ("list participants", "GET", 200, True, "RQ1"),
        ("create participant", "POST", 201, True, "RQ2"),
        ("delete participant", "DELETE", 204, True, "RQ3"),
        ("complete conference", "POST", 200, True, None),
        ("cancel call", "POST", 200, True, None),
    ]
    assert server.requests[4].form == [("Status", "completed")]
    assert server.requests[5].form == [("Status", "canceled")]
