"""Plans narrowed to some people: the silences of the others go all the same."""

import pytest
from msgspec.structs import replace

from reconciler.model.errors import SettingError
from reconciler.model.roster import Limits, Roster
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.targets import Target, labels_of, targets
from tests.planning.samples import ROOM, member, rings
from tests.planning.world import World


def narrowed(world: World, *labels: str) -> Plan:
    return make_plan(
        world.roster,
        world.observe(),
        world.ledger,
        world.now,
        only=frozenset(labels),
    )


def room(*labels: str, rings: int = 50) -> Roster:
    members = tuple(member(x, to=f"client:{x}") for x in labels)
    return Roster(ROOM, members, limits=Limits(rings=rings))


def left_out(plan: Plan) -> list[str]:
    return [each.label for each in plan.left_out]


def with_people_in(*labels: str) -> World:
    world = World(room(*labels))
    world.make_pass()
    world.answer()
    world.make_pass()
    return world


def test_only_the_people_named_are_called_and_the_others_are_shown() -> None:
    plan = narrowed(World(room("ann", "bob", "cara")), "bob")
    assert rings(plan) == ["bob"]
    assert left_out(plan) == ["ann", "cara"]


def test_what_is_left_out_counts_for_no_limit() -> None:
    world = World(room("ann", "bob", "cara", rings=1))
    assert rings(world.plan()) == []
    assert rings(narrowed(world, "bob")) == ["bob"]


def test_only_the_people_named_are_removed() -> None:
    world = with_people_in("ann", "bob", "cara")
    world.load(room("ann"))
    plan = narrowed(world, "cara")
    assert [each.label for each in plan.actions] == ["cara"]
    assert left_out(plan) == ["bob"]


def test_a_silence_of_anybody_goes_and_an_exposure_does_not() -> None:
    world = with_people_in("ann", "bob", "cara")
    for sid, each in world.legs.items():
        if each.label == "cara":
            world.legs[sid] = replace(each, muted=True)
    ann, bob, cara = world.roster.members
    members = replace(ann, muted=True), bob, replace(cara, muted=False)
    world.load(replace(world.roster, members=members))
    plan = narrowed(world, "bob")
    assert [each.label for each in plan.actions] == ["ann"]
    assert left_out(plan) == ["cara"]


def test_nobody_is_waited_for_who_is_not_named() -> None:
    world = World(room("ann", "bob"))
    world.make_pass()
    world.answer("bob")
    world.make_pass()
    assert not world.plan().converged
    assert narrowed(world, "bob").converged
    assert not narrowed(world, "ann").converged


def test_a_whole_plan_leaves_nothing_out() -> None:
    assert World(room("ann", "bob")).plan().left_out == ()


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("line", Target("line")),
        ("line/ann", Target("line", "ann")),
        ("a/b", Target("a/b")),
        ("a/b/ann", Target("a/b", "ann")),
    ],
)
def test_a_target_is_a_room_or_a_person_of_it(text: str, target: Target) -> None:
    assert targets([text], ["line", "a/b"]) == (target,)


@pytest.mark.parametrize("text", ["", "lime", "line/", "lime/ann", "/ann"])
def test_a_target_that_no_file_declares_is_an_error(text: str) -> None:
    with pytest.raises(SettingError, match="Rooms: line"):
        targets([text], ["line"])


def test_a_room_named_as_a_whole_is_narrowed_to_nobody() -> None:
    found = Target("line"), Target("line", "ann"), Target("other", "bob")
    assert labels_of("line", found) is None
    assert labels_of("other", found) == frozenset({"bob"})
