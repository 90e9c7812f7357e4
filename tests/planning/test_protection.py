"""Who is protected is removed by a person's command alone."""

import pytest
from msgspec.structs import replace

from reconciler.model.ledger import GuardKind
from reconciler.model.roster import (
    Limits,
    Machine,
    Member,
    OnChange,
    Replacement,
    RoomState,
    Roster,
    Unlisted,
)
from reconciler.planning.approval import approved_by_name, protected_labels
from reconciler.planning.authority import FORCED_KINDS, Authority
from reconciler.planning.call_facts import PROTECTED
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.protection import CALL_SECONDS
from tests.planning.samples import (
    CA2,
    NOW,
    NUMBERS,
    ROOM,
    attempt,
    call,
    guards,
    ledger,
    leg,
    look,
    member,
    record,
    removed,
)
from tests.planning.world import World

ANN = member("ann", protect=True)
BOB = member("bob")


def room(*members: Member, **more: object) -> Roster:
    more = {"limits": Limits(removals=9), **more}
    return Roster(ROOM, members, **more)  # type: ignore[arg-type]


def with_people_in(*members: Member) -> World:
    world = World(room(*members))
    world.make_pass()
    world.answer()
    world.make_pass()
    world.make_pass()
    return world


def plan_for(world: World, roster: Roster) -> Plan:
    world.load(roster)
    return world.plan()


@pytest.mark.parametrize(
    "after",
    [
        room(BOB),
        room(BOB, ANN, state=RoomState.ENDED),
        room(BOB, state=RoomState.ENDED),
        room(BOB, replace(ANN, to="+15550001234", on_change=OnChange.REDIAL)),
        room(replace(BOB, replaces=Replacement("ann", 0.0)), ANN),
        room(replace(BOB, replaces=Replacement("ann", 0.0))),
    ],
)
def test_no_edit_removes_somebody_protected(after: Roster) -> None:
    plan = plan_for(with_people_in(ANN, BOB), after)
    assert removed(plan) == []
    assert [guard for guard, _ in guards(plan)] == ["protected"]
    assert "reconciler approve line --protected ann" in plan.withheld[0].reason
    assert plan.stalled


def test_others_go_while_one_is_protected() -> None:
    world = with_people_in(ANN, BOB, member("cara"))
    world.load(room(member("cara")))
    assert len(removed(world.plan())) == 1


def test_one_whose_protection_was_taken_back_before_may_be_removed() -> None:
    world = with_people_in(ANN, BOB)
    world.load(room(replace(ANN, protect=False), BOB))
    world.make_pass()
    world.load(room(BOB))
    assert len(removed(world.plan())) == 1


def test_protection_is_put_on_record_once() -> None:
    world = with_people_in(ANN)
    assert not world.plan().memory


@pytest.mark.parametrize(
    ("lifted", "goes"),
    [
        (FORCED_KINDS, False),
        (frozenset({GuardKind.REMOVALS}), False),
        (frozenset({GuardKind.PROTECTED}), True),
    ],
)
def test_only_an_approval_that_names_it_lifts_protection(
    lifted: frozenset[GuardKind], goes: bool
) -> None:
    world = with_people_in(ANN, BOB)
    world.load(room(BOB))
    word = Authority(forced="forced", forced_kinds=lifted)
    assert bool(removed(world.plan(authority=word))) is goes


def test_a_machine_that_took_the_call_of_somebody_protected_is_hung_up() -> None:
    asks = (("machine_detection", "Enable"),)
    world = with_people_in(replace(ANN, create_only=asks, machine=Machine.HANG_UP), BOB)
    (sid,) = (x.call_sid for x in world.legs.values() if x.label == "ann")
    world.tell(sid, "machine_start")
    assert removed(world.plan()) == [sid]


def test_a_person_names_all_who_are_protected_or_the_others_go_alone() -> None:
    cara = member("cara", protect=True)
    world = with_people_in(ANN, BOB, cara, member("dave"))
    world.load(replace(room(member("dave")), limits=Limits(removals=0)))
    plan = world.plan()
    assert protected_labels(plan) == {"ann", "cara"}
    bob = {each.action.label for each in approved_by_name(plan, ["ann"])}
    assert bob == {"bob"}
    everybody = approved_by_name(plan, ["ann", "cara"])
    assert {each.action.label for each in everybody} == {"ann", "bob", "cara"}


def test_a_second_call_stays_protected_when_its_number_leaves_the_roster() -> None:
    """Ann is in twice, by the number that she had and by the one that she has."""
    to = "+15551230009"
    dialed_in = call(CA2, NUMBERS["ann"], inbound=True)
    kept = ledger(
        record("ann", attempt(), to=to),
        memory={CA2: {PROTECTED: True}},
        identities={CA2: dialed_in},
    )
    declared = room(replace(ANN, to=to), unlisted=Unlisted.REMOVE)
    seen = look(leg(), leg(CA2, None), calls=(call(), dialed_in))
    plan = make_plan(declared, seen, kept, NOW)
    assert removed(plan) == []
    assert protected_labels(plan) == {CA2}
    (named,) = approved_by_name(plan, (CA2,))
    assert named.protected == (CA2,)
    forgotten = make_plan(declared, seen, replace(kept, memory={}), NOW)
    assert removed(forgotten) == [CA2]


OTHER = "+15551230009"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (room(BOB), room(replace(ANN, to=OTHER, protect=False), BOB)),
        (room(replace(ANN, to=OTHER, protect=False), BOB), None),
        (room(replace(ANN, to=OTHER), BOB), None),
        (room(BOB), None),
    ],
)
def test_somebody_protected_whom_no_look_showed_stays_after_their_number_left(
    first: Roster, then: Roster | None
) -> None:
    world = with_people_in(BOB)
    world.load(room(ANN, BOB))
    sid = world.join(ANN.to, inbound=True)
    for roster in (first, then):
        if roster is not None:
            world.now += 1.0
            world.load(replace(roster, unlisted=Unlisted.REMOVE))
    plan = world.plan()
    assert removed(plan) == []
    assert protected_labels(plan) == {sid}
    assert plan.memory[sid] == {PROTECTED: True}


@pytest.mark.parametrize("gap", [120.0, CALL_SECONDS + 1.0])
def test_who_dials_in_from_a_number_that_was_protected_before_is_nobody(
    gap: float,
) -> None:
    world = with_people_in(BOB)
    world.load(room(ANN, BOB))
    world.load(room(BOB, unlisted=Unlisted.REMOVE))
    world.now += gap
    world.load(room(BOB, unlisted=Unlisted.REMOVE, limits=Limits(removals=8)))
    sid = world.join(ANN.to, inbound=True)
    assert removed(world.plan()) == [sid]


def test_a_number_that_is_declared_without_protection_first_is_not_protected() -> None:
    world = with_people_in(BOB)
    world.load(room(ANN, BOB))
    sid = world.join(ANN.to, inbound=True)
    world.load(room(replace(ANN, protect=False), BOB))
    world.load(room(BOB, unlisted=Unlisted.REMOVE))
    assert removed(world.plan()) == [sid]
