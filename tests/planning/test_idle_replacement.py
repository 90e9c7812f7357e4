"""Who is replaced by somebody who is not called: the room comes to rest and says why."""

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase, state_of
from reconciler.model.roster import Group, Limits, Member, Roster
from reconciler.planning.plan import Phase
from tests.planning.samples import reasons
from tests.planning.test_replacement import (
    person,
    present,
    room,
    rung,
    sid,
    stay,
    takes_over,
    with_day_in,
)
from tests.planning.world import World


def on_call(*members: Member) -> Roster:
    group = Group("dbas", ("sup", "night"), want=1)
    return replace(room(*members), groups=(group,))


def with_standby(night: Member, *, listed: bool = True) -> World:
    """The day and the supervisor are in, and the group has enough without the night."""
    world = World(room(person("day"), person("sup")))
    world.make_pass()
    world.answer()
    world.make_pass()
    others = (person("day"), person("sup")) if listed else (person("sup"),)
    world.load(on_call(*others, night))
    return world


@pytest.mark.parametrize("listed", [True, False])
def test_one_on_standby_replaces_nobody_and_the_room_is_at_rest(listed: bool) -> None:
    world = with_standby(person("night", "day"), listed=listed)
    plan = world.make_pass()
    assert state_of(plan) is RoomPhase.CONVERGED
    assert plan.requeue_after is None
    assert stay(plan).reason == (
        "stays, because nobody takes over yet. night: standby: dbas has 1 of 1 in"
    )
    assert present(world) == {"day", "sup"}


def test_one_on_standby_takes_over_once_the_group_calls_them() -> None:
    world = with_standby(person("night", "day"))
    world.make_pass()
    world.hang_up(sid(world, "sup"))
    plan = world.make_pass()
    assert rung(world)[-1] == "night"
    assert stay(plan).reason == "stays until night has been connected for 5 s"
    takes_over(world)
    assert present(world) == {"night"}


@pytest.mark.parametrize("keep", [True, False])
def test_a_deadline_applies_to_one_on_standby_too(keep: bool) -> None:
    terms = {"deadline_seconds": 30.0, "keep_after_deadline": keep}
    world = with_standby(person("night", "day", **terms))
    plan = world.make_pass()
    assert stay(plan).until == world.now + 30
    assert plan.requeue_after == 30
    world.now += 30
    plan = world.make_pass()
    assert ("day" in present(world)) is keep
    assert not keep or state_of(plan) is RoomPhase.STALLED


def test_the_old_one_stays_for_a_person_while_the_new_call_is_withheld() -> None:
    world = with_day_in()
    declared = room(person("day"), person("night", "day"))
    world.load(replace(declared, limits=Limits(rings=0)))
    plan = world.make_pass()
    assert stay(plan).phase is Phase.STALLED
    assert stay(plan).reason.startswith("stays, because nobody has taken over. night: ")
    assert state_of(plan) is RoomPhase.STALLED
    assert plan.requeue_after is None


def shadowing() -> Member:
    return replace(person("night", "day"), coaching="day")


def test_who_coaches_and_replaces_one_who_is_absent_waits_for_an_edit() -> None:
    world = World(room(person("day"), shadowing()))
    plan = world.make_pass()
    assert not rung(world)
    assert state_of(plan) is RoomPhase.STALLED
    (reason,) = reasons(plan, "night")
    assert reason == (
        "not called: night coaches day and also replaces day, who is not in the room; "
        "declare one of the two only"
    )


def test_who_coaches_and_replaces_one_on_hold_leaves_the_room_at_rest() -> None:
    world = with_day_in()
    world.load(room(replace(person("day"), hold=True), shadowing()))
    world.make_pass()
    plan = world.make_pass()
    assert state_of(plan) is RoomPhase.CONVERGED
    assert stay(plan).reason == (
        "stays, because nobody takes over yet. night: not called yet: day is on hold"
    )
    assert plan.requeue_after is None


def test_who_coaches_and_replaces_one_who_is_in_is_called_and_takes_over() -> None:
    world = with_day_in()
    world.load(room(person("day"), shadowing()))
    world.make_pass()
    assert rung(world)[-1] == "night"
    takes_over(world)
    assert present(world) == {"night"}


DETECTS = (("machine_detection", "Enable"),)


def test_a_chain_whose_end_is_a_machine_leaves_the_room_at_rest() -> None:
    world = with_day_in()
    night = replace(person("night", "eve"), create_only=DETECTS)
    world.load(room(person("eve", "day"), night))
    plan = world.make_pass()
    assert rung(world) == ["day", "night"]
    assert stay(plan).phase is Phase.CONNECTED
    assert state_of(plan) is RoomPhase.CONVERGING
    world.answer("night")
    world.make_pass()
    world.tell(sid(world, "night"), "machine_start")
    plan = world.make_pass()
    assert stay(plan).reason == (
        "stays, because nobody has taken over. eve: standby: replaced by night; "
        "night: a machine answered"
    )
    assert state_of(plan) is RoomPhase.STALLED
    assert plan.requeue_after is None
    assert present(world) == {"day", "night"}


def test_while_another_phone_rings_a_machine_ends_no_take_over() -> None:
    world = with_day_in()
    night = replace(person("night", "day"), create_only=DETECTS)
    world.load(room(person("eve", "day"), night))
    world.make_pass()
    world.answer("night")
    world.make_pass()
    world.tell(sid(world, "night"), "machine_start")
    plan = world.make_pass()
    assert stay(plan).reason == "stays until eve, night has been connected for 5 s"
    assert state_of(plan) is RoomPhase.CONVERGING
    takes_over(world, "eve")
    assert "day" not in present(world)
