"""Every switch, both ways."""

from collections.abc import Callable

import pytest

from reconciler.simulator.exchange.api_error import ApiError
from reconciler.simulator.exchange.behavior import Switches, describe_switches, flip
from reconciler.simulator.exchange.people import Subscriber
from tests.simulator.desk import ROOM, Desk, fields, open_desk, refusal

Trial = Callable[[Desk], object]


def _ringing(desk: Desk) -> Desk:
    desk.seat("bob", "cat")
    desk.ring("ann")
    desk.wait(0.5)
    return desk


def _outcome(trial: Callable[[], object]) -> object:
    try:
        return trial()
    except Exception as error:  # noqa: BLE001 - a refusal is an outcome too
        return getattr(error, "code", error)


def _listed_while_ringing(desk: Desk) -> object:
    return "ann" in _ringing(desk).listed()


def _fetched_while_ringing(desk: Desk) -> object:
    return _outcome(lambda: _ringing(desk).fetch("ann").status)


def _rung_twice(desk: Desk) -> object:
    return _outcome(lambda: _ringing(desk).ring("ann").status)


def _listed_after_joins_and_leaves(desk: Desk) -> object:
    desk.seat("bob", "ann")
    desk.wait(10)
    desk.exchange.hang_up("ann")
    soon = "ann" in desk.listed()
    desk.wait(5.1)
    return soon, "ann" in desk.listed()


def _mute_as_listed(desk: Desk) -> object:
    desk.seat("bob", "ann")
    desk.wait(10)
    desk.update("ann", Muted="true")
    soon = desk.listed()["ann"].muted
    desk.wait(5.1)
    return soon, desk.listed()["ann"].muted


def _conference_as_listed(desk: Desk) -> object:
    desk.seat("bob")
    query = {"FriendlyName": ROOM, "Status": "init"}
    soon = len(desk.exchange.list_conferences(query))
    sid = desk.exchange.fetch_conference(desk.room().sid).sid
    people = len(desk.exchange.list_participants(sid, {}))
    desk.wait(5.1)
    return soon, people, len(desk.exchange.list_conferences(query))


def _end_as_listed(desk: Desk) -> object:
    desk.seat("bob", "ann")
    desk.wait(10)
    desk.exchange.end(ROOM)
    query = {"FriendlyName": ROOM, "Status": "in-progress"}
    soon = len(desk.exchange.list_conferences(query))
    desk.wait(5.1)
    return soon, len(desk.exchange.list_conferences(query))


def _change_of_the_gone(change: Callable[[Desk], object]) -> Trial:
    def trial(desk: Desk) -> object:
        desk.seat("ann", "bob", "cat")
        desk.exchange.hang_up("ann", listed_seconds=30)
        assert desk.listed()["ann"].connected
        try:
            return change(desk)
        except ApiError as refused:
            return refused.status, refused.code

    return trial


_MUTE_GONE = _change_of_the_gone(lambda desk: desk.update("ann", Muted="true"))
_KICK_GONE = _change_of_the_gone(lambda desk: desk.kick("ann"))


def _caller_as_shown(desk: Desk) -> object:
    caller = desk.exchange.dial_in(ROOM, "+15550001111", withheld="restricted")
    return desk.exchange.fetch_call(caller.call_sid).sender


def _call_after_hang_up(desk: Desk) -> object:
    desk.seat("bob", "ann")
    desk.wait(10)
    desk.exchange.hang_up("ann")
    soon = desk.call_status("ann")
    desk.wait(5.1)
    return soon, desk.call_status("ann")


def _calls_after_create(desk: Desk) -> object:
    desk.ring("ann")
    soon = len(desk.exchange.list_calls({}))
    desk.wait(5.1)
    return soon, len(desk.exchange.list_calls({}))


def _status_of_the_gone(desk: Desk) -> object:
    desk.seat("bob", "ann")
    desk.exchange.hang_up("ann")
    ann = desk.listed().get("ann")
    desk.wait(6)
    return ann.status if ann else None, "ann" in desk.listed()


def _status_after_a_second(desk: Desk) -> object:
    desk.ring("ann")
    desk.wait(1)
    return desk.fetch("ann").status


def _update_of_ringing(desk: Desk) -> object:
    return _outcome(lambda: _ringing(desk).update("ann", Muted="true").muted)


def _kick_of_ringing(desk: Desk) -> object:
    code = _outcome(lambda: _ringing(desk).kick("ann"))
    return code, desk.call_status("ann")


def _reason_of_kick(desk: Desk) -> object:
    desk.seat("ann", "bob", "cat")
    desk.kick("ann")
    return desk.exchange.history.events[-1].form["ReasonParticipantLeft"]


def _end_flag(form: dict[str, str]) -> Trial:
    def trial(desk: Desk) -> object:
        desk.seat("ann", "bob")
        desk.update("ann", Hold="true")
        shown = desk.update("ann", EndConferenceOnExit="true", **form)
        assert shown.end_conference_on_exit
        return desk.fetch("ann").end_conference_on_exit

    return trial


def _seen_before_connect(desk: Desk) -> object:
    sid = desk.ring("ann").conference_sid
    found = _outcome(lambda: desk.exchange.fetch_conference(sid).status)
    listed = len(desk.exchange.list_conferences({"Status": "init"}))
    desk.wait(2)
    return found, listed, len(desk.exchange.list_conferences({"Status": "init"}))


def _started_while_ringing(desk: Desk) -> object:
    desk.seat("bob")
    desk.ring("ann")
    desk.wait(0.5)
    return desk.room().status


def _room_that_only_rings(desk: Desk) -> object:
    desk.seat("bob")
    desk.ring("ann")
    desk.wait(0.5)
    desk.exchange.hang_up("bob")
    status = desk.room().status
    desk.wait(2)
    return status, desk.call_status("ann"), len(desk.exchange.state.conferences)


def _room_that_ends_while_it_rings(desk: Desk) -> object:
    desk.exchange.flip(ringing_keeps_room=False)
    return _room_that_only_rings(desk)


def _two_creates_at_once(desk: Desk) -> object:
    first, second = desk.ring("ann"), desk.ring("bob")
    desk.wait(5)
    third = desk.ring("cat")
    sids = [each.conference_sid for each in (first, second, third)]
    return len(set(sids))


def _post_by_name(desk: Desk) -> object:
    desk.seat("ann")
    form = fields({"Status": "completed"})
    return _outcome(lambda: desk.exchange.update_conference(ROOM, form).status)


def _completed_twice(desk: Desk) -> object:
    desk.seat("ann")
    sid, form = desk.room().sid, fields({"Status": "completed"})
    desk.exchange.update_conference(sid, form)
    return _outcome(lambda: desk.exchange.update_conference(sid, form))


def _queued_found_by_day(desk: Desk) -> object:
    desk.ring("ann")
    desk.ring("bob")
    return len(desk.exchange.list_calls({"StartTime>": "2026-04-14"}))


def _label_in_other_case(desk: Desk) -> object:
    desk.seat("ann", "bob")
    return _outcome(lambda: desk.fetch("Ann").label)


def _label_with_dot(desk: Desk) -> object:
    desk.seat("a.b", "bob")
    return _outcome(lambda: desk.fetch("a.b").label)


def _leave_of_never_joined(desk: Desk) -> object:
    desk.seat("bob")
    desk.exchange.describe("client:x", Subscriber(busy=9))
    desk.seat("x", To="client:x")
    return "participant-leave" in desk.events()


def _first_sequence_number(desk: Desk) -> object:
    desk.seat("ann")
    events = desk.exchange.history.events
    first = next(e for e in events if e.stream == "conference")
    return first.form["SequenceNumber"]


def _last_event_of_a_start(desk: Desk) -> object:
    desk.seat("ann", "bob")
    return desk.events()[-1]


def _starts_told(desk: Desk) -> object:
    desk.seat("ann", "bob")
    assert desk.room().status == "in-progress"
    return desk.events().count("conference-start")


_GONE = 20404
_CASES: list[tuple[str, object, Trial, object]] = [
    ("list_shows_ringing", True, _listed_while_ringing, True),
    ("list_shows_ringing", False, _listed_while_ringing, False),
    ("list_shows_ringing", True, _fetched_while_ringing, "ringing"),
    ("list_shows_ringing", False, _fetched_while_ringing, _GONE),
    ("label_held_while_ringing", True, _rung_twice, 16026),
    ("label_held_while_ringing", False, _rung_twice, "queued"),
    ("label_held_while_ringing", False, _fetched_while_ringing, _GONE),
    ("list_lag", 0, _listed_after_joins_and_leaves, (False, False)),
    ("list_lag", 5, _listed_after_joins_and_leaves, (True, False)),
    ("list_change_lag", 0, _mute_as_listed, (True, True)),
    ("list_change_lag", 5, _mute_as_listed, (False, True)),
    ("conferences_list_lag", 0, _conference_as_listed, (1, 1, 1)),
    ("conferences_list_lag", 5, _conference_as_listed, (0, 1, 1)),
    ("conferences_list_lag", 0, _end_as_listed, (0, 0)),
    ("conferences_list_lag", 5, _end_as_listed, (1, 0)),
    ("change_of_gone", "404", _MUTE_GONE, (404, 20404)),
    ("change_of_gone", "404", _KICK_GONE, (404, 20404)),
    ("change_of_gone", "404+16001", _MUTE_GONE, (404, 16001)),
    ("change_of_gone", "404+16001", _KICK_GONE, (404, 16001)),
    ("change_of_gone", "16099", _MUTE_GONE, (400, 16099)),
    ("change_of_gone", "16099", _KICK_GONE, (400, 16099)),
    ("withheld_caller", "number", _caller_as_shown, "+7378742833"),
    ("withheld_caller", "word", _caller_as_shown, "restricted"),
    ("call_lag", 0, _call_after_hang_up, ("completed", "completed")),
    ("call_lag", 5, _call_after_hang_up, ("in-progress", "completed")),
    ("calls_list_lag", 0, _calls_after_create, (1, 1)),
    ("calls_list_lag", 5, _calls_after_create, (0, 1)),
    ("ended_listed_seconds", 0, _status_of_the_gone, (None, False)),
    ("ended_listed_seconds", 5, _status_of_the_gone, ("complete", False)),
    ("connecting_seconds", 0.1, _status_after_a_second, "ringing"),
    ("connecting_seconds", 5, _status_after_a_second, "connecting"),
    ("update_ringing", "accept", _update_of_ringing, True),
    ("update_ringing", "404", _update_of_ringing, _GONE),
    ("update_ringing", "16001", _update_of_ringing, 16001),
    ("update_ringing", "16099", _update_of_ringing, 16099),
    ("update_ringing", "21220", _update_of_ringing, 21220),
    ("delete_ringing", "works", _kick_of_ringing, (None, "canceled")),
    ("delete_ringing", "404", _kick_of_ringing, (_GONE, "ringing")),
    ("kick_call_status", "canceled", _kick_of_ringing, (None, "canceled")),
    ("kick_call_status", "completed", _kick_of_ringing, (None, "completed")),
    ("kick_call_status", "no-answer", _kick_of_ringing, (None, "no-answer")),
    ("kick_reason", "participant_hung_up", _reason_of_kick, "participant_hung_up"),
    ("end_flag", "takes", _end_flag({}), True),
    ("end_flag", "with_hold_only", _end_flag({}), False),
    ("end_flag", "with_hold_only", _end_flag({"Hold": "true"}), True),
    ("end_flag", "never_on_hold", _end_flag({}), False),
    ("end_flag", "never_on_hold", _end_flag({"Hold": "false"}), True),
    ("conference_visible_before_connect", True, _seen_before_connect, ("init", 1, 1)),
    ("conference_visible_before_connect", False, _seen_before_connect, (_GONE, 0, 1)),
    ("early_media_counts", False, _started_while_ringing, "init"),
    ("early_media_counts", True, _started_while_ringing, "in-progress"),
    ("ringing_keeps_room", False, _room_that_only_rings, ("completed", "canceled", 1)),
    ("ringing_keeps_room", True, _room_that_only_rings, ("init", "in-progress", 1)),
    (
        "ringing_when_room_ends",
        "canceled",
        _room_that_ends_while_it_rings,
        ("completed", "canceled", 1),
    ),
    (
        "ringing_when_room_ends",
        "new_room",
        _room_that_ends_while_it_rings,
        ("completed", "in-progress", 2),
    ),
    ("name_race_seconds", 0, _two_creates_at_once, 1),
    ("name_race_seconds", 3, _two_creates_at_once, 2),
    ("conference_post_by_name", "404", _post_by_name, _GONE),
    ("conference_post_by_name", "works", _post_by_name, "completed"),
    ("complete_twice", "400", _completed_twice, 20001),
    ("complete_twice", "404", _completed_twice, _GONE),
    ("queued_call_matches_start_time", True, _queued_found_by_day, 2),
    ("queued_call_matches_start_time", False, _queued_found_by_day, 1),
    ("label_case_sensitive", True, _label_in_other_case, _GONE),
    ("label_case_sensitive", False, _label_in_other_case, "ann"),
    ("label_with_dot", "works", _label_with_dot, "a.b"),
    ("label_with_dot", "404", _label_with_dot, _GONE),
    ("leave_event_when_never_joined", True, _leave_of_never_joined, True),
    ("leave_event_when_never_joined", False, _leave_of_never_joined, False),
    ("sequence_base", "1", _first_sequence_number, "1"),
    ("sequence_base", "0", _first_sequence_number, "0"),
    ("start_event", True, _starts_told, 1),
    ("start_event", False, _starts_told, 0),
    ("join_before_start", True, _last_event_of_a_start, "conference-start"),
    ("join_before_start", False, _last_event_of_a_start, "participant-join"),
]
_ELSEWHERE = {
    # test_coaching.py
    "coach_when_target_leaves",
    "coaching_flag_when_target_leaves",
    "retarget_in_one_post",
    # test_conference_switches.py
    "conferences_without_status",
    "status_init",
    "ended_conference_missing_seconds",
    "new_call_missing_seconds",
    "complete_while_dialing",
    "ending_seconds",
    "complete_refused_code",
    # test_http_switches.py
    "muted_while_waiting",
    "status_null",
    "error_status_16xxx",
    "retry_after_on_429",
    "concurrency",
    "idempotency_token",
    "queued_call_dated",
    "equal_bytes",
    "next_page_absolute",
}


@pytest.mark.parametrize(("name", "value", "trial", "outcome"), _CASES)
def test_the_switch_decides(
    name: str, value: object, trial: Trial, outcome: object
) -> None:
    assert trial(open_desk(None, **{name: value})) == outcome


def test_no_switch_is_left_untried() -> None:
    tried = {name for name, *_ in _CASES} | _ELSEWHERE
    assert {each.name for each in describe_switches()} == tried


def test_a_switch_that_does_not_exist_is_named_with_its_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean list_lag"):
        flip(Switches(), {"list_lags": "3s"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("list_lag", "soon"), ("status_null", "yes"), ("end_flag", "maybe")],
)
def test_a_value_that_a_switch_does_not_have_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        flip(Switches(), {name: value})


def test_switches_can_be_flipped_as_time_goes_on() -> None:
    desk = open_desk()
    desk.seat("bob")
    desk.ring("ann")
    desk.wait(0.5)
    desk.exchange.flip(list_shows_ringing=False)
    assert list(desk.listed()) == ["bob"]
    with refusal(20404, 404):
        desk.fetch("ann")
