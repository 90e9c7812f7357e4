"""Coaches, and who is heard by whom."""

import pytest

from reconciler.model.recorded_observation import Audience
from tests.simulator.desk import Desk, open_desk, refusal


def _coached_room(**switches: object) -> Desk:
    desk = open_desk(None, **switches)
    desk.seat("ann", "bob", "sup")
    desk.coach("sup", "ann")
    return desk


def test_everybody_is_heard_by_everybody_once_the_conference_has_started() -> None:
    desk = open_desk()
    desk.seat("ann")
    assert desk.audience("ann") is Audience.NOBODY
    desk.seat("bob")
    assert desk.audience("ann") is desk.audience("bob") is Audience.ROOM
    assert [e.label for e in desk.exchange.history.exposures] == ["ann", "bob"]


@pytest.mark.parametrize("form", [{"Muted": "true"}, {"Hold": "true"}])
def test_the_muted_and_the_held_are_heard_by_nobody(form: dict[str, str]) -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    desk.update("ann", **form)
    assert desk.audience("ann") is Audience.NOBODY


def test_a_coach_is_heard_by_the_target_alone() -> None:
    desk = _coached_room()
    assert desk.audience("sup") is Audience.TARGET
    last = [e for e in desk.exchange.history.exposures if e.label == "sup"][-1]
    assert last.target == desk.sids["ann"]
    assert desk.fetch("sup").call_sid_to_coach == desk.sids["ann"]


def test_a_coach_joins_coaching_when_the_create_says_so() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    made = desk.ring("sup", CallSidToCoach=desk.sids["ann"])
    assert (made.coaching, made.call_sid_to_coach) == (False, None)
    desk.wait(2)
    assert desk.listed()["sup"].coaching
    heard = [e.audience for e in desk.exchange.history.exposures if e.label == "sup"]
    assert heard == [Audience.TARGET]


def test_a_coach_can_join_the_room_and_go_back_to_coaching() -> None:
    desk = _coached_room()
    barged = desk.update("sup", Coaching="false", CallSidToCoach=desk.sids["ann"])
    assert (barged.coaching, desk.audience("sup")) == (False, Audience.ROOM)
    desk.coach("sup", "ann")
    assert desk.audience("sup") is Audience.TARGET


def test_nobody_can_be_coached_who_is_absent_on_the_way_or_on_hold() -> None:
    desk = open_desk()
    desk.seat("ann", "bob", "sup")
    desk.ring("eve")
    for label in ("eve", "sup"):
        with refusal(16028):
            desk.coach("sup", label)
    desk.exchange.hang_up("bob")
    with refusal(16028):
        desk.coach("sup", "bob")
    desk.update("ann", Hold="true")
    with refusal(16027):
        desk.coach("sup", "ann")
    with refusal(16027):
        desk.ring("coach", CallSidToCoach=desk.sids["ann"])


@pytest.mark.parametrize(
    ("switch", "audience"), [("audible", Audience.ROOM), ("silent", Audience.NOBODY)]
)
@pytest.mark.parametrize(("flag", "coaching"), [("keeps", True), ("false", False)])
def test_a_coach_whose_target_leaves_is_heard_as_the_switch_says(
    switch: str, audience: Audience, flag: str, coaching: bool
) -> None:
    desk = _coached_room(
        coach_when_target_leaves=switch, coaching_flag_when_target_leaves=flag
    )
    desk.exchange.hang_up("ann")
    assert desk.audience("sup") is audience
    assert desk.fetch("sup").coaching is coaching
    desk.update("sup", Muted="true")
    assert desk.audience("sup") is Audience.NOBODY


def test_a_target_that_left_while_its_coach_was_ringing_orphans_the_coach() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    desk.ring("sup", CallSidToCoach=desk.sids["ann"])
    desk.exchange.hang_up("ann")
    desk.wait(2)
    assert desk.audience("sup") is Audience.ROOM


def test_one_update_may_change_the_target_or_not() -> None:
    desk = _coached_room()
    assert desk.coach("sup", "bob").call_sid_to_coach == desk.sids["bob"]
    desk = _coached_room(retarget_in_one_post="error")
    with refusal(20001):
        desk.coach("sup", "bob")
    desk.update("sup", Coaching="false")
    assert desk.coach("sup", "bob").coaching


def test_the_intervals_of_each_state_can_be_read_afterwards() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    start = desk.clock.now
    desk.update("ann", Muted="true")
    desk.wait(10)
    desk.update("ann", Muted="false")
    timeline = desk.exchange.state.participants[desk.sids["ann"]]
    states = [timeline.at(start + seconds) for seconds in (-0.5, 5, 10)]
    assert [each.muted for each in states if each] == [False, True, False]
