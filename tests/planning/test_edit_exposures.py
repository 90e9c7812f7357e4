"""Which exposures ``limits.exposures`` counts as those of an edit."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.action import Change, ChangeKind
from reconciler.model.ledger import Correction
from reconciler.model.roster import Limits, Member
from reconciler.planning.call_facts import before
from reconciler.planning.plan import Plan
from tests.planning.samples import (
    CA1,
    NOW,
    leg,
    member,
    plan_for,
    roster,
    standing,
)
from tests.planning.test_guards import plan_of


def plan_after_an_edit(
    wanted: Member,
    memory: dict[str, Any] | None = None,
    corrections: tuple[Correction, ...] = (),
    **shown: Any,
) -> Plan:
    """The plan for somebody whom an edit changed in a room where it may expose nobody."""
    here = leg(CA1, "ann", **shown)
    kept = standing(here, memory={CA1: memory or {}}, corrections=corrections)
    records = {k: replace(r, edited_at=NOW - 5) for k, r in kept.records.items()}
    limited = roster(wanted, limits=Limits(exposures=0))
    return plan_of(limited, (here,), replace(kept, records=records))


def exposures(plan: Plan) -> tuple[set[str], set[str]]:
    """The kinds of changes that are made, and those that are withheld."""
    held = {x.action.kind for x in plan.withheld if isinstance(x.action, Change)}
    made = {each.kind for each in plan.actions if isinstance(each, Change)}
    return set(map(str, made)), set(map(str, held))


@pytest.mark.parametrize("where", ["temporary", "overridden"])
def test_an_unmute_of_somebody_on_hold_for_a_time_is_of_the_edit(where: str) -> None:
    held: dict[str, Any] = {where: ("hold",)}
    wanted = member("ann", muted=False, hold=True, **held)
    plan = plan_after_an_edit(wanted, muted=True, hold=True)
    assert exposures(plan) == (set(), {ChangeKind.MUTE})


def test_an_unmute_of_somebody_on_hold_by_the_file_is_not_of_the_edit() -> None:
    wanted = member("ann", muted=False, hold=True)
    plan = plan_after_an_edit(wanted, muted=True, hold=True)
    assert exposures(plan) == ({ChangeKind.MUTE}, set())


def test_a_release_of_somebody_muted_for_a_time_is_of_the_edit() -> None:
    wanted = member("ann", muted=True, hold=False, overridden=("muted",))
    plan = plan_after_an_edit(wanted, muted=True, hold=True)
    assert exposures(plan) == (set(), {ChangeKind.HOLD})


@pytest.mark.parametrize("hold", [None, False])
def test_the_end_of_a_hold_for_a_time_is_not_of_the_edit_and_the_unmute_is(
    *, hold: bool | None
) -> None:
    wanted = member("ann", muted=False, hold=hold)
    plan = plan_after_an_edit(wanted, {before("hold"): False}, muted=True, hold=True)
    assert exposures(plan) == ({ChangeKind.HOLD}, {ChangeKind.MUTE})


def test_an_unmute_is_of_the_edit_while_the_end_of_a_hold_for_a_time_is_tried_later() -> (
    None
):
    undone = tuple(
        Correction(CA1, "hold=False", NOW - at, seen_at=NOW - at + 1)
        for at in (40, 30, 20)
    )
    plan = plan_after_an_edit(
        member("ann", muted=False, hold=False),
        {before("hold"): False},
        undone,
        muted=True,
        hold=True,
    )
    made, held = exposures(plan)
    assert not made
    assert ChangeKind.MUTE in held


def test_the_end_of_a_mute_for_a_time_is_of_the_edit_unless_they_were_heard_before() -> (
    None
):
    wanted = member("ann", muted=False)
    for was, expected in (
        (False, ({ChangeKind.MUTE}, set())),
        (True, (set(), {ChangeKind.MUTE})),
    ):
        plan = plan_after_an_edit(wanted, {before("muted"): was}, muted=True)
        assert exposures(plan) == expected


def test_what_an_override_exposes_against_the_file_is_not_of_the_edit() -> None:
    wanted = member("ann", muted=False, overridden=("muted",))
    plan = plan_after_an_edit(wanted, muted=True)
    assert exposures(plan) == ({ChangeKind.MUTE}, set())


def test_a_coach_who_is_let_go_on_hold_for_a_time_is_of_the_edit() -> None:
    wanted = member("ann", coaching=False, hold=True, overridden=("hold",))
    shown: dict[str, Any] = {"coaching": True, "call_sid_to_coach": "CA9"}
    plan = plan_after_an_edit(wanted, hold=True, muted=True, **shown)
    assert ChangeKind.COACHING in exposures(plan)[1]


def test_what_was_so_before_stays_on_record_until_the_file_is_so_again() -> None:
    noted = {before("hold"): False}
    wanted = member("ann", hold=False)
    pending = plan_for(wanted, legs=(leg(hold=True),), memory={CA1: noted})
    assert before("hold") not in pending.memory.get(CA1, {})
    done = plan_for(wanted, legs=(leg(hold=False),), memory={CA1: noted})
    assert done.memory[CA1] == {before("hold"): None}
