"""Which actions wait for which silences that did not work."""

import pytest
from msgspec.structs import replace

from reconciler.model.action import (
    Action,
    Change,
    ChangeKind,
    FieldChange,
    Harm,
    Remove,
)
from reconciler.model.roster import OnChange, Roster
from reconciler.planning.order import coached_calls, relies
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.retry import failed, place
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    CF,
    NOW,
    attempt,
    ledger,
    leg,
    look,
    member,
    record,
    roster,
)

CALLS = {"ann": CA1, "bob": CA2, "sup": CA3}
COACHED = leg(CA1)
OTHER = leg(CA2, "bob")
COACH = leg(CA3, "sup", coaching=True, call_sid_to_coach=CA1)


def change(kind: ChangeKind, sid: str, harm: Harm, *, safety: bool = False) -> Change:
    field = FieldChange("any", before=False, after=True)
    return Change("x", sid, CF, kind, (field,), harm, "why", safety=safety)


MUTE = change(ChangeKind.MUTE, CA3, Harm.SILENCE, safety=True)


@pytest.mark.parametrize(
    ("action", "waits"),
    [
        (change(ChangeKind.HOLD, CA1, Harm.SILENCE), True),
        (change(ChangeKind.HOLD, CA2, Harm.SILENCE), False),
        (change(ChangeKind.HOLD, CA3, Harm.SILENCE), False),
        (change(ChangeKind.MUTE, CA1, Harm.SILENCE), False),
        (change(ChangeKind.COACHING, CA3, Harm.NONE), True),
        (change(ChangeKind.COACHING, CA2, Harm.NONE), False),
        (Remove("x", CA1, CF, connected=True, reason="why"), True),
        (Remove("x", CA2, CF, connected=True, reason="why"), False),
        (Remove("", None, CF, connected=True, reason="why"), False),
        (change(ChangeKind.MUTE, CA2, Harm.EXPOSE), True),
        (change(ChangeKind.HOLD, CA2, Harm.EXPOSE), True),
    ],
)
def test_what_waits_for_the_mute_of_a_coach(action: Action, *, waits: bool) -> None:
    coached = coached_calls((COACHED, OTHER, COACH))
    assert relies(action, MUTE, coached) is waits


def test_the_end_of_a_conference_waits_for_nobody() -> None:
    mute = change(ChangeKind.MUTE, CA2, Harm.SILENCE)
    end = Remove("", None, CF, connected=True, reason="why")
    assert not relies(end, mute, coached_calls((COACHED, OTHER, COACH)))


def plan(wanted: Roster, failing: str, *, coach_muted: bool = False) -> Plan:
    """The plan after the silence of *failing* has failed."""
    legs = look(COACHED, OTHER, replace(COACH, muted=coach_muted))
    records = [
        record(x.label, attempt(x.label, id=number + 1, call_sid=CALLS[x.label]))
        for number, x in enumerate(wanted.members)
    ]
    first = make_plan(wanted, legs, ledger(*records), NOW, 1)
    silence = next(
        x
        for x in first.actions
        if x.label == failing and isinstance(x, Change) and x.silences
    )
    key = place(silence)
    assert key is not None
    retry = failed(silence, {}, NOW, "no", refused=False)
    memory = {key[0]: {key[1]: retry.value}}
    return make_plan(wanted, legs, ledger(*records, memory=memory), NOW, 1)


def labels(plan: Plan) -> list[str]:
    return [each.label for each in plan.actions]


def test_a_hold_waits_for_the_mute_of_this_persons_coach_and_for_no_other() -> None:
    wanted = roster(
        member("ann", hold=True),
        member("bob", hold=True),
        member("sup", coaching="ann"),
    )
    after = plan(wanted, "sup")
    assert labels(after) == ["bob"]
    assert {each.label for each in after.waiting} >= {"ann", "sup"}


@pytest.mark.parametrize(("label", "waits"), [("ann", True), ("bob", False)])
def test_a_removal_waits_for_the_mute_of_this_persons_coach_and_for_no_other(
    label: str, *, waits: bool
) -> None:
    longer = {"create_only": (("timeout", 33),), "on_change": OnChange.REDIAL}
    hold = {"hold": True} if label == "bob" else {}
    wanted = roster(
        member("ann", **(longer if label == "ann" else hold)),
        member("bob", **(longer if label == "bob" else {})),
        member("sup", coaching="ann"),
    )
    after = plan(wanted, "sup")
    assert any(isinstance(x, Remove) for x in after.actions) is not waits


def test_a_coach_is_moved_although_somebody_elses_mute_fails() -> None:
    wanted = roster(
        member("ann", muted=True), member("bob"), member("sup", coaching="bob")
    )
    after = plan(wanted, "ann", coach_muted=True)
    assert labels(after) == ["sup"]


def test_a_coach_is_not_moved_while_the_own_mute_fails() -> None:
    wanted = roster(member("ann"), member("bob"), member("sup", coaching="bob"))
    assert labels(plan(wanted, "sup")) == []
