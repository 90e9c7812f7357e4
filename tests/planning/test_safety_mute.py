"""A mute given for safety ends in a pairing or by the roster's word, else it stays."""

from itertools import product
from typing import Any

import pytest

from reconciler.model.action import Change, Harm
from reconciler.model.attempt import AttemptState
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    NUMBERS,
    SENDER,
    attempt,
    call,
    changes,
    field_changes,
    ledger,
    leg,
    look,
    member,
    plan_for,
    reasons,
    record,
    roster,
    standing,
)

STAYS = "they stay muted. To unmute, declare 'muted: false'"
ANN = leg(CA1, "ann")


def plan_of(
    coaching: str | bool | None,
    *,
    pairs: bool,
    hold: bool | None = None,
    held: bool = False,
    muted: bool | None = None,
) -> Plan:
    """Sup, whom we muted for safety; ann is in."""
    pairing: dict[str, object] = (
        {"coaching": True, "call_sid_to_coach": CA1} if pairs else {}
    )
    sup = leg(CA2, "sup", muted=True, hold=held, **pairing)
    said = member("sup", coaching=coaching, hold=hold, muted=muted)
    return plan_for(member("ann"), said, legs=(ANN, sup), memory={CA2: {"muted": True}})


@pytest.mark.parametrize(
    ("coaching", "pairs", "hold", "held"),
    list(product((None, False, "ann"), (True, False), (None, False, True), (0, 1))),
)
def test_a_safety_mute_ends_only_where_nobody_is_heard_who_was_not_to_be(
    coaching: str | bool | None, hold: bool | None, held: int, *, pairs: bool
) -> None:
    plan = plan_of(coaching, pairs=pairs, hold=hold, held=bool(held))
    unmutes = [
        x for x in changes(plan, "sup") if field_changes(x).get("muted") is False
    ]
    if hold and not held:
        ends = False
    elif coaching == "ann":
        ends = pairs
    else:
        ends = coaching is False or pairs or bool(hold and held)
    assert bool(unmutes) is ends
    assert all(x.harm is Harm.EXPOSE for x in unmutes)
    stays = coaching is None and not pairs and not hold
    assert any(STAYS in each for each in reasons(plan, "sup")) is stays


@pytest.mark.parametrize("muted", [True, False])
def test_what_the_roster_says_of_muted_ends_the_matter(*, muted: bool) -> None:
    plan = plan_of(None, pairs=False, muted=muted)
    assert [field_changes(x) for x in changes(plan, "sup")] == (
        [] if muted else [{"muted": False}]
    )
    assert reasons(plan, "sup") == []


def test_a_mute_that_stays_keeps_no_room_from_being_converged() -> None:
    plan = plan_of(None, pairs=False)
    assert plan.converged
    assert plan.actions == ()


def test_a_former_coach_whom_somebody_else_unmuted_is_left_alone() -> None:
    sup = leg(CA2, "sup")
    kept = standing(ANN, sup, memory={CA2: {"muted": True}})
    plan = make_plan(roster(member("ann"), member("sup")), look(ANN, sup), kept, NOW, 1)
    assert (plan.actions, plan.waiting) == ((), ())


def test_the_line_taken_out_while_the_target_is_away_unmutes_nobody() -> None:
    sup = leg(CA2, "sup")
    coach, none = member("sup", coaching="ann"), member("sup")
    before = standing(sup)
    plan = make_plan(roster(member("ann"), coach), look(sup), before, NOW, 1)
    (mute,) = (x for x in plan.actions if isinstance(x, Change))
    assert mute.memory == (("muted", True),)
    muted = leg(CA2, "sup", muted=True)
    kept = standing(muted, memory={CA2: dict(mute.memory)})
    plan = make_plan(roster(none), look(muted), kept, NOW, 2)
    assert plan.actions == ()
    assert STAYS in reasons(plan, "sup")[0]


@pytest.mark.parametrize("generation", [1, 2], ids=["no edit", "an edit meanwhile"])
@pytest.mark.parametrize("paired", [True, False])
def test_a_coach_whose_answer_was_lost_is_unmuted_once_paired_whatever_was_edited(
    generation: int, *, paired: bool
) -> None:
    sent = (("coaching", True), ("call_sid_to_coach", CA1), ("muted", True))
    lost = attempt(
        "sup",
        id=2,
        state=AttemptState.UNKNOWN,
        call_sid=None,
        sent=(("from", SENDER), *sent),
        memory=(("muted", True),),
    )
    pairing: dict[str, Any] = (
        {"coaching": True, "call_sid_to_coach": CA1} if paired else {}
    )
    sup = leg(CA2, "sup", muted=True, **pairing)
    ann = record("ann", attempt("ann", connected_at=NOW - 50))
    kept = ledger(ann, record("sup", lost))
    seen = look(ANN, sup, calls=(call(CA2, NUMBERS["sup"]),))
    people = roster(member("ann"), member("sup", coaching="ann"))
    plan = make_plan(people, seen, kept, NOW, generation)
    assert plan.memory == {CA2: {"muted": True}}
    unmutes = [field_changes(x) for x in changes(plan, "sup") if x.harm is Harm.EXPOSE]
    assert unmutes == ([{"muted": False}] if paired else [])


def test_what_was_remembered_later_stands_against_what_the_ring_said() -> None:
    placed = attempt("sup", id=2, call_sid=CA2, memory=(("muted", True),))
    sup = leg(CA2, "sup", muted=True, coaching=True, call_sid_to_coach=CA1)
    kept = ledger(
        record("ann", attempt("ann", connected_at=NOW - 50)),
        record("sup", placed),
        memory={CA2: {"muted": False}},
    )
    people = roster(member("ann"), member("sup", coaching="ann"))
    plan = make_plan(people, look(ANN, sup), kept, NOW, 1)
    assert changes(plan, "sup") == []


@pytest.mark.parametrize(
    ("said", "shown", "until"),
    [
        ({"hold": True}, {"hold": True}, "the hold was confirmed"),
        (
            {"coaching": "ann"},
            {"coaching": True, "call_sid_to_coach": CA1},
            "the coaching was confirmed",
        ),
        ({"coaching": False}, {}, "they no longer coached anybody"),
    ],
)
def test_the_end_of_a_safety_mute_names_what_it_was_for(
    said: dict[str, Any], shown: dict[str, Any], until: str
) -> None:
    legs = (ANN, leg(CA2, "sup", muted=True, **shown))
    people = (member("ann"), member("sup", **said))
    plan = plan_for(*people, legs=legs, memory={CA2: {"muted": True}})
    ended = [x for x in changes(plan, "sup") if field_changes(x) == {"muted": False}]
    assert [x.reason for x in ended] == [f"was muted only until {until}"]
