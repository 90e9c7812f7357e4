"""Conferences from init to completed."""

import pytest

from reconciler.simulator.exchange.people import ALWAYS, DialIn, Subscriber
from tests.simulator.desk import FROM, ROOM, fields, number_of, open_desk, refusal


def test_a_conference_starts_with_two_of_whom_one_may_start_it() -> None:
    desk = open_desk()
    desk.seat("ann", StartConferenceOnEnter="false")
    desk.seat("bob", StartConferenceOnEnter="false")
    assert desk.room().status == "init"
    desk.seat("eve")
    assert desk.room().status == "in-progress"
    assert desk.events()[-2:] == ["participant-join", "conference-start"]


def test_one_person_alone_waits_in_init_and_cannot_be_found_in_progress() -> None:
    desk = open_desk()
    desk.seat("ann")
    query = {"FriendlyName": ROOM, "Status": "in-progress"}
    assert desk.exchange.list_conferences(query) == ()
    assert desk.room().status == "init"


def test_the_same_name_later_is_a_new_conference() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    first = desk.room()
    desk.exchange.hang_up("ann")
    desk.exchange.hang_up("bob")
    ended = desk.exchange.fetch_conference(first.sid)
    assert (ended.status, ended.reason_ended) == ("completed", "last-participant-left")
    assert ended.ended_by == desk.sids["bob"]
    assert desk.exchange.list_participants(first.sid, {}) == ()
    with refusal(16022):
        desk.ring("ann", room=first.sid)
    desk.seat("ann")
    assert desk.room().sid != first.sid


def test_whoever_kicks_the_last_one_ends_the_conference() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    desk.kick("ann")
    sid = desk.room().sid
    desk.kick("bob")
    reason = desk.exchange.fetch_conference(sid).reason_ended
    assert reason == "last-participant-kicked"


@pytest.mark.parametrize(
    ("kicked", "reason"),
    [
        (False, "participant-with-end-conference-on-exit-left"),
        (True, "participant-with-end-conference-on-exit-kicked"),
    ],
)
def test_everybody_is_out_when_one_leaves_on_whom_the_conference_depends(
    kicked: bool, reason: str
) -> None:
    desk = open_desk()
    desk.seat("ann", EndConferenceOnExit="true")
    desk.seat("bob", "eve")
    if kicked:
        desk.kick("ann")
    else:
        desk.exchange.hang_up("ann")
    assert desk.room().reason_ended == reason
    assert desk.room().ended_by == desk.sids["ann"]
    assert desk.call_status("bob") == desk.call_status("eve") == "completed"
    end = desk.exchange.history.events[-1]
    assert end.form["ParticipantLabelEndingConference"] == "ann"


def test_a_conference_can_be_ended_once() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    desk.ring("eve")
    sid, form = desk.room().sid, fields({"Status": "completed"})
    assert desk.exchange.update_conference(sid, form).status == "completed"
    assert desk.room().reason_ended == "conference-ended-via-api"
    assert desk.room().ended_by is None
    assert desk.call_status("eve") == "canceled"
    with refusal(20001):
        desk.exchange.update_conference(sid, form)


def test_a_room_where_nobody_answers_is_over() -> None:
    desk = open_desk({"ann": Subscriber(busy=ALWAYS)})
    desk.seat("ann")
    assert desk.room().status == "completed"
    assert desk.events() == ["participant-leave", "conference-end"]


def test_a_room_that_is_still_ringing_is_not_over_when_another_was_busy() -> None:
    desk = open_desk(
        {"ann": Subscriber(busy=ALWAYS), "bob": Subscriber(answers_after=9)}
    )
    desk.ring("ann")
    desk.ring("bob")
    desk.wait(3)
    assert desk.room().status == "init"


def test_the_first_create_decides_who_is_told_of_events() -> None:
    desk = open_desk()
    url = "https://example.com/conference"
    desk.seat(
        "ann",
        ConferenceStatusCallback=url,
        ConferenceStatusCallbackEvent="start join",
        StatusCallback="https://example.com/call",
        StatusCallbackEvent="answered",
    )
    desk.seat("bob", ConferenceStatusCallback="https://example.com/other")
    told = [e for e in desk.exchange.history.events if e.url]
    assert [(e.name, e.url) for e in told] == [
        ("answered", "https://example.com/call"),
        ("participant-join", url),
        ("participant-join", url),
        ("conference-start", url),
    ]


def test_sequence_numbers_count_the_events_of_each_conference_and_call() -> None:
    desk = open_desk()
    every = "initiated ringing answered completed"
    told = {"StatusCallback": "https://example.com/", "StatusCallbackEvent": every}
    desk.seat("ann", "bob", **told)
    desk.exchange.hang_up("bob")
    events = desk.exchange.history.events
    of_room = [e.form["SequenceNumber"] for e in events if e.stream == "conference"]
    assert of_room == ["1", "2", "3", "4"]
    of_bob = [
        (e.name, e.form["SequenceNumber"], e.form["CallStatus"])
        for e in events
        if e.stream == "call" and e.form["CallSid"] == desk.sids["bob"]
    ]
    assert of_bob == [
        ("initiated", "0", "initiated"),
        ("ringing", "1", "ringing"),
        ("answered", "2", "in-progress"),
        ("completed", "3", "completed"),
    ]


def test_sequence_numbers_of_a_call_count_the_events_that_are_sent() -> None:
    desk = open_desk()
    desk.seat("ann", StatusCallback="https://example.com/")
    desk.exchange.hang_up("ann")
    events = desk.exchange.history.events
    (sent,) = [each for each in events if each.stream == "call" and each.url]
    assert (sent.name, sent.form["SequenceNumber"]) == ("completed", "0")


def test_a_lone_caller_joins_leaves_and_ends_without_a_start() -> None:
    desk = open_desk()
    desk.exchange.dial_in(ROOM, number_of("ann"))
    desk.exchange.hang_up(number_of("ann"))
    told = [
        (each.form["SequenceNumber"], each.name)
        for each in desk.exchange.history.events
        if each.stream == "conference"
    ]
    assert told == [
        ("1", "participant-join"),
        ("2", "participant-leave"),
        ("3", "conference-end"),
    ]


def test_the_end_by_a_moderator_is_told_in_twilios_words() -> None:
    desk = open_desk()
    desk.seat("ann", "bob", EndConferenceOnExit="true")
    desk.exchange.hang_up("ann")
    end = desk.exchange.history.events[-1].form
    assert end["Reason"] == (
        f"Participant {desk.sids['ann']} with endConferenceOnExit left the conference"
    )


def test_a_call_event_names_both_ends_twice_and_guesses_where_they_are() -> None:
    desk = open_desk()
    desk.seat("ann")
    form = next(e.form for e in desk.exchange.history.events if e.stream == "call")
    assert form["Caller"] == form["From"]
    assert form["Called"] == form["To"] == number_of("ann")
    assert (form["CalledCountry"], form["CalledCity"]) == ("US", "")
    desk.seat("bob", To="client:bob")
    form = desk.exchange.history.events[-1].form
    assert form["StatusCallbackEvent"]
    calls = [e.form for e in desk.exchange.history.events if e.stream == "call"]
    assert "ToCountry" not in calls[-1]
    assert calls[-1]["FromCountry"] == "US"


def test_a_listing_of_conferences_can_be_narrowed_by_day() -> None:
    desk = open_desk(conferences_without_status="all")
    desk.seat("ann")
    for query, found in (
        ({"DateCreated": "2026-04-14"}, 1),
        ({"DateCreated": "2026-04-15"}, 0),
        ({"DateCreated<": "2026-04-14"}, 1),
        ({"DateCreated>": "2026-04-15"}, 0),
        ({"DateUpdated": "2026-04-14", "Status": "init"}, 1),
    ):
        assert len(desk.exchange.list_conferences(query)) == found, query
    with refusal(20001):
        desk.exchange.list_conferences({"DateCreated": "2026-04-14T00:00:00Z"})
    with refusal(20001):
        desk.exchange.list_conferences({"Status": "over"})


def test_an_inbound_caller_is_in_at_once_and_has_no_label() -> None:
    desk = open_desk()
    caller = desk.exchange.dial_in(ROOM, number_of("ann"))
    assert caller.connected
    assert caller.label is None
    call = desk.exchange.fetch_call(caller.call_sid)
    assert (call.direction, call.sender, call.to) == ("inbound", number_of("ann"), FROM)


def test_a_person_described_as_dialing_in_dials_in() -> None:
    desk = open_desk()
    desk.seat("bob")
    desk.exchange.describe("client:ann", _dialing_in(5))
    desk.wait(4)
    assert list(desk.listed()) == ["bob"]
    desk.wait(2)
    assert list(desk.listed()) == ["ann", "bob"]


def _dialing_in(at: float) -> Subscriber:
    return Subscriber(dials_in=(DialIn(ROOM, at, "ann"),))
