"""Rings of members who may be in already, by a call that has no record yet."""

import pytest
from msgspec.structs import replace

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Approval, Elsewhere, Ledger
from reconciler.model.observation import Call, Participant, ParticipantStatus
from reconciler.model.roster import Limits, Unlisted
from reconciler.planning.absence import NO_RECORD_SECONDS
from reconciler.planning.approval import (
    fingerprint,
    going_on,
    scope_of,
    spent,
)
from reconciler.planning.approved_names import names_of
from reconciler.planning.authority import Authority
from reconciler.planning.call_facts import UNREAD
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import REQUEUE_SECONDS, make_plan
from reconciler.planning.unread_calls import OVERDUE_SECONDS
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    NUMBERS,
    attempt,
    call,
    guards,
    ledger,
    leg,
    look,
    member,
    reasons,
    record,
    rings,
    roster,
)
from tests.planning.world import World

ACCOUNT = "AC" + "0" * 32
WORD = Authority(ACCOUNT)
WAITS = f"waits: Twilio has no record yet of a call that may be theirs ({CA2})"
PEOPLE = (member("ann"), member("bob"))
ABSENT = ledger(record("ann"), record("bob"))
NEW = leg(CA2, None, created_at=NOW - 0.5)
HERS = call(CA2, NUMBERS["ann"], inbound=True)
NOBODYS = call(CA2, "+15559990001", inbound=True)


def plan_of(
    *legs: Participant, read: Call | None = None, kept: Ledger = ABSENT
) -> Plan:
    seen = look(*legs, calls=(read,) if read else ())
    return make_plan(roster(*PEOPLE), seen, kept, NOW)


@pytest.mark.parametrize(
    ("shown", "read", "rung"),
    [
        pytest.param(NEW, None, [], id="no record"),
        pytest.param(NEW, HERS, ["bob"], id="her record"),
        pytest.param(NEW, NOBODYS, ["ann", "bob"], id="a stranger's record"),
        pytest.param(
            replace(NEW, created_at=NOW - NO_RECORD_SECONDS + 1),
            None,
            [],
            id="nearly a minute",
        ),
        pytest.param(
            replace(NEW, created_at=NOW - NO_RECORD_SECONDS),
            None,
            [],
            id="a minute",
        ),
        pytest.param(replace(NEW, created_at=None), None, [], id="of unknown age"),
        pytest.param(replace(NEW, label="guest"), None, [], id="a label of nobody"),
        pytest.param(replace(NEW, label="ann"), None, ["bob"], id="her label"),
        pytest.param(
            replace(NEW, status=ParticipantStatus.RINGING), None, [], id="on its way"
        ),
        pytest.param(
            replace(NEW, status=ParticipantStatus.COMPLETE),
            None,
            ["ann", "bob"],
            id="over",
        ),
    ],
)
def test_nobody_is_rung_whom_a_call_without_a_record_may_be(
    shown: Participant, read: Call | None, rung: list[str]
) -> None:
    assert rings(plan_of(shown, read=read)) == rung


@pytest.mark.parametrize("rule", list(Unlisted))
def test_every_rule_for_strangers_waits_and_looks_again_soon(rule: Unlisted) -> None:
    made = make_plan(roster(*PEOPLE, unlisted=rule), look(NEW), ABSENT, NOW)
    assert rings(made) == []
    assert reasons(made, "ann") == reasons(made, "bob") == [WAITS]
    assert [(each.phase, each.reason) for each in made.people] == [
        (Phase.WAITING, WAITS)
    ] * 2
    assert made.requeue_after == REQUEUE_SECONDS
    assert not made.settled
    assert not made.stalled


def test_a_call_that_we_placed_needs_no_record_to_let_others_be_rung() -> None:
    kept = ledger(record("ann", attempt("ann", call_sid=CA2)), record("bob"))
    assert rings(plan_of(NEW, kept=kept)) == ["bob"]


def test_a_call_that_we_placed_for_another_room_is_only_of_the_phone_it_rang() -> None:
    placed = attempt("ann", room="other", call_sid=CA2)
    other = Elsewhere(placed, released=False, listed=True)
    kept = replace(ABSENT, elsewhere=(other,))
    assert rings(plan_of(NEW, kept=kept)) == ["bob"]


def test_a_second_call_of_a_member_delays_nobody_once_it_is_read() -> None:
    kept = ledger(record("ann", attempt("ann")), record("bob"))
    seen = (leg(CA1), NEW)
    assert rings(plan_of(*seen, read=HERS, kept=kept)) == ["bob"]


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(attempt(outcome=CallOutcome.REMOVED), id="removed to be redialed"),
        pytest.param(attempt(outcome=CallOutcome.DELAYED), id="delayed"),
        pytest.param(attempt(outcome=CallOutcome.NOT_RUNG), id="not rung"),
    ],
)
def test_a_ring_that_follows_another_waits_too(last: Attempt) -> None:
    over = replace(last, state=AttemptState.ENDED, ended_at=NOW - 50)
    kept = ledger(record("ann", over), record("bob", attempt("bob", id=2)))
    assert rings(plan_of(kept=kept)) == ["ann"]
    made = plan_of(NEW, kept=kept)
    assert rings(made) == []
    assert reasons(made, "ann") == [WAITS]


def test_a_number_that_two_share_still_needs_a_person() -> None:
    people = (member("ann"), member("bob", to=NUMBERS["ann"]), member("cara"))
    kept = ledger(*(record(each.label, to=each.to) for each in people))
    seen = look(leg(CA1, None), NEW, calls=(call(CA1, NUMBERS["ann"], inbound=True),))
    made = make_plan(roster(*people), seen, kept, NOW)
    assert made.stalled
    assert "declare the number for one of them only" in reasons(made, "ann")[0]
    assert reasons(made, "cara") == [WAITS]


def test_a_limit_withholds_the_same_rings_while_a_call_is_unread() -> None:
    limited = roster(*PEOPLE, limits=Limits(rings=1))
    for seen in (look(), look(NEW)):
        made = make_plan(limited, seen, ABSENT, NOW)
        assert {each.action.label for each in made.withheld} == {"ann", "bob"}


def test_an_approval_that_was_begun_outlives_the_wait_for_a_record() -> None:
    limited = roster(*PEOPLE, limits=Limits(rings=1))
    held = make_plan(limited, look(NEW), ABSENT, NOW)
    names = names_of((x.action for x in held.withheld), scope_of(held, ACCOUNT))
    given = Approval("", "all hands", "eve", NOW + 600, names)
    kept = replace(ABSENT, approval=given)
    waiting = going_on(held, kept, ACCOUNT, NOW)
    assert (rings(waiting), waiting.withheld) == ([], ())
    assert reasons(waiting, "ann") == [WAITS]
    assert waiting.requeue_after == REQUEUE_SECONDS
    assert not spent(held, given)
    told = make_plan(limited, look(NEW, calls=(NOBODYS,)), kept, NOW)
    assert rings(going_on(told, kept, ACCOUNT, NOW)) == ["ann", "bob"]


OLD = replace(NEW, created_at=NOW - NO_RECORD_SECONDS)


def test_rings_that_a_call_without_a_record_puts_off_for_a_minute_are_withheld() -> (
    None
):
    made = plan_of(OLD)
    assert guards(made) == [("unread-calls", "ann"), ("unread-calls", "bob")]
    assert made.withheld[0].reason == (
        f"{WAITS}; such calls have kept them waiting for 60 s. Called once Twilio shows "
        "whose calls they are. To call them although they may be in: "
        "reconciler approve line"
    )
    assert [(each.phase, each.reason) for each in made.people] == [
        (Phase.STALLED, WAITS)
    ] * 2
    assert made.stalled
    assert made.requeue_after == OVERDUE_SECONDS


def test_they_go_by_themselves_once_all_calls_are_read() -> None:
    made = plan_of(OLD, read=NOBODYS, kept=replace(ABSENT, memory={CA2: {UNREAD: 0}}))
    assert rings(made) == ["ann", "bob"]
    assert made.memory == {CA2: {UNREAD: None}}


def strangers_who_dial_in_faster_than_their_records(every: float) -> World:
    """Two seconds before a stranger's call has a record, the next one is in."""
    world = World(roster(*PEOPLE))
    for _ in range(int(2 * NO_RECORD_SECONDS / every)):
        sid = world.join("+15559990001", inbound=True)
        world.unread = {sid}
        world.now += every
        world.make_pass()
    return world


@pytest.mark.parametrize("every", [2.0, 20.0])
def test_ever_new_calls_without_records_withhold_rings_after_a_minute(
    every: float,
) -> None:
    world = strangers_who_dial_in_faster_than_their_records(every)
    assert world.rung == []
    assert [guard for guard, _ in guards(world.plan())] == ["unread-calls"] * 2
    world.unread = set()
    world.make_pass()
    assert {each.label for each in world.rung} == {"ann", "bob"}
    assert not any(each.get(UNREAD) for each in world.ledger.memory.values())


def test_the_minute_begins_again_after_a_look_at_which_all_calls_were_read() -> None:
    seen = look(NEW)
    assert guards(make_plan(roster(*PEOPLE), seen, ABSENT, NOW)) == []
    late = replace(ABSENT, memory={CA1: {UNREAD: int(NOW - NO_RECORD_SECONDS)}})
    made = make_plan(roster(*PEOPLE), seen, late, NOW)
    assert len(guards(made)) == 2
    assert made.memory == {
        CA1: {UNREAD: None},
        CA2: {UNREAD: int(NOW - NO_RECORD_SECONDS)},
    }


def test_nothing_is_remembered_of_unread_calls_while_nobody_is_to_be_rung() -> None:
    kept = ledger(record("ann", attempt("ann")), record("bob", attempt("bob", id=2)))
    noted = plan_of(NEW, kept=kept).memory
    assert not any(UNREAD in each for each in noted.values())


def approving(plan: Plan) -> Approval:
    return Approval(fingerprint(plan, ACCOUNT), "all hands", "eve", NOW + 600)


def test_a_person_has_them_rung_although_they_may_be_in() -> None:
    kept = replace(ABSENT, approval=approving(plan_of(OLD)))
    made = make_plan(roster(*PEOPLE), look(OLD), kept, NOW, authority=WORD)
    assert rings(made) == ["ann", "bob"]
    rest = replace(approving(made), remaining=made.approval_use.remaining)
    kept = replace(ABSENT, approval=rest)
    made = make_plan(roster(*PEOPLE), look(OLD), kept, NOW, authority=WORD)
    assert rings(made) == ["ann", "bob"]


@pytest.mark.parametrize("forced", [False, True])
def test_no_other_approval_has_them_rung(forced: bool) -> None:
    limited = roster(*PEOPLE, limits=Limits(rings=1))
    held = make_plan(limited, look(OLD), ABSENT, NOW)
    assert [guard for guard, _ in guards(held)] == ["limits.rings"] * 2
    kept = replace(ABSENT, approval=approving(held))
    word = replace(WORD, forced="forced" if forced else None)
    made = make_plan(limited, look(OLD), kept, NOW, authority=word)
    assert rings(made) == []
    assert [guard for guard, _ in guards(made)] == ["unread-calls"] * 2
