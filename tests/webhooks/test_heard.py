"""Whether conference events of a room come here: events of calls do not say so."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlencode

import httpx
import pytest

from reconciler.bootstrap.daemon_listeners import make_webhooks
from reconciler.bootstrap.daemon_telemetry import daemon_telemetry
from reconciler.bootstrap.scale_out import ScaleOut
from reconciler.engine.loop.controller import Controller
from reconciler.engine.loop.resync_schedule import UNCOVERED_SECONDS
from reconciler.engine.loop.work_queue import Priority
from reconciler.model.reported_call import ReportedCall
from reconciler.settings import read_settings
from reconciler.telemetry.health import Vitals
from reconciler.webhooks import payload
from reconciler.webhooks.event_stream_receiver import EventStreamReceiver
from reconciler.webhooks.public_url import EVENT_STREAMS
from reconciler.webhooks.receiver import webhook_app
from tests.engine.hearing import COACHED
from tests.engine.world import World, member, roster, run
from tests.webhooks.desk import CALL, CONFERENCE, NOW, PUBLIC, Desk, signature
from tests.webhooks.stream_bodies import (
    CALL_SID,
    Event,
    participant_created,
    participant_updated,
)
from tests.webhooks.vectors import ACCOUNT_SID, BUSY, JOIN, LEAVE, TOKEN, pairs

_SID = dict(pairs(JOIN))["ConferenceSid"]
_CALL_OF_THE_ROOM = f"{CALL}?{urlencode({'room': 'standup-42'})}"


async def test_a_conference_event_tells_of_its_conference() -> None:
    desk = Desk()
    await desk.send(pairs(JOIN))
    assert desk.heard == [("standup-42", _SID)]


async def test_an_event_of_a_leg_is_dated_by_its_second_and_by_when_it_came() -> None:
    desk = Desk()
    await desk.send(pairs(JOIN))
    ((room, told),) = desk.legs
    at = payload.sent_at(dict(pairs(JOIN)))
    assert at is not None
    assert told.at == at
    assert (room, told.conference_sid, told.sequence) == ("standup-42", _SID, 1)
    assert (told.muted, told.hold, told.coaching, told.left) == (False,) * 4
    assert told.by == min(at + 1.0, NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("StatusCallbackEvent", "conference-start"),
        ("CallSid", ""),
        ("Muted", "perhaps"),
        ("Timestamp", "yesterday"),
        ("SequenceNumber", "-1"),
        ("SequenceNumber", "9" * 5000),
    ],
)
async def test_an_event_that_does_not_say_all_of_it_dates_nothing(
    field: str, value: str
) -> None:
    desk = Desk()
    form = tuple((dict(pairs(JOIN)) | {field: value}).items())
    assert await desk.send(form) == 204
    assert (len(desk.marks), desk.legs) == (1, [])


async def test_a_forged_event_dates_nothing() -> None:
    desk = Desk()
    await desk.send(pairs(LEAVE), token="not the account's")
    assert desk.legs == []
    await desk.send(pairs(LEAVE))
    assert [told.left for _, told in desk.legs] == [True]


async def test_a_call_event_marks_its_room_and_tells_of_no_conference() -> None:
    desk = Desk()
    named = (*pairs(BUSY), ("ConferenceSid", _SID), ("FriendlyName", "standup-42"))
    await desk.send(named, _CALL_OF_THE_ROOM)
    assert len(desk.marks) == 1
    assert desk.heard == []


async def test_events_of_rooms_that_are_not_ours_and_forged_ones_tell_nothing() -> None:
    desk = Desk(rooms=set())
    await desk.send(pairs(JOIN))
    desk.rooms.add("standup-42")
    await desk.send(pairs(JOIN), token="not the account's")
    assert desk.heard == []


@pytest.mark.parametrize(
    ("path", "told"), [(f"{CALL}?room=alpha", False), (CONFERENCE, True)]
)
def test_the_daemon_looks_less_often_only_after_conference_events(
    path: str, told: bool
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(COACHED)
        async with world.daemon() as daemon:
            await asyncio.sleep(90.0)
            sid = world.legs("alpha")["ann"].conference_sid
            form = (("FriendlyName", "alpha"), ("ConferenceSid", sid))
            assert await _send(daemon.controller, path, form) == 204
            period = daemon.controller.resync_schedule.period(
                "alpha", world.loop.time()
            )
            assert (period > UNCOVERED_SECONDS) == told

    run(story)


def test_an_event_that_comes_to_the_daemon_dates_an_exposure() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster("alpha", member("ann", muted=True), member("bob")))
        async with world.daemon() as daemon:
            await asyncio.sleep(145.0)
            unmuted_at = world.loop.time()
            world.mute("alpha", "ann", muted=False)
            form = tuple(world.exchange.history.events[-1].form.items())
            assert await _send(daemon.controller, CONFERENCE, form) == 204
            await asyncio.sleep(40.0)
            found = await world.store.intervals("alpha", 0.0)
            late = next(x for x in found if x.overheard and x.label == "ann")
            assert unmuted_at - 1.0 < late.begins_at <= unmuted_at

    run(story)


def test_event_streams_report_calls_and_date_legs_at_the_daemon() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster("alpha", member("ann", muted=True), member("bob")))
        async with world.daemon() as daemon:
            await asyncio.sleep(145.0)
            unmuted_at = world.loop.time()
            world.mute("alpha", "ann", muted=False)
            form = dict(world.exchange.history.events[-1].form)
            update = participant_updated()
            update["data"]["request"]["parameters"] = form
            created = participant_created("alpha", account=form["AccountSid"])
            assert await _stream(daemon.controller, form["AccountSid"], update) == 204
            assert await _stream(daemon.controller, form["AccountSid"], created) == 204
            reports = daemon.controller._worker.reconciler.reported_calls
            assert CALL_SID in {x.call_sid for x in reports.of("alpha")}
            await asyncio.sleep(40.0)
            found = await world.store.intervals("alpha", 0.0)
            late = next(x for x in found if x.overheard and x.label == "ann")
            assert unmuted_at - 1.0 < late.begins_at <= unmuted_at

    run(story)


def test_an_event_of_event_streams_is_no_reason_to_look_less_often() -> None:
    """It may be late, or the only one that comes."""

    async def story() -> None:
        world = World()
        await world.declare(COACHED)
        async with world.daemon() as daemon:
            await asyncio.sleep(90.0)
            update = participant_updated()
            form = dict(world.exchange.history.events[-1].form)
            sid = world.legs("alpha")["ann"].conference_sid
            update["data"]["request"]["parameters"] |= {
                "AccountSid": form["AccountSid"],
                "ConferenceSid": sid,
                "FriendlyName": "alpha",
            }
            assert await _stream(daemon.controller, form["AccountSid"], update) == 204
            period = daemon.controller.resync_schedule.period(
                "alpha", world.loop.time()
            )
            assert period <= UNCOVERED_SECONDS

    run(story)


def test_a_report_of_another_daemons_room_goes_to_it_with_the_mark() -> None:
    scale = _Others()

    async def story() -> None:
        world = World()
        await world.declare(roster("alpha", member("ann")))
        async with world.daemon() as daemon:
            daemon.controller.share.elsewhere.add("standup-42")
            created = participant_created()
            scaled = cast("ScaleOut", scale)
            assert await _stream(daemon.controller, ACCOUNT_SID, created, scaled) == 204

    run(story)
    ((room, call),) = scale.reports
    assert (room, call.call_sid, call.label) == ("standup-42", CALL_SID, "ann")
    assert scale.marks == ["standup-42"]


@dataclass
class _Others:
    """The other daemons."""

    reports: list[tuple[str, ReportedCall]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def reported_call(self, room: str, report: ReportedCall) -> None:
        self.reports.append((room, report))

    def mark(self, room: str, _lane: Priority, _cause: str) -> None:
        self.marks.append(room)


async def _stream(
    controller: Controller, sid: str, event: Event, scale: ScaleOut | None = None
) -> int:
    """The answer of the daemon's own endpoint of Event Streams."""
    of = read_settings({"TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": TOKEN}, str)
    hooks = make_webhooks(
        {"default": of},
        PUBLIC,
        {"default": controller},
        daemon_telemetry(_vitals),
        scale,
    )
    app = webhook_app(hooks, event_streams=EventStreamReceiver(hooks).receive)
    body = json.dumps([event]).encode()
    path = f"{EVENT_STREAMS}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "X-Twilio-Signature": signature(PUBLIC + path, ()),
        "Content-Type": "application/json",
    }
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as http:
        sent = await http.post(PUBLIC + path, content=body, headers=headers)
    return sent.status_code


async def _send(
    controller: Controller, path: str, form: tuple[tuple[str, str], ...]
) -> int:
    """The answer of the daemon's own webhooks."""
    sid = dict(form).get("AccountSid", ACCOUNT_SID)
    of = read_settings({"TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": TOKEN}, str)
    hooks = make_webhooks(
        {"default": of}, PUBLIC, {"default": controller}, daemon_telemetry(_vitals)
    )
    headers = {"X-Twilio-Signature": signature(PUBLIC + path, form)}
    transport = httpx.ASGITransport(webhook_app(hooks))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as http:
        sent = await http.post(PUBLIC + path, data=dict(form), headers=headers)
    return sent.status_code


def _vitals() -> Vitals:
    raise AssertionError("nobody asks for figures")
