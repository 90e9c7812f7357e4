"""What the local Twilio delivers to a sink, as the receiver of Event Streams takes it."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from twilio.request_validator import RequestValidator

from reconciler.model.reported_call import ReportSource
from reconciler.simulator.exchange.second_sources import SecondSources
from reconciler.simulator.webhooks.delivery import Delivery
from reconciler.simulator.webhooks.delivery_fault import (
    DeliveryFault,
    DeliveryFaultKind,
)
from reconciler.simulator.webhooks.letter import Letter
from reconciler.twilio.api import form
from reconciler.webhooks.public_url import EVENT_STREAMS, callbacks
from tests.simulator.desk import ROOM, number_of, open_desk
from tests.simulator.desk import Desk as Phones
from tests.webhooks.desk import PUBLIC, Desk


@dataclass
class Line:
    """From the simulated Twilio to the receiver, without a network."""

    phones: Phones = field(default_factory=open_desk)
    letters: list[Letter] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        exchange = self.phones.exchange
        exchange.second_sources = SecondSources(PUBLIC + EVENT_STREAMS)
        self.delivery = Delivery(exchange, self.post, self.sleep)
        self.desk = Desk(
            rooms={ROOM},
            secrets=(exchange.account.token,),
            account_sid=exchange.account.sid,
        )
        self.app = self.desk.app()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def post(self, letter: Letter) -> int:
        if EVENT_STREAMS not in letter.url:
            return 204
        self.letters.append(letter)
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport) as http:
            answer = await http.post(
                letter.url, content=letter.body, headers=dict(letter.headers)
            )
        self.statuses.append(answer.status_code)
        return answer.status_code

    async def deliver(self) -> None:
        self.delivery.collect()
        await self.delivery.settle()

    def seat(self, label: str, **more: str) -> None:
        asked: dict[str, str] = {}
        wanted = callbacks(PUBLIC, room=ROOM)
        for name, value in form.encode(wanted, form.Request.CREATE):
            asked[name] = f"{asked[name]} {value}" if name in asked else value
        self.phones.seat(label, **(asked | more))

    @property
    def events(self) -> list[dict[str, Any]]:
        return [each for letter in self.letters for each in json.loads(letter.body)]


async def test_a_life_of_a_call_is_delivered_signed_and_understood() -> None:
    line = Line()
    line.seat("ann")
    line.phones.update("ann", Muted="true")
    line.phones.exchange.hang_up("ann")
    await line.deliver()
    assert set(line.statuses) == {204}
    assert {x.rpartition("voice.")[2] for x in (y["type"] for y in line.events)} == {
        "api-request.conference-participant.created",
        "status-callback.call.initiated",
        "status-callback.call.ringing",
        "status-callback.call.answered",
        "status-callback.call.completed",
        "status-callback.conference.participant.updated",
        "insights.conference-participant-summary.complete",
    }
    assert [(leg.muted, leg.left) for _, leg in line.desk.legs] == [
        (False, False),
        (True, False),
        (True, True),
    ]
    sid = line.phones.sids["ann"]
    told = {(call.call_sid, call.label, call.to) for _, call in line.desk.reports}
    assert told == {
        (sid, "ann", number_of("ann")),
        (sid, "ann", ""),
        (sid, "", number_of("ann")),
    }
    sources = {call.source for _, call in line.desk.reports}
    assert sources == {ReportSource.EVENT_STREAMS}
    assert set(line.desk.results) <= {"marked", "repeated", "unknown"}


async def test_the_official_validator_takes_every_delivery() -> None:
    line = Line()
    line.seat("ann")
    await line.deliver()
    validator = RequestValidator(line.phones.exchange.account.token)
    for letter in line.letters:
        signature = letter.headers["X-Twilio-Signature"]
        assert validator.validate(letter.url, letter.body.decode(), signature)


async def test_a_create_without_callbacks_is_told_of_once_it_has_left_alone() -> None:
    line = Line()
    line.phones.seat("ann")
    await line.deliver()
    assert line.events == []
    line.desk.calls[line.phones.room().sid] = ROOM
    line.phones.exchange.hang_up("ann")
    await line.deliver()
    (event,) = line.events
    assert event["type"].endswith("conference-participant-summary.complete")
    assert [call.label for _, call in line.desk.reports] == ["ann"]


async def test_an_account_without_a_sink_is_delivered_nothing() -> None:
    line = Line()
    line.phones.exchange.second_sources = SecondSources()
    line.seat("ann")
    await line.deliver()
    assert line.letters == []


@pytest.mark.parametrize("kind", list(DeliveryFaultKind))
async def test_lost_repeated_late_and_disordered_deliveries_change_nothing_but_dates(
    kind: DeliveryFaultKind,
) -> None:
    plain, faulty = Line(), Line()
    times = 2 if kind is DeliveryFaultKind.REORDER else 99
    fault = DeliveryFault(kind, stream="event-stream", times=times, seconds=7.0)
    faulty.delivery.mishaps.add(fault)
    for line in (plain, faulty):
        line.seat("ann")
        line.phones.update("ann", Muted="true")
        line.phones.exchange.hang_up("ann")
        await line.deliver()
    legs = {leg.sequence for _, leg in plain.desk.legs}
    told = {leg.sequence for _, leg in faulty.desk.legs}
    assert told == (set() if kind is DeliveryFaultKind.DROP else legs)
    assert len(faulty.desk.legs) == len(told)
    assert set(faulty.slept) == ({7.0} if kind is DeliveryFaultKind.DELAY else set())
