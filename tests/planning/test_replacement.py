"""Who is replaced stays until somebody has taken over."""

import pytest
from msgspec.structs import replace

from reconciler.model.observation import CallStatus
from reconciler.model.roster import (
    Group,
    Limits,
    Machine,
    Member,
    Redial,
    Replacement,
    Roster,
)
from reconciler.planning.plan import Phase, Plan, Waiting
from tests.planning.samples import ROOM, member, reasons, removed
from tests.planning.world import World

SETTLE = 5.0


def person(label: str, replaces: str | None = None, **terms: object) -> Member:
    of = Replacement(replaces, **terms) if replaces else None  # type: ignore[arg-type]
    number = f"+1555{sum(map(ord, label)):07d}"
    return member(label, to=number, replaces=of, redial=Redial(attempts=1))


def room(*members: Member, removals: int = 9) -> Roster:
    return Roster(ROOM, members, limits=Limits(removals=removals))


def with_day_in(removals: int = 9) -> World:
    world = World(room(person("day"), removals=removals))
    world.make_pass()
    world.answer()
    world.make_pass()
    return world


def present(world: World) -> set[str | None]:
    return {each.label for each in world.legs.values() if each.connected}


def sid(world: World, label: str) -> str:
    (found,) = (x.call_sid for x in world.legs.values() if x.label == label)
    return found


def rung(world: World) -> list[str]:
    return [each.label for each in world.rung]


def stay(plan: Plan, label: str = "day") -> Waiting:
    (found,) = (each for each in plan.waiting if each.label == label)
    return found


def takes_over(world: World, label: str = "night") -> None:
    """The one who takes over answers, and has been in for long enough."""
    world.answer(label)
    world.make_pass()
    world.now += SETTLE
    world.make_pass()


@pytest.mark.parametrize("listed", [True, False])
def test_the_old_one_stays_until_the_new_one_has_been_in_for_some_seconds(
    listed: bool,
) -> None:
    world = with_day_in()
    night = person("night", "day")
    world.load(room(person("day"), night) if listed else room(night))
    plan = world.make_pass()
    assert rung(world) == ["day", "night"]
    assert stay(plan).reason == "stays until night has been connected for 5 s"
    world.answer("night")
    plan = world.make_pass()
    assert stay(plan).until == world.now + SETTLE
    world.now += SETTLE - 1
    world.make_pass()
    assert present(world) == {"day", "night"}
    world.now += 1
    world.make_pass()
    assert present(world) == {"night"}
    world.now += 60
    assert world.make_pass().converged
    assert rung(world) == ["day", "night"]


def test_who_is_replaced_is_not_called() -> None:
    world = World(room(person("day"), person("night", "day")))
    plan = world.make_pass()
    assert rung(world) == ["night"]
    assert plan.people[0].phase is Phase.STANDBY
    assert plan.people[0].reason == "standby: replaced by night"


def test_a_phone_that_rings_for_who_is_replaced_is_let_off() -> None:
    world = World(room(person("day")))
    world.make_pass()
    world.load(room(person("night", "day")))
    world.make_pass()
    assert [each.label for each in world.legs.values()] == ["night"]


def test_the_old_one_stays_when_the_new_one_leaves_before_that() -> None:
    world = with_day_in()
    world.load(room(person("night", "day")))
    world.make_pass()
    world.answer("night")
    world.make_pass()
    world.hang_up(sid(world, "night"))
    world.now += 60
    plan = world.make_pass()
    assert present(world) == {"day"}
    assert plan.stalled
    assert stay(plan).phase is Phase.STALLED


@pytest.mark.parametrize("status", [CallStatus.BUSY, CallStatus.NO_ANSWER])
def test_the_old_one_stays_and_a_person_is_told_where_nobody_takes_over(
    status: CallStatus,
) -> None:
    world = with_day_in()
    world.load(room(person("night", "day")))
    world.make_pass()
    world.hang_up(sid(world, "night"), status)
    plan = world.make_pass()
    assert present(world) == {"day"}
    assert stay(plan).phase is Phase.STALLED
    assert "nobody has taken over. night:" in stay(plan).reason


@pytest.mark.parametrize("keep", [True, False])
def test_after_the_deadline_the_old_one_stays_or_goes_as_declared(keep: bool) -> None:
    world = with_day_in()
    world.join("+15550001111", inbound=True)
    night = person("night", "day", deadline_seconds=60.0, keep_after_deadline=keep)
    world.load(room(person("cara"), night))
    world.make_pass()
    world.answer("cara")
    world.now += 59
    plan = world.make_pass()
    assert stay(plan).phase is Phase.CONNECTED
    assert stay(plan).until == world.now + 1
    world.now += 1
    plan = world.make_pass()
    assert ("day" in present(world)) is keep
    assert not keep or stay(plan).phase is Phase.STALLED


def test_a_late_one_takes_over_after_the_deadline_all_the_same() -> None:
    world = with_day_in()
    world.load(room(person("night", "day", deadline_seconds=10.0)))
    world.make_pass()
    world.now += 30
    assert world.make_pass().stalled
    takes_over(world)
    assert present(world) == {"night"}


def test_one_who_goes_at_the_deadline_is_still_no_last_one_to_be_removed() -> None:
    world = with_day_in()
    terms = {"deadline_seconds": 10.0, "keep_after_deadline": False}
    world.load(room(person("night", "day", **terms)))
    world.make_pass()
    world.now += 30
    world.make_pass()
    assert present(world) == {"day"}


def test_a_replacement_is_a_removal_within_the_limit() -> None:
    world = with_day_in(removals=0)
    world.load(room(person("night", "day"), removals=0))
    world.make_pass()
    takes_over(world)
    assert [x.guard for x in world.plan().withheld] == ["limits.removals"]
    assert present(world) == {"day", "night"}


@pytest.mark.parametrize("word", ["machine_start", None])
def test_a_machine_takes_over_from_nobody(word: str | None) -> None:
    world = with_day_in()
    asks = (("machine_detection", "Enable"),)
    night = replace(person("night", "day"), create_only=asks, machine=Machine.HOLD)
    world.load(room(night))
    world.make_pass()
    world.answer("night")
    world.make_pass()
    if word:
        world.tell(sid(world, "night"), word)
    world.now += 20
    world.make_pass()
    assert "day" in present(world)


def test_of_a_chain_all_before_the_one_who_is_in_go() -> None:
    world = World(room(person("a"), person("b")))
    world.make_pass()
    world.answer()
    world.make_pass()
    world.load(room(person("a"), person("b", "a"), person("c", "b")))
    world.make_pass()
    assert present(world) == {"a", "b"}
    assert rung(world) == ["a", "b", "c"]
    takes_over(world, "c")
    assert present(world) == {"c"}


def test_a_chain_goes_on_through_one_who_was_dismissed_before_they_came() -> None:
    world = with_day_in()
    world.load(room(person("b", "day")))
    world.make_pass()
    world.load(room(person("c", "b")))
    for _ in range(3):
        world.make_pass()
        world.now += 10
    (day,) = (each for each in world.legs.values() if each.label == "day")
    assert not day.muted
    takes_over(world, "c")
    assert present(world) == {"c"}


def test_who_was_to_be_replaced_goes_when_nobody_replaces_anybody_any_more() -> None:
    world = with_day_in()
    world.load(room(person("b", "day")))
    world.make_pass()
    world.load(room(person("cara")))
    world.make_pass()
    world.answer("cara")
    world.make_pass()
    world.make_pass()
    assert present(world) == {"cara"}


@pytest.mark.parametrize(
    "members",
    [
        (person("a", "a"),),
        (person("a", "b"), person("b", "a")),
        (person("a", "b"), person("b", "c"), person("c", "a")),
    ],
)
def test_on_a_circle_nobody_replaces_anybody(members: tuple[Member, ...]) -> None:
    world = World(room(*members))
    world.make_pass()
    world.answer()
    world.now += 60
    plan = world.make_pass()
    assert plan.converged
    assert present(world) == {each.label for each in members}


def test_a_label_that_nobody_has_replaces_nobody() -> None:
    world = World(room(person("night", "nobody")))
    world.make_pass()
    world.answer()
    assert world.make_pass().converged


def test_one_who_dials_in_takes_over_too() -> None:
    world = with_day_in()
    night = person("night", "day")
    world.load(room(night))
    world.join(night.to, inbound=True)
    world.make_pass()
    world.now += SETTLE
    world.make_pass()
    world.make_pass()
    assert present(world) == {None}
    assert not removed(world.make_pass())
    assert not reasons(world.plan(), "day")


def on_call(old: Member, new: Member) -> Roster:
    group = Group("on-call", (old.label, new.label), want=1)
    return replace(room(old, new), groups=(group,))


def in_one_group() -> World:
    """Day is in, and night is to take over in the same group of one."""
    world = with_day_in()
    world.load(on_call(person("day"), person("night", "day")))
    return world


def test_who_takes_over_in_the_same_group_of_one_is_called() -> None:
    world = in_one_group()
    plan = world.make_pass()
    assert rung(world) == ["day", "night"]
    assert [each.fallback for each in plan.actions] == [False]  # type: ignore[union-attr]
    assert present(world) == {"day"}
    takes_over(world)
    world.make_pass()
    assert present(world) == {"night"}
    world.now += 60
    assert world.make_pass().actions == ()


def test_where_nobody_takes_over_in_the_group_the_old_one_counts_again() -> None:
    world = in_one_group()
    world.make_pass()
    world.hang_up(sid(world, "night"), CallStatus.BUSY)
    for _ in range(3):
        world.now += 60
        world.make_pass()
    plan = world.plan()
    assert rung(world) == ["day", "night"]
    assert present(world) == {"day"}
    assert [(each.name, each.inside) for each in plan.groups] == [("on-call", ("day",))]
    assert "nobody has taken over" in stay(plan).reason


def with_a_third(want: int) -> World:
    """Night, the last of a group of three, is to take over from day, who is in."""
    world = with_day_in()
    members = person("other"), person("day"), person("night", "day")
    group = Group("on-call", tuple(x.label for x in members), want=want)
    world.load(replace(room(*members), groups=(group,)))
    return world


def test_the_place_of_who_is_replaced_is_for_who_takes_over_and_nobody_else() -> None:
    world = with_a_third(1)
    world.make_pass()
    assert rung(world) == ["day", "night"]
    takes_over(world)
    world.make_pass()
    assert present(world) == {"night"}
    world.now += 60
    assert world.make_pass().actions == ()


def test_places_that_nobody_holds_are_for_all_of_the_group() -> None:
    world = with_a_third(2)
    world.make_pass()
    assert sorted(rung(world)) == ["day", "night", "other"]


def test_nobody_else_is_called_once_who_takes_over_was_called_in_vain() -> None:
    world = with_a_third(1)
    world.make_pass()
    world.hang_up(sid(world, "night"), CallStatus.BUSY)
    for _ in range(3):
        world.now += 60
        world.make_pass()
    assert rung(world) == ["day", "night"]
    assert present(world) == {"day"}
    assert [each.inside for each in world.plan().groups] == [("day",)]
