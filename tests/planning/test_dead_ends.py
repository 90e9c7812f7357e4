"""Whatever waits for a person says what helps: a command, or an edit."""

import re

import pytest
from hypothesis import given

from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.ledger import Record
from reconciler.model.observation import Observation
from reconciler.model.roster import Limits, Redial
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA2,
    NOW,
    NUMBERS,
    attempt,
    call,
    ledger,
    leg,
    look,
    member,
    record,
    roster,
    standing,
)
from tests.planning.test_properties import profile, run, worlds
from tests.planning.world import World

COMMAND = re.compile(r"reconciler (redial|resolve|approve|resume|release|sync)\b")
EDIT = re.compile(
    r"\b(declare|rename|set|write|list|raise) |on_change: redial|tried again"
)


def reasons(plan: Plan) -> list[str]:
    """What is said of everything that only a person can bring further."""
    waits = [
        each.reason
        for each in plan.waiting
        if each.phase in {Phase.STALLED, Phase.LEFT, Phase.FAILED}
    ]
    blocked = [plan.blocked.text] if plan.blocked else []
    return [*waits, *(each.reason for each in plan.withheld), *blocked]


def dead_ends(plan: Plan) -> list[str]:
    return [x for x in reasons(plan) if not COMMAND.search(x) and not EDIT.search(x)]


@profile
@given(world=worlds)
def test_no_plan_of_a_room_is_a_dead_end(world: World) -> None:
    for plan in run(world):
        assert dead_ends(plan) == []


def over(outcome: CallOutcome, state: AttemptState = AttemptState.ENDED) -> Record:
    return record(
        "ann", attempt(state=state, outcome=outcome, ended_at=NOW - 5, reason="so")
    )


@pytest.mark.parametrize(
    ("kept", "seen"),
    [
        *(
            pytest.param(over(outcome), look(), id=outcome)
            for outcome in (
                CallOutcome.BUSY,
                CallOutcome.NO_ANSWER,
                CallOutcome.FAILED,
                CallOutcome.CANCELED,
                CallOutcome.LEFT,
                CallOutcome.ROOM_ENDED,
                CallOutcome.MOVED,
                CallOutcome.RUNG,
            )
        ),
        pytest.param(
            over(CallOutcome.REFUSED, AttemptState.REFUSED), look(), id="refused"
        ),
        pytest.param(
            record("ann", attempt(state=AttemptState.UNKNOWN, call_sid=None)),
            look(),
            id="lost",
        ),
        pytest.param(record("ann", attempt()), look(), id="no record"),
        pytest.param(
            record("ann", attempt(connected_at=NOW - 90)),
            look(calls=(call(),)),
            id="moved away",
        ),
        pytest.param(
            record("ann"),
            look(leg(CA2), calls=(call(CA2, "+15559990000"),)),
            id="label held",
        ),
    ],
)
def test_an_absent_member_who_is_not_called_by_itself_has_a_command(
    kept: Record, seen: Observation
) -> None:
    declared = roster(member("ann", redial=Redial(attempts=1)))
    plan = make_plan(declared, seen, ledger(kept), NOW, 1)
    assert reasons(plan)
    assert dead_ends(plan) == []


def test_two_members_of_one_number_are_told_apart_by_an_edit() -> None:
    number = NUMBERS["ann"]
    kept = ledger(record("ann", to=number), record("bob", to=number))
    seen = look(leg(CA2, None), calls=(call(CA2, number, inbound=True),))
    declared = roster(member("ann", to=number), member("bob", to=number))
    plan = make_plan(declared, seen, kept, NOW, 1)
    assert reasons(plan)
    assert dead_ends(plan) == []


@pytest.mark.parametrize(
    "limits", [Limits(removals=0), Limits(removals=0, rings=0)], ids=str
)
def test_a_limit_that_withholds_names_the_command(limits: Limits) -> None:
    kept = standing(leg(), leg(CA2, "bob"))
    kept = ledger(
        kept.records["ann"],
        record("bob", attempt("bob", call_sid=CA2), dismissed_at=NOW - 5),
    )
    declared = roster(member("ann"), member("cara"), limits=limits)
    plan = make_plan(declared, look(leg(), leg(CA2, "bob")), kept, NOW, 1)
    assert plan.withheld
    assert dead_ends(plan) == []
