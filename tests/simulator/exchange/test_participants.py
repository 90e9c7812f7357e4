"""Participants from the queue to the end of their call."""

import pytest

from reconciler.simulator.exchange.people import ALWAYS, Subscriber
from reconciler.simulator.exchange.records import Left
from tests.simulator.desk import FROM, ROOM, fields, open_desk, refusal


def test_a_participant_is_queued_then_connecting_then_ringing_then_connected() -> None:
    desk = open_desk()
    assert desk.ring("ann").status == "queued"
    seen = []
    for _ in range(4):
        seen.append(desk.fetch("ann").status)
        desk.wait(0.6)
    assert seen == ["connecting", "ringing", "connected", "connected"]


def test_calls_leave_the_queue_at_the_pace_of_the_account() -> None:
    desk = open_desk()
    waits = []
    for label in ("ann", "bob", "eve"):
        form = fields({"From": FROM, "To": "client:" + label, "Label": label})
        waits.append(desk.exchange.create_participant(ROOM, form)[1])
    assert waits == [0, 1, 2]
    desk.wait(1.5)
    assert {p.label: p.status for p in desk.listed().values()} == {
        "ann": "connected",
        "bob": "ringing",
        "eve": "queued",
    }
    assert [ring.to for ring in desk.exchange.history.rings] == [
        "client:ann",
        "client:bob",
    ]


@pytest.mark.parametrize(
    ("person", "status", "rings"),
    [
        (Subscriber(busy=ALWAYS), "busy", 0),
        (Subscriber(no_answer=ALWAYS), "no-answer", 1),
        (Subscriber(fails=ALWAYS, sip_code=503), "failed", 0),
        (Subscriber(answers_after=100), "no-answer", 1),
        (Subscriber(hangs_up_after=3), "completed", 1),
    ],
)
def test_whoever_is_not_in_the_room_any_more_is_gone_and_only_the_call_says_why(
    person: Subscriber, status: str, rings: int
) -> None:
    desk = open_desk({"ann": person})
    desk.seat("bob", "ann")
    desk.wait(120)
    with refusal(20404, 404):
        desk.fetch("ann")
    assert list(desk.listed()) == ["bob"]
    assert desk.call_status("ann") == status
    to_ann = [each for each in desk.exchange.history.rings if each.label == "ann"]
    assert len(to_ann) == rings


def test_a_phone_rings_for_the_timeout_and_five_seconds_more() -> None:
    desk = open_desk({"ann": Subscriber(no_answer=ALWAYS)}, connecting_seconds=0)
    desk.ring("ann", Timeout="10")
    desk.wait(14.9)
    assert desk.call_status("ann") == "ringing"
    desk.wait(0.2)
    assert desk.call_status("ann") == "no-answer"


def test_a_busy_phone_can_be_reached_later() -> None:
    desk = open_desk({"ann": Subscriber(busy=2)})
    outcomes = []
    for _ in range(3):
        desk.seat("ann")
        outcomes.append(desk.call_status("ann"))
    assert outcomes == ["busy", "busy", "in-progress"]


def test_a_time_limit_ends_the_call() -> None:
    desk = open_desk()
    desk.seat("bob")
    desk.seat("ann", TimeLimit="30")
    desk.wait(40)
    assert desk.call_status("ann") == "completed"


def test_a_label_is_free_again_once_its_holder_has_left() -> None:
    desk = open_desk()
    desk.seat("bob", "ann")
    with refusal(16026):
        desk.ring("ann")
    desk.exchange.hang_up("ann")
    desk.seat("ann")
    assert desk.fetch("ann").connected


@pytest.mark.parametrize("label", ["a" * 129, "a/b", "CA" + "0" * 32])
def test_a_label_that_twilio_forbids_is_refused(label: str) -> None:
    with refusal(16024):
        open_desk().ring(label)


def test_a_full_conference_takes_nobody_more() -> None:
    desk = open_desk()
    desk.seat("ann", MaxParticipants="2")
    desk.seat("bob")
    with refusal(16020):
        desk.ring("eve")
    with refusal(16020):
        desk.exchange.dial_in(ROOM, "+15551239999")


def test_a_kicked_participant_is_gone_and_a_second_kick_finds_nobody() -> None:
    desk = open_desk()
    desk.seat("ann", "bob", "eve")
    desk.kick("ann")
    assert desk.call_status("ann") == "completed"
    with refusal(20404, 404):
        desk.kick("ann")
    leave = desk.exchange.history.events[-1]
    assert leave.name == "participant-leave"
    assert leave.form["ReasonParticipantLeft"] == Left.UPDATED_VIA_API


def test_mute_and_hold_are_independent() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    desk.update("ann", Muted="true")
    desk.update("ann", Hold="true")
    desk.update("ann", Hold="false")
    assert (desk.fetch("ann").muted, desk.fetch("ann").hold) == (True, False)
    assert desk.update("ann", Muted="anything").muted is False


@pytest.mark.parametrize(
    "form",
    [
        {"Hold": "true", "AnnounceUrl": "https://example.com/a"},
        {"Hold": "true", "Coaching": "false"},
        {"Coaching": "false", "AnnounceUrl": "https://example.com/a"},
        {"Coaching": "true"},
        {"Coaching": "true", "CallSidToCoach": "ann"},
        {"HoldMethod": "PUT"},
        {"HoldUrl": "music"},
    ],
)
def test_an_update_that_twilio_would_not_take_changes_nothing(
    form: dict[str, str],
) -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    before = desk.fetch("ann")
    with pytest.raises(Exception, match=r"\w"):
        desk.update("ann", Muted="true", **form)
    assert desk.fetch("ann") == before


def test_what_twilio_never_shows_is_remembered() -> None:
    desk = open_desk()
    desk.seat("ann", "bob", WaitUrl="", SipAuthPassword="secret")
    desk.update("ann", HoldUrl="https://example.com/music", BeepOnExit="true")
    desk.update("ann", AnnounceUrl="https://example.com/hello")
    desk.update("ann", AnnounceUrl="https://example.com/hello")
    ann = desk.exchange.state.participant(desk.sids["ann"])
    assert ann.announcements == ("https://example.com/hello",) * 2
    assert ann.sent["hold_url"] == "https://example.com/music"
    assert ann.sent["wait_url"] == ""
    assert ann.sent["beep_on_exit"] is True
    assert ann.sent["sip_auth_password"] == "•••"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": ""}, 21201),
        ({"From": ""}, 21213),
        ({"To": "+1555"}, 21211),
        ({"To": "bob"}, 21211),
        ({"From": "client:bob"}, 21212),
        ({"Timeout": "4"}, 21208),
        ({"StatusCallback": "nowhere"}, 21205),
        ({"StatusCallbackMethod": "PUT"}, 21209),
        ({"MaxParticipants": "251"}, 20001),
        ({"Beep": "loud"}, 20001),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550003"}, 21215),
    ],
)
def test_a_create_that_twilio_would_not_take_rings_nobody(
    form: dict[str, str], code: int
) -> None:
    desk = open_desk()
    with refusal(code):
        desk.ring("ann", **form)
    desk.wait(5)
    assert not desk.exchange.state.calls
    assert not desk.exchange.state.conferences
