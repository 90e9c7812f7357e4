"""The API over HTTP: bodies, pages, errors, credentials and headers."""

import httpx
import pytest

from reconciler.model.parameter import TABLE, Parameter, ValueKind
from reconciler.simulator.http.app import app
from tests.simulator.desk import FROM, ROOM, client, open_desk

_PARTICIPANT = [
    "account_sid",
    "call_sid",
    "label",
    "conference_sid",
    "date_created",
    "date_updated",
    "end_conference_on_exit",
    "muted",
    "hold",
    "status",
    "start_conference_on_enter",
    "coaching",
    "call_sid_to_coach",
    "queue_time",
    "uri",
]
_CONFERENCE = [
    "account_sid",
    "api_version",
    "date_created",
    "date_updated",
    "friendly_name",
    "region",
    "sid",
    "status",
    "subresource_uris",
    "uri",
    "reason_conference_ended",
    "call_sid_ending_conference",
]
_PAGE = [
    "first_page_uri",
    "next_page_uri",
    "previous_page_uri",
    "uri",
    "page",
    "page_size",
    "start",
    "end",
]


async def test_bodies_have_every_key_in_twilios_order() -> None:
    desk = open_desk()
    desk.seat("bob")
    form = {"From": FROM, "To": "client:ann", "Label": "ann"}
    async with client(desk.exchange) as http:
        created = await http.post(f"/Conferences/{ROOM}/Participants.json", data=form)
        sid = created.json()["conference_sid"]
        page = (await http.get(f"/Conferences/{sid}/Participants.json")).json()
        conference = (await http.get(f"/Conferences/{sid}.json")).json()
        call = (await http.get(f"/Calls/{created.json()['call_sid']}.json")).json()
    assert created.status_code == 201
    assert list(created.json()) == _PARTICIPANT
    assert created.json()["queue_time"] == "0"
    assert list(page) == ["participants", *_PAGE]
    listed = {**created.json(), "status": page["participants"][0]["status"]}
    del listed["queue_time"]
    assert page["participants"][0] == listed
    assert list(conference) == _CONFERENCE
    assert conference["date_created"] == "Tue, 14 Apr 2026 09:26:42 +0000"
    assert call["direction"] == "outbound-api"


async def test_pages_follow_each_other_though_people_leave_between_them() -> None:
    desk = open_desk()
    desk.seat("ann", "bob", "cat", "dan", "eve")
    async with client(desk.exchange) as http:
        path = (
            f"/Conferences/{desk.room().sid}/Participants.json?PageSize=2&Muted=false"
        )
        first = (await http.get(path)).json()
        desk.exchange.hang_up("dan")
        second = (
            await http.get(str(http.base_url.join(first["next_page_uri"])))
        ).json()
        third = (
            await http.get(str(http.base_url.join(second["next_page_uri"])))
        ).json()
        back = (
            await http.get(str(http.base_url.join(second["previous_page_uri"])))
        ).json()
    labels = [
        [p["label"] for p in page["participants"]]
        for page in (first, second, third, back)
    ]
    assert labels == [["eve", "dan"], ["cat", "bob"], ["ann"], ["eve"]]
    assert "Muted=false&PageSize=2&Page=1&PageToken=PACP" in first["next_page_uri"]
    assert "PageToken=PBCP" in second["previous_page_uri"]
    assert first["previous_page_uri"] is None
    assert third["next_page_uri"] is None
    assert (second["page"], second["start"], second["end"]) == (1, 2, 3)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"/Conferences/{ROOM}.json", 405, 20004),
        ("GET", f"/Conferences/{ROOM}/Participants.json", 405, 20004),
        ("GET", f"/Conferences/{ROOM}/Participants/ann.json", 404, 20404),
        ("DELETE", "/Conferences/{cf}.json", 405, 20004),
        ("PUT", "/Conferences/{cf}.json", 405, 20004),
        ("GET", "/Conferences/{cf}", 404, 20404),
        ("GET", "/conferences/{cf}.json", 404, 20404),
        ("GET", "/Conferences/{cf}/Recordings.json", 404, 20404),
        ("GET", "/Conferences/CF00000000000000000000000000000000.json", 404, 20404),
        ("GET", "/Conferences/{cf}/Participants/nobody.json", 404, 20404),
        ("GET", "/Conferences.json?PageSize=1001", 400, 20007),
        ("GET", "/Conferences.json?PageSize=0", 400, 20007),
        ("GET", "/Conferences.json?PageToken=PA0", 400, 20001),
        ("POST", "/Calls.json", 405, 20004),
    ],
)
async def test_wrong_requests_get_twilios_error(
    method: str, path: str, status: int, code: int
) -> None:
    desk = open_desk()
    desk.seat("ann")
    async with client(desk.exchange) as http:
        answer = await http.request(method, path.format(cf=desk.room().sid))
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert list(answer.json()) == ["code", "message", "more_info", "status"]


async def test_labels_are_read_percent_decoded() -> None:
    desk = open_desk()
    desk.seat("bob", "Ann Müller & co")
    async with client(desk.exchange) as http:
        path = f"/Conferences/{desk.room().sid}/Participants/"
        encoded = "Ann%20M%C3%BCller%20%26%20co.json"
        assert (await http.get(path + encoded)).json()["label"] == "Ann Müller & co"
        assert (await http.delete(path + encoded)).status_code == 204


async def test_an_answer_without_a_body_has_none() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    async with client(desk.exchange) as http:
        answer = await http.delete(
            f"/Conferences/{desk.room().sid}/Participants/ann.json"
        )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["twilio-request-id"].startswith("RQ")


async def test_every_answer_has_twilios_headers() -> None:
    desk = open_desk()
    async with client(desk.exchange) as http:
        answer = await http.get("/Conferences.json")
    assert answer.headers["twilio-concurrent-requests"] == "1"
    assert answer.headers["twilio-request-duration"]
    assert answer.headers["x-home-region"] == "us1"
    assert answer.headers["content-type"] == "application/json"


async def _status(desk_user: str, password: str, path: str = "") -> int:
    desk = open_desk()
    account = desk.exchange.account
    user = {"sid": account.sid, "key": account.keys[0][0]}.get(desk_user, desk_user)
    secret = {"token": account.token, "secret": account.keys[0][1]}.get(
        password, password
    )
    url = path or f"/2010-04-01/Accounts/{account.sid}/Conferences.json"
    transport = httpx.ASGITransport(app(desk.exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as http:
        return (await http.get(url, auth=(user, secret))).status_code


@pytest.mark.parametrize(
    ("user", "password", "status"),
    [
        ("sid", "token", 200),
        ("key", "secret", 200),
        ("sid", "secret", 401),
        ("key", "token", 401),
        ("somebody", "", 401),
    ],
)
async def test_the_token_and_the_api_key_open_the_account(
    user: str, password: str, status: int
) -> None:
    assert await _status(user, password) == status


@pytest.mark.parametrize("sid", ["AC" + "0" * 32, "AC1", "me"])
async def test_another_account_is_not_found(sid: str) -> None:
    path = f"/2010-04-01/Accounts/{sid}/Conferences.json"
    assert await _status("sid", "token", path) == 404


async def test_no_credentials_get_twilios_long_error() -> None:
    desk = open_desk()
    async with client(desk.exchange) as http:
        answer = await http.get("/Conferences.json", auth=None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="Twilio API"'
    assert answer.json() == {
        "code": 20003,
        "detail": "Your AccountSid or AuthToken was incorrect.",
        "message": "Authentication Error - No credentials provided",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


def _sample(parameter: Parameter) -> str:
    by_kind = {
        ValueKind.BOOLEAN: "true",
        ValueKind.INTEGER: str(parameter.least or 60),
        ValueKind.TEXT: "text",
        ValueKind.WORD: parameter.words[0] if parameter.words else "",
        ValueKind.WORDS: " ".join(parameter.words),
        ValueKind.URL: "https://example.com/a",
        ValueKind.ENDPOINT: FROM,
    }
    return by_kind[parameter.kind]


@pytest.mark.parametrize(
    "parameter", [each for each in TABLE if each.create], ids=lambda each: each.wire
)
async def test_create_takes_every_parameter(parameter: Parameter) -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    extra = {parameter.wire: _sample(parameter)}
    if "oach" in parameter.wire:
        extra = {"Coaching": "true", "CallSidToCoach": desk.sids["ann"]}
    form = {"From": FROM, "To": "+15551239999", **extra}
    async with client(desk.exchange) as http:
        answer = await http.post(f"/Conferences/{ROOM}/Participants.json", data=form)
    assert answer.status_code == 201, answer.text
    assert desk.exchange.history.writes[-1].ignored == ()
    sent = desk.exchange.state.participant(answer.json()["call_sid"]).sent
    assert parameter.name in sent


@pytest.mark.parametrize(
    "parameter", [each for each in TABLE if each.update], ids=lambda each: each.wire
)
async def test_update_takes_every_parameter(parameter: Parameter) -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    form = {parameter.wire: _sample(parameter)}
    if "oach" in parameter.wire:
        form = {"Coaching": "true", "CallSidToCoach": desk.sids["ann"]}
    async with client(desk.exchange) as http:
        path = f"/Conferences/{desk.room().sid}/Participants/bob.json"
        answer = await http.post(path, data=form)
    assert answer.status_code == 200, answer.text
    assert desk.exchange.history.writes[-1].ignored == ()


async def test_words_may_be_repeated_or_spaced() -> None:
    desk = open_desk()
    body = (
        "From=%2B15005550006&To=client%3Aann&ConferenceStatusCallbackEvent=join+leave"
        "&ConferenceStatusCallbackEvent=end&Mute=true"
    )
    async with client(desk.exchange) as http:
        http.headers["content-type"] = "application/x-www-form-urlencoded"
        await http.post(f"/Conferences/{ROOM}/Participants.json", content=body)
    assert desk.room().callback.events == ("join", "leave", "end")
    assert desk.exchange.history.writes[-1].ignored == ("Mute",)


async def test_reads_and_writes_are_on_record() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    async with client(desk.exchange) as http:
        path = f"/Conferences/{desk.room().sid}/Participants/ann.json"
        await http.get(path)
        answer = await http.post(path, data={"Muted": "true", "Label": "eve"})
        await http.post(path, data={"Coaching": "true"})
        await http.delete(path)
    history = desk.exchange.history
    assert [each.method for each in history.writes] == ["POST", "POST", "DELETE"]
    assert [each.status for each in history.writes] == [200, 400, 204]
    assert history.writes[0].form == {"Muted": ("true",), "Label": ("eve",)}
    assert history.writes[0].ignored == ("Label",)
    assert history.writes[0].request_id == answer.headers["twilio-request-id"]
    assert [each.path.rpartition("/")[2] for each in history.reads] == ["ann.json"]
