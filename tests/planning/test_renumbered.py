"""Numbers that change places while their phones are in the room."""

import random

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase, state_of
from reconciler.model.action import ChangeKind, Ring
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.ledger import GuardKind
from reconciler.model.roster import Limits, Member, OnChange, Roster
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.phones import LET_GO_SECONDS
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA2,
    CA3,
    NOW,
    attempt,
    call,
    changes,
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
from tests.planning.world import World, all_work

LATER = (
    "will be removed later: the phone is in a call for bob, whose number has changed"
)
NOT_YET = (
    "not called yet: +1555•••0002 is in a call for bob, whose number has changed; "
    "called once that call has ended"
)
ALLOWED = Authority(forced="asked", forced_kinds=frozenset({GuardKind.REDIALS}))
N1, N2, N3, N4 = (f"+1555123000{x}" for x in range(1, 5))


def people(
    on_change: OnChange = OnChange.REDIAL, /, **numbers: str
) -> tuple[Member, ...]:
    return tuple(
        member(label, to=to, on_change=on_change) for label, to in numbers.items()
    )


def connected(declared: Roster) -> World:
    world = World(declared)
    world.make_pass()
    world.answer()
    world.make_pass()
    world.now += 60
    assert world.make_pass().converged
    return world


def busy(world: World) -> set[str]:
    """The numbers whose phones are ringing or in a call."""
    return {world.calls[sid].to for sid in world.legs}


def played(world: World, authority: Authority = GUARDED) -> list[str]:
    """The numbers rung until the room is as declared; none of them is in a call."""
    before, plan = len(world.rung), world.plan(authority)
    for _ in range(40):
        calls = {each.to for each in plan.actions if isinstance(each, Ring)}
        assert not busy(world) & calls
        world.note(plan, world.observe())
        world.act(plan, all_work, random.Random(0))  # noqa: S311
        if plan.converged and plan.requeue_after is None:
            break
        world.now += 2
        world.answer()
        plan = world.plan(authority)
    assert plan.converged, plan
    assert not world.harmed
    assert not world.doubled
    return sorted(each.to for each in world.rung[before:])


CHANGES = [
    pytest.param(
        {"ann": N1, "bob": N2}, {"ann": N2, "bob": N1}, [N1, N2], id="swap of two"
    ),
    pytest.param(
        {"ann": N1, "bob": N2, "cid": N3},
        {"ann": N2, "bob": N1, "cid": N3},
        [N1, N2],
        id="swap beside somebody who stays",
    ),
    pytest.param(
        {"ann": N1, "bob": N2, "cid": N3},
        {"ann": N2, "bob": N3},
        [N2],
        id="a row is deleted",
    ),
    pytest.param(
        {"ann": N1, "bob": N2},
        {"ann": N2, "bob": N3},
        [N2, N3],
        id="the rows move to a number that nobody had",
    ),
    pytest.param(
        {"ann": N1, "bob": N2},
        {"ann": N3, "bob": N1, "cid": N2},
        [N1, N2, N3],
        id="a row is inserted",
    ),
    pytest.param(
        {"ann": N1, "bob": N2, "cid": N3},
        {"ann": N2, "bob": N3, "cid": N1},
        [N1, N2, N3],
        id="circle of three",
    ),
    pytest.param(
        {"ann": N1, "bob": N2, "cid": N3, "dan": N4},
        {"ann": N2, "bob": N1, "cid": N4, "dan": N3},
        [N1, N2, N3, N4],
        id="two swaps",
    ),
]


@pytest.mark.parametrize(("before", "after", "rung"), CHANGES)
def test_numbers_that_change_places_are_each_rung_once_their_call_is_over(
    before: dict[str, str], after: dict[str, str], rung: list[str]
) -> None:
    limits = Limits(removals=4)
    world = connected(roster(*people(**before), limits=limits))
    world.load(roster(*people(**after), limits=limits))
    assert played(world) == rung
    assert sorted(busy(world)) == sorted(after.values())


@pytest.mark.parametrize("lasting", [(), ("dan",)])
def test_a_room_is_emptied_only_where_two_phones_alone_change_places(
    lasting: tuple[str, ...],
) -> None:
    more = dict.fromkeys(lasting, N4)
    world = connected(roster(*people(ann=N1, bob=N2, **more)))
    world.load(roster(*people(ann=N2, bob=N1, **more)))
    played(world)
    assert len(world.ended) == (0 if lasting else 1)


def test_a_circle_of_three_leaves_somebody_in_the_room() -> None:
    world = connected(roster(*people(ann=N1, bob=N2, cid=N3)))
    world.load(roster(*people(ann=N2, bob=N3, cid=N1)))
    played(world)
    assert world.ended == {}


def test_a_member_is_not_taken_out_for_a_phone_whose_call_is_to_stay() -> None:
    world = connected(roster(*people(ann=N1, bob=N2)))
    stays = member("bob", to=N3)
    world.load(roster(*people(ann=N2), stays))
    plan = world.make_pass()
    assert (removed(plan), rings(plan)) == ([], [])
    assert guards(plan) == [("needs-redial", "bob")]
    assert reasons(plan, "ann") == [
        LATER + ". To see why it continues: reconciler explain line bob"
    ]
    assert state_of(plan) is RoomPhase.STALLED


def absent(changed_ago: float = 5.0, authority: Authority = GUARDED) -> Plan:
    """``ann`` has left and has the number of ``bob`` now, who is in and stays in."""
    left = attempt(state=AttemptState.ENDED, outcome=CallOutcome.REMOVED)
    bobs = attempt("bob", id=2, call_sid=CA2, to=N2, connected_at=NOW - 90)
    changed_at = NOW - changed_ago
    kept = ledger(
        record("ann", left, to=N2, changed_at=changed_at),
        record("bob", bobs, to=N3, changed_at=changed_at),
    )
    declared = roster(member("ann", to=N2), member("bob", to=N3))
    seen = look(leg(CA2, "bob"), calls=(call(CA2, N2),))
    return make_plan(declared, seen, kept, NOW, authority=authority)


def test_a_phone_is_not_rung_during_its_call_for_a_label_with_another_number() -> None:
    plan = absent()
    assert rings(plan) == []
    assert reasons(plan, "ann") == [NOT_YET]
    (later,) = [x for x in absent(LET_GO_SECONDS).waiting if x.label == "ann"]
    assert later.phase is Phase.STALLED
    assert "reconciler explain line bob" in later.reason


@pytest.mark.parametrize("state", ["muted", "hold"])
@pytest.mark.parametrize("on_change", OnChange)
def test_nobody_is_exposed_in_a_call_to_a_phone_that_is_another_members_by_now(
    state: str, on_change: OnChange
) -> None:
    left = attempt(state=AttemptState.ENDED, outcome=CallOutcome.REMOVED)
    bobs = attempt("bob", id=2, call_sid=CA2, to=N2, connected_at=NOW - 90)
    kept = ledger(record("ann", left, to=N2), record("bob", bobs, to=N3))
    bob = member("bob", to=N3, on_change=on_change, **{state: False})
    declared = roster(member("ann", to=N2, **{state: True}), bob, member("cid", to=N4))
    seen = look(leg(CA2, "bob", **{state: True}), calls=(call(CA2, N2),))
    plan = make_plan(declared, seen, kept, NOW)
    assert changes(plan, "bob") == []
    (wait,) = [x for x in plan.waiting if "declared for ann by now" in x.reason]
    assert (wait.label, wait.phase, wait.settled) == ("bob", Phase.CONNECTED, True)


@pytest.mark.parametrize("on_change", OnChange)
@pytest.mark.parametrize("label", [None, "ann"])
def test_a_call_that_does_not_bear_the_label_goes_back_to_whom_its_phone_is_declared(
    on_change: OnChange, label: str | None
) -> None:
    left = attempt(state=AttemptState.ENDED, outcome=CallOutcome.REMOVED)
    sent = () if label is None else (("label", label),)
    taken = attempt("bob", id=2, call_sid=CA2, to=N2, sent=sent, connected_at=NOW - 90)
    kept = ledger(record("ann", left, to=N2), record("bob", taken, to=N3))
    bob = member("bob", to=N3, on_change=on_change)
    declared = roster(member("ann", to=N2, muted=True), bob)
    plan = make_plan(declared, look(leg(CA2, label), calls=(call(CA2, N2),)), kept, NOW)
    assert [each.kind for each in changes(plan, "ann")] == [ChangeKind.MUTE]
    assert rings(plan) == ["bob"]
    assert removed(plan) == []


def test_a_wait_for_a_call_that_is_to_be_removed_is_not_for_a_person() -> None:
    plan = absent(LET_GO_SECONDS, ALLOWED)
    assert removed(plan) == [CA2]
    (wait,) = [x for x in plan.waiting if x.label == "ann"]
    assert wait.phase is Phase.WAITING


def test_the_redials_of_a_swap_may_be_approved() -> None:
    world = connected(roster(*people(OnChange.KEEP, ann=N1, bob=N2, cid=N3)))
    world.load(roster(*people(OnChange.KEEP, ann=N2, bob=N1, cid=N3)))
    assert guards(world.make_pass()) == [
        ("needs-redial", "ann"),
        ("needs-redial", "bob"),
    ]
    assert played(world, ALLOWED) == [N1, N2]


def test_an_old_call_goes_where_the_new_number_is_in_by_another_call() -> None:
    """The row of ``cid`` is deleted, who came in last: that call counts for ``bob``."""
    world = connected(roster(*people(ann=N1, bob=N2)))
    world.load(roster(*people(ann=N1, bob=N2, cid=N3)))
    played(world)
    world.load(roster(*people(ann=N2, bob=N3)))
    assert played(world) == [N2]
    assert sorted(busy(world)) == [N2, N3]


@pytest.mark.parametrize("changed_ago", [5.0, LET_GO_SECONDS])
def test_a_call_that_was_moved_out_of_the_room_is_waited_for_by_a_person_in_the_end(
    changed_ago: float,
) -> None:
    changed_at = NOW - changed_ago
    anns = attempt(to=N1, connected_at=NOW - 90)
    bobs = attempt("bob", id=2, call_sid=CA2, to=N2, connected_at=NOW - 90)
    kept = ledger(
        record("ann", anns, to=N2, changed_at=changed_at),
        record("bob", bobs, to=N3, changed_at=changed_at),
    )
    seen = look(leg(), leg(CA3, None), calls=(call(CA2, N2), call(CA3, N4)))
    plan = make_plan(roster(*people(ann=N2, bob=N3)), seen, kept, NOW)
    assert removed(plan) == []
    (wait,) = [x for x in plan.waiting if x.label == "ann"]
    assert wait.reason.startswith(LATER)
    assert (wait.phase is Phase.STALLED) == (changed_ago >= LET_GO_SECONDS)


def test_a_call_beside_the_one_that_counts_is_redialed_for_its_number_alone() -> None:
    """``ann`` dialed in beside our call, which shows another number since the edit."""
    kept = ledger(record("ann", attempt(to=N1, connected_at=NOW - 90)))
    dialed_in = call(CA2, N1, inbound=True, created_at=NOW - 50)
    seen = look(leg(), leg(CA2, None), calls=(call(), dialed_in))
    (ann,) = people(ann=N1)
    plan = make_plan(roster(replace(ann, sender="+15550005559")), seen, kept, NOW)
    assert removed(plan) == []
