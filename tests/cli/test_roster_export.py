"""A plan of what a dump declares is empty, whoever is in the room, and how often."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.cli.commands.dump import as_yaml
from reconciler.cli.roster_export import export_roster
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Call, Observation, Participant
from reconciler.planning.load_preview import ledger_after_load
from reconciler.planning.planner import make_plan
from tests.files.rosters import roster
from tests.planning.samples import CA1, CA2, NOW, call, call_sid, leg, look
from tests.sample_size import sample_size

DESK, OTHER = "+15550100900", "+15550100901"


def plan_of_dump(seen: Observation) -> str:
    """What a plan of the dump would do, "" for nothing."""
    said = roster(as_yaml(export_roster(seen)))
    plan = make_plan(said, seen, ledger_after_load(None, said, Ledger(), NOW), NOW, 1)
    return "\n".join(
        str(each) for each in (*plan.actions, *plan.withheld, *plan.waiting)
    )


def inbound(sid: str, number: str, at: float) -> Call:
    return call(sid, number, inbound=True, created_at=at)


@pytest.mark.parametrize(
    ("label", "first", "second"),
    [
        (label, dict(zip(("muted", "hold"), one, strict=True)),
         dict(zip(("muted", "hold"), two, strict=True)))
        for label in (None, "desk")
        for one in product((False, True), repeat=2)
        for two in product((False, True), repeat=2)
    ],
)  # fmt: skip
def test_two_calls_of_one_number_are_one_member_and_the_plan_is_empty(
    label: str | None, first: dict[str, bool], second: dict[str, bool]
) -> None:
    legs = (leg(CA1, label, **first), leg(CA2, None, **second))
    calls = (inbound(CA1, DESK, NOW - 60), inbound(CA2, DESK, NOW - 30))
    found = export_roster(look(*legs, calls=calls))
    assert [each.label for each in found.people] == [label or "guest-1"]
    assert f"also in with call {CA1}" in found.people[0].note
    assert plan_of_dump(look(*legs, calls=calls)) == ""


def test_a_call_that_may_be_either_of_two_members_is_left_out() -> None:
    legs = (leg(CA1, "ann"), leg(CA2, "bob"), leg(call_sid(3), None))
    calls = tuple(inbound(x.call_sid, DESK, NOW - 60) for x in legs)
    found = export_roster(look(*legs, calls=calls))
    assert [each.label for each in found.people] == ["ann", "bob"]
    assert "may be any of ann, bob" in found.left_out[0]
    assert plan_of_dump(look(*legs, calls=calls)) == ""


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from([None, None, "ann", "bob", "guest-1"]),
        st.sampled_from([DESK, OTHER, "client:bob", "client:bob?a=b", "+2562533"]),
        st.booleans(),
        st.booleans(),
        st.one_of(st.none(), st.integers(0, 4)),
        st.integers(0, 3),
    ),
    max_size=5,
)
"""Label, address, muted, on hold, whom they coach, and how long ago they came."""


def room_of(people: list[tuple[str | None, str, bool, bool, int | None, int]]) -> Observation:  # fmt: skip
    legs: list[Participant] = []
    calls: list[Call] = []
    for number, (label, to, muted, hold, _, ago) in enumerate(people, 1):
        sid = call_sid(number)
        own = label if label not in {each.label for each in legs} else None
        legs.append(leg(sid, own, muted=muted, hold=hold))
        calls.append(inbound(sid, to, NOW - 10 * ago))
    for index, (*_, coached, _) in enumerate(people):
        if coached is not None and coached < len(legs) and coached != index:
            target = legs[coached]
            if not target.hold and not legs[index].hold:
                legs[index] = replace(
                    legs[index], coaching=True, call_sid_to_coach=target.call_sid
                )
    return look(*legs, calls=tuple(calls))


@settings(
    max_examples=sample_size(40, 200), deadline=None, derandomize=True, database=None
)
@given(PEOPLE.map(room_of))
def test_the_plan_of_a_dump_is_empty_whoever_is_in_the_room(seen: Observation) -> None:
    assert plan_of_dump(seen) == ""
