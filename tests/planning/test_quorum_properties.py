"""Groups under any sequence of answers: nobody is called who is not wanted."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.action import Ring
from reconciler.model.observation import CallStatus
from reconciler.model.roster import (
    Cause,
    Group,
    GroupOrder,
    Late,
    Limits,
    Redial,
    Roster,
)
from reconciler.planning.plan import Phase, Plan
from tests.planning.samples import ROOM, member
from tests.planning.world import World

LABELS = ("a", "b", "c", "d", "e")
EACH = 45.0
HAPPENINGS = (
    "nothing",
    "answer",
    "hang up",
    "busy",
    "no answer",
    "dial in",
    "machine",
)

policies = st.builds(
    Redial,
    on=st.sets(st.sampled_from(Cause)).map(tuple),
    attempts=st.integers(1, 3),
    backoff=st.sampled_from([1.0, 60.0]),
)
groups = st.builds(
    Group,
    st.sampled_from(["one", "two"]),
    st.sets(st.sampled_from(LABELS), min_size=1).map(lambda it: tuple(sorted(it))),
    want=st.integers(1, 4),
    each_seconds=st.just(EACH),
    order=st.sampled_from(GroupOrder),
    late=st.sampled_from(Late),
)
stories = st.lists(
    st.tuples(
        st.sampled_from(HAPPENINGS), st.integers(0, 4), st.sampled_from([1, 20, 90])
    ),
    max_size=25,
)


@given(st.lists(groups, min_size=1, max_size=2), policies, stories)
def test_no_more_are_called_than_a_group_wants_and_nobody_twice(
    declared: list[Group], policy: Redial, story: list[tuple[str, int, int]]
) -> None:
    world = open_room(declared, policy)
    for happening, who, seconds in story:
        before = under_way(world)
        plan = world.make_pass()
        check(declared, plan, before)
        happen(world, happening, LABELS[who])
        world.now += seconds
    assert not world.doubled
    assert not world.harmed


@given(groups, stories)
def test_a_group_comes_to_rest_with_enough_people_or_with_a_person_told(
    group: Group, story: list[tuple[str, int, int]]
) -> None:
    world = open_room([group], Redial(attempts=2, backoff=1.0))
    for happening, who, seconds in story:
        world.make_pass()
        happen(world, happening, LABELS[who])
        world.now += seconds
    plan = world.make_pass()
    for _ in range(60):
        world.answer()
        world.now += 50
        plan = world.make_pass()
    (state,) = plan.groups
    assert plan.converged or plan.stalled
    assert len(state.inside) >= state.want or plan.stalled
    standby = {x.member.label for x in plan.people if x.phase is Phase.STANDBY}
    assert not standby or len(state.inside) >= state.want


def open_room(declared: list[Group], policy: Redial) -> World:
    unique = {each.name: each for each in declared}
    members = tuple(
        member(
            label,
            to=f"client:{label}",
            priority=at % 3 + 1,
            redial=policy,
            create_only=(("machine_detection", "Enable"),),
        )
        for at, label in enumerate(LABELS)
    )
    named = {label for each in unique.values() for label in each.labels}
    return World(
        Roster(
            ROOM,
            tuple(each for each in members if each.label in named),
            groups=tuple(unique.values()),
            limits=Limits(removals=99),
        )
    )


def under_way(world: World) -> dict[str, tuple[bool, float]]:
    """Whether each label that has a leg is connected by a person, and since when."""
    found: dict[str, tuple[bool, float]] = {}
    for leg in world.legs.values():
        call = world.calls[leg.call_sid]
        label = leg.label or call.party.removeprefix("client:")
        if not call.machine:
            since = call.created_at or 0.0
            found[label] = (leg.connected, world.now - since)
    return found


def check(
    declared: list[Group], plan: Plan, before: dict[str, tuple[bool, float]]
) -> None:
    rung = [each.label for each in plan.actions if isinstance(each, Ring)]
    assert len(rung) == len(set(rung))
    assert not set(rung) & before.keys()
    unique = {each.name: each for each in declared}
    if len(unique) == 1:
        (group,) = unique.values()
        counted = [x for x, at in before.values() if x or at < EACH]
        assert len(rung) <= max(0, (group.want or 0) - len(counted))


def happen(world: World, happening: str, label: str) -> None:
    legs = [each for each in world.legs.values() if each.label == label]
    connected = [each for each in legs if each.connected]
    ringing = [each for each in legs if not each.connected]
    ends: dict[str, Any] = {
        "hang up": (connected, CallStatus.COMPLETED),
        "busy": (ringing, CallStatus.BUSY),
        "no answer": (ringing, CallStatus.NO_ANSWER),
    }
    if happening in ends:
        who, status = ends[happening]
        for leg in who:
            world.hang_up(leg.call_sid, status)
    elif happening in {"answer", "machine"}:
        world.answer(label)
        for leg in ringing if happening == "machine" else ():
            world.tell(leg.call_sid, "machine_start")
    elif happening == "dial in" and world.roster.member(label) and not legs:
        world.join(f"client:{label}", inbound=True)
