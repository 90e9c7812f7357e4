"""An approval counts for one very plan, once, and fails closed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.model.action import Change, Concern, Harm, Remove, Ring, Shift
from reconciler.model.ledger import Approval, Ledger
from reconciler.model.observation import Conference, ConferenceStatus
from reconciler.planning.approval import (
    approved,
    fingerprint,
    going_on,
    left,
    lifted,
    names_of,
    scope_of,
    spent,
    within,
)
from reconciler.planning.plan import Plan, Withheld

ACCOUNT = "AC1"
NOW = 1000.0
HERE = Conference("CF1", "line", ConferenceStatus.IN_PROGRESS)
ANN = Remove("ann", "CA1", "CF1", connected=True, reason="dismissed")
BOB = Remove("bob", "CA2", "CF1", connected=True, reason="dismissed")
RING = Ring("cat", "+15550001", "line", (("muted", True),), (), 1, 1, "absent")
MUTE = Change(
    "dan",
    "CA4",
    "CF1",
    Concern.MUTE,
    (Shift("muted", before=False, after=True),),
    Harm.SILENCE,
    "declared muted",
)


def plan(*actions: Ring | Change | Remove) -> Plan:
    withheld = tuple(Withheld(each, "limits", "too many") for each in actions)
    return Plan("line", 3, HERE, withheld=withheld)


WHOLE = plan(ANN, BOB, RING, MUTE)


def given(of: Plan = WHOLE, *, remaining: tuple[str, ...] | None = None) -> Ledger:
    mark = fingerprint(of, ACCOUNT)
    return Ledger(approval=Approval(mark, "over", "ops", NOW + 1, remaining))


def names(of: Plan) -> tuple[str, ...]:
    return names_of((each.action for each in of.withheld), scope_of(of, ACCOUNT))


def test_the_very_plan_is_let_through_whatever_its_order_and_its_words() -> None:
    other = plan(MUTE, RING, replace(BOB, reason="other words"), ANN)
    assert approved(WHOLE, given(), ACCOUNT, NOW) == names(WHOLE)
    assert approved(other, given(), ACCOUNT, NOW) == names(WHOLE)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(plan(ANN, BOB, RING), id="less"),
        pytest.param(plan(ANN, BOB, RING, MUTE, replace(ANN, label="x")), id="more"),
        pytest.param(plan(replace(ANN, call_sid="CA9"), BOB, RING, MUTE), id="call"),
        pytest.param(plan(ANN, BOB, replace(RING, to="+15550002"), MUTE), id="number"),
        pytest.param(plan(ANN, BOB, replace(RING, number=2), MUTE), id="again"),
        pytest.param(plan(ANN, BOB, replace(RING, intent=2), MUTE), id="intent"),
        pytest.param(plan(ANN, BOB, replace(RING, fields=()), MUTE), id="fields"),
        pytest.param(
            plan(ANN, BOB, RING, replace(MUTE, shifts=(Shift("hold", False, True),))),
            id="shift",
        ),
        pytest.param(replace(WHOLE, generation=4), id="generation"),
        pytest.param(replace(WHOLE, room="other"), id="room"),
        pytest.param(replace(WHOLE, conference=None), id="no conference"),
        pytest.param(
            replace(WHOLE, conference=replace(HERE, sid="CF2")), id="conference"
        ),
        pytest.param(plan(), id="nothing"),
    ],
)
def test_any_other_plan_is_not(other: Plan) -> None:
    assert approved(other, given(), ACCOUNT, NOW) == ()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: Ledger(), id="none"),
        pytest.param(
            lambda it: replace(it, approval=replace(it.approval, expires_at=NOW)),
            id="over",
        ),
        pytest.param(
            lambda it: replace(it, approval=replace(it.approval, fingerprint="")),
            id="another",
        ),
    ],
)
def test_without_a_word_that_counts_nothing_is(
    spoil: Callable[[Ledger], Ledger],
) -> None:
    assert approved(WHOLE, spoil(given()), ACCOUNT, NOW) == ()


def test_another_account_is_another_plan() -> None:
    assert approved(WHOLE, given(), "AC2", NOW) == ()
    assert approved(WHOLE, given(), "", NOW) == ()


def test_a_plan_that_was_begun_goes_on_with_what_is_left_and_no_more() -> None:
    begun = given(remaining=names(WHOLE))
    rest = left(names(WHOLE), [ANN, RING], scope_of(WHOLE, ACCOUNT))
    assert sorted(rest) == sorted(names(plan(BOB, MUTE)))
    assert approved(plan(BOB, MUTE), begun, ACCOUNT, NOW) == names(WHOLE)
    later = given(remaining=rest)
    assert approved(plan(BOB), later, ACCOUNT, NOW) == rest
    assert approved(plan(ANN), later, ACCOUNT, NOW) == ()
    assert approved(plan(BOB, replace(BOB, call_sid="CA9")), later, ACCOUNT, NOW) == ()
    assert approved(plan(BOB), later, ACCOUNT, NOW + 1) == ()


def test_the_conference_that_the_first_ring_makes_does_not_stop_the_second() -> None:
    many = replace(
        plan(RING, replace(RING, label="eve", to="+15550009")), conference=None
    )
    begun = given(many, remaining=names(many))
    one = plan(replace(RING, conference="CF1"))
    assert approved(one, begun, ACCOUNT, NOW) == names(many)


def test_what_was_begun_is_rung_to_the_end_beside_what_nobody_approved() -> None:
    eve = replace(RING, label="eve", to="+15550009")
    begun = given(remaining=names(WHOLE))
    now = plan(RING, eve, ANN)
    assert approved(now, begun, ACCOUNT, NOW) == ()
    on = going_on(now, begun, ACCOUNT, NOW)
    assert on.actions == (RING,)
    assert [each.action for each in on.withheld] == [eve, ANN]
    for other in (given(), Ledger()):
        assert going_on(now, other, ACCOUNT, NOW) == now
    assert going_on(now, begun, ACCOUNT, NOW + 1) == now
    assert going_on(now, begun, "AC2", NOW) == now


def test_an_approval_is_spent_once_begun_with_nothing_withheld() -> None:
    begun = given(remaining=names(WHOLE)).approval
    assert spent(plan(), begun)
    assert not spent(WHOLE, begun)
    assert not spent(replace(plan(), unknown="Twilio is down"), begun)
    assert not spent(plan(), given().approval)
    assert not spent(plan(), None)


def test_who_approved_and_why_goes_on_record() -> None:
    assert lifted(given()).approved == "over (approved by ops)"
    assert lifted(Ledger()).approved is None


def test_a_plan_made_anew_rings_and_removes_nobody_else() -> None:
    assert within(Plan("line", 3, HERE, actions=(ANN, BOB, MUTE)), WHOLE)
    more = replace(BOB, label="eve", call_sid="CA9")
    assert not within(Plan("line", 3, HERE, actions=(ANN, more)), WHOLE)
    assert not within(plan(ANN), WHOLE)
