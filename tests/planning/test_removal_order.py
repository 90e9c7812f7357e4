"""A room is not emptied by replacement, nor by redialing those in it."""

from msgspec.structs import replace

from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.ledger import GuardKind, Ledger, Record
from reconciler.model.observation import Participant, ParticipantStatus
from reconciler.model.roster import Member, OnChange, Unlisted
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    CA4,
    NOW,
    attempt,
    call,
    changes,
    field_changes,
    guards,
    ledger,
    leg,
    look,
    member,
    reasons,
    record,
    removed,
    rings,
    roster,
    standing,
)

LEFT = attempt(
    "cara",
    id=9,
    call_sid=CA4,
    state=AttemptState.ENDED,
    outcome=CallOutcome.LEFT,
    ended_at=NOW - 50,
    connected_at=NOW - 90,
)

SUP = record("sup")


def replacing(*old: Participant, **kept: Record) -> Ledger:
    """A ledger in which *old* were rung by us and left the roster since."""
    dismissed = {
        label: replace(each, dismissed_at=NOW - 5)
        for label, each in standing(*old).records.items()
    }
    return replace(ledger(), records={**dismissed, **kept})


def plan_of(
    wanted: tuple[Member, ...],
    legs: tuple[Participant, ...],
    kept: Ledger,
    unlisted: Unlisted = Unlisted.KEEP,
    authority: Authority = GUARDED,
) -> Plan:
    declared = roster(*wanted, unlisted=unlisted)
    return make_plan(declared, look(*legs), kept, NOW, 1, authority=authority)


OLD = (leg(CA1, "ann"), leg(CA2, "bob"))


def test_nobody_is_removed_for_somebody_who_left_and_is_not_rung() -> None:
    kept = replacing(*OLD, cara=record("cara", LEFT))
    plan = plan_of((member("cara"),), OLD, kept)
    assert plan.actions == ()
    assert guards(plan) == [("nobody-connected", "ann"), ("nobody-connected", "bob")]
    assert "reconciler approve line" in plan.withheld[0].reason
    word = Authority(forced="done", forced_kinds=frozenset({GuardKind.REMOVALS}))
    plan = plan_of((member("cara"),), OLD, kept, authority=word)
    assert removed(plan) == [CA1, CA2]


def test_those_who_are_replaced_go_once_somebody_new_is_connected() -> None:
    ringing = leg(CA3, "cara", status=ParticipantStatus.RINGING)
    cara = member("cara")
    first = plan_of((cara,), OLD, replacing(*OLD))
    assert (rings(first), removed(first), first.withheld) == (["cara"], [], ())
    assert changes(first, "ann") == []
    kept = replacing(*OLD, cara=record("cara", attempt("cara", id=9, call_sid=CA3)))
    second = plan_of((cara,), (*OLD, ringing), kept)
    assert (second.actions, second.withheld) == ((), ())
    assert "no declared member is connected" in reasons(second, "ann")[0]
    third = plan_of((cara,), (*OLD, replace(ringing, status=OLD[0].status)), kept)
    assert removed(third) == [CA1, CA2]


def test_strangers_are_silent_until_somebody_declared_is_connected() -> None:
    legs = (leg(CA1, None), leg(CA2, None))
    seen = look(
        *legs, calls=tuple(call(each.call_sid, "+15559990001") for each in legs)
    )
    wanted = roster(member("cara"), unlisted=Unlisted.REMOVE)
    plan = make_plan(wanted, seen, ledger(), NOW, 1)
    assert (removed(plan), rings(plan)) == ([], ["cara"])
    assert [field_changes(each) for each in changes(plan, "")] == [{"muted": True}] * 2


def to_redial(label: str, **said: object) -> Member:
    return member(
        label, on_change=OnChange.REDIAL, create_only=(("timeout", 9),), **said
    )


def test_one_person_is_redialed_at_a_time() -> None:
    people = tuple(map(to_redial, ("ann", "bob", "cara")))
    legs = (leg(CA1, "ann"), leg(CA2, "bob"), leg(CA3, "cara"))
    plan = plan_of(people, legs, standing(*legs))
    assert removed(plan) == [CA1]
    assert [each.label for each in plan.waiting] == ["bob", "cara"]
    back = leg(CA4, "ann", status=ParticipantStatus.RINGING)
    kept = standing(*legs[1:])
    sent = (*attempt("ann").sent, ("timeout", 9))
    mine = record("ann", attempt("ann", id=9, call_sid=CA4, sent=sent, number=2))
    kept = replace(kept, records={"ann": mine, **kept.records})
    meanwhile = plan_of(people, (back, *legs[1:]), kept)
    assert removed(meanwhile) == []
    after = plan_of(people, (replace(back, status=legs[1].status), *legs[1:]), kept)
    assert removed(after) == [CA2]


def test_the_last_one_in_is_redialed_once_those_to_come_are_in() -> None:
    alone = plan_of((to_redial("ann"),), OLD[:1], standing(*OLD[:1]))
    assert removed(alone) == [CA1]
    coming = plan_of((to_redial("ann"), member("cara")), OLD[:1], standing(*OLD[:1]))
    assert (rings(coming), removed(coming), coming.withheld) == (["cara"], [], ())


def test_the_last_one_in_is_not_redialed_while_somebody_is_to_be_rung_again() -> None:
    busy = replace(LEFT, outcome=CallOutcome.BUSY, connected_at=None, ended_at=NOW - 5)
    kept = standing(*OLD[:1])
    kept = replace(kept, records={**kept.records, "cara": record("cara", busy)})
    plan = plan_of((to_redial("ann"), member("cara")), OLD[:1], kept)
    assert (plan.actions, plan.withheld) == ((), ())
    assert "is the last participant" in reasons(plan, "ann")[0]


def test_an_end_flag_is_cleared_before_a_redial() -> None:
    legs = (leg(CA1, "ann", end_conference_on_exit=True), leg(CA2, "bob"))
    plan = plan_of((to_redial("ann"), member("bob")), legs, standing(*legs))
    assert removed(plan) == []
    assert [
        field_changes(each)["end_conference_on_exit"] for each in changes(plan, "ann")
    ] == [False]


def test_a_coach_who_waits_for_somebody_to_be_redialed_does_not_keep_them_in() -> None:
    ann, legs = to_redial("ann"), (leg(CA1, "ann"),)
    wanted = (ann, member("sup", coaching="ann"))
    kept = replace(standing(*legs), records={**standing(*legs).records, "sup": SUP})
    plan = plan_of(wanted, legs, kept)
    assert reasons(plan, "sup") == [
        "not called yet: ann is about to be held or removed"
    ]
    assert removed(plan) == [CA1]


def test_a_coach_of_a_coach_waits_for_the_same_redial() -> None:
    ann, legs = to_redial("ann"), (leg(CA1, "ann"),)
    wanted = (ann, member("sup", coaching="ann"), member("cara", coaching="sup"))
    records = {**standing(*legs).records, "sup": SUP, "cara": record("cara")}
    plan = plan_of(wanted, legs, replace(standing(*legs), records=records))
    assert removed(plan) == [CA1]


def test_others_who_are_to_come_still_keep_the_last_one_in() -> None:
    ann, legs = to_redial("ann"), (leg(CA1, "ann"),)
    wanted = (ann, member("sup", coaching="ann"), member("bob"))
    records = {**standing(*legs).records, "sup": SUP, "bob": record("bob")}
    plan = plan_of(wanted, legs, replace(standing(*legs), records=records))
    assert (removed(plan), rings(plan)) == ([], ["bob"])
