from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.action import Action, Change, ChangeKind, Ring
from reconciler.model.observation import CallStatus, Participant, ParticipantStatus
from reconciler.model.roster import Limits, Member, OnChange, Roster
from reconciler.planning.coaching import Advice, CoachedPerson, advise
from reconciler.planning.order import Step, step_of
from reconciler.planning.plan import Phase
from reconciler.planning.serialize import in_sync
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    NOW,
    NUMBERS,
    changes,
    field_changes,
    leg,
    member,
    plan_for,
    reasons,
    rings,
)
from tests.planning.world import Fate, World
from tests.sample_size import one_in

TARGETS = (
    "absent",
    "on the way",
    "connected",
    "on hold",
    "declared hold",
    "being removed",
    "a new call",
)
PAIRINGS = ("none", "right", "wrong", "stale")
STALE = "CA" + "e" * 32
SPEAK = Advice(may_speak=True)


def target(**fields: Any) -> CoachedPerson:
    return CoachedPerson("ann", leg(CA2, "ann", **fields))


@pytest.mark.parametrize(
    ("wanted", "coach", "whom", "advice"),
    [
        pytest.param(None, leg(), None, SPEAK, id="no view, not coaching"),
        pytest.param(None, None, None, SPEAK, id="no view, absent"),
        pytest.param(
            None,
            leg(coaching=True, call_sid_to_coach=CA2),
            target(),
            SPEAK,
            id="no view, coaching somebody who is there",
        ),
        pytest.param(
            None,
            leg(coaching=True, call_sid_to_coach=CA2),
            CoachedPerson("the coached person", None),
            Advice(may_speak=False, wait="the coached person is not in the room"),
            id="no view, coaching somebody who is gone",
        ),
        pytest.param(False, leg(), None, SPEAK, id="nobody, not coaching"),
        pytest.param(
            False,
            leg(coaching=True, call_sid_to_coach=CA2),
            target(),
            Advice(may_speak=True, let_go=True),
            id="nobody, coaching",
        ),
        pytest.param(
            "ann",
            None,
            target(),
            Advice(may_speak=False, pair_with=CA2),
            id="a target, coach absent",
        ),
        pytest.param(
            "ann",
            None,
            CoachedPerson("ann", None),
            Advice(may_speak=False, wait="ann is not in the room"),
            id="a target, both absent",
        ),
        pytest.param(
            "ann",
            leg(coaching=True, call_sid_to_coach=CA2),
            target(),
            SPEAK,
            id="a target, right",
        ),
        pytest.param(
            "ann",
            leg(coaching=True, call_sid_to_coach=CA3),
            target(),
            Advice(may_speak=False, pair_with=CA2),
            id="a target, wrong",
        ),
        pytest.param(
            "ann",
            leg(coaching=False, call_sid_to_coach=CA2),
            target(),
            Advice(may_speak=False, pair_with=CA2),
            id="a target, named but not coaching",
        ),
        pytest.param(
            "ann",
            leg(coaching=True, call_sid_to_coach=CA2),
            target(hold=True),
            Advice(may_speak=False, wait="ann is on hold"),
            id="a target on hold",
        ),
        pytest.param(
            "ann",
            leg(coaching=True, call_sid_to_coach=CA2),
            target(status=ParticipantStatus.RINGING),
            Advice(may_speak=False, wait="ann has not answered yet"),
            id="a target on the way",
        ),
        pytest.param(
            "ann",
            leg(coaching=True, call_sid_to_coach=CA2),
            CoachedPerson("ann", leg(CA2, "ann"), leaving=True),
            Advice(may_speak=False, wait="ann is about to be held or removed"),
            id="a target that goes",
        ),
    ],
)
def test_the_table_says_when_a_coach_may_speak(
    wanted: str | bool | None,
    coach: Participant | None,
    whom: CoachedPerson | None,
    advice: Advice,
) -> None:
    assert advise(wanted, coach, whom) == advice


@dataclass(frozen=True)
class Coach:
    """The coach's state; *status* is None while absent."""

    status: ParticipantStatus | None
    muted: bool = True
    hold: bool = False
    pairing: str = "none"


def coaches() -> Iterator[Coach]:
    yield Coach(None)
    yield Coach(ParticipantStatus.RINGING)
    for muted, hold, pairing in product((False, True), (False, True), PAIRINGS):
        yield Coach(ParticipantStatus.CONNECTED, muted, hold, pairing)


def world_of(
    wanted: str | bool | None, muted: bool | None, coach: Coach, state: str
) -> World:
    """Ann, bob and the coach in a room, declared once and then anew."""
    ann, bob = member("ann", on_change=OnChange.REDIAL), member("bob")
    sup = member("sup", coaching=wanted, muted=muted)
    world = World(Roster("line", (ann, bob)))
    calls = {"wrong": world.join(NUMBERS["bob"], label="bob"), "stale": STALE}
    if state != "absent":
        ringing, connected = ParticipantStatus.RINGING, ParticipantStatus.CONNECTED
        calls["right"] = world.join(
            NUMBERS["ann"],
            label="ann",
            status=ringing if state == "on the way" else connected,
            hold=state == "on hold",
        )
    if coach.status is not None:
        world.join(
            NUMBERS["sup"],
            label="sup",
            status=coach.status,
            muted=coach.muted,
            hold=coach.hold,
            coach=calls.get(coach.pairing),
        )
    world.note(world.plan(), world.observe())
    return declared(world, state, (ann, bob, sup))


def declared(world: World, state: str, people: tuple[Member, ...]) -> World:
    ann, *others = people
    if state == "declared hold":
        ann = replace(ann, hold=True)
    if state == "being removed":
        ann = replace(ann, to="+15551230007")
    if state == "a new call":
        old = next(sid for sid, each in world.legs.items() if each.label == "ann")
        world.hang_up(old, CallStatus.COMPLETED)
        world.make_pass()
        world.join(NUMBERS["ann"], label="ann")
    world.load(Roster("line", (ann, *others)))
    return world


def failing(plan: tuple[Action, ...], mask: int) -> frozenset[Action]:
    return frozenset(each for bit, each in enumerate(plan) if mask >> bit & 1)


@pytest.mark.parametrize("state", TARGETS)
@pytest.mark.parametrize("wanted", [None, False, "ann"])
def test_the_room_never_hears_a_coach_because_of_us_whatever_fails(
    wanted: str | bool | None, state: str
) -> None:
    for coach, muted in one_in(
        4, product(coaches(), (None, False, True)), TARGETS.index(state)
    ):
        count = len(world_of(wanted, muted, coach, state).plan().actions)
        for mask in range(2**count):
            world = world_of(wanted, muted, coach, state)
            bad = failing(world.plan().actions, mask)
            world.make_pass(lambda a, b=bad: Fate.REFUSED if a in b else Fate.DONE)  # type: ignore[misc]
            for _ in range(4 if mask == 0 else 1):
                world.now += 3
                world.answer()
                world.make_pass()
            assert world.harmed == [], (coach, muted, mask)


@pytest.mark.parametrize("state", TARGETS)
def test_a_coach_is_silent_or_paired_once_the_room_is_at_rest(state: str) -> None:
    for coach, muted in one_in(
        3, product(coaches(), (None, False)), TARGETS.index(state)
    ):
        world = world_of("ann", muted, coach, state)
        for _ in range(8):
            world.make_pass()
            world.now += 3
            world.answer()
        sup = next((x for x in world.legs.values() if x.label == "sup"), None)
        if sup is None:
            continue
        assert not world.heard_by_room(sup)
        ready = state not in {"on hold", "declared hold"}
        if ready and not sup.hold and muted is False:
            assert sup.coaching
            assert not sup.muted


def test_a_coach_is_silenced_before_anything_else_when_the_target_leaves() -> None:
    plan = plan_for(
        member("ann", hold=True),
        member("sup", coaching="ann"),
        legs=(leg(CA1, "ann"), leg(CA2, "sup", coaching=True, call_sid_to_coach=CA1)),
    )
    assert step_of(plan.actions[0]) is Step.SILENCE_COACH
    assert plan.actions[0].label == "sup"
    assert field_changes(plan.actions[0]) == {"muted": True}
    assert [step_of(each) for each in plan.actions] == [Step.SILENCE_COACH, Step.HOLD]


def test_a_coach_is_unmuted_only_by_a_look_that_shows_the_right_pairing() -> None:
    people = (member("ann"), member("sup", coaching="ann"))
    ann, sup = leg(CA1, "ann"), leg(CA2, "sup", muted=True)
    memory = {CA2: {"muted": True}}
    (pairing,) = plan_for(*people, legs=(ann, sup), memory=memory).actions
    assert field_changes(pairing) == {"coaching": True, "call_sid_to_coach": CA1}
    paired = replace(sup, coaching=True, call_sid_to_coach=CA1)
    (unmuting,) = plan_for(*people, legs=(ann, paired), memory=memory).actions
    assert field_changes(unmuting) == {"muted": False}


def test_a_coach_is_rung_muted_and_paired_once_the_target_is_in() -> None:
    people = (member("ann"), member("sup", coaching="ann"))
    (ring,) = plan_for(*people, legs=(leg(CA1, "ann"),)).actions
    assert isinstance(ring, Ring)
    fields = dict(ring.fields)
    assert fields["muted"] is True
    assert (fields["coaching"], fields["call_sid_to_coach"]) == (True, CA1)
    assert dict(ring.memory) == {"muted": True}
    waiting = plan_for(*people, legs=())
    assert rings(waiting) == ["ann"]
    assert reasons(waiting, "sup") == ["not called yet: ann is not in the room"]


def test_a_coach_of_a_call_that_is_not_there_waits_without_end() -> None:
    plan = plan_for(member("sup", coaching=STALE), legs=())
    assert plan.actions == ()
    assert plan.converged
    assert plan.requeue_after is None


def test_coaches_of_one_another_wait_without_end() -> None:
    plan = plan_for(
        member("ann", coaching="sup"), member("sup", coaching="ann"), legs=()
    )
    assert plan.actions == ()
    assert plan.converged


def test_a_coach_by_call_sid_is_paired_with_that_call() -> None:
    plan = plan_for(
        member("sup", coaching=CA3), legs=(leg(CA2, "sup", muted=True), leg(CA3, None))
    )
    (change,) = changes(plan, "sup")
    assert change.kind is ChangeKind.COACHING
    assert field_changes(change)["call_sid_to_coach"] == CA3


def test_a_stranger_who_coaches_keeps_their_target_from_being_taken_away() -> None:
    ann = leg(CA1, "ann")
    stranger = leg(CA3, None, coaching=True, call_sid_to_coach=CA1)
    plan = plan_for(member("ann", hold=True), legs=(ann, stranger))
    assert plan.actions == ()
    assert [each.guard for each in plan.withheld] == ["coached"]
    silent = replace(stranger, muted=True)
    plan = plan_for(member("ann", hold=True), legs=(ann, silent))
    assert [field_changes(each) for each in plan.actions] == [{"hold": True}]


def test_a_coach_who_is_taken_out_with_their_target_is_silenced_first() -> None:
    people = (
        member("ann", on_change=OnChange.REDIAL, create_only=(("timeout", 20),)),
        member("sup", on_change=OnChange.REDIAL, create_only=(("timeout", 20),)),
    )
    legs = (leg(CA1, "ann"), leg(CA2, "sup", coaching=True, call_sid_to_coach=CA1))
    plan = plan_for(*people, legs=legs)
    first = plan.actions[0]
    assert isinstance(first, Change)
    assert first.safety
    assert first.call_sid == CA2


def test_a_mute_for_safety_is_undone_once_and_then_forgotten() -> None:
    people = (member("ann"), member("sup", coaching="ann"))
    paired = leg(CA2, "sup", coaching=True, call_sid_to_coach=CA1)
    legs = (leg(CA1, "ann"), paired)
    (again,) = plan_for(*people, legs=legs, memory={CA2: {"muted": True}}).actions
    assert isinstance(again, Change)
    assert again.memory == (("muted", False),)
    muted_by_hand = (leg(CA1, "ann"), replace(paired, muted=True))
    memory = {CA2: {"muted": False}}
    assert plan_for(*people, legs=muted_by_hand, memory=memory).actions == ()


def test_no_coach_speaks_while_the_one_coached_was_just_taken_out() -> None:
    people = (member("ann"), member("sup", coaching="ann", muted=False))
    sup = leg(CA2, "sup", muted=True, coaching=True, call_sid_to_coach=CA1)
    memory = {CA1: {"removed": int(NOW) - 2}}
    plan = plan_for(*people, legs=(leg(CA1, "ann"), sup), memory=memory)
    assert changes(plan, "sup") == []
    assert "about to be held or removed" in reasons(plan, "sup")[0]


def test_a_coach_who_has_not_answered_yet_keeps_their_target_in_the_room() -> None:
    ringing = ParticipantStatus.RINGING
    sup = leg(CA2, "sup", status=ringing, coaching=True, call_sid_to_coach=CA1)
    people = (member("ann", hold=True), member("sup"))
    plan = plan_for(*people, legs=(leg(CA1, "ann"), sup))
    assert plan.actions == ()
    assert [each.guard for each in plan.withheld] == ["coached"]
    muted = replace(sup, muted=True)
    (hold,) = plan_for(*people, legs=(leg(CA1, "ann"), muted)).actions
    assert field_changes(hold) == {"hold": True}


def paired_with(sid: str) -> tuple[Participant, ...]:
    """Bob coaches *sid*, and cara is on hold."""
    pairing = {"coaching": True, "call_sid_to_coach": sid}
    return (
        leg(CA1, "ann"),
        leg(CA2, "bob", muted=True, **pairing),
        leg(CA3, "cara", hold=True),
    )


def test_a_coach_paired_with_another_while_the_target_is_held_waits_for_a_person() -> (
    None
):
    people = (member("ann"), member("bob", coaching="cara"), member("cara", hold=True))
    plan = plan_for(*people, legs=paired_with(CA1))
    assert not plan.converged
    assert not in_sync("bob", plan)
    (waiting,) = plan.waiting
    assert waiting.phase is Phase.STALLED
    assert "cara is on hold; bob is still paired with ann" in waiting.reason
    assert "reconciler set line bob coaching=ann" in waiting.reason


def test_a_coach_of_whom_nothing_is_declared_needs_nobody_while_the_other_is_held() -> (
    None
):
    people = (member("ann"), member("bob"), member("cara", hold=True))
    plan = plan_for(*people, legs=paired_with(CA3))
    assert plan.converged


def test_a_muted_coach_paired_as_declared_leaves_the_room_converged() -> None:
    people = (member("ann"), member("bob", coaching="cara"), member("cara", hold=True))
    plan = plan_for(*people, legs=paired_with(CA3))
    assert plan.converged
    assert in_sync("bob", plan)


@pytest.mark.parametrize("kept", [True, False], ids=["withheld", "removed"])
def test_who_stays_although_their_hours_are_over_keeps_their_coach(kept: bool) -> None:
    limits = Limits(removals=0 if kept else 9)
    sup = member("sup", coaching="ann")
    world = World(Roster("line", (member("ann"), member("bob"), sup)))
    for _ in range(4):
        world.make_pass()
        world.answer()
    assert world.make_pass().converged
    world.load(Roster("line", (member("bob"), sup), limits=limits))
    plan = world.make_pass()
    world.make_pass()
    (coach,) = (x for x in world.legs.values() if x.label == "sup")
    assert coach.muted is not kept
    assert [step_of(x) for x in plan.actions] == (
        [] if kept else [Step.SILENCE_COACH, Step.REMOVE]
    )
