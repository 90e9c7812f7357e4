"""Who heard whom, and for how many seconds."""

from typing import Any

import httpx
import pytest

from reconciler.model.recorded_observation import Audience
from reconciler.simulator.exchange.audibility import (
    AudibleInterval,
    Hearing,
    audible_intervals,
    hearings,
)
from reconciler.simulator.http.app import app
from tests.simulator.audible import audible_seconds
from tests.simulator.desk import ROOM, Desk, open_desk


def _intervals(desk: Desk) -> tuple[AudibleInterval, ...]:
    now = desk.exchange.state.now
    return audible_intervals(desk.exchange.history.exposures, now)


def _seconds(desk: Desk, label: str, *windows: tuple[float, float], **more: Any) -> Any:
    sid = desk.sids[label]
    return audible_seconds(_intervals(desk), sid, windows=windows, **more)


def _began(desk: Desk) -> float:
    """A room of two that hear each other from now on."""
    desk.seat("ann", "bob")
    desk.wait(10)
    return desk.clock.now


@pytest.mark.parametrize(
    ("form", "undone"),
    [
        ({"Muted": "true"}, {"Muted": "false"}),
        ({"Hold": "true"}, {"Hold": "false"}),
    ],
)
def test_somebody_muted_or_on_hold_is_not_audible(
    form: dict[str, str], undone: dict[str, str]
) -> None:
    desk = open_desk()
    began = _began(desk)
    desk.wait(3)
    desk.update("ann", **form)
    desk.wait(5)
    desk.update("ann", **undone)
    desk.wait(2)
    now = desk.clock.now
    assert _seconds(desk, "ann", (began, now)) == pytest.approx(5)
    assert _seconds(desk, "bob", (began, now)) == pytest.approx(10)
    assert _seconds(desk, "ann", (began + 3, began + 8)) == 0
    both = ((began, began + 1), (began + 9, now))
    assert _seconds(desk, "ann", *both) == pytest.approx(2)


def test_a_coach_is_audible_to_the_target_and_to_the_room_once_the_target_left() -> (
    None
):
    desk = open_desk()
    _began(desk)
    desk.seat("sup", Muted="true")
    desk.coach("sup", "ann")
    desk.update("sup", Muted="false")
    coaching_at = desk.clock.now
    desk.wait(4)
    desk.exchange.hang_up("ann")
    desk.wait(7)
    whole = (coaching_at, desk.clock.now)
    assert _seconds(desk, "sup", whole) == pytest.approx(7)
    assert _seconds(desk, "sup", whole, audience=Audience.TARGET) == pytest.approx(4)
    (coaching,) = [e for e in _intervals(desk) if e.audience is Audience.TARGET]
    assert coaching.target == desk.sids["ann"]


def test_a_silent_orphan_is_audible_to_nobody() -> None:
    desk = open_desk(coach_when_target_leaves="silent")
    began = _began(desk)
    desk.seat("sup", Muted="true")
    desk.coach("sup", "ann")
    desk.update("sup", Muted="false")
    desk.exchange.hang_up("ann")
    desk.wait(7)
    assert _seconds(desk, "sup", (began, desk.clock.now)) == 0


def test_a_dead_phone_is_not_audible_though_its_leg_is() -> None:
    desk = open_desk()
    began = _began(desk)
    desk.wait(2)
    desk.exchange.hang_up("ann", ghost_seconds=30)
    desk.wait(20)
    assert _seconds(desk, "ann", (began, desk.clock.now)) == pytest.approx(2)


def test_every_leg_of_one_person_is_counted_by_itself() -> None:
    desk = open_desk()
    began = _began(desk)
    desk.update("ann", Muted="true")
    desk.wait(3)
    second = desk.exchange.dial_in(ROOM, "+15550001111").call_sid
    desk.wait(4)
    window = ((began, desk.clock.now),)
    assert _seconds(desk, "ann", *window) == 0
    assert audible_seconds(_intervals(desk), second, windows=window) == pytest.approx(4)


def test_nobody_hears_anybody_before_the_conference_starts() -> None:
    desk = open_desk()
    desk.seat("ann", "bob", StartConferenceOnEnter="false")
    desk.wait(60)
    assert not _intervals(desk)


def test_those_on_hold_hear_nobody_and_a_coach_is_heard_by_the_target_only() -> None:
    desk = open_desk()
    _began(desk)
    desk.seat("sup", "cat", Muted="true")
    desk.coach("sup", "ann")
    desk.update("bob", Hold="true")
    desk.update("sup", Muted="false")
    began = desk.clock.now
    desk.wait(5)
    names = {sid: label for label, sid in desk.sids.items()}
    state = desk.exchange.state
    told = {
        (names[each.speaker], names[each.listener])
        for each in hearings(_intervals(desk), state.participants, state.now)
        if each.ends_at > began
    }
    assert told == {("ann", "sup"), ("ann", "cat"), ("sup", "ann")}


def test_a_hearing_ends_when_the_listener_leaves() -> None:
    desk = open_desk()
    began = _began(desk)
    desk.seat("cat", Muted="true")
    desk.exchange.hang_up("bob")
    state = desk.exchange.state
    ann, bob = desk.sids["ann"], desk.sids["bob"]
    told = hearings(_intervals(desk), state.participants, state.now)
    (heard,) = [each for each in told if (each.speaker, each.listener) == (ann, bob)]
    assert isinstance(heard, Hearing)
    assert began - 11 < heard.begins_at < began < heard.ends_at == desk.clock.now


async def test_the_control_api_tells_who_was_audible() -> None:
    desk = open_desk()
    _began(desk)
    desk.update("ann", Muted="true")
    desk.wait(3)
    transport = httpx.ASGITransport(app(desk.exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as http:
        told = (await http.get("/simulator/audible")).json()
    seconds = {each["label"]: round(each["seconds"]) for each in told["audible"]}
    assert seconds == {"ann": 11, "bob": 14}
    assert len(told["heard_by"]) == 2
