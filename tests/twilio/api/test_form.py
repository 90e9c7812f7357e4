"""Every parameter over real HTTP, as Twilio wants it written."""

import pytest

from reconciler.model.errors import TerminalError, TwilioError
from reconciler.model.parameter import TABLE, Parameter, ValueKind
from reconciler.model.roster import Value
from reconciler.twilio.api import form
from tests.twilio.samples import ANN, BASE, CONFERENCE, participant
from tests.twilio.wire_server import reply, serving

CREATED = [each for each in TABLE if each.create]
UPDATED = [each for each in TABLE if each.update]


def value_of(parameter: Parameter) -> tuple[Value, list[str]]:
    """A value of the parameter's kind, and what Twilio shall be sent."""
    match parameter.kind:
        case ValueKind.BOOLEAN:
            return True, ["true"]
        case ValueKind.INTEGER:
            return 4000, ["4000"]
        case ValueKind.WORDS:
            return parameter.words, list(parameter.words)
        case ValueKind.WORD:
            return parameter.words[0], [parameter.words[0]]
        case ValueKind.URL:
            url = "https://example.com/a b?x=1&y=é+ü#rc=3"
            return url, [url]
        case _:
            return "a&b=c +ü", ["a&b=c +ü"]


@pytest.mark.parametrize("parameter", CREATED, ids=lambda each: each.name)
async def test_a_create_sends_the_parameter_under_its_wire_name(
    parameter: Parameter,
) -> None:
    value, sent = value_of(parameter)
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        await twilio.participants.create("standup", ((parameter.name, value),))
    (request,) = server.requests
    assert request.method == "POST"
    assert request.form == [(parameter.wire, each) for each in sent]
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("parameter", UPDATED, ids=lambda each: each.name)
async def test_an_update_sends_the_parameter_under_its_wire_name(
    parameter: Parameter,
) -> None:
    value, sent = value_of(parameter)
    async with serving(reply(200, participant())) as server, server.client() as twilio:
        await twilio.participants.update(CONFERENCE, ANN, ((parameter.name, value),))
    (request,) = server.requests
    assert request.path == f"{BASE}/Conferences/{CONFERENCE}/Participants/{ANN}.json"
    assert request.form == [(parameter.wire, each) for each in sent]


def test_the_table_was_not_empty() -> None:
    assert len(CREATED) > 40
    assert len(UPDATED) > 10


def test_false_is_sent_as_a_word() -> None:
    fields = (("muted", False),)
    assert form.encode(fields, form.Request.UPDATE) == (("Muted", "false"),)


def test_silence_is_an_empty_wait_url_and_nothing_else_may_be_empty() -> None:
    fields = (("wait_url", ""),)
    assert form.encode(fields, form.Request.CREATE) == (("WaitUrl", ""),)
    with pytest.raises(TerminalError, match="label"):
        form.encode((("label", ""),), form.Request.CREATE)


@pytest.mark.parametrize(
    ("name", "request_kind"),
    [
        ("hold", form.Request.CREATE),
        ("announce_url", form.Request.CREATE),
        ("label", form.Request.UPDATE),
        ("record", form.Request.UPDATE),
        ("mute", form.Request.UPDATE),
    ],
)
def test_a_parameter_that_the_request_does_not_take_is_not_sent(
    name: str, request_kind: form.Request
) -> None:
    with pytest.raises(TerminalError, match=name):
        form.encode(((name, True),), request_kind)


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("ann", "ann"),
        ("bob smith", "bob%20smith"),
        ("ünï", "%C3%BCn%C3%AF"),
        ("50%", "50%25"),
        ("a%20b", "a%2520b"),
        ("who?", "who%3F"),
        ("#1", "%231"),
        ("a.b", "a.b"),
        ("..", "%2E%2E"),
        ("a+b", "a%2Bb"),
        ("a:b@c", "a%3Ab%40c"),
    ],
)
async def test_a_label_is_one_segment_of_the_path(label: str, written: str) -> None:
    async with serving(reply(200, participant())) as server, server.client() as twilio:
        await twilio.participants.fetch(CONFERENCE, label)
        await twilio.participants.update(CONFERENCE, label, (("muted", True),))
    for request in server.requests:
        assert (
            request.target
            == f"{BASE}/Conferences/{CONFERENCE}/Participants/{written}.json"
        )


async def test_a_name_of_dots_or_slashes_does_not_leave_its_place() -> None:
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        await twilio.participants.create("..", ())
        await twilio.participants.create("a/../b", ())
    assert [each.target for each in server.requests] == [
        f"{BASE}/Conferences/%2E%2E/Participants.json",
        f"{BASE}/Conferences/a%2F..%2Fb/Participants.json",
    ]


async def test_a_secret_shows_in_no_error_even_if_twilio_repeats_it() -> None:
    secret = "hunter2-hunter2"
    refused = {"code": 12345, "message": f"bad password {secret} for +15551230001"}
    async with serving(reply(400, refused)) as server, server.client() as twilio:
        with pytest.raises(TwilioError) as caught:
            await twilio.participants.create(
                "standup", (("sip_auth_password", secret),)
            )
    assert secret not in str(caught.value)
    assert "+1555•••0001" in str(caught.value)
