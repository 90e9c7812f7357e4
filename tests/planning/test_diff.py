from typing import Any

import pytest

from reconciler.model.action import Change, ChangeKind, Harm
from reconciler.model.ledger import Correction
from reconciler.model.observation import Participant
from reconciler.model.roster import Announcement, Value
from reconciler.planning.order import Step, step_of
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    NOW,
    field_changes,
    leg,
    member,
    plan_for,
)

HELLO = Announcement("hello", "https://x.test/hello", "GET")


def only(
    person: Participant, memory: dict[str, Value] | None = None, **declared: Any
) -> list[Change]:
    plan = plan_for(
        member("ann", **declared), legs=(person,), memory={CA1: memory or {}}
    )
    assert plan.withheld == ()
    return [each for each in plan.actions if isinstance(each, Change)]


@pytest.mark.parametrize(
    ("declared", "person", "sent", "harm", "step"),
    [
        pytest.param(
            {"muted": True}, leg(), {"muted": True}, Harm.SILENCE, Step.SILENCE,
            id="mute",
        ),
        pytest.param(
            {"muted": False}, leg(muted=True), {"muted": False}, Harm.EXPOSE,
            Step.EXPOSE, id="unmute",
        ),
        pytest.param(
            {"hold": True}, leg(), {"hold": True}, Harm.SILENCE, Step.HOLD, id="hold"
        ),
        pytest.param(
            {"hold": False}, leg(hold=True), {"hold": False}, Harm.EXPOSE,
            Step.EXPOSE, id="release",
        ),
        pytest.param(
            {"coaching": False}, leg(coaching=True, call_sid_to_coach=CA1),
            {"coaching": False}, Harm.EXPOSE, Step.EXPOSE, id="let go",
        ),
        pytest.param(
            {"end_conference_on_exit": True}, leg(), {"end_conference_on_exit": True},
            Harm.NONE, Step.SETTLE, id="end flag set",
        ),
        pytest.param(
            {"end_conference_on_exit": False}, leg(end_conference_on_exit=True),
            {"end_conference_on_exit": False}, Harm.NONE, Step.SETTLE,
            id="end flag cleared",
        ),
        pytest.param(
            {"write_only": (("beep_on_exit", True),)}, leg(), {"beep_on_exit": True},
            Harm.NONE, Step.SETTLE, id="beep",
        ),
        pytest.param(
            {"write_only": (("wait_method", "GET"), ("wait_url", "https://x.test"))},
            leg(), {"wait_method": "GET", "wait_url": "https://x.test"}, Harm.NONE,
            Step.SETTLE, id="wait music",
        ),
        pytest.param(
            {"announcements": (HELLO,)}, leg(),
            {"announce_url": "https://x.test/hello", "announce_method": "GET"},
            Harm.NONE, Step.SETTLE, id="announcement",
        ),
    ],
)  # fmt: skip
def test_each_field_is_put_right_both_ways(
    declared: dict[str, Any],
    person: Participant,
    sent: dict[str, Value],
    harm: Harm,
    step: Step,
) -> None:
    (change,) = only(person, **declared)
    assert (field_changes(change), change.harm, step_of(change)) == (sent, harm, step)


@pytest.mark.parametrize("name", ["muted", "hold", "end_conference_on_exit"])
@pytest.mark.parametrize("shown", [True, False])
def test_no_opinion_is_neither_compared_nor_sent(name: str, *, shown: bool) -> None:
    fields: dict[str, Any] = {name: shown}
    assert only(leg(**fields)) == []
    assert only(leg(**fields), **fields) == []


def test_what_was_sent_on_this_call_is_not_sent_again() -> None:
    music = (("hold_url", "https://x.test"), ("beep_on_exit", False))
    assert only(leg(), dict(music), write_only=music) == []


def test_all_of_a_concern_is_sent_when_one_of_it_differs() -> None:
    music = (("wait_method", "GET"), ("wait_url", ""))
    (change,) = only(leg(), {"wait_method": "GET"}, write_only=music)
    assert field_changes(change) == dict(music)
    assert dict(change.memory) == dict(music)


def test_a_hold_takes_its_music_along_each_time() -> None:
    music = (("hold_url", "https://x.test"),)
    (change,) = only(leg(), dict(music), hold=True, write_only=music)
    assert field_changes(change) == {"hold": True, "hold_url": "https://x.test"}


def test_new_music_for_somebody_on_hold_leaves_them_there() -> None:
    (change,) = only(leg(hold=True), write_only=(("hold_url", "https://x.test"),))
    assert field_changes(change) == {"hold": True, "hold_url": "https://x.test"}
    assert change.harm is Harm.NONE


def test_an_announcement_is_played_once_a_call() -> None:
    (change,) = only(leg(), announcements=(HELLO,))
    assert dict(change.memory) == {"announcement:hello": HELLO.url}
    assert only(leg(), dict(change.memory), announcements=(HELLO,)) == []


@pytest.mark.parametrize("declared", [{}, {"hold": True}])
def test_somebody_on_hold_hears_announcements_too(declared: dict[str, Any]) -> None:
    (change,) = only(leg(hold=True), announcements=(HELLO,), **declared)
    assert change.kind is ChangeKind.ANNOUNCE


def test_hold_coaching_and_announcements_are_requests_of_their_own() -> None:
    found = only(
        leg(hold=True, muted=True, coaching=True, call_sid_to_coach="CAx"),
        muted=False,
        hold=False,
        coaching=False,
        end_conference_on_exit=True,
        write_only=(("beep_on_exit", True), ("hold_url", "u"), ("wait_url", "u")),
        announcements=(HELLO,),
    )
    concerns = [each.kind for each in found]
    assert len(concerns) == len(set(concerns))
    for change in found:
        names = {field_change.name for field_change in change.field_changes}
        assert len(names & {"hold", "coaching", "announce_url", "muted"}) <= 1


def test_somebody_to_be_held_is_unmuted_only_once_on_hold() -> None:
    declared: dict[str, Any] = {"hold": True, "muted": False}
    assert [field_changes(c) for c in only(leg(muted=True), **declared)] == [
        {"hold": True}
    ]
    held = leg(muted=True, hold=True)
    assert [field_changes(c) for c in only(held, **declared)] == [{"muted": False}]


def test_a_mute_until_the_hold_is_undone_without_an_opinion_on_muted() -> None:
    (change,) = only(leg(muted=True, hold=True), {"muted": True}, hold=True)
    assert field_changes(change) == {"muted": False}
    assert change.memory == (("muted", False),)


def corrected(*, hold: bool | None, shown: bool) -> dict[str, Value]:
    plan = plan_for(
        member("ann", end_conference_on_exit=False, hold=hold),
        legs=(leg(end_conference_on_exit=True, hold=shown),),
        corrections=(Correction(CA1, "end_conference_on_exit=False", NOW - 11),),
    )
    (change,) = (
        each
        for each in plan.actions
        if isinstance(each, Change) and each.kind is ChangeKind.EXIT
    )
    return field_changes(change)


@pytest.mark.parametrize("shown", [True, False])
def test_an_end_flag_that_did_not_take_is_sent_with_the_hold_as_it_is(
    *, shown: bool
) -> None:
    expected = {"end_conference_on_exit": False, "hold": shown}
    assert corrected(hold=None, shown=shown) == expected
    assert corrected(hold=shown, shown=shown) == expected


@pytest.mark.parametrize("shown", [True, False])
def test_an_end_flag_never_moves_a_hold_that_is_being_put_right(*, shown: bool) -> None:
    assert corrected(hold=not shown, shown=shown) == {"end_conference_on_exit": False}


def test_a_coach_who_cannot_be_sent_on_at_once_is_let_go_first() -> None:
    ann, zoe = leg(CA1, "ann"), leg(CA2, "zoe")
    coach = leg(CA3, "sup", muted=True, coaching=True, call_sid_to_coach=CA2)
    people = (member("ann"), member("zoe"), member("sup", coaching="ann"))

    first = plan_for(*people, legs=(ann, zoe, coach))
    (sent_on,) = (each for each in first.actions if isinstance(each, Change))
    tried = (Correction(CA3, f"call_sid_to_coach={CA1}", NOW - 11),)
    second = plan_for(*people, legs=(ann, zoe, coach), corrections=tried)
    (let_go,) = (each for each in second.actions if isinstance(each, Change))

    assert field_changes(sent_on) == {"coaching": True, "call_sid_to_coach": CA1}
    assert field_changes(let_go) == {"coaching": False}
    assert let_go.harm is Harm.NONE
