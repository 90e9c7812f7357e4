"""Each account's webhooks concern the rooms in which that account acts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import httpx
import pytest

from reconciler.bootstrap.daemon_listeners import make_webhooks
from reconciler.bootstrap.daemon_telemetry import daemon_telemetry
from reconciler.engine.loop.work_queue import Priority
from reconciler.planning.admission import Admission, IncomingCall, Rejection
from reconciler.settings import read_settings
from reconciler.webhooks.account_rooms import AccountRooms
from reconciler.webhooks.public_url import voice_url
from reconciler.webhooks.receiver import webhook_app
from reconciler.webhooks.signature import Verifier
from reconciler.webhooks.voice import VoiceWebhook
from tests.webhooks.desk import CALL, CONFERENCE, PUBLIC, Desk, signature
from tests.webhooks.vectors import ACCOUNT_SID, BUSY, JOIN, TOKEN, pairs

if TYPE_CHECKING:
    from reconciler.engine.loop.controller import Controller

Form = tuple[tuple[str, str], ...]

EUROPE, OTHER_TOKEN = "AC" + "e1" * 16, "f2" * 16
BOTH = pytest.mark.parametrize(
    ("form", "path"),
    [(pairs(JOIN), CONFERENCE), (pairs(BUSY), f"{CALL}?room=standup-42")],
    ids=["conference", "call"],
)


def of(account_sid: str, form: Form) -> Form:
    """The event as another account would send it."""
    return tuple((k, account_sid if k == "AccountSid" else v) for k, v in form)


def open_desk(rooms: Sequence[str] = ("dublin",), token: str = OTHER_TOKEN) -> Desk:
    """The desk, and an account called europe that acts in *rooms*."""
    desk = Desk()

    def mark(room: str, lane: Priority, event: str) -> None:
        desk.marks.append((f"europe: {room}", lane, event))

    def heard(room: str, sid: str) -> None:
        desk.heard.append((f"europe: {room}", sid))

    verify = Verifier((token,))
    desk.others.append(
        AccountRooms("europe", EUROPE, verify, rooms.__contains__, mark, heard)
    )
    return desk


@BOTH
async def test_the_signature_of_another_account_changes_nothing(
    form: Form, path: str
) -> None:
    desk = open_desk()
    assert await desk.send(form, path, OTHER_TOKEN) == 403
    assert await desk.send(of(EUROPE, form), path, TOKEN) == 403
    assert desk.results == ["forged", "forged"]
    assert (desk.marks, desk.heard) == ([], [])


@BOTH
async def test_a_room_of_that_name_in_another_account_is_not_marked(
    form: Form, path: str
) -> None:
    desk = open_desk()
    assert await desk.send(of(EUROPE, form), path, OTHER_TOKEN) == 204
    assert desk.results == ["unknown"]
    assert (desk.marks, desk.heard) == ([], [])


@BOTH
async def test_an_event_that_names_no_account_counts_for_whose_signature_it_has(
    form: Form, path: str
) -> None:
    desk = open_desk()
    unnamed = tuple(pair for pair in form if pair[0] != "AccountSid")
    assert await desk.send(unnamed, path, OTHER_TOKEN) == 204
    assert desk.marks == []
    assert await desk.send(unnamed, path, TOKEN) == 204
    assert desk.results == ["unknown", "marked"]


async def test_a_room_is_marked_for_the_account_that_acts_in_it() -> None:
    desk = open_desk(rooms=("standup-42",))
    desk.rooms.clear()
    assert await desk.send(of(EUROPE, pairs(JOIN)), token=OTHER_TOKEN) == 204
    ((room, _, event),) = desk.marks
    assert (room, event) == ("europe: standup-42", "participant-join")
    assert [room for room, _ in desk.heard] == ["europe: standup-42"]


async def test_accounts_that_share_a_secret_are_told_apart_by_their_sids() -> None:
    desk = open_desk(rooms=("standup-42",), token=TOKEN)
    assert await desk.send(of(EUROPE, pairs(JOIN))) == 204
    assert await desk.send(pairs(JOIN)) == 204
    assert [room for room, _, _ in desk.marks] == ["europe: standup-42", "standup-42"]


async def test_a_refusal_says_that_the_signature_is_that_of_another_account(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = open_desk()
    await desk.send(pairs(JOIN), token=OTHER_TOKEN)
    (line,) = caplog.records
    assert "another account" in line.__dict__["reason"]


@pytest.mark.parametrize(
    ("sid", "token", "asked"),
    [
        (ACCOUNT_SID, TOKEN, ["default"]),
        (EUROPE, OTHER_TOKEN, ["europe"]),
        (ACCOUNT_SID, OTHER_TOKEN, None),
        (EUROPE, TOKEN, None),
    ],
)
async def test_a_call_is_answered_for_the_account_that_signed_it(
    sid: str, token: str, asked: list[str] | None
) -> None:
    accounts: list[list[str]] = []

    async def answer(
        room: str, call: IncomingCall, names: Collection[str]
    ) -> Admission | Rejection:
        accounts.append(list(names))
        return Rejection(f"{call.sid} is not for {room}")

    hooks = open_desk().webhooks()
    app = webhook_app(hooks, VoiceWebhook(hooks, answer, lambda x: x).respond)
    form = (("CallSid", "CA1"), ("From", "+15551230001"), ("AccountSid", sid))
    headers = {"X-Twilio-Signature": signature(voice_url(PUBLIC, "line"), form, token)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://10.0.0.7:8080"
    ) as http:
        got = await http.post("/voice/line", data=dict(form), headers=headers)
    assert got.status_code == (403 if asked is None else 200)
    assert accounts == ([] if asked is None else [asked])


@dataclass
class Rooms:
    """The rooms of a controller."""

    names: tuple[str, ...]
    marks: list[str] = field(default_factory=list)

    def knows(self, room: str) -> bool:
        return room in self.names

    def is_elsewhere(self, room: str) -> bool:
        return room not in self.names

    def mark(self, room: str, lane: Priority, cause: str) -> bool:  # noqa: ARG002 - as Controller
        self.marks.append(room)
        return True

    def heard(self, room: str, conference_sid: str) -> None:
        """Take no note."""


@pytest.mark.parametrize("room", ["standup-42", "dublin"])
@pytest.mark.parametrize(
    ("sid", "token"), [(ACCOUNT_SID, TOKEN), (EUROPE, OTHER_TOKEN)]
)
async def test_the_daemon_gives_each_account_its_own_secrets_and_rooms(
    sid: str, token: str, room: str
) -> None:
    settings = {
        "default": (ACCOUNT_SID, TOKEN, "standup-42"),
        "europe": (EUROPE, OTHER_TOKEN, "dublin"),
    }
    of = {
        name: read_settings({"TWILIO_ACCOUNT_SID": x, "TWILIO_AUTH_TOKEN": y}, str)
        for name, (x, y, _) in settings.items()
    }
    rooms = {name: Rooms((own,)) for name, (*_, own) in settings.items()}
    telemetry = daemon_telemetry(lambda: None)  # type: ignore[arg-type, return-value]
    hooks = make_webhooks(of, PUBLIC, cast("dict[str, Controller]", rooms), telemetry)
    form = (("FriendlyName", room), ("AccountSid", sid))
    headers = {"X-Twilio-Signature": signature(PUBLIC + CONFERENCE, form, token)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(webhook_app(hooks)), base_url=PUBLIC
    ) as http:
        got = await http.post(PUBLIC + CONFERENCE, data=dict(form), headers=headers)
    assert got.status_code == 204
    own = any((sid, room) == (x, own) for x, _, own in settings.values())
    assert [room for each in rooms.values() for room in each.marks] == [room] * own
