from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.action import Action, Change, Harm, Remove
from reconciler.model.ledger import GuardKind, Ledger, WithheldKind
from reconciler.model.observation import Participant, ParticipantStatus
from reconciler.model.roster import (
    Limits,
    OnChange,
    RoomState,
    Roster,
    Unlisted,
    Value,
)
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.call_facts import EXPOSED, memory_before_sending
from reconciler.planning.guards import withheld_kinds
from reconciler.planning.plan import NOT_APPROVED, Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    call_sid,
    changes,
    field_changes,
    guards,
    ledger,
    leg,
    look,
    member,
    reasons,
    removed,
    rings,
    roster,
    standing,
)

ENDED = RoomState.ENDED


def crowd(count: int) -> tuple[Participant, ...]:
    return tuple(leg(call_sid(n), f"p{n}") for n in range(1, count + 1))


def dismissing(legs: tuple[Participant, ...], **fields: Any) -> Ledger:
    kept = standing(*legs)
    records = {
        label: replace(each, dismissed_at=NOW - 5)
        for label, each in kept.records.items()
    }
    return replace(kept, records=records, **fields)


def plan_of(
    wanted: Roster,
    legs: tuple[Participant, ...],
    kept: Ledger,
    now: float = NOW,
    *,
    authority: Authority = GUARDED,
) -> Plan:
    return make_plan(wanted, look(*legs), kept, now, 1, authority=authority)


def lifting(*kinds: GuardKind) -> Authority:
    """A person lets these kinds through, and no other."""
    return Authority(forced="do", forced_kinds=frozenset(kinds))


FORCED = Authority(forced="they all went home")


@pytest.mark.parametrize(("count", "gone"), [(2, 2), (3, 3), (4, 0)])
def test_removals_beyond_the_limit_are_withheld_as_a_whole(
    count: int, gone: int
) -> None:
    legs = (*crowd(count), leg(call_sid(99), "ann"))
    kept = dismissing(crowd(count))
    kept = replace(kept, records={**kept.records, **standing(legs[-1]).records})
    plan = plan_of(roster(member("ann")), legs, kept)
    assert len(removed(plan)) == gone
    assert len(plan.withheld) == count - gone
    assert {each.guard for each in plan.withheld} <= {"limits.removals"}


def test_rings_beyond_the_limit_are_withheld_as_a_whole() -> None:
    people = tuple(member(f"p{n}", to=f"client:p{n}") for n in range(3))
    plan = plan_of(roster(*people, limits=Limits(rings=2)), (), ledger())
    assert rings(plan) == []
    assert guards(plan) == [("limits.rings", each.label) for each in people]
    within = plan_of(roster(*people, limits=Limits(rings=3)), (), ledger())
    assert len(rings(within)) == 3


def test_a_limit_of_one_kind_leaves_the_other_alone() -> None:
    kept = dismissing(crowd(1))
    wanted = roster(member("ann"), limits=Limits(removals=0))
    plan = plan_of(wanted, crowd(1), kept)
    assert rings(plan) == ["ann"]
    assert guards(plan) == [("limits.removals", "p1")]


def test_a_person_lets_through_what_the_limits_withhold() -> None:
    kept = dismissing(crowd(9))
    plan = plan_of(roster(), crowd(9), kept, authority=FORCED)
    assert len(removed(plan)) == 9
    assert plan.approval_use.reason == "they all went home"
    guarded = plan_of(roster(), crowd(9), kept)
    assert (removed(guarded), guarded.approval_use) == ([], NOT_APPROVED)


def test_an_emptied_roster_moves_nobody_and_nothing() -> None:
    coach = leg(CA2, "p2", coaching=True, call_sid_to_coach=CA1)
    legs = (leg(CA1, "p1"), coach)
    for rule in Unlisted:
        plan = plan_of(roster(unlisted=rule), legs, dismissing(legs, emptied=True))
        assert plan.actions == ()
        assert {guard for guard, _ in guards(plan)} == {"emptied-roster"}


def test_a_removal_that_is_withheld_leaves_the_member_as_declared() -> None:
    ann = member(
        "ann", muted=True, on_change=OnChange.REDIAL, create_only=(("timeout", 9),)
    )
    plan = plan_of(roster(ann, limits=Limits(removals=0)), (leg(),), standing(leg()))
    assert [field_changes(each) for each in plan.actions] == [{"muted": True}]
    assert guards(plan) == [("limits.removals", "ann")]


def test_an_end_flag_is_cleared_before_the_removal() -> None:
    going = leg(CA1, "p1", end_conference_on_exit=True, hold=True)
    stays = leg(CA2, "ann")
    kept = dismissing((going,))
    kept = replace(kept, records={**kept.records, **standing(stays).records})
    plan = plan_of(roster(member("ann")), (going, stays), kept)
    (change,) = plan.actions
    assert field_changes(change) == {"end_conference_on_exit": False, "hold": True}
    assert reasons(plan, "p1") == [
        "will be removed later: end_conference_on_exit must be off first"
    ]
    cleared = replace(going, end_conference_on_exit=False)
    assert removed(plan_of(roster(member("ann")), (cleared, stays), kept)) == [CA1]


def test_a_flag_does_no_harm_where_nobody_stays() -> None:
    going = leg(CA1, "p1", end_conference_on_exit=True)
    assert removed(plan_of(roster(), (going,), dismissing((going,)))) == [CA1]


def test_the_last_one_in_is_silenced_and_removed_once_somebody_has_joined() -> None:
    going = leg(CA1, "p1")
    kept = dismissing((going,))
    plan = plan_of(roster(member("ann")), (going,), kept)
    assert removed(plan) == []
    assert rings(plan) == ["ann"]
    assert [field_changes(each) for each in changes(plan, "p1")] == [{"muted": True}]
    assert "the last participant" in reasons(plan, "p1")[0]
    ann = leg(CA2, "ann")
    kept = replace(kept, records={**kept.records, **standing(ann).records})
    assert removed(plan_of(roster(member("ann")), (going, ann), kept)) == [CA1]


def test_a_member_who_waits_to_be_rung_anew_is_not_silenced_for_it() -> None:
    ann = member("ann", on_change=OnChange.REDIAL, create_only=(("timeout", 9),))
    plan = plan_of(roster(ann, member("bob")), (leg(),), standing(leg()))
    assert rings(plan) == ["bob"]
    assert changes(plan, "ann") == []
    assert removed(plan) == []


def test_who_was_taken_out_a_moment_ago_does_not_keep_the_room_open() -> None:
    legs = crowd(2)
    kept = dismissing(legs, memory={legs[1].call_sid: {"removed": int(NOW) - 2}})
    plan = plan_of(roster(member("ann")), legs, kept)
    assert removed(plan) == []
    assert reasons(plan, "p2") == ["was removed, but is still listed"]


def test_no_removal_of_the_whole_room_comes_from_a_comparison() -> None:
    plan = plan_of(roster(), crowd(3), dismissing(crowd(3)))
    actions: tuple[Action, ...] = plan.actions
    assert all(isinstance(each, Remove) and each.call_sid for each in actions)
    assert not any(isinstance(each, Change) for each in actions)


def with_ann(count: int, **fields: Any) -> tuple[tuple[Participant, ...], Ledger]:
    """*count* dismissed people on the line, and ann, who stays."""
    ann = leg(call_sid(99), "ann")
    gone = dismissing(crowd(count), **fields)
    records = {**gone.records, **standing(ann).records}
    return (*crowd(count), ann), replace(gone, records=records)


@pytest.mark.parametrize(("most", "gone"), [(3, 3), (2, 0)])
def test_removals_that_were_counted_and_not_done_count_against_a_lower_limit(
    most: int, gone: int
) -> None:
    legs, kept = with_ann(3, removals={call_sid(n): NOW - 5 for n in (1, 2, 3)})
    stricter = roster(member("ann"), limits=Limits(removals=most))
    plan = plan_of(stricter, legs, kept)
    assert len(removed(plan)) == gone
    assert len(plan.withheld) == 3 - gone


@pytest.mark.parametrize(("earlier", "gone"), [(0, 2), (1, 2), (2, 0), (3, 0)])
def test_removals_of_the_last_ten_minutes_count_too(earlier: int, gone: int) -> None:
    before = {f"CA-earlier-{n}": NOW - 500 for n in range(earlier)}
    legs, kept = with_ann(2, removals=before)
    plan = plan_of(roster(member("ann")), legs, kept)
    assert len(removed(plan)) == gone
    for each in plan.withheld:
        assert each.guard == "limits.removals"
        assert f"{earlier + 2} removals within 10 minutes, {earlier} of them" in (
            each.reason
        )
        assert "reconciler approve line" in each.reason


def test_a_removal_that_is_tried_again_counts_once() -> None:
    legs, kept = with_ann(3, removals={call_sid(n): NOW - 5 for n in (1, 2, 3)})
    assert len(removed(plan_of(roster(member("ann")), legs, kept))) == 3


@pytest.mark.parametrize(
    ("kind", "guard"),
    [(GuardKind.REMOVALS, "limits.removals"), (GuardKind.REMOVALS, "nobody-connected")],
)
def test_removals_that_were_withheld_stay_so_when_few_are_left(
    kind: GuardKind, guard: str
) -> None:
    held = {kind: WithheldKind(kind, guard, "seven were too many", NOW - 60)}
    legs, kept = with_ann(1, withheld=held)
    plan = plan_of(roster(member("ann")), legs, kept)
    assert (plan.actions, guards(plan)) == ((), [(guard, "p1")])
    assert plan.withheld[0].reason == "seven were too many"
    for word, gone in ((lifting(kind), 1), (lifting(GuardKind.RINGS), 0)):
        plan = plan_of(roster(member("ann")), legs, kept, authority=word)
        assert len(removed(plan)) == gone


def test_rings_that_were_withheld_stay_so_when_few_are_left() -> None:
    why = WithheldKind(GuardKind.RINGS, "limits.rings", "five were too many", NOW - 60)
    kept = ledger(withheld={GuardKind.RINGS: why})
    plan = plan_of(roster(member("ann")), (), kept)
    assert guards(plan) == [("limits.rings", "ann")]
    forced = plan_of(roster(member("ann")), (), kept, authority=FORCED)
    assert rings(forced) == ["ann"]


def test_only_what_is_not_on_record_yet_is_put_on_record_as_withheld() -> None:
    legs, kept = with_ann(4)
    plan = plan_of(roster(member("ann")), legs, kept)
    (found,) = withheld_kinds(plan, kept, NOW)
    assert (found.kind, found.guard) == (GuardKind.REMOVALS, "limits.removals")
    again = replace(kept, withheld={found.kind: found})
    assert withheld_kinds(plan, again, NOW) == ()


def test_a_phone_that_nobody_answered_is_let_off_whatever_the_limit() -> None:
    on_the_way = (
        ParticipantStatus.QUEUED,
        ParticipantStatus.CONNECTING,
        ParticipantStatus.RINGING,
    )
    legs = tuple(
        leg(call_sid(n), f"p{n}", status=status) for n, status in enumerate(on_the_way)
    )
    kept = dismissing(legs, emptied=True)
    why = WithheldKind(GuardKind.REMOVALS, "limits.removals", "too many", NOW - 60)
    kept = replace(kept, withheld={GuardKind.REMOVALS: why})
    plan = plan_of(roster(limits=Limits(removals=0)), legs, kept)
    assert len(removed(plan)) == len(on_the_way)
    assert {each.harm for each in plan.actions} == {Harm.NONE}
    assert plan.withheld == ()


def test_a_room_with_more_people_than_the_limit_is_not_ended_unasked() -> None:
    ended = replace(roster(*(member(f"p{n}") for n in range(1, 5))), state=ENDED)
    for count, over in ((3, False), (4, True)):
        legs = crowd(count)
        plan = plan_of(ended, legs, standing(*legs))
        assert bool(plan.actions) is not over
        assert {guard for guard, _ in guards(plan)} == (
            {"limits.removals"} if over else set()
        )
    legs = crowd(2)
    kept = standing(*legs, removals={"CA-1": NOW - 5, "CA-2": NOW - 5})
    assert plan_of(ended, legs, kept).actions == ()
    assert len(plan_of(ended, crowd(9), kept, authority=FORCED).actions) == 1


def end_withheld() -> dict[GuardKind, WithheldKind]:
    """What is on record of a room whose end was withheld."""
    legs = crowd(5)
    ended = replace(roster(*(member(f"p{n}") for n in range(1, 6))), state=ENDED)
    kept = standing(*legs)
    held = withheld_kinds(plan_of(ended, legs, kept), kept, NOW)
    return {each.kind: each for each in held}


def test_an_end_that_was_withheld_withholds_nobody_once_the_room_is_open_again() -> (
    None
):
    legs, kept = with_ann(2, withheld=end_withheld())
    plan = plan_of(roster(member("ann")), legs, kept)
    assert len(removed(plan)) == 2
    assert plan.withheld == ()


def test_removals_after_an_end_that_was_withheld_are_withheld_for_themselves() -> None:
    legs, kept = with_ann(4, withheld=end_withheld())
    plan = plan_of(roster(member("ann")), legs, kept)
    assert {each.reason for each in plan.withheld} == {
        (
            "4 removals within 10 minutes, more than limits.removals: 3. "
            "To remove them: reconciler approve line"
        )
    }
    (found,) = withheld_kinds(plan, kept, NOW)
    later = with_ann(1, withheld={found.kind: found})
    assert guards(plan_of(roster(member("ann")), *later)) == [("limits.removals", "p1")]


def test_removals_that_were_withheld_stay_so_whatever_ends_the_room_meanwhile() -> None:
    why = "7 removals within 10 minutes. To remove them: reconciler approve line"
    held = WithheldKind(GuardKind.REMOVALS, "limits.removals", why, NOW - 60)
    ended = replace(roster(*(member(f"p{n}") for n in range(1, 6))), state=ENDED)
    legs = crowd(5)
    kept = standing(*legs, withheld={held.kind: held})
    plan = plan_of(ended, legs, kept)
    assert "5 removals" in plan.withheld[0].reason
    assert "To end the room" in plan.withheld[0].reason
    assert withheld_kinds(plan, kept, NOW) == ()
    two = plan_of(ended, legs[:2], kept)
    assert [each.reason for each in two.withheld] == [why]


def exposing(
    count: int, changed_at: float, authority: Authority = GUARDED, **fields: Any
) -> Plan:
    """The plan for *count* people who are muted and shall not be."""
    legs = tuple(leg(call_sid(n), f"p{n}", muted=True) for n in range(1, count + 1))
    kept = standing(*legs, **fields)
    records = {
        label: replace(each, changed_at=changed_at, edited_at=changed_at)
        for label, each in kept.records.items()
    }
    people = [member(f"p{n}", muted=False) for n in range(1, count + 1)]
    wanted = roster(*people, limits=Limits(exposures=2))
    kept = replace(kept, records=records)
    return plan_of(wanted, legs, kept, authority=authority)


def test_more_people_than_the_limit_are_not_exposed_by_one_edit() -> None:
    assert len(exposing(2, NOW - 5).actions) == 2
    plan = exposing(3, NOW - 5)
    assert plan.actions == ()
    held = [each for each in plan.withheld if each.guard == "limits.exposures"]
    assert len(held) == 3
    assert "reconciler approve line" in held[0].reason


def exposed(*ago: float) -> dict[str, dict[str, Value]]:
    """What is remembered of people whom edits exposed so many seconds ago."""
    return {call_sid(50 + n): {EXPOSED: int(NOW - x)} for n, x in enumerate(ago)}


@pytest.mark.parametrize(
    ("ago", "withheld"),
    [((5,), False), ((5, 599), True), ((5, 600), False), ((-3600, 5), True)],
    ids=["within the limit", "too many", "ten minutes are over", "clock was put back"],
)
def test_exposures_by_edits_are_counted_for_ten_minutes(
    ago: tuple[float, ...], *, withheld: bool
) -> None:
    plan = exposing(1, NOW - 5, memory=exposed(*ago))
    held = [x.reason for x in plan.withheld if x.guard == "limits.exposures"]
    assert len(held) == withheld
    for reason in held:
        assert "3 people" in reason
        assert "within 10 minutes, 2 of them earlier" in reason


def test_an_exposure_by_an_edit_is_on_record_before_it_is_sent() -> None:
    plan = exposing(2, NOW - 5)
    assert [
        memory_before_sending(x) for x in plan.actions if isinstance(x, Change)
    ] == [((EXPOSED, int(NOW)),)] * 2


def test_who_was_exposed_before_is_counted_once_and_for_longer() -> None:
    kept = {call_sid(1): {EXPOSED: int(NOW - 500)}, **exposed(5)}
    plan = exposing(1, NOW - 5, memory=kept)
    (again,) = (x for x in plan.actions if isinstance(x, Change))
    assert memory_before_sending(again) == ((EXPOSED, int(NOW)),)


def test_an_exposure_after_a_clock_was_put_back_is_recorded_as_the_last_one_was() -> (
    None
):
    plan = exposing(1, NOW - 5, memory=exposed(-3600))
    (made,) = (x for x in plan.actions if isinstance(x, Change))
    assert memory_before_sending(made) == ((EXPOSED, int(NOW + 3600)),)


def test_exposures_that_a_person_lets_through_are_not_counted() -> None:
    plan = exposing(3, NOW - 5, lifting(GuardKind.EXPOSURES))
    assert [
        memory_before_sending(x) for x in plan.actions if isinstance(x, Change)
    ] == [()] * 3


def test_what_nobody_edited_is_no_matter_of_the_limit_of_exposures() -> None:
    assert len(exposing(3, NOW - 1000).actions) == 3


def test_what_an_override_or_the_schedule_exposes_is_no_matter_of_the_limit() -> None:
    legs = tuple(leg(call_sid(n), f"p{n}", muted=True) for n in range(1, 4))
    kept = standing(*legs)
    records = {
        label: replace(each, changed_at=NOW - 5, edited_at=None)
        for label, each in kept.records.items()
    }
    people = [member(f"p{n}", muted=False) for n in range(1, 4)]
    wanted = roster(*people, limits=Limits(exposures=2))
    assert len(plan_of(wanted, legs, replace(kept, records=records)).actions) == 3


def test_exposures_that_were_withheld_stay_so_until_a_person_lets_them_through() -> (
    None
):
    why = WithheldKind(GuardKind.EXPOSURES, "limits.exposures", "3 were too many", NOW)
    held = {GuardKind.EXPOSURES: why}
    assert ("limits.exposures", "p1") in guards(exposing(1, NOW - 5, withheld=held))
    plan = exposing(3, NOW - 5, lifting(GuardKind.EXPOSURES), withheld=held)
    assert len(plan.actions) == 3


def test_who_stays_on_hold_is_not_exposed_by_being_unmuted() -> None:
    legs = tuple(leg(call_sid(n), f"p{n}", muted=True, hold=True) for n in range(1, 4))
    kept = standing(*legs)
    records = {k: replace(r, edited_at=NOW - 5) for k, r in kept.records.items()}
    people = [member(f"p{n}", muted=False, hold=True) for n in range(1, 4)]
    wanted = roster(*people, limits=Limits(exposures=2))
    plan = plan_of(wanted, legs, replace(kept, records=records))
    assert len(plan.actions) == 3


def test_a_coach_is_silenced_in_a_room_whose_end_is_withheld() -> None:
    coach = leg(call_sid(9), "sup", coaching=True, call_sid_to_coach=call_sid(77))
    legs = (*crowd(3), leg(call_sid(4), "p4"), coach)
    people = (*(member(f"p{n}") for n in range(1, 4)), member("p4", muted=True))
    wanted = roster(*people, member("sup", coaching="p1"))
    ended = replace(wanted, state=ENDED)
    plan = plan_of(ended, legs, standing(*legs))
    assert {guard for guard, _ in guards(plan)} == {"limits.removals"}
    assert {each.label: field_changes(each) for each in plan.actions} == {
        "sup": {"muted": True},
        "p4": {"muted": True},
    }
