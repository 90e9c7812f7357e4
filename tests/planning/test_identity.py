import pytest
from msgspec.structs import replace

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Ledger
from reconciler.model.observation import (
    CallStatus,
    Observation,
    ParticipantStatus,
)
from reconciler.model.roster import Unlisted
from reconciler.planning.finding import Adopted
from reconciler.planning.identity import match_participants
from reconciler.planning.ownership import address
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    NOW,
    NUMBERS,
    attempt,
    call,
    field_changes,
    ledger,
    leg,
    look,
    member,
    reasons,
    record,
    removed,
    rings,
    roster,
)

STRANGER = "+15559990001"
GONE = NOW - 5


@pytest.mark.parametrize(
    ("observation", "kept", "owner"),
    [
        pytest.param(
            look(leg(CA1, None)),
            ledger(record("ann", attempt("ann"))),
            "ann",
            id="by a call that we placed",
        ),
        pytest.param(
            look(leg(CA1, "bob"), calls=(call(CA1, NUMBERS["bob"]),)),
            ledger(record("ann", attempt("ann")), record("bob")),
            "ann",
            id="by our call rather than by the label",
        ),
        pytest.param(
            look(leg(CA1, "ann"), calls=(call(CA1, NUMBERS["ann"]),)),
            ledger(record("ann")),
            "ann",
            id="by the label",
        ),
        pytest.param(
            look(leg(CA1, "ann"), calls=(call(CA1, STRANGER, inbound=True),)),
            ledger(record("ann")),
            "ann",
            id="inbound with our label",
        ),
        pytest.param(
            look(leg(CA1, None), calls=(call(CA1, NUMBERS["ann"], inbound=True),)),
            ledger(record("ann")),
            "ann",
            id="by the number of who dialed in",
        ),
        pytest.param(
            look(leg(CA1, None)),
            ledger(record("ann"), identities={CA1: call(CA1, NUMBERS["ann"])}),
            "ann",
            id="by a call told apart before",
        ),
        pytest.param(
            look(leg(CA1, "ann"), calls=(call(CA1, STRANGER),)),
            ledger(record("ann")),
            None,
            id="not by the label of a call to somebody else",
        ),
        pytest.param(
            look(leg(CA1, None), calls=(call(CA1, STRANGER, inbound=True),)),
            ledger(record("ann")),
            None,
            id="not by another number",
        ),
        pytest.param(
            look(leg(CA1, "old"), calls=(call(CA1, NUMBERS["ann"]),)),
            ledger(record("old", to=NUMBERS["ann"], dismissed_at=GONE), record("ann")),
            "ann",
            id="by the number rather than by a label that left the roster",
        ),
        pytest.param(
            look(leg(CA1, None), calls=(call(CA1, NUMBERS["ann"], inbound=True),)),
            ledger(record("ann"), record("bob", to=NUMBERS["ann"])),
            None,
            id="not by a number of two members",
        ),
        pytest.param(
            look(leg(CA1, None), calls=(call(CA1, NUMBERS["ann"], inbound=True),)),
            ledger(record("ann", dismissed_at=GONE)),
            None,
            id="not by the number of somebody who left the roster",
        ),
        pytest.param(
            look(leg(CA1, "ann", status=ParticipantStatus.COMPLETE)),
            ledger(record("ann", attempt("ann"))),
            None,
            id="not by a leg that is complete",
        ),
    ],
)
def test_a_leg_is_known_by_call_then_label_then_number(
    observation: Observation, kept: Ledger, owner: str | None
) -> None:
    matching = match_participants(observation, kept)
    found = [label for label in kept.records if matching.leg(label) is not None]
    assert found == ([owner] if owner else [])
    gone = observation.participants[0].status is ParticipantStatus.COMPLETE
    assert len(matching.strangers) == (0 if owner or gone else 1)


def test_custom_parameters_are_no_part_of_an_address() -> None:
    assert address("client:bob?team=a") == "client:bob"
    assert address("+15551230001") == "+15551230001"


def test_a_connected_leg_counts_before_one_on_the_way() -> None:
    ringing = leg(CA1, "ann", status=ParticipantStatus.RINGING)
    dialed_in = leg(CA2, None)
    matching = match_participants(
        look(ringing, dialed_in, calls=(call(CA2, NUMBERS["ann"], inbound=True),)),
        ledger(record("ann", attempt("ann"))),
    )
    assert matching.leg("ann") == dialed_in
    assert matching.matches["ann"].extras == (ringing,)


@pytest.mark.parametrize("order", [1, -1])
def test_our_own_call_counts_before_another_of_the_same_person(order: int) -> None:
    legs = (leg(CA2, None), leg(CA1, None))[::order]
    calls = (call(CA2, NUMBERS["ann"], inbound=True),)
    kept = ledger(record("ann", attempt("ann")))
    assert match_participants(look(*legs, calls=calls), kept).leg("ann") == leg(
        CA1, None
    )


def test_a_renamed_member_is_taken_over_and_neither_rung_nor_removed() -> None:
    kept = ledger(
        record("old", attempt("old"), to=NUMBERS["ann"], dismissed_at=GONE),
        record("ann"),
    )
    seen = look(leg(CA1, "old"), calls=(call(CA1, NUMBERS["ann"]),))
    plan = make_plan(roster(member("ann")), seen, kept, NOW)
    assert plan.actions == ()


def test_somebody_who_may_be_either_of_two_is_left_alone_and_neither_is_rung() -> None:
    people = (member("ann"), member("bob", to=NUMBERS["ann"]))
    kept = ledger(record("ann"), record("bob", to=NUMBERS["ann"]))
    seen = look(leg(CA1, None), calls=(call(CA1, NUMBERS["ann"], inbound=True),))
    for rule in Unlisted:
        plan = make_plan(roster(*people, unlisted=rule), seen, kept, NOW)
        assert plan.actions == ()
        assert plan.stalled


def test_a_label_that_somebody_else_holds_is_not_rung() -> None:
    seen = look(leg(CA1, "ann"), calls=(call(CA1, STRANGER),))
    plan = make_plan(roster(member("ann")), seen, ledger(record("ann")), NOW)
    assert plan.actions == ()
    assert "a call to somebody else" in reasons(plan, "ann")[0]


def test_a_label_that_another_member_holds_is_not_rung() -> None:
    seen = look(leg(CA1, "bob"), calls=(call(CA1, NUMBERS["ann"]),))
    kept = ledger(record("ann"), record("bob"))
    plan = make_plan(roster(member("ann"), member("bob")), seen, kept, NOW)
    assert plan.actions == ()
    assert plan.stalled


@pytest.mark.parametrize("rule", [Unlisted.REMOVE, Unlisted.KEEP])
def test_a_stranger_whose_call_has_no_record_yet_is_not_removed(
    rule: Unlisted,
) -> None:
    plan = make_plan(roster(unlisted=rule), look(leg(CA1, None)), ledger(), NOW)
    assert removed(plan) == []


def test_a_leg_whose_call_is_over_is_neither_adopted_nor_rung_past() -> None:
    over = attempt(
        state=AttemptState.ENDED, outcome=CallOutcome.REMOVED, ended_at=NOW - 1
    )
    plan = make_plan(
        roster(member("ann")), look(leg(CA1)), ledger(record("ann", over)), NOW
    )
    assert (plan.findings, plan.actions) == ((), ())
    assert "has ended, but the listing still shows it" in reasons(plan, "ann")[0]
    assert not plan.stalled


def contradicted(ended_at: float, *attempts: Attempt) -> Plan:
    """Her call is over by its record, and the listing goes on showing it."""
    ended = call(CA1, status=CallStatus.COMPLETED, ended_at=ended_at)
    kept = ledger(record("ann", *attempts, intent=2))
    return make_plan(roster(member("ann")), look(leg(CA1), calls=(ended,)), kept, NOW)


def test_a_call_that_is_over_and_listed_for_good_waits_for_a_person() -> None:
    over = attempt(
        state=AttemptState.ENDED,
        outcome=CallOutcome.REMOVED,
        ended_at=NOW - 70,
        intent=2,
    )
    plan = contradicted(NOW - 70, over)
    assert (rings(plan), plan.stalled) == ([], True)
    assert "reconciler redial line ann" in reasons(plan, "ann")[0]
    assert not contradicted(NOW - 50, replace(over, ended_at=NOW - 50)).stalled


def test_who_is_asked_for_after_that_is_called_in_spite_of_the_listing() -> None:
    assert rings(contradicted(NOW - 70)) == ["ann"]
    assert rings(contradicted(NOW - 50)) == []


def test_a_person_word_does_not_end_a_call_that_is_listed() -> None:
    said = attempt(state=AttemptState.ENDED, outcome=CallOutcome.NOT_RUNG, ended_at=NOW)
    plan = make_plan(
        roster(member("ann")), look(leg(CA1)), ledger(record("ann", said)), NOW
    )
    assert rings(plan) == []
    assert plan.converged


def test_a_call_that_is_over_by_its_record_is_nobody() -> None:
    ended = call(CA3, NUMBERS["ann"], CallStatus.COMPLETED, inbound=True)
    matching = match_participants(
        look(leg(CA3, None), calls=(ended,)), ledger(record("ann"))
    )
    assert matching.present == ()
    assert matching.leg("ann") is None


MOVED = "+15551230009"


def test_a_rename_takes_over_a_call_of_ours_whose_record_was_never_read() -> None:
    kept = ledger(
        record(
            "old",
            attempt("old", to=NUMBERS["ann"]),
            to=NUMBERS["ann"],
            dismissed_at=GONE,
        ),
        record("ann"),
    )
    plan = make_plan(roster(member("ann")), look(leg(CA1, "old")), kept, NOW)
    assert plan.actions == ()
    found = {type(each).__name__: each.label for each in plan.findings}
    assert found == {"Reassigned": "ann", "Progress": "ann", "Forgotten": "old"}


def test_a_rename_takes_over_no_call_to_another_number_than_the_one_declared() -> None:
    """The number was edited while the call stood, and then the label."""
    kept = ledger(
        record("old", attempt("old", to="+15551230008"), dismissed_at=GONE, to=MOVED),
        record("ann", to=MOVED),
    )
    plan = make_plan(
        roster(member("ann", to=MOVED), member("bob")), look(leg(CA1, "old")), kept, NOW
    )
    assert "ann" in rings(plan)
    assert not any(isinstance(each, Adopted) for each in plan.findings)


@pytest.mark.parametrize("shown", ["+86282452253", "+266696687", "Anonymous", ""])
def test_a_withheld_number_names_nobody_and_is_never_rung(shown: str) -> None:
    guest = member("guest", to=shown)
    kept = ledger(record("guest", to=shown))
    seen = look(leg(CA1, None), calls=(call(CA1, shown, inbound=True),))
    plan = make_plan(roster(guest, unlisted=Unlisted.MUTE), seen, kept, NOW)
    assert [each.call_sid for each in plan.unlisted] == [CA1]
    assert [field_changes(each) for each in plan.actions] == [{"muted": True}]
    assert "callers who withhold their number" in reasons(plan, "guest")[0]
    assert plan.stalled


def test_two_callers_who_withhold_their_number_are_not_taken_for_one_member() -> None:
    calls = tuple(call(sid, "+2562533", inbound=True) for sid in (CA2, CA3))
    seen = look(leg(CA2, None), leg(CA3, None), calls=calls)
    plan = make_plan(roster(), seen, ledger(), NOW)
    assert plan.converged
    assert len(plan.unlisted) == 2
