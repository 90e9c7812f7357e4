"""A phone is protected by its address, whatever label or room asks for it."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.attempt import UNCERTAIN, Attempt, AttemptState
from reconciler.model.ledger import Elsewhere, GuardKind, Ledger
from reconciler.model.observation import (
    Call,
    CallStatus,
    Observation,
    ParticipantStatus,
)
from reconciler.model.roster import Roster
from reconciler.planning.approval import approvable
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.finding import Progress, Reassigned
from reconciler.planning.guards import withheld_kinds
from reconciler.planning.plan import Phase, Plan, Waiting
from reconciler.planning.planner import make_plan
from reconciler.planning.questions import questions_for
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    NUMBERS,
    attempt,
    call,
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
)
from tests.planning.world import Fate, World

ANN = NUMBERS["ann"]
ANNA = member("anna", to=ANN)
PLACED, UNKNOWN = AttemptState.PLACED, AttemptState.UNKNOWN
ENDED = AttemptState.ENDED


def lost(**fields: Any) -> Attempt:
    return attempt(
        **{"state": UNKNOWN, "call_sid": None, "conference_sid": None, **fields}
    )


def renamed(*attempts: Attempt, heir: Roster | None = None) -> tuple[Roster, Ledger]:
    """``ann`` became ``anna``; her phone and everything else stayed."""
    kept = ledger(
        record("ann", *attempts, dismissed_at=NOW - 5),
        record("anna", to=ANN, intent=7, changed_at=NOW - 5),
    )
    return heir or roster(ANNA), kept


def planned(declared: Roster, kept: Ledger, seen: Observation | None = None) -> Plan:
    return make_plan(declared, look() if seen is None else seen, kept, NOW)


@pytest.mark.parametrize(
    "open_attempt",
    [
        pytest.param(lost(), id="lost"),
        pytest.param(lost(state=AttemptState.PENDING), id="pending"),
        pytest.param(attempt(), id="ringing, and in no list"),
        pytest.param(attempt(connected_at=NOW - 50), id="connected"),
    ],
)
def test_a_renamed_member_takes_over_the_call_that_is_under_way(
    open_attempt: Attempt,
) -> None:
    ringing = call(CA1, status=CallStatus.RINGING)
    plan = planned(*renamed(open_attempt), look(calls=(ringing,)))
    assert rings(plan) == []
    assert removed(plan) == []
    assert plan.findings[0] == Reassigned(open_attempt.id, "line", "anna", "ann", 7)
    (anna,) = plan.people
    assert anna.phase is not Phase.ABSENT


@pytest.mark.parametrize(("phone", "is_hers"), [(ANN, True), ("+266696687", False)])
def test_who_dialed_in_under_her_old_label_is_she_by_her_phone_alone(
    phone: str, *, is_hers: bool
) -> None:
    declared, kept = renamed(attempt(number=0, sent=(), connected_at=NOW - 50))
    dialed_in = call(CA1, phone, inbound=True)
    kept = replace(kept, identities={CA1: dialed_in})
    plan = planned(declared, kept, look(leg(CA1, "ann"), calls=(dialed_in,)))
    heirs = [x.label for x in plan.findings if isinstance(x, Reassigned)]
    assert heirs == (["anna"] if is_hers else [])


def test_a_rename_that_is_undone_rings_nobody_again() -> None:
    world = World(roster(member("ann")))
    world.make_pass(lambda _: Fate.LOST)
    for labels in (ANNA, member("ann"), ANNA, member("ann")):
        world.load(roster(labels))
        world.make_pass()
        world.make_pass()
    assert len(world.rung) == 1
    assert len(world.legs) == 1
    world.answer()
    assert world.make_pass().converged


def test_a_renamed_member_keeps_what_the_create_said() -> None:
    world = World(roster(member("ann", create_only=(("timeout", 20),))))
    world.make_pass()
    world.answer()
    world.make_pass()
    world.load(roster(replace(ANNA, create_only=(("timeout", 9),))))
    assert guards(world.make_pass()) == [("needs-redial", "anna")]


def test_a_label_that_is_given_to_another_phone_leaves_its_call_to_the_new_one() -> (
    None
):
    world = World(roster(member("ann")))
    world.make_pass()
    world.answer()
    world.make_pass()
    world.load(roster(member("ann", to=NUMBERS["bob"]), ANNA))
    plan = world.make_pass()
    assert removed(plan) == []
    assert [each.to for each in world.rung] == [ANN]
    assert "the label is used by" in reasons(plan, "ann")[0]
    (sid,) = world.legs
    world.hang_up(sid)
    assert rings(world.make_pass()) == ["ann"]


@pytest.mark.parametrize("connected", [False, True])
def test_a_phone_that_two_members_share_is_rung_for_one_after_the_other(
    *, connected: bool
) -> None:
    desk = [member(x, to=ANN) for x in ("j1", "j2")]
    world = World(roster(*desk))
    world.make_pass()
    assert [each.label for each in world.rung] == ["j1"]
    plan = world.make_pass()
    assert reasons(plan, "j2") == [
        "not called yet: +1555•••0001 is being called for j1"
    ]
    if connected:
        world.answer()
    world.make_pass()
    expected = ["j1", "j2"] if connected else ["j1"]
    assert [each.label for each in world.rung] == expected


def other(open_attempt: Attempt, **fields: Any) -> Elsewhere:
    known = {"released": False, "listed": True, **fields}
    return Elsewhere(replace(open_attempt, room="alpha"), **known)


def beside(*others: Elsewhere, calls: tuple[Call, ...] = ()) -> Plan:
    kept = ledger(record("ann"), elsewhere=others)
    return make_plan(roster(member("ann")), look(calls=calls), kept, NOW)


def waiting(plan: Plan) -> Waiting:
    (wait,) = plan.waiting
    assert rings(plan) == []
    return wait


def test_a_phone_that_rings_for_another_room_is_rung_once_that_is_over() -> None:
    ringing = (call(CA1, status=CallStatus.RINGING),)
    wait = waiting(beside(other(attempt()), calls=ringing))
    assert wait.reason == (
        "not called yet: +1555•••0001 is being called for ann in alpha"
    )
    assert wait.phase is Phase.WAITING
    assert not wait.settled
    over = (call(CA1, status=CallStatus.BUSY),)
    assert rings(beside(other(attempt()), calls=over)) == ["ann"]


def test_a_phone_that_has_answered_in_another_room_is_rung_for_this_one() -> None:
    assert rings(beside(other(attempt(connected_at=NOW - 50)))) == ["ann"]
    assert rings(beside(other(attempt()), calls=(call(CA1),))) == ["ann"]


@pytest.mark.parametrize("state", sorted(UNCERTAIN))
def test_a_call_lost_in_another_room_names_the_command_that_decides_it(
    state: AttemptState,
) -> None:
    young = waiting(beside(other(lost(state=state, created_at=NOW - 5))))
    assert young.phase is Phase.WAITING
    wait = waiting(beside(other(lost(state=state))))
    assert wait.phase is Phase.STALLED
    assert "reconciler resolve alpha ann --rung" in wait.reason


def test_a_person_who_moved_is_rung_once_the_old_room_has_let_them_go() -> None:
    moved = other(attempt(connected_at=NOW - 50), listed=False)
    assert "in a call for ann in alpha" in waiting(beside(moved)).reason
    over = (call(CA1, status=CallStatus.COMPLETED),)
    assert rings(beside(moved, calls=over)) == ["ann"]


def test_a_call_lost_in_a_released_room_is_taken_over() -> None:
    left = other(lost(id=9), released=True)
    plan = beside(left)
    assert plan.findings[0] == Reassigned(9, "alpha", "ann", "ann", 1)
    assert rings(plan) == []
    (ann,) = plan.people
    assert ann.phase is Phase.STALLED
    assert "reconciler resolve line ann" in ann.reason


def test_a_look_asks_for_the_calls_of_other_rooms_to_phones_that_may_be_rung() -> None:
    kept = ledger(record("ann"), elsewhere=(other(attempt()),))
    assert CA1 in questions_for(kept, NOW).calls
    busy = ledger(record("ann", attempt(call_sid=CA2)), elsewhere=(other(attempt()),))
    assert CA1 not in questions_for(busy, NOW).calls


def left_behind(
    count: int, declared: int, authority: Authority = GUARDED, **fields: Any
) -> Plan:
    """A room whose first *count* members are on the line in a released one."""
    members = [member(f"m{x}", to=f"+1555123{x:04d}") for x in range(declared)]
    others = tuple(
        other(attempt(x.label, id=n, to=x.to, call_sid=f"CA{n}", connected_at=NOW - 9))
        for n, x in enumerate(members[:count], 1)
    )
    others = tuple(replace(x, released=True) for x in others)
    records = [record(x.label, to=x.to) for x in members]
    kept = ledger(*records, elsewhere=others, **fields)
    return make_plan(roster(*members), look(), kept, NOW, authority=authority)


def test_a_renamed_room_rings_nobody_who_is_on_the_line_in_the_released_one() -> None:
    plan = left_behind(2, 3)
    assert rings(plan) == []
    assert [each.guard for each in plan.withheld] == ["released-room"] * 3
    assert plan.withheld[0].reason.startswith(
        "2 of these phones are on the line in alpha, which was released"
    )
    assert "reconciler approve line" in plan.withheld[0].reason
    assert len(rings(left_behind(2, 3, authority=Authority(forced="go on")))) == 3


def test_one_person_on_the_line_in_a_released_room_keeps_no_others_from_the_phone() -> (
    None
):
    plan = left_behind(1, 5)
    assert rings(plan) == ["m1", "m2", "m3", "m4"]
    assert guards(plan) == [("on-the-line", "m0")]


def test_a_renamed_room_stays_withheld_as_people_leave_the_old_one() -> None:
    plan = left_behind(2, 3)
    (kind,) = withheld_kinds(plan, Ledger(), NOW)
    assert (kind.kind, len(approvable(plan))) == (GuardKind.RINGS, 3)
    assert rings(left_behind(1, 3, withheld={GuardKind.RINGS: kind})) == []
    single = left_behind(1, 5)
    assert withheld_kinds(single, Ledger(), NOW) == ()
    assert len(approvable(single)) == 1


def searched(kept: Ledger, *calls: Call) -> list[Progress]:
    plan = make_plan(roster(member("ann")), look(searched={ANN: calls}), kept, NOW)
    return [
        each
        for each in plan.findings
        if isinstance(each, Progress) and each.state is PLACED
    ]


def ringing_call(**fields: Any) -> Call:
    return call(CA2, **{"status": CallStatus.RINGING, **fields})


def test_a_lost_create_takes_a_call_that_may_be_its_own() -> None:
    (progress,) = searched(ledger(record("ann", lost())), ringing_call())
    assert progress.call_sid == CA2


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        pytest.param(
            {"claimed": frozenset({CA2})}, ringing_call(), id="another attempt's"
        ),
        pytest.param(
            {"elsewhere": (other(lost(id=9)),)}, ringing_call(), id="or another's"
        ),
        pytest.param(
            {},
            ringing_call(status=CallStatus.BUSY, ended_at=NOW - 101),
            id="over before it",
        ),
        pytest.param(
            {},
            call(CA2, status=CallStatus.IN_PROGRESS, started_at=NOW - 60),
            id="answered, and not in the room",
        ),
    ],
)
def test_a_lost_create_takes_no_call_that_is_not_its_own(
    fields: dict[str, Any], found: Call
) -> None:
    assert searched(ledger(record("ann", lost()), **fields), found) == []


def test_no_room_ends_the_call_of_another() -> None:
    wrong = record("ann", attempt(), dismissed_at=NOW - 5)
    ringing = look(calls=(call(CA1, status=CallStatus.RINGING),))
    assert removed(make_plan(roster(), ringing, ledger(wrong), NOW)) == [CA1]
    kept = ledger(wrong, elsewhere=(other(attempt(id=2)),))
    plan = make_plan(roster(), ringing, kept, NOW)
    assert removed(plan) == []
    assert reasons(plan, "ann") == ["left alone: the call is that of ann in alpha"]


def test_another_ring_that_was_asked_for_is_used_up_by_the_one_under_way() -> None:
    asked = record("ann", attempt(connected_at=NOW - 50), intent=2)
    plan = make_plan(roster(member("ann")), look(leg()), ledger(asked), NOW)
    assert plan.findings == (Reassigned(1, "line", "ann", "ann", 2),)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(
            record("ann", attempt(to=NUMBERS["bob"], connected_at=NOW), intent=2),
            id="to another phone",
        ),
        pytest.param(
            record("ann", attempt(connected_at=NOW), intent=2, changed_at=NOW - 3),
            id="by an edit that may just be ending the call",
        ),
    ],
)
def test_another_ring_that_was_asked_for_is_kept(asked: Any) -> None:
    plan = make_plan(roster(member("ann")), look(leg()), ledger(asked), NOW)
    assert not any(isinstance(each, Reassigned) for each in plan.findings)


def test_a_call_that_ended_meanwhile_uses_nothing_up() -> None:
    asked = record("ann", attempt(connected_at=NOW - 50), intent=2)
    over = look(calls=(call(CA1, status=CallStatus.COMPLETED),))
    plan = make_plan(roster(member("ann")), over, ledger(asked), NOW)
    assert rings(plan) == ["ann"]


def test_a_person_on_the_way_in_is_not_rung_under_a_new_label() -> None:
    on_the_way = leg(status=ParticipantStatus.RINGING)
    plan = planned(*renamed(attempt()), look(on_the_way))
    assert rings(plan) == []
    assert removed(plan) == []


@pytest.mark.parametrize("connected", [False, True])
def test_a_call_stays_on_record_while_its_heir_has_another(*, connected: bool) -> None:
    """``ann`` is on the way or in; her phone is now declared for ``bob``, who is in."""
    bobs = attempt(id=2, label="bob", to=NUMBERS["bob"], call_sid=CA2)
    kept = ledger(
        record("ann", attempt(), dismissed_at=NOW - 5),
        record("bob", bobs, to=ANN, changed_at=NOW - 5),
    )
    status = ParticipantStatus.CONNECTED if connected else ParticipantStatus.RINGING
    seen = look(
        leg(status=status, label="ann"),
        leg(CA2, label="bob"),
        calls=(
            call(status=CallStatus.IN_PROGRESS if connected else CallStatus.RINGING),
            call(CA2, NUMBERS["bob"]),
        ),
    )
    plan = planned(roster(member("bob", to=ANN)), kept, seen)
    closed = [x for x in plan.findings if getattr(x, "state", None) is ENDED]
    assert closed == []
    assert (rings(plan), removed(plan)) == ([], [])


def test_a_call_is_off_the_record_of_a_label_once_it_is_on_its_heirs() -> None:
    bobs = attempt(id=2, label="bob")
    kept = ledger(
        record("ann", attempt(), dismissed_at=NOW - 5),
        record("bob", bobs, to=ANN),
    )
    plan = planned(roster(member("bob", to=ANN)), kept, look(leg(), calls=(call(),)))
    (closed,) = [x for x in plan.findings if getattr(x, "state", None) is ENDED]
    assert isinstance(closed, Progress)
    assert closed.attempt_id == attempt().id
