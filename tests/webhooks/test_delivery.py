"""The local Twilio's webhooks, judged by our verifier and by the official SDK's."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx
import pytest
from twilio.request_validator import RequestValidator, get_signature_algorithm

from reconciler.engine.loop.work_queue import Priority
from reconciler.server.listener import Brief, listen, serve
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.local_server import running
from reconciler.simulator.webhooks.delivery import Delivery, http_post
from reconciler.simulator.webhooks.delivery_fault import (
    DeliveryFault,
    DeliveryFaultKind,
    read_delivery_fault,
)
from reconciler.simulator.webhooks.letter import Letter
from reconciler.twilio.api import form
from reconciler.webhooks.public_url import callbacks
from reconciler.webhooks.signature import Verifier
from tests.simulator.desk import FROM, ROOM, fields, number_of, open_desk
from tests.simulator.desk import Desk as Phones
from tests.webhooks.desk import Desk

URL = "http://hooks.example:8080/base"


@dataclass
class Box:
    """A letter box that answers as it is told."""

    letters: list[Letter] = field(default_factory=list)
    answer: int | Exception = 204
    sleeps: list[float] = field(default_factory=list)

    async def post(self, letter: Letter) -> int:
        self.letters.append(letter)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)

    def told(self, stream: str = "") -> list[str]:
        return [name for letter in self.letters if (name := _name(letter, stream))]


def _form(letter: Letter) -> Mapping[str, str]:
    return dict(parse_qsl(letter.body.decode(), keep_blank_values=True))


def _name(letter: Letter, stream: str) -> str:
    form = _form(letter)
    name = form.get("StatusCallbackEvent") or f"call-{form['CallStatus']}"
    return name if f"/hooks/{stream}" in letter.url else ""


def _asked(room: str = ROOM) -> dict[str, str]:
    """Callback parameters on the wire, words joined by spaces."""
    asked: dict[str, str] = {}
    for name, value in form.encode(callbacks(URL, room=room), form.Request.CREATE):
        asked[name] = f"{asked[name]} {value}" if name in asked else value
    return asked


def _open(
    box: Box, shared_key: tuple[str, str] | None = None
) -> tuple[Phones, Delivery]:
    phones = open_desk()
    return phones, Delivery(phones.exchange, box.post, box.sleep, shared_key)


async def _act(phones: Phones, delivery: Delivery) -> None:
    phones.seat("ann", "bob", **_asked())
    phones.update("bob", Muted="true")
    phones.kick("bob")
    phones.exchange.hang_up("ann")
    delivery.collect()
    await delivery.settle()


@pytest.mark.parametrize("shared_key", [None, ("webhooks_sharedkey_1", "s3cret")])
async def test_every_delivery_is_right_by_our_verifier_and_by_the_sdks(
    shared_key: tuple[str, str] | None,
) -> None:
    box = Box()
    phones, delivery = _open(box, shared_key)
    await _act(phones, delivery)
    assert len(box.letters) > 10
    secret = shared_key[1] if shared_key else phones.exchange.account.token
    for letter in box.letters:
        signature = letter.headers["X-Twilio-Signature"]
        how = letter.headers.get("X-Twilio-Webhooks-Signature-Settings", "")
        form, verify = _form(letter), Verifier([secret])
        assert verify(letter.url, tuple(form.items()), letter.body, signature, how)
        assert not verify(letter.url + "x", tuple(form.items()), b"", signature, how)
        assert RequestValidator(secret).validate(
            letter.url, form, signature, get_signature_algorithm(how)
        )


async def test_an_idempotency_token_is_of_the_event_and_not_of_its_sending() -> None:
    box = Box()
    phones, delivery = _open(box)
    delivery.mishaps.add(DeliveryFault(DeliveryFaultKind.DUPLICATE, times=99))
    await _act(phones, delivery)
    tokens = [each.headers["I-Twilio-Idempotency-Token"] for each in box.letters]
    assert Counter(Counter(tokens).values()).keys() == {2}
    bodies = dict.fromkeys((each.url, each.body) for each in box.letters)
    assert len(set(tokens)) == len(bodies)


async def test_subscribed_events_are_sent_in_order_and_no_others() -> None:
    box = Box()
    phones, delivery = _open(box)
    await _act(phones, delivery)
    assert box.told("conference") == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-mute",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    calls = ["call-initiated", "call-ringing", "call-in-progress"]
    assert box.told("call")[:3] == calls
    assert set(box.told("call")) == {*calls, "call-completed"}
    assert delivery.outcomes == {"204": len(box.letters)}


async def test_the_first_joiner_decides_what_the_conference_tells() -> None:
    box = Box()
    phones, delivery = _open(box)
    phones.seat("ann", ConferenceStatusCallback=f"{URL}/first#rc=3")
    phones.seat("bob", ConferenceStatusCallback=f"{URL}/second")
    phones.exchange.end(ROOM)
    delivery.collect()
    await delivery.settle()
    assert [_form(each)["StatusCallbackEvent"] for each in box.letters] == [
        "conference-start",
        "conference-end",
    ]
    assert {each.url for each in box.letters} == {f"{URL}/first"}


async def test_a_get_has_its_fields_in_the_signed_query() -> None:
    box = Box()
    phones, delivery = _open(box)
    phones.ring("ann", StatusCallback=f"{URL}?a=b", StatusCallbackMethod="GET")
    phones.exchange.hang_up("ann")
    delivery.collect()
    await delivery.settle()
    (letter,) = box.letters
    assert (letter.method, letter.body) == ("GET", b"")
    assert letter.url.startswith(f"{URL}?a=b&CallSid=CA")
    assert RequestValidator(phones.exchange.account.token).validate(
        letter.url, {}, letter.headers["X-Twilio-Signature"]
    )


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (httpx.ConnectError("no"), 2),
        (httpx.ConnectTimeout("no"), 2),
        (httpx.ReadTimeout("no"), 1),
        (TimeoutError(), 1),
        (httpx.RemoteProtocolError("no"), 1),
    ],
)
async def test_only_a_failed_connect_is_tried_again_and_once(
    error: Exception, tries: int
) -> None:
    box = Box(answer=error)
    phones, delivery = _open(box)
    phones.ring("ann", StatusCallback=URL)
    phones.exchange.hang_up("ann")
    delivery.collect()
    await delivery.settle()
    assert len(box.letters) == tries
    assert delivery.outcomes == {"lost": 1}


@pytest.mark.parametrize("status", [400, 403, 500, 503])
async def test_an_error_that_is_answered_is_not_tried_again(status: int) -> None:
    box = Box(answer=status)
    phones, delivery = _open(box)
    phones.ring("ann", StatusCallback=URL)
    phones.exchange.hang_up("ann")
    delivery.collect()
    await delivery.settle()
    assert delivery.outcomes == {str(status): 1}


@pytest.mark.parametrize(
    ("mishap", "told"),
    [
        (DeliveryFault(DeliveryFaultKind.DROP), ["ringing", "in-progress"]),
        (
            DeliveryFault(DeliveryFaultKind.DROP, name="r*"),
            ["initiated", "in-progress"],
        ),
        (DeliveryFault(DeliveryFaultKind.DROP, stream="call", times=9), []),
        (
            DeliveryFault(DeliveryFaultKind.DUPLICATE),
            ["initiated", "initiated", "ringing", "in-progress"],
        ),
        (
            DeliveryFault(DeliveryFaultKind.REORDER),
            ["ringing", "initiated", "in-progress"],
        ),
        (
            DeliveryFault(DeliveryFaultKind.REORDER, times=2),
            ["in-progress", "ringing", "initiated"],
        ),
        (
            DeliveryFault(DeliveryFaultKind.DELAY, seconds=3),
            ["initiated", "ringing", "in-progress"],
        ),
    ],
)
async def test_webhooks_are_dropped_doubled_disordered_or_delayed_on_demand(
    mishap: DeliveryFault, told: list[str]
) -> None:
    box = Box()
    phones, delivery = _open(box)
    delivery.mishaps.add(mishap)
    phones.seat(
        "ann", StatusCallback=URL, StatusCallbackEvent="initiated ringing answered"
    )
    delivery.collect()
    await delivery.settle()
    assert [_form(each)["CallStatus"] for each in box.letters] == told
    assert box.sleeps == ([3] if mishap.kind is DeliveryFaultKind.DELAY else [])
    assert (
        delivery.outcomes["dropped"] == 3 - len(told)
        or mishap.kind is not DeliveryFaultKind.DROP
    )


async def test_what_is_forgotten_by_a_reset_neither_stops_nor_repeats_deliveries() -> (
    None
):
    box = Box()
    phones, delivery = _open(box)
    for label in ("ann", "bob", "cid"):
        phones.ring(label, StatusCallback=URL)
        phones.exchange.hang_up(label)
        delivery.collect()
        phones.exchange.history.clear()
    await delivery.settle()
    assert len(box.letters) == 3


def test_a_mishap_is_read_strictly() -> None:
    made = read_delivery_fault(
        {"kind": "delay", "seconds": "2s", "times": 4, "name": "x*"}
    )
    assert made == DeliveryFault(DeliveryFaultKind.DELAY, "*", "x*", 4, 2.0)
    for wrong in ({"kind": "explode"}, {"kind": "drop", "when": "now"}):
        with pytest.raises(ValueError, match=r"explode|when"):
            read_delivery_fault(wrong)


async def test_drift_by_hand_marks_its_room_over_real_http_within_250_ms() -> None:
    desk = Desk(rooms={ROOM})
    listening = listen("127.0.0.1:0", "--listen")
    desk.public_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    exchange = Exchange(time.time, calls_per_second=100)
    desk.secrets = (exchange.account.token,)
    desk.account_sid = exchange.account.sid
    listener = serve(desk.app(), listening, Brief)
    asked = {
        name: " ".join(v for n, v in sent if n == name)
        for sent in [
            form.encode(callbacks(desk.public_url, room=ROOM), form.Request.CREATE)
        ]
        for name, _ in sent
    }
    async with running(exchange) as url, httpx.AsyncClient(base_url=url) as http:
        exchange.dial_in(ROOM, "+15551230009", "zoe")
        ring = {"From": FROM, "To": number_of("ann"), "Label": "ann", **asked}
        exchange.create_participant("other", fields(ring))
        desk.rooms.add("other")
        async with asyncio.timeout(60):
            await desk.marked(("other", Priority.WEBHOOK, "participant-join"))
        for number in range(20):
            desk.marks.clear()
            began = time.monotonic()
            change = {"who": "ann", "muted": number % 2 == 0}
            kind = "participant-mute" if change["muted"] else "participant-unmute"
            await http.post("/simulator/change", json=change)
            async with asyncio.timeout(60):
                await desk.marked(("other", Priority.WEBHOOK, kind))
            assert desk.marks == [("other", Priority.WEBHOOK, kind)]
            if time.monotonic() - began < 0.25:
                break
        else:
            pytest.fail("no change was heard within 0.25 s, in 20 tries")
        outcomes = (await http.get("/simulator/webhooks")).json()["outcomes"]
        assert set(outcomes) == {"204"}
    await listener.close(1)
    assert set(desk.results) == {"marked"}


async def test_the_simulators_own_api_says_what_goes_wrong_with_webhooks() -> None:
    phones = open_desk()
    async with running(phones.exchange) as url, httpx.AsyncClient(base_url=url) as http:
        path = "/simulator/webhooks"
        good = await http.post(path, json={"kind": "drop", "times": 2})
        bad = await http.post(path, json={"kind": "explode"})
        none = await http.post(path, content=b"{")
        odd = await http.put(path)
        assert good.json()["mishaps"][0]["times"] == 2
        assert (bad.status_code, none.status_code, odd.status_code) == (400, 400, 405)
        assert (await http.delete(path)).json() == {"outcomes": {}, "mishaps": []}


@pytest.mark.parametrize("answered", [True, False])
async def test_a_voice_url_is_asked_by_a_signed_request_and_its_twiml_is_followed(
    answered: bool,
) -> None:
    phones, asked = open_desk(), list[Letter]()
    phones.exchange.set_voice_url(FROM, f"{URL}/voice/line")

    async def fetch(letter: Letter) -> str | None:
        asked.append(letter)
        noun = '<Conference muted="true">line</Conference>'
        return f"<Response><Dial>{noun}</Dial></Response>" if answered else None

    delivery = Delivery(phones.exchange, Box().post, fetch=fetch)
    call = phones.exchange.call_number(FROM, number_of("ann"))
    delivery.collect()
    await delivery.settle()
    (letter,) = asked
    verify = Verifier([phones.exchange.account.token])
    signature = letter.headers["X-Twilio-Signature"]
    assert verify(letter.url, tuple(_form(letter).items()), b"", signature, "")
    in_the_room = phones.exchange.state.participants.get(call.sid)
    assert bool(in_the_room and in_the_room.latest.muted) is answered
    assert phones.exchange.fetch_call(call.sid).ended is not answered


async def test_a_webhook_to_nowhere_is_lost_and_nothing_else_happens() -> None:
    phones = open_desk()
    with_nobody = listen("127.0.0.1:0", "--listen")
    port = with_nobody.getsockname()[1]
    with_nobody.close()
    async with httpx.AsyncClient(trust_env=False) as client:
        delivery = Delivery(phones.exchange, http_post(client))
        for url in (
            f"http://127.0.0.1:{port}/",
            "http://[",
            "http://:/",
            "https://\u0378/",
        ):
            phones.ring("ann", StatusCallback=url)
            phones.exchange.hang_up("ann")
        delivery.collect()
        await delivery.settle()
    assert delivery.outcomes == {"lost": 4}
