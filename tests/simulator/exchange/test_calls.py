"""Calls: their records, their listing, and changes made to them."""

import pytest

from reconciler.simulator.exchange.people import ALWAYS, Subscriber
from tests.simulator.desk import ROOM, fields, number_of, open_desk, refusal


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ({}, ["cat", "bob", "ann"]),
        ({"To": number_of("bob")}, ["bob"]),
        ({"From": "+15005550006", "Status": "busy"}, ["bob"]),
        ({"StartTime": "2026-04-14"}, ["cat", "bob", "ann"]),
        ({"StartTime>": "2026-04-14T23:59:59Z"}, ["cat", "bob", "ann"]),
        ({"StartTime>": "2026-04-15"}, []),
        ({"StartTime<": "2026-04-14"}, ["cat", "bob", "ann"]),
        ({"StartTime<": "2026-04-13"}, []),
        ({"EndTime": "2026-04-14"}, ["bob"]),
        ({"ParentCallSid": "CA0"}, []),
    ],
)
def test_calls_can_be_looked_for(query: dict[str, str], labels: list[str]) -> None:
    desk = open_desk({"bob": Subscriber(busy=ALWAYS)})
    desk.seat("ann", "bob", "cat")
    by_sid = {sid: label for label, sid in desk.sids.items()}
    assert [by_sid[c.sid] for c in desk.exchange.list_calls(query)] == labels


@pytest.mark.parametrize(
    ("waiting", "status", "ends_as"),
    [
        (0.0, "canceled", "canceled"),
        (0.5, "canceled", "canceled"),
        (0.5, "completed", "canceled"),
        (2.0, "completed", "completed"),
    ],
)
def test_a_call_can_be_ended(waiting: float, status: str, ends_as: str) -> None:
    desk = open_desk()
    desk.seat("bob")
    desk.ring("ann")
    desk.wait(waiting)
    form = fields({"Status": status})
    assert desk.exchange.update_call(desk.sids["ann"], form).status == ends_as
    assert list(desk.listed()) == ["bob"]


def test_a_call_in_progress_cannot_be_canceled_nor_an_ended_one_ended() -> None:
    desk = open_desk()
    desk.seat("bob", "ann")
    with refusal(21220):
        desk.exchange.update_call(desk.sids["ann"], fields({"Status": "canceled"}))
    desk.exchange.hang_up("ann")
    with refusal(21220):
        desk.exchange.update_call(desk.sids["ann"], fields({"Status": "completed"}))
    with refusal(20404, 404):
        desk.exchange.fetch_call("CA" + "0" * 32)


def test_a_call_that_is_sent_elsewhere_leaves_the_room_and_goes_on() -> None:
    desk = open_desk()
    desk.seat("bob", "ann")
    form = fields({"Url": "https://example.com/other"})
    desk.exchange.update_call(desk.sids["ann"], form)
    assert list(desk.listed()) == ["bob"]
    assert desk.call_status("ann") == "in-progress"


def test_a_person_who_declines_was_busy() -> None:
    desk = open_desk()
    desk.seat("bob")
    desk.ring("ann")
    desk.wait(0.5)
    desk.exchange.hang_up(number_of("ann"))
    assert desk.call_status("ann") == "busy"
    with pytest.raises(LookupError):
        desk.exchange.hang_up("ann")


def test_somebody_else_can_mute_somebody_and_it_is_no_write() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    assert desk.exchange.change("ann", fields({"Muted": "true"})).muted
    assert not desk.exchange.history.writes
    assert desk.events()[-1] == "participant-mute"


def test_a_machine_that_is_heard_out_is_told_by_its_beep() -> None:
    desk = open_desk({"bob": Subscriber(machine=True)})
    desk.seat("bob", MachineDetection="DetectMessageEnd")
    assert desk.exchange.fetch_call(desk.sids["bob"]).answered_by is None
    desk.wait(10)
    assert desk.exchange.fetch_call(desk.sids["bob"]).answered_by == "machine_end_beep"


def test_machines_are_told_from_people_when_asked() -> None:
    desk = open_desk({"bob": Subscriber(machine=True)})
    desk.seat("ann", "bob", MachineDetection="Enable")
    desk.seat("eve")
    assert desk.exchange.fetch_call(desk.sids["bob"]).answered_by is None
    desk.wait(4)
    answered = [desk.exchange.fetch_call(sid).answered_by for sid in desk.sids.values()]
    assert answered == ["human", "machine_start", None]


def test_the_same_seed_and_the_same_story_give_the_same_identifiers() -> None:
    stories = []
    for _ in range(2):
        desk = open_desk()
        desk.seat("ann", "bob")
        stories.append((desk.sids, desk.room(ROOM).sid, desk.exchange.account))
    assert stories[0] == stories[1]
