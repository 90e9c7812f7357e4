"""The voice webhook: TwiML for signed questions, nothing for others."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import pytest

from reconciler.model.errors import StoreError
from reconciler.model.roster import Fields
from reconciler.planning.admission import Admission, IncomingCall, Rejection
from reconciler.webhooks import voice
from reconciler.webhooks.public_url import voice_url
from reconciler.webhooks.receiver import WEBHOOK_SERIES, webhook_app
from reconciler.webhooks.request_fields import MOST_BYTES
from reconciler.webhooks.voice import VoiceWebhook
from tests.webhooks.desk import FORM, PUBLIC, Desk, parsed, signature
from tests.webhooks.vectors import TOKEN

CALLER = "+15551230001"
SID = "CA" + "0" * 31 + "7"
ASKED = (("CallSid", SID), ("From", CALLER), ("To", "+15550100001"))


def admitted(room: str, **fields: str | bool) -> Admission:
    return Admission(room, "ann", tuple(sorted(fields.items())), (), "admitted as ann")


@dataclass
class Switchboard:
    """A desk whose calls are answered as ``says`` has it."""

    says: Callable[[str], Admission | Rejection] = admitted
    desk: Desk = field(default_factory=Desk)
    calls: list[tuple[str, IncomingCall]] = field(default_factory=list)
    complete: Callable[[Fields], Fields] = lambda fields: fields

    accounts: list[str] = field(default_factory=list)

    async def answer(
        self, room: str, call: IncomingCall, accounts: Collection[str]
    ) -> Admission | Rejection:
        self.calls.append((room, call))
        self.accounts += accounts
        return self.says(room)

    async def ask(
        self,
        room: str = "line",
        form: tuple[tuple[str, str], ...] = ASKED,
        token: str = TOKEN,
        prefix: str = "",
        method: str = "POST",
    ) -> httpx.Response:
        """As Twilio asks, about a number whose callers join *room*."""
        url = voice_url(PUBLIC, room)
        hooks = self.desk.webhooks()
        app = webhook_app(
            hooks, VoiceWebhook(hooks, self.answer, self.complete).respond
        )
        headers = {
            "X-Twilio-Signature": signature(url, form, token),
            "Content-Type": FORM,
        }
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://10.0.0.7:8080"
        ) as http:
            path = prefix + url.removeprefix(PUBLIC)
            body = urlencode(form).encode()
            return await http.request(method, path, content=body, headers=headers)


@pytest.mark.parametrize("prefix", ["", "/twilio"])
@pytest.mark.parametrize("room", ["line", "café / 42", "100%", "a?b#c", "x/voice/y"])
async def test_a_caller_is_put_into_the_room_that_the_url_names(
    room: str, prefix: str
) -> None:
    board = Switchboard(lambda name: admitted(name, label="ann", muted=True))
    answer = await board.ask(room, prefix=prefix)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/xml; charset=utf-8",
    )
    conference = parsed(answer.content)[0][0]
    assert conference.text == room
    assert conference.attrib == {"participantLabel": "ann", "muted": "true"}
    assert board.calls == [(room, IncomingCall(SID, CALLER))]
    assert board.desk.counts == [("voice", "admitted", None)]


async def test_a_caller_who_does_not_join_is_rejected() -> None:
    board = Switchboard(lambda _: Rejection("the room is declared as ended"))
    answer = await board.ask()
    assert parsed(answer.content)[0].tag == "Reject"
    assert board.desk.results == ["rejected"]


async def test_a_withheld_number_is_asked_about_as_it_is_shown() -> None:
    board = Switchboard()
    await board.ask(form=(("CallSid", SID),))
    assert board.calls == [("line", IncomingCall(SID, ""))]


@pytest.mark.parametrize(
    ("form", "token", "status", "result"),
    [
        pytest.param(ASKED, "a guess", 403, "forged", id="signature"),
        pytest.param((("From", CALLER),), TOKEN, 400, "malformed", id="no call"),
        pytest.param(
            (("CallSid", "C" * 65),), TOKEN, 400, "malformed", id="no call SID"
        ),
        pytest.param(
            (("CallSid", "x" * MOST_BYTES),), TOKEN, 413, "oversized", id="size"
        ),
    ],
)
async def test_a_question_that_is_not_believed_is_refused_and_asks_nobody(
    form: tuple[tuple[str, str], ...], token: str, status: int, result: str
) -> None:
    board = Switchboard()
    answer = await board.ask(form=form, token=token)
    assert (answer.status_code, answer.content) == (status, b"")
    assert board.calls == []
    assert board.desk.counts == [("unread", result, None)]


async def test_a_signature_for_one_room_opens_no_other() -> None:
    board = Switchboard()
    hooks = board.desk.webhooks()
    app = webhook_app(hooks, VoiceWebhook(hooks, board.answer, board.complete).respond)
    headers = {"X-Twilio-Signature": signature(voice_url(PUBLIC, "line"), ASKED)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://10.0.0.7:8080"
    ) as http:
        answer = await http.post("/voice/other", data=dict(ASKED), headers=headers)
    assert (answer.status_code, board.calls) == (403, [])


async def test_only_a_post_is_answered() -> None:
    assert (await Switchboard().ask(method="GET")).status_code == 405


def away(_: object) -> Admission:
    raise StoreError("the database is away")


def unset(_: object) -> Fields:
    raise LookupError("ROSTER_MUSIC")


@pytest.mark.parametrize(
    "board",
    [
        pytest.param(Switchboard(away), id="no database"),
        pytest.param(Switchboard(complete=unset), id="no secret"),
        pytest.param(Switchboard(lambda x: admitted(x, muted="yes")), id="bad value"),
    ],
)
async def test_nobody_joins_when_it_is_not_known_how(
    board: Switchboard, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await board.ask()
    assert (answer.status_code, answer.content) == (503, b"")
    assert board.desk.counts == [("voice", "unavailable", None)]
    (line,) = caplog.records
    assert line.__dict__["room"] == "line"
    assert CALLER not in str(line.__dict__)


class Slow(Switchboard):
    """A desk that never answers."""

    async def answer(
        self, room: str, call: IncomingCall, accounts: Collection[str]
    ) -> Admission | Rejection:
        await asyncio.Event().wait()
        return await super().answer(room, call, accounts)


async def test_a_database_that_does_not_answer_in_time_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(voice, "ANSWER_SECONDS", 0.0)
    assert (await Slow().ask()).status_code == 503


def test_every_result_of_a_call_is_a_series_of_the_metrics() -> None:
    shown = {result for event, result in WEBHOOK_SERIES if event == voice.EVENT}
    assert shown == {"admitted", "rejected", "unavailable"}
