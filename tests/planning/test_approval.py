"""An approval covers what is left of what was shown, by kind, and fails closed."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from reconciler.model.action import (
    Change,
    ChangeKind,
    FieldChange,
    Harm,
    Remove,
    Ring,
    Verb,
)
from reconciler.model.ledger import Approval, GuardKind, Ledger
from reconciler.model.observation import Conference, ConferenceStatus
from reconciler.model.policy import Ceilings, Policy
from reconciler.model.roster import Limits
from reconciler.planning.approval import (
    approvable,
    approvable_names,
    approved,
    begin,
    covers,
    fingerprint,
    going_on,
    scope_of,
    spent,
    still_to_do,
    with_use,
    within,
)
from reconciler.planning.approved_names import names_of
from reconciler.planning.authority import Authority
from reconciler.planning.plan import (
    NOT_APPROVED,
    ApprovalUse,
    Phase,
    Plan,
    Waiting,
    Withheld,
)
from reconciler.planning.planner import make_plan
from tests.planning.samples import NOW as SEEN_AT
from tests.planning.samples import ledger, look, member, roster

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
    ChangeKind.MUTE,
    (FieldChange("muted", before=False, after=True),),
    Harm.SILENCE,
    "declared muted",
)


GUARDS = {
    Verb.REMOVE: "limits.removals",
    Verb.RING: "limits.rings",
    Verb.CHANGE: "flapping",
}
REMOVALS, RINGS, FLAPPING = GuardKind.REMOVALS, GuardKind.RINGS, GuardKind.FLAPPING
ALL = frozenset({REMOVALS, RINGS, FLAPPING})


def plan(*actions: Ring | Change | Remove) -> Plan:
    withheld = tuple(Withheld(each, GUARDS[each.verb], "too many") for each in actions)
    return Plan("line", 3, HERE, withheld=withheld)


WHOLE = plan(ANN, BOB, RING, MUTE)


def given(of: Plan = WHOLE, *, remaining: tuple[str, ...] | None = None) -> Ledger:
    mark = fingerprint(of, ACCOUNT)
    left_over = names(of) if remaining is None else remaining
    return Ledger(approval=Approval(mark, "over", "ops", NOW + 1, left_over))


def names(of: Plan) -> tuple[str, ...]:
    return names_of((each.action for each in of.withheld), scope_of(of, ACCOUNT))


def test_the_very_plan_is_let_through_whatever_its_order_and_its_words() -> None:
    other = plan(MUTE, RING, replace(BOB, reason="other words"), ANN)
    assert approved(WHOLE, given(), ACCOUNT, NOW) == ALL
    assert approved(other, given(), ACCOUNT, NOW) == ALL


def test_an_approval_without_names_counts_for_the_very_plan_alone() -> None:
    mark = fingerprint(WHOLE, ACCOUNT)
    old = Ledger(approval=Approval(mark, "over", "ops", NOW + 1, None))
    assert approved(WHOLE, old, ACCOUNT, NOW) == ALL
    assert approved(plan(ANN, BOB, RING), old, ACCOUNT, NOW) == frozenset()


def test_what_is_left_of_what_was_approved_is_let_through() -> None:
    assert approved(plan(ANN), given(), ACCOUNT, NOW) == {REMOVALS}
    assert approved(plan(ANN, BOB, RING), given(), ACCOUNT, NOW) == {REMOVALS, RINGS}
    assert approved(plan(), given(), ACCOUNT, NOW) == frozenset()


@pytest.mark.parametrize(
    ("other", "kinds"),
    [
        pytest.param(
            plan(ANN, BOB, RING, MUTE, replace(ANN, label="x")),
            {RINGS, FLAPPING},
            id="one removal more",
        ),
        pytest.param(
            plan(replace(ANN, call_sid="CA9"), BOB, RING, MUTE),
            {RINGS, FLAPPING},
            id="another call",
        ),
        pytest.param(
            plan(ANN, BOB, replace(RING, to="+15550002"), MUTE),
            {REMOVALS, FLAPPING},
            id="another number",
        ),
        pytest.param(
            plan(ANN, BOB, replace(RING, number=2), MUTE),
            {REMOVALS, FLAPPING},
            id="rung again",
        ),
        pytest.param(
            plan(ANN, BOB, replace(RING, intent=2), MUTE),
            {REMOVALS, FLAPPING},
            id="another intent",
        ),
        pytest.param(
            plan(ANN, BOB, replace(RING, fields=(("timeout", 9),)), MUTE),
            {REMOVALS, FLAPPING},
            id="other fields",
        ),
        pytest.param(
            plan(
                ANN,
                BOB,
                RING,
                replace(MUTE, field_changes=(FieldChange("hold", False, True),)),
            ),
            {REMOVALS, RINGS},
            id="another change",
        ),
        pytest.param(replace(WHOLE, room="other"), set(), id="room"),
    ],
)
def test_more_than_was_approved_is_not(other: Plan, kinds: set[GuardKind]) -> None:
    assert approved(other, given(), ACCOUNT, NOW) == kinds


def test_a_later_roster_that_plans_the_same_finds_it_approved() -> None:
    assert approved(replace(WHOLE, generation=4), given(), ACCOUNT, NOW) == ALL


def test_who_needs_a_redial_neither_blocks_an_approval_nor_is_part_of_it() -> None:
    redial = Withheld(replace(RING, label="zoe"), "needs-redial", "on_change: keep")
    beside = replace(WHOLE, withheld=(*WHOLE.withheld, redial))
    assert approvable(beside) == WHOLE.withheld
    assert fingerprint(beside, ACCOUNT) == fingerprint(WHOLE, ACCOUNT)
    assert approved(beside, given(), ACCOUNT, NOW) == ALL
    alone = replace(WHOLE, withheld=(redial,))
    assert approved(alone, given(), ACCOUNT, NOW) == frozenset()
    assert spent(alone, given().approval)


def test_who_needs_a_redial_is_redialed_where_the_approval_says_so() -> None:
    redial = Withheld(replace(ANN, label="zoe", call_sid="CA7"), "needs-redial", "x")
    other = Withheld(replace(ANN, label="yan", call_sid="CA8"), "needs-redial", "x")
    one, both = (replace(plan(), withheld=x) for x in ((redial,), (redial, other)))
    word = given(remaining=names(both))
    assert approved(both, word, ACCOUNT, NOW) == {GuardKind.REDIALS}
    assert approved(one, word, ACCOUNT, NOW) == {GuardKind.REDIALS}
    assert approved(both, given(remaining=names(one)), ACCOUNT, NOW) == frozenset()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: Ledger(), id="none"),
        pytest.param(
            lambda it: replace(it, approval=replace(it.approval, expires_at=NOW)),
            id="over",
        ),
        pytest.param(
            lambda it: replace(it, approval=replace(it.approval, remaining=())),
            id="used up",
        ),
    ],
)
def test_without_a_word_that_counts_nothing_is(
    spoil: Callable[[Ledger], Ledger],
) -> None:
    assert approved(WHOLE, spoil(given()), ACCOUNT, NOW) == frozenset()


def test_another_account_is_another_plan() -> None:
    assert approved(WHOLE, given(), "AC2", NOW) == frozenset()
    assert approved(WHOLE, given(), "", NOW) == frozenset()


def test_a_plan_that_was_begun_goes_on_with_what_is_left_and_no_more() -> None:
    begun = given(remaining=names(WHOLE))
    used = replace(WHOLE, approval_use=ApprovalUse(remaining=names(WHOLE)))
    rest = still_to_do(used, [ANN, RING], ACCOUNT)
    assert rest is not None
    assert still_to_do(WHOLE, [ANN], ACCOUNT) is None
    assert sorted(rest) == sorted(names(plan(BOB, MUTE)))
    assert approved(plan(BOB, MUTE), begun, ACCOUNT, NOW) == {REMOVALS, FLAPPING}
    later = given(remaining=rest)
    assert approved(plan(BOB), later, ACCOUNT, NOW) == {REMOVALS}
    assert approved(plan(ANN), later, ACCOUNT, NOW) == frozenset()
    more = plan(BOB, replace(BOB, call_sid="CA9"))
    assert approved(more, later, ACCOUNT, NOW) == frozenset()
    assert approved(plan(BOB), later, ACCOUNT, NOW + 1) == frozenset()


def test_a_removal_that_was_approved_is_told_from_one_that_was_not() -> None:
    scope = scope_of(WHOLE, ACCOUNT)
    assert covers(given(), ANN, scope)
    assert not covers(given(), replace(ANN, call_sid="CA9"), scope)
    assert not covers(Ledger(), ANN, scope)


def test_the_conference_that_the_first_ring_makes_does_not_stop_the_second() -> None:
    many = replace(
        plan(RING, replace(RING, label="eve", to="+15550009")), conference=None
    )
    begun = given(many, remaining=names(many))
    one = plan(replace(RING, conference="CF1"))
    assert approved(one, begun, ACCOUNT, NOW) == {RINGS}


def test_what_was_begun_is_rung_to_the_end_beside_what_nobody_approved() -> None:
    eve = replace(RING, label="eve", to="+15550009")
    begun = given(remaining=names(WHOLE))
    now = plan(RING, eve, ANN)
    assert approved(now, begun, ACCOUNT, NOW) == {REMOVALS}
    on = going_on(now, begun, ACCOUNT, NOW)
    assert on.actions == (RING,)
    assert [each.action for each in on.withheld] == [eve, ANN]
    assert going_on(now, Ledger(), ACCOUNT, NOW) == now
    assert going_on(now, begun, ACCOUNT, NOW + 1) == now
    assert going_on(now, begun, "AC2", NOW) == now


def test_an_approval_is_spent_once_begun_with_nothing_withheld() -> None:
    begun = given(remaining=names(WHOLE)).approval
    assert spent(plan(), begun)
    assert not spent(WHOLE, begun)
    assert not spent(replace(plan(), unknown="Twilio is down"), begun)
    assert not spent(plan(), None)


def test_an_approval_is_not_spent_while_what_it_approved_only_waits() -> None:
    begun = given(remaining=names(WHOLE)).approval
    quiet = Waiting("ann", Phase.CONNECTED, "until the file is quiet", NOW + 3)
    assert not spent(replace(plan(), waiting=(quiet,)), begun)
    assert not spent(replace(plan(), actions=(MUTE,)), begun)
    assert spent(replace(plan(), waiting=(replace(quiet, settled=True),)), begun)


def test_a_voided_approval_covers_nothing() -> None:
    voided = given(remaining=())
    assert begin(WHOLE, voided, ACCOUNT).remaining == ()
    assert approved(WHOLE, voided, ACCOUNT, NOW) == frozenset()


def test_an_approval_is_not_spent_while_a_redial_that_it_names_is_to_come() -> None:
    redial = Withheld(replace(ANN, label="zoe", call_sid="CA7"), "needs-redial", "x")
    alone = replace(plan(), withheld=(redial,))
    assert not spent(alone, given(remaining=names(alone)).approval)


def test_who_approved_and_why_goes_on_record() -> None:
    use = begin(WHOLE, given(), ACCOUNT)
    assert use.reason == "over (approved by ops)"
    assert use.remaining == names(WHOLE)
    assert begin(WHOLE, Ledger(), ACCOUNT) == NOT_APPROVED


def test_a_plan_made_anew_rings_and_removes_nobody_else() -> None:
    assert within(Plan("line", 3, HERE, actions=(ANN, BOB, MUTE)), WHOLE)
    more = replace(BOB, label="eve", call_sid="CA9")
    assert not within(Plan("line", 3, HERE, actions=(ANN, more)), WHOLE)
    assert within(plan(ANN), WHOLE)
    assert not within(plan(more), WHOLE)


def test_an_approval_is_on_record_as_begun_before_anything_of_it_is_done() -> None:
    whole = given()
    use = begin(WHOLE, whole, ACCOUNT)
    known = with_use(WHOLE, whole, use).approval_use
    assert (known.remaining, known.begun) == (names(WHOLE), None)
    assert whole.approval is not None
    fresh = replace(whole, approval=replace(whole.approval, remaining=None))
    assert with_use(WHOLE, fresh, use).approval_use.begun == names(WHOLE)
    assert with_use(plan(), whole, NOT_APPROVED).approval_use.begun == ()
    assert with_use(plan(), Ledger(), NOT_APPROVED).approval_use.begun is None


def test_a_plan_lets_through_what_was_approved_and_says_so() -> None:
    people = [member(f"p{n}", to=f"client:p{n}") for n in range(3)]
    wanted = roster(*people, limits=Limits(rings=2))
    held = make_plan(wanted, look(), ledger(), SEEN_AT, 1)
    assert len(held.withheld) == 3
    word = Approval(fingerprint(held, ""), "over", "ops", SEEN_AT + 9)
    kept = ledger(approval=word)
    made = make_plan(wanted, look(), kept, SEEN_AT, 1)
    assert (len(made.actions), made.withheld) == (3, ())
    assert made.approval_use.begun == approvable_names(held, "")
    assert made.approval_use.reason == "over (approved by ops)"
    strict = Policy(ceilings=Ceilings(rings=2))
    refused = make_plan(
        wanted, look(), kept, SEEN_AT, 1, authority=Authority(policy=strict)
    )
    assert refused.actions == ()
    assert {each.guard for each in refused.withheld} == {"policy"}
    elsewhere = make_plan(
        wanted, look(), kept, SEEN_AT, 1, authority=Authority(account_sid="AC2")
    )
    assert (elsewhere.actions, elsewhere.approval_use) == ((), NOT_APPROVED)
