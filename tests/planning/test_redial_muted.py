"""Nobody joins audible whose silence was declared while the phone rang."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given

from reconciler.model.action import Remove, Ring
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.observation import CallStatus, ParticipantStatus
from reconciler.model.roster import Limits, Member, Redial, Roster
from reconciler.planning.order import Step, step_of
from reconciler.planning.planner import make_plan
from reconciler.planning.redial import RingAllowed, may_ring
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    NUMBERS,
    SENDER,
    attempt,
    call,
    ledger,
    leg,
    look,
    member,
    record,
    removed,
    rings,
    roster,
)
from tests.planning.test_properties import chances, profile, some_roster, worlds
from tests.planning.world import World

FROM = ("from", SENDER)
RINGING = ParticipantStatus.RINGING
DECLARED: tuple[dict[str, Any], ...] = (
    {},
    {"muted": False},
    {"muted": True},
    {"hold": True},
    {"coaching": "ann"},
    {"coaching": False},
    {"hold": False, "end_conference_on_exit": True},
)


def silent(said: dict[str, Any]) -> bool:
    return bool(said.get("muted") or said.get("hold") or said.get("coaching"))


@pytest.mark.parametrize(
    ("before", "after", "listed"), list(product(DECLARED, DECLARED, (True, False)))
)
def test_a_ring_is_called_off_where_it_would_join_audible_against_the_roster(
    before: dict[str, Any], after: dict[str, Any], *, listed: bool
) -> None:
    sent = attempt("bob", sent=(FROM, ("muted", True)) if silent(before) else (FROM,))
    ringing = call(CA1, NUMBERS["bob"], CallStatus.RINGING)
    ann = leg(CA2, "ann")
    legs = (ann, leg(CA1, "bob", status=RINGING)) if listed else (ann,)
    kept = ledger(
        record("ann", attempt("ann", id=2, call_sid=CA2, connected_at=NOW - 50)),
        record("bob", sent),
    )
    people = (member("ann"), member("bob", **after))
    plan = make_plan(roster(*people), look(*legs, calls=(ringing,)), kept, NOW, 2)
    let_off = silent(after) and not silent(before)
    assert removed(plan) == ([CA1] if let_off else [])
    assert rings(plan) == []
    assert plan.withheld == ()


@pytest.mark.parametrize(
    ("status", "listed_as", "found"),
    [
        (CallStatus.QUEUED, RINGING, True),
        (CallStatus.IN_PROGRESS, RINGING, False),
        (CallStatus.RINGING, ParticipantStatus.CONNECTED, False),
        (None, RINGING, True),
        (CallStatus.IN_PROGRESS, None, False),
        (None, None, False),
        (CallStatus.BUSY, None, False),
    ],
)
def test_only_a_phone_that_nobody_has_answered_is_let_off(
    status: CallStatus | None, listed_as: ParticipantStatus | None, *, found: bool
) -> None:
    calls = (call(CA1, NUMBERS["bob"], status),) if status else ()
    legs = (leg(CA1, "bob", status=listed_as),) if listed_as else ()
    kept = ledger(record("bob", attempt("bob", sent=(FROM,))))
    said = roster(member("bob", muted=True))
    plan = make_plan(said, look(*legs, calls=calls), kept, NOW, 2)
    assert removed(plan) == ([CA1] if found else [])


def test_a_call_that_another_system_placed_is_not_let_off() -> None:
    adopted = attempt("bob", number=0, sent=(FROM,))
    ringing = call(CA1, NUMBERS["bob"], CallStatus.RINGING)
    seen = look(leg(CA1, "bob", status=RINGING), calls=(ringing,))
    said, kept = roster(member("bob", muted=True)), ledger(record("bob", adopted))
    assert make_plan(said, seen, kept, NOW, 2).actions == ()


def test_a_ring_that_is_not_found_is_not_let_off_blindly() -> None:
    lost = attempt("bob", sent=(FROM,), state=AttemptState.UNKNOWN, call_sid=None)
    said, kept = roster(member("bob", muted=True)), ledger(record("bob", lost))
    assert make_plan(said, look(), kept, NOW, 2).actions == ()


def test_a_let_off_goes_before_rings_and_exposures_and_counts_as_no_removal() -> None:
    kept = ledger(record("bob", attempt("bob", sent=(FROM,))), record("cara"))
    seen = look(leg(CA1, "bob", status=RINGING))
    people = (member("bob", muted=True), member("cara"))
    plan = make_plan(roster(*people, limits=Limits(0, 1)), seen, kept, NOW, 2)
    assert [type(each) for each in plan.actions] == [Remove, Ring]
    assert step_of(plan.actions[0]) is Step.SETTLE


def test_a_ring_that_was_let_off_uses_up_no_attempt() -> None:
    policy = Redial(attempts=2)
    off = attempt(
        state=AttemptState.ENDED, outcome=CallOutcome.REMOVED, ended_at=NOW - 80
    )
    busy = attempt(
        id=2,
        number=2,
        state=AttemptState.ENDED,
        outcome=CallOutcome.BUSY,
        ended_at=NOW - 70,
    )
    assert isinstance(may_ring(record("ann", off), policy, NOW), RingAllowed)
    assert isinstance(may_ring(record("ann", off, busy), policy, NOW), RingAllowed)
    was_in = attempt(
        state=AttemptState.ENDED,
        outcome=CallOutcome.REMOVED,
        connected_at=NOW - 90,
        ended_at=NOW - 80,
    )
    assert not isinstance(
        may_ring(record("ann", was_in, busy), policy, NOW), RingAllowed
    )


def test_a_coach_to_be_is_rung_again_muted_and_paired_and_only_once() -> None:
    plain = (Member("ann", "+15551230001", "+15550005550"), member("bob"))
    world = World(Roster("line", plain))
    world.make_pass()
    world.answer("ann")
    world.load(Roster("line", (plain[0], member("bob", coaching="ann"))))
    for _ in range(6):
        world.make_pass()
        world.now += 3
    world.answer()
    rung = [dict(each.fields) for each in world.rung if each.label == "bob"]
    assert [each.get("muted") for each in rung] == [None, True]
    assert rung[1]["coaching"] is True
    assert (world.harmed, world.doubled) == ([], [])


@profile
@given(world=worlds, dice=chances)
def test_nobody_joins_audible_after_an_edit_that_a_pass_has_seen(
    world: World, dice: Any
) -> None:
    for _ in range(4):
        world.load(some_roster(dice))
        world.make_pass()
        world.now += 3
        world.answer()
    assert world.harmed == []
    assert world.doubled == []
