import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.observation import CallStatus, ParticipantStatus, Unknown
from reconciler.model.roster import (
    Announcement,
    Fields,
    Limits,
    Member,
    OnChange,
    Redial,
    Roster,
    Unlisted,
)
from reconciler.planning.identity import match_participants
from reconciler.planning.order import Step, step_of
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from tests.planning.world import NOW, Fate, World
from tests.sample_size import sample_size

PASSES = 16
"""Passes after which nothing may be left to do: each may ring and be answered."""

STATES = ("muted", "hold", "end_conference_on_exit")
LABELS = ("ann", "bob", "cara", "sup")
OPINIONS = (None, None, False, True)

profile = settings(
    max_examples=sample_size(30, 100), derandomize=True, deadline=None, database=None
)


WRITE_ONLY: Fields = (
    ("beep_on_exit", True),
    ("hold_url", "http://music"),
    ("wait_url", "http://wait"),
)


def some_member(label: str, dice: random.Random) -> Member:
    others = [each for each in LABELS if each != label]
    number = f"+1555123000{LABELS.index(label)}"
    return Member(
        label,
        to=number if dice.random() < 0.8 else "+15551230000",
        sender="+15550005550",
        muted=dice.choice(OPINIONS),
        hold=dice.choice(OPINIONS),
        end_conference_on_exit=dice.choice(OPINIONS),
        coaching=dice.choice([None, None, False, *others, "CA" + "f" * 32]),
        write_only=dice.choice([(), WRITE_ONLY]),
        announcements=dice.choice([(), (Announcement("hi", "http://hi"),)]),
        on_change=dice.choice(list(OnChange)),
        create_only=dice.choice([(), (("timeout", 20),)]),
    )


def some_roster(dice: random.Random) -> Roster:
    labels = dice.sample(LABELS, dice.randrange(len(LABELS) + 1))
    return Roster(
        "line",
        tuple(some_member(label, dice) for label in labels),
        unlisted=dice.choice(list(Unlisted)),
        limits=dice.choice([Limits(), Limits(0, 1), Limits(9, 9)]),
    )


def some_world(seed: int) -> World:
    """A room that was kept for one roster, was visited, and has another now."""
    dice = random.Random(seed)  # noqa: S311
    world = World(some_roster(dice), keeps=dice.random() < 0.5)
    run(world, passes=dice.randrange(5))
    for _ in range(dice.randrange(4)):
        visit(world, dice)
    for sid in list(world.legs):
        if world.legs[sid].connected and dice.random() < 0.4:
            drift(world, sid, dice)
    world.load(some_roster(dice))
    world.harmed.clear()
    return world


worlds = st.integers(0, 2**32).map(some_world)
chances = st.integers(0, 2**32).map(random.Random)


def visit(world: World, dice: random.Random) -> None:
    """Somebody comes in: a stranger, or a member by another call."""
    inbound = dice.random() < 0.5
    numbers = ["+15559990001", *(m.to for m in world.roster.members)]
    taken = {leg.label for leg in world.legs.values()}
    labels = [None, None, "guest", *LABELS]
    label = dice.choice([each for each in labels if each is None or each not in taken])
    others = [leg.call_sid for leg in world.legs.values() if leg.connected]
    world.join(
        dice.choice(numbers),
        label=label,
        inbound=inbound,
        status=dice.choice(
            [ParticipantStatus.CONNECTED] * 3 + [ParticipantStatus.RINGING]
        ),
        muted=dice.random() < 0.3,
        hold=dice.random() < 0.2,
        coach=dice.choice(others) if others and dice.random() < 0.4 else None,
        end_conference_on_exit=dice.random() < 0.2,
    )


def drift(world: World, sid: str, dice: random.Random) -> None:
    """Somebody else changes a person of the room."""
    leg = world.legs[sid]
    name = dice.choice(STATES)
    others = [each for each in world.legs if each != sid and world.legs[each].connected]
    fields: dict[str, Any] = {name: not getattr(leg, name)}
    if others and dice.random() < 0.4:
        fields = {"coaching": True, "call_sid_to_coach": dice.choice(others)}
    world.legs[sid] = replace(leg, **fields)


def run(
    world: World,
    passes: int = PASSES,
    fates: Callable[[Action], Fate] = lambda _: Fate.DONE,
    dice: random.Random | None = None,
) -> list[Plan]:
    """Passes in a row; phones are answered in between."""
    plans = []
    for _ in range(passes):
        plans.append(world.make_pass(fates, dice))
        world.now += 3
        world.answer()
    return plans


def strangers(world: World) -> set[str]:
    return {leg.call_sid for leg in world.plan().unlisted}


@profile
@given(world=worlds)
def test_a_room_that_is_left_alone_comes_to_rest_and_stays_so(world: World) -> None:
    run(world)
    world.now += 700
    for plan in run(world, passes=3):
        assert plan.actions == ()
        assert plan.findings == ()
    assert world.plan().requeue_after is None or world.plan().waiting


@profile
@given(world=worlds)
def test_what_is_as_declared_is_said_to_be_converged(world: World) -> None:
    run(world)
    world.now += 700
    run(world, passes=2)
    plan = world.plan()
    drifted = [d for m in world.roster.members for d in drifts(world, plan, m)]
    if plan.converged:
        waits = {each.label for each in plan.waiting if each.settled}
        assert {label for label, _ in drifted} <= waits


def drifts(world: World, plan: Plan, member: Member) -> Iterable[tuple[str, str]]:
    """Declared fields of a member that the room shows otherwise, by name."""
    person = next(each for each in plan.people if each.member == member)
    leg = person.leg
    if leg is None:
        yield member.label, "absent"
        return
    if not leg.connected:
        return
    memory = world.ledger.memory.get(leg.call_sid, {})
    for name in STATES:
        wanted = getattr(member, name)
        if wanted is not None and wanted != getattr(leg, name):
            yield member.label, name
    if member.coaching is False and leg.coaching:
        yield member.label, "coaching"
    if isinstance(member.coaching, str):
        target = match_participants(world.observe(), world.ledger).leg(member.coaching)
        if target is None or leg.call_sid_to_coach != target.call_sid:
            yield member.label, "coaching"
    for name, value in member.write_only:
        sent = (
            dict(world.ledger.records[member.label].attempts[-1].sent)
            if world.ledger.records[member.label].attempts
            else {}
        )
        if memory.get(name, sent.get(name)) != value:
            yield member.label, name


@profile
@given(world=worlds)
def test_all_drift_is_accounted_for(world: World) -> None:
    for _ in range(4):
        plan = world.plan()
        for member in world.roster.members:
            for label, name in drifts(world, plan, member):
                assert mentioned(plan, label, name), (label, name, plan)
        world.make_pass()
        world.now += 3


def mentioned(plan: Plan, label: str, name: str) -> bool:
    if any(
        each.label == label
        for each in (*plan.waiting, *(w.action for w in plan.withheld))
    ):
        return True
    mine = [each for each in plan.actions if each.label == label]
    for action in mine:
        if not isinstance(action, Change):
            return True
        names = {field_change.name for field_change in action.field_changes}
        if name in names or (name == "muted" and names & {"hold", "coaching"}):
            return True
    return False


@profile
@given(world=worlds)
def test_nothing_but_what_is_declared_is_changed(world: World) -> None:
    for _ in range(5):
        plan = world.plan()
        for action in plan.actions:
            if isinstance(action, Change):
                assert_called_for(world, action)
        world.make_pass()
        world.now += 3
        world.answer()


def assert_called_for(world: World, change: Change) -> None:
    if change.safety or ("muted", False) in change.memory:
        return
    member = world.roster.member(change.label)
    for field_change in change.field_changes:
        if field_change.before == field_change.after or member is None:
            continue
        if field_change.name in STATES and not change.reason.startswith(
            ("so that", "silence")
        ):
            assert getattr(member, field_change.name) == field_change.after
        if field_change.name == "coaching":
            assert bool(member.coaching) == field_change.after
            assert member.coaching is not None


@profile
@given(world=worlds)
def test_strangers_are_untouched_under_unlisted_keep(world: World) -> None:
    for _ in range(6):
        plan = world.plan()
        if world.roster.unlisted is Unlisted.KEEP:
            alien = {leg.call_sid for leg in plan.unlisted}
            touched = {
                each.call_sid for each in plan.actions if not isinstance(each, Ring)
            }
            assert not alien & touched
        world.make_pass()
        world.now += 3
        world.answer()


@settings(profile, max_examples=sample_size(80, 300))
@given(world=worlds, dice=chances)
def test_nobody_is_exposed_by_us_whichever_requests_fail(
    world: World, dice: random.Random
) -> None:
    def fates(_: Action) -> Fate:
        return dice.choice([Fate.DONE, Fate.DONE, Fate.REFUSED, Fate.LOST])

    run(world, passes=6, fates=fates, dice=dice)
    assert world.harmed == []
    assert world.doubled == []


@profile
@given(world=worlds, dice=chances)
def test_a_room_comes_to_rest_once_requests_work_again(
    world: World, dice: random.Random
) -> None:
    def fates(action: Action) -> Fate:
        lost = [Fate.LOST] if not isinstance(action, Remove) else []
        return dice.choice([Fate.DONE, Fate.REFUSED, *lost])

    run(world, passes=5, fates=fates, dice=dice)
    run(world)
    world.now += 700
    assert all(plan.actions == () for plan in run(world, passes=2))
    assert world.harmed == []
    assert world.doubled == []


@profile
@given(world=worlds)
def test_an_unknown_observation_moves_nothing(world: World) -> None:
    unknown = Unknown("line", "the listing broke off")
    plan = make_plan(world.roster, unknown, world.ledger, world.now, 1)
    assert (plan.actions, plan.findings, plan.withheld) == ((), (), ())
    assert plan.unknown == "the listing broke off"
    assert not plan.converged
    assert plan.requeue_after is not None


@profile
@given(world=worlds)
def test_the_same_look_gives_the_same_plan(world: World) -> None:
    assert world.plan() == world.plan()


@profile
@given(world=worlds)
def test_steps_go_from_silence_to_exposure(world: World) -> None:
    for _ in range(5):
        steps = [step_of(action) for action in world.plan().actions]
        assert steps == sorted(steps)
        world.make_pass()
        world.now += 3
        world.answer()


def test_silence_comes_first_and_exposure_last() -> None:
    order = [step.name for step in sorted(Step)]
    assert order == [
        "SILENCE_COACH",
        "HOLD",
        "SILENCE",
        "SETTLE",
        "RING",
        "COACH",
        "REMOVE",
        "EXPOSE",
    ]


@profile
@given(world=worlds, dice=chances)
def test_nobody_is_rung_while_a_ring_is_open(world: World, dice: random.Random) -> None:
    for _ in range(8):
        plan = world.plan()
        labels = [each.label for each in plan.actions if isinstance(each, Ring)]
        assert len(labels) == len(set(labels))
        settled = {f.label for f in plan.findings}
        for label in labels:
            record = world.ledger.records[label]
            assert record.open is None or label in settled
        world.make_pass(lambda _: dice.choice(list(Fate)), dice)
        world.now += dice.choice([3, 40])
        if dice.random() < 0.5:
            world.answer()


@pytest.mark.parametrize("now", [NOW - 5000, NOW + 10])
def test_a_redial_policy_never_rings_past_its_budget_whatever_the_clock_says(
    now: float,
) -> None:
    member = Member("ann", "+15551230000", "+15550005550", redial=Redial(attempts=2))
    world = World(Roster("line", (member,)))
    world.now = now
    for _ in range(60):
        world.make_pass()
        for sid in list(world.legs):
            world.hang_up(sid, status=CallStatus.BUSY)
        world.now += 60
    assert len(world.rung) <= 4
