"""The provider and the local Twilio understand each other."""

import time

import httpx

from reconciler.model.action import Change, ChangeKind, FieldChange, Harm, Remove, Ring
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    ConferenceSurvey,
    Observation,
    Questions,
)
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.http.app import app
from reconciler.twilio.api.account import Account, Credentials
from reconciler.twilio.provider import TwilioProvider
from tests.twilio.wire_server import client

TO = {"ann": "+15551230001", "bob": "+15551230002"}
START = 1776158803.0


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def ring(label: str) -> Ring:
    return Ring(
        label=label,
        to=TO[label],
        conference="standup",
        fields=(("from", "+15005550006"), ("label", label), ("to", TO[label])),
        memory=(),
        intent=1,
        number=1,
        reason="absent",
    )


def provider(clock: Hand) -> TwilioProvider:
    exchange = Exchange(clock, calls_per_second=30.0)
    own = exchange.account
    twilio = client(
        "http://twilio.test",
        account=Account(own.sid, Credentials(own.sid, own.token), "http://twilio.test"),
        transport=httpx.ASGITransport(app(exchange)),
    )
    return TwilioProvider(twilio, secrets=str, clock=time.time)


async def active(twilio: TwilioProvider) -> Conference:
    found = await twilio.survey(("standup",))
    shown = found.of("standup")
    assert isinstance(shown, Conference), shown
    return shown


async def look(twilio: TwilioProvider, questions: Questions) -> Observation:
    found = await twilio.observe("standup", await active(twilio), questions)
    assert isinstance(found, Observation), found
    return found


async def test_a_room_is_filled_changed_looked_at_and_closed() -> None:
    clock = Hand()
    twilio = provider(clock)
    assert await twilio.survey(("standup", "other")) == ConferenceSurvey()

    placed = await twilio.ring(ring("ann"), lambda: True)
    await twilio.ring(ring("bob"), lambda: True)
    clock.now += 30
    found = await look(twilio, Questions(numbers=((TO["ann"], START),)))
    assert found.conference is not None
    assert found.conference.status is ConferenceStatus.IN_PROGRESS
    assert {each.label for each in found.participants} == {"ann", "bob"}
    assert all(each.connected for each in found.participants)
    assert found.calls[placed.call_sid].party == TO["ann"]
    assert [each.sid for each in found.searched[TO["ann"]]] == [placed.call_sid]

    sid = found.conference.sid
    muting = (FieldChange("muted", False, True),)
    changed = await twilio.change(
        Change(
            "ann", placed.call_sid, sid, ChangeKind.MUTE, muting, Harm.SILENCE, "drift"
        ),
        lambda: True,
    )
    assert changed.participant.muted
    assert changed.request_id is not None
    held = await twilio.holder(sid, "ann")
    assert held is not None
    assert held[1].sid == placed.call_sid

    kick = Remove("ann", placed.call_sid, sid, connected=True, reason="dismissed")
    assert await twilio.remove(kick, lambda: True) is not None
    await twilio.remove(kick, lambda: True)
    assert await twilio.holder(sid, "ann") is None
    gone = await look(twilio, Questions(calls=frozenset({placed.call_sid})))
    assert gone.calls[placed.call_sid].ended

    close = Remove("", None, sid, connected=False, reason="ended")
    await twilio.remove(close, lambda: True)
    await twilio.remove(close, lambda: True)
    assert await twilio.survey(("standup",)) == ConferenceSurvey()
    last = await twilio.observe("standup", None, Questions(conference_sid=sid))
    assert isinstance(last, Observation)
    assert last.last is not None
    assert last.last.reason_ended == "conference-ended-via-api"


async def test_a_phone_that_rings_is_stopped_and_stays_stopped() -> None:
    clock = Hand()
    twilio = provider(clock)
    await twilio.ring(ring("bob"), lambda: True)
    clock.now += 30
    placed = await twilio.ring(ring("ann"), lambda: True)
    stop = Remove("ann", placed.call_sid, None, connected=False, reason="dismissed")
    await twilio.remove(stop, lambda: True)
    clock.now += 30
    found = await look(twilio, Questions(calls=frozenset({placed.call_sid})))
    assert [each.label for each in found.participants] == ["bob"]
    assert found.calls[placed.call_sid].ended
    await twilio.remove(stop, lambda: True)
