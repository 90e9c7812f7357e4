"""Groups that want some of their people: who is called, who stays, who goes."""

import pytest
from msgspec.structs import replace

from reconciler.model.action import Remove
from reconciler.model.attempt import CallOutcome
from reconciler.model.observation import CallStatus
from reconciler.model.roster import (
    Cause,
    Group,
    GroupOrder,
    Late,
    Limits,
    Machine,
    Member,
    Redial,
    Roster,
)
from reconciler.planning.plan import Phase, Plan
from tests.planning.samples import ROOM, member
from tests.planning.world import Fate, World

ONCE = Redial(attempts=1)
LABELS = ("ann", "bob", "cara")
NO_ANSWERS = (
    CallStatus.BUSY,
    CallStatus.NO_ANSWER,
    CallStatus.FAILED,
    CallStatus.CANCELED,
)


def number(label: str) -> str:
    return f"+1555{sum(map(ord, label)):07d}"


def people(*labels: str, **fields: object) -> tuple[Member, ...]:
    return tuple(member(x, to=number(x), **{"redial": ONCE, **fields}) for x in labels)


def group(
    name: str = "dbas", labels: tuple[str, ...] = LABELS, **more: object
) -> Group:
    return Group(name, labels, **{"want": 1, **more})  # type: ignore[arg-type]


def bridge(*groups: Group, members: tuple[Member, ...] | None = None) -> Roster:
    known = people(*LABELS) if members is None else members
    return Roster(ROOM, known, groups=groups or (group(),), limits=Limits(removals=9))


def calls(world: World) -> list[str]:
    """Whom we have rung so far, in order."""
    return [each.label for each in world.rung]


def sid(world: World, label: str) -> str:
    (found,) = (x.call_sid for x in world.legs.values() if x.label == label)
    return found


def present(world: World) -> set[str | None]:
    return {each.label for each in world.legs.values() if each.connected}


def ends(world: World, label: str, status: CallStatus = CallStatus.BUSY) -> Plan:
    world.hang_up(sid(world, label), status)
    return world.make_pass()


def phases(plan: Plan) -> dict[str, Phase]:
    return {each.member.label: each.phase for each in plan.people}


def removed(plan: Plan) -> list[str]:
    return [each.label for each in plan.actions if isinstance(each, Remove)]


def text(plan: Plan) -> str:
    return "; ".join(each.text for each in plan.groups)


def test_only_the_first_is_called_and_the_others_are_on_standby() -> None:
    world = World(bridge())
    world.make_pass()
    plan = world.make_pass()
    assert calls(world) == ["ann"]
    assert phases(plan) == {
        "ann": Phase.RINGING,
        "bob": Phase.STANDBY,
        "cara": Phase.STANDBY,
    }
    assert plan.people[1].reason == "standby: dbas calls ann"


@pytest.mark.parametrize("want", [1, 2, 3, 9])
def test_as_many_are_called_at_once_as_are_wanted(want: int) -> None:
    world = World(bridge(group(want=want)))
    world.make_pass()
    assert calls(world) == list(LABELS[:want])


@pytest.mark.parametrize("status", NO_ANSWERS)
def test_the_next_is_called_when_one_gave_no_answer(status: CallStatus) -> None:
    world = World(bridge())
    world.make_pass()
    ends(world, "ann", status)
    assert calls(world) == ["ann", "bob"]


def test_a_group_that_has_enough_is_converged_and_says_who_is_in() -> None:
    world = World(bridge())
    world.make_pass()
    ends(world, "ann")
    world.answer()
    plan = world.make_pass()
    assert plan.converged
    assert text(plan) == "dbas: 1 of 1 in (bob); ann busy"
    assert phases(plan)["cara"] is Phase.STANDBY
    assert plan.people[0].reason == "standby: dbas has 1 of 1 in (last call: busy)"


def test_the_next_is_called_when_one_who_was_in_leaves_who_is_not_called_again() -> (
    None
):
    world = World(bridge())
    world.make_pass()
    world.answer()
    world.make_pass()
    plan = ends(world, "ann", CallStatus.COMPLETED)
    assert calls(world) == ["ann", "bob"]
    assert phases(plan)["ann"] is Phase.LEFT
    ends(world, "bob")
    ends(world, "cara")
    world.now += 3600
    world.make_pass()
    assert calls(world) == ["ann", "bob", "cara"]


def test_a_phone_that_rings_too_long_is_let_off_once_the_next_one_rings() -> None:
    world = World(bridge(group(each_seconds=45)))
    world.make_pass()
    world.now += 44
    world.make_pass()
    assert calls(world) == ["ann"]
    world.now += 1
    world.make_pass()
    assert calls(world) == ["ann", "bob"]
    assert {"ann", "bob"} == {each.label for each in world.legs.values()}
    plan = world.make_pass()
    assert [each.label for each in world.legs.values()] == ["bob"]
    assert plan.actions[0].reason == "no answer within 45 s: dbas calls bob"
    world.make_pass()
    (attempt,) = world.ledger.records["ann"].attempts
    assert attempt.outcome is CallOutcome.NO_ANSWER
    assert calls(world) == ["ann", "bob"]


def test_a_phone_that_rings_too_long_rings_on_where_late_is_kept() -> None:
    world = World(bridge(group(each_seconds=45, late=Late.KEEP)))
    world.make_pass()
    world.now += 45
    world.make_pass()
    world.answer()
    plan = world.make_pass()
    assert calls(world) == ["ann", "bob"]
    assert present(world) == {"ann", "bob"}
    assert plan.converged


def test_the_last_candidate_rings_on_however_long_it_takes() -> None:
    alone = group(labels=("ann",), each_seconds=45)
    world = World(bridge(alone, members=people("ann")))
    world.make_pass()
    world.now += 50
    world.make_pass()
    assert [each.label for each in world.legs.values()] == ["ann"]


def test_a_ringing_phone_is_let_off_when_another_of_the_group_is_in() -> None:
    world = World(bridge(group(each_seconds=45)))
    world.make_pass()
    world.join(number("cara"), inbound=True)
    world.make_pass()
    world.make_pass()
    assert not [x for x in world.legs.values() if x.on_the_way]
    assert text(world.make_pass()).startswith("dbas: 1 of 1 in (cara)")
    assert calls(world) == ["ann"]


@pytest.mark.parametrize("late", Late)
def test_who_answers_late_goes_or_stays_as_declared(late: Late) -> None:
    world = World(bridge(group(each_seconds=45, late=late)))
    world.make_pass()
    world.now += 45
    world.make_pass()
    world.answer("bob")
    world.legs[sid(world, "ann")] = replace(
        world.legs[sid(world, "ann")], status=world.legs[sid(world, "bob")].status
    )
    world.make_pass()
    world.now += 40
    world.make_pass()
    kept = {"ann", "bob"} if late is Late.KEEP else {"ann"}
    assert present(world) == kept


def test_who_dials_in_late_is_never_let_go() -> None:
    world = World(bridge())
    world.make_pass()
    world.answer()
    world.make_pass()
    world.join(number("bob"), inbound=True)
    world.make_pass()
    assert world.make_pass().converged
    assert len(world.legs) == 2


def test_a_person_is_let_go_under_the_limit_of_removals() -> None:
    world = World(replace(bridge(group(want=2)), limits=Limits(removals=0)))
    world.make_pass()
    world.answer()
    world.make_pass()
    world.load(replace(world.roster, groups=(group(want=1),)))
    plan = world.make_pass()
    assert [each.guard for each in plan.withheld] == ["limits.removals"]
    assert present(world) == {"ann", "bob"}


@pytest.mark.parametrize(
    ("order", "expected"),
    [(GroupOrder.LISTED, ["ann", "bob"]), (GroupOrder.PRIORITY, ["cara", "ann"])],
)
def test_candidates_are_called_in_the_declared_order(
    order: GroupOrder, expected: list[str]
) -> None:
    ann, bob, cara = people(*LABELS)
    members = (replace(ann, priority=2), bob, replace(cara, priority=1))
    world = World(bridge(group(order=order), members=members))
    world.make_pass()
    ends(world, calls(world)[0])
    assert calls(world) == expected


def test_a_member_of_two_groups_counts_for_both_and_is_rung_once() -> None:
    dbas, net = group("dbas", ("ann", "bob")), group("net", ("ann", "cara"))
    world = World(bridge(dbas, net))
    world.make_pass()
    world.answer()
    plan = world.make_pass()
    assert calls(world) == ["ann"]
    assert plan.converged
    ends(world, "ann", CallStatus.COMPLETED)
    assert calls(world) == ["ann", "bob", "cara"]


def test_a_member_whom_one_group_still_wants_is_not_let_go_by_another() -> None:
    dbas, net = group("dbas", ("ann", "bob")), group("net", ("bob", "cara"))
    world = World(bridge(dbas, net))
    world.make_pass()
    assert calls(world) == ["ann", "bob"]
    world.answer()
    world.make_pass()
    world.make_pass()
    assert present(world) == {"ann", "bob"}


def test_a_phone_that_two_labels_share_is_rung_once() -> None:
    ann, bob, cara = people(*LABELS)
    members = (ann, replace(bob, to=ann.to), cara)
    dbas, net = group("dbas", ("ann",)), group("net", ("bob", "cara"))
    world = World(bridge(dbas, net, members=members))
    world.make_pass()
    world.answer()
    plan = world.make_pass()
    assert calls(world) == ["ann"]
    assert plan.converged
    assert plan.people[1].reason == "standby: has the same phone as ann"


def test_a_member_of_a_whole_group_is_called_whatever_another_group_wants() -> None:
    world = World(bridge(group(), group("all", ("cara",), want=None)))
    world.make_pass()
    assert calls(world) == ["cara"]
    ends(world, "cara")
    assert calls(world) == ["cara", "ann"]


def test_nobody_is_called_again_before_the_whole_group_was_tried() -> None:
    members = people(*LABELS, redial=Redial(attempts=2, backoff=1.0))
    world = World(bridge(members=members))
    world.make_pass()
    for label in LABELS:
        world.now += 30
        assert calls(world)[-1] == label
        ends(world, label)
    assert calls(world) == ["ann", "bob", "cara", "ann"]
    ends(world, "ann")
    world.make_pass()
    assert calls(world)[4:] == ["bob"]


def test_a_group_nobody_of_which_can_be_reached_is_a_persons_matter() -> None:
    world = World(bridge())
    world.make_pass()
    for label in LABELS:
        ends(world, label)
    plan = world.make_pass()
    assert plan.stalled
    (told,) = (each for each in plan.waiting if each.label == "")
    assert told.phase is Phase.STALLED
    assert told.reason == (
        "dbas: 0 of 1 in; ann busy, bob busy, cara busy; nobody is left to call. "
        "To call them again: reconciler redial line ann bob cara"
    )


def test_a_group_waits_for_the_next_try_before_a_person_is_told() -> None:
    world = World(bridge(members=people(*LABELS, redial=Redial(attempts=2))))
    world.make_pass()
    for label in LABELS:
        ends(world, label)
    plan = world.make_pass()
    assert not plan.stalled
    assert set(phases(plan).values()) == {Phase.WAITING}


def test_one_who_hung_up_is_called_again_where_the_policy_says_so() -> None:
    policy = Redial(on=(Cause.LEFT,), attempts=3, backoff=1.0)
    world = World(bridge(group(labels=("ann",)), members=people("ann", redial=policy)))
    world.make_pass()
    world.answer()
    world.make_pass()
    ends(world, "ann", CallStatus.COMPLETED)
    world.now += 5
    world.make_pass()
    assert calls(world) == ["ann", "ann"]


@pytest.mark.parametrize("machine", Machine)
def test_a_machine_is_no_answer_whatever_happens_to_its_call(machine: Machine) -> None:
    asks = (("machine_detection", "Enable"),)
    world = World(bridge(members=people(*LABELS, create_only=asks, machine=machine)))
    world.make_pass()
    world.answer()
    world.make_pass()
    assert calls(world) == ["ann"]
    world.tell(sid(world, "ann"), "machine_start")
    plan = world.make_pass()
    assert calls(world) == ["ann", "bob"]
    assert "ann machine" in text(plan)
    assert "bob calling" in text(plan)


def test_who_dialed_in_is_in_although_a_machine_took_their_call() -> None:
    asks = (("machine_detection", "Enable"),)
    world = World(bridge(members=people(*LABELS, create_only=asks)))
    world.make_pass()
    world.join(number("ann"), inbound=True)
    world.answer()
    world.make_pass()
    world.tell(sid(world, "ann"), "machine_start")
    plan = world.make_pass()
    assert calls(world) == ["ann"]
    assert [each.inside for each in plan.groups] == [("ann",)]


def test_nobody_else_is_called_while_it_is_not_known_who_answered() -> None:
    asks = (("machine_detection", "Enable"),)
    world = World(
        bridge(group(each_seconds=5), members=people(*LABELS, create_only=asks))
    )
    world.make_pass()
    world.answer()
    world.make_pass()
    world.now += 30
    plan = world.make_pass()
    assert calls(world) == ["ann"]
    assert not plan.converged
    world.now += 30
    assert world.make_pass().converged


def test_one_who_was_let_go_is_called_again_when_needed() -> None:
    pair = group(want=2, labels=("ann", "bob"))
    world = World(bridge(pair, members=people("ann", "bob")))
    world.make_pass()
    world.answer()
    world.make_pass()
    world.load(replace(world.roster, groups=(group(labels=("ann", "bob")),)))
    world.make_pass()
    world.now += 40
    world.make_pass()
    assert present(world) == {"ann"}
    ends(world, "ann", CallStatus.COMPLETED)
    assert calls(world) == ["ann", "bob", "bob"]


def test_members_of_no_group_are_called_as_ever() -> None:
    world = World(bridge(group(labels=("ann", "bob"))))
    world.make_pass()
    assert calls(world) == ["ann", "cara"]


def test_a_lost_call_does_not_keep_the_next_one_from_being_called() -> None:
    world = World(bridge())
    world.make_pass(lambda _: Fate.LOST)
    world.legs.clear()
    world.calls.clear()
    world.make_pass()
    assert calls(world) == ["ann"]
    world.now += 31
    world.make_pass()
    assert calls(world) == ["ann", "bob"]


def test_priority_orders_the_rings_of_a_room_without_groups() -> None:
    ann, bob, cara = people(*LABELS)
    members = (replace(ann, priority=5), bob, replace(cara, priority=1))
    world = World(Roster(ROOM, members))
    world.make_pass()
    assert calls(world) == ["cara", "bob", "ann"]


def test_the_next_is_called_when_a_candidate_cannot_be_called_at_all() -> None:
    ann, bob, cara = people(*LABELS)
    anonymous = replace(ann, to="+266696687")
    world = World(bridge(members=(anonymous, bob, cara)))
    plan = world.make_pass()
    assert calls(world) == ["bob"]
    assert phases(plan)["ann"] is Phase.STALLED
    world.answer()
    plan = world.make_pass()
    assert plan.converged


def test_a_coach_of_somebody_on_standby_is_waited_for_by_nobody() -> None:
    ann, bob, cara = people(*LABELS)
    pair = group(labels=("ann", "bob"))
    world = World(bridge(pair, members=(ann, bob, replace(cara, coaching="bob"))))
    world.make_pass()
    world.answer()
    plan = world.make_pass()
    assert calls(world) == ["ann"]
    assert plan.converged
    ends(world, "ann")
    world.answer()
    world.make_pass()
    assert calls(world) == ["ann", "bob", "cara"]


def test_a_candidate_called_for_another_group_lets_nobody_off_before_one_is_in() -> (
    None
):
    """Cara is called for one group: bob, who rings for the other, rings on."""
    groups = group("database", ("ann", "cara")), group("network", ("bob", "cara"))
    world = World(bridge(*groups))
    world.make_pass()
    world.make_pass()
    assert calls(world) == ["ann", "bob"]
    plan = ends(world, "ann")
    assert calls(world) == ["ann", "bob", "cara"]
    assert removed(plan) == []
    assert removed(world.make_pass()) == []
    world.answer("cara")
    plan = world.make_pass()
    assert removed(plan) == ["bob"]
    assert calls(world) == ["ann", "bob", "cara"]
