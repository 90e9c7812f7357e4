"""A silence that we ended a moment ago counts as over, whatever is still listed."""

from typing import Any

import pytest

from reconciler.model.action import Change, ChangeKind, FieldChange, Harm
from reconciler.model.ledger import Correction, CorrectionResult
from reconciler.planning.listing_lag import LISTED_WITHIN_SECONDS, safety_fields, shows
from reconciler.planning.plan import Plan
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    changes,
    field_changes,
    leg,
    member,
    plan_for,
)

ANN = leg(CA1, "ann")


def ended(
    field: str, age: float = 1.0, sid: str = CA1, *, seen: bool = False
) -> Correction:
    at = NOW - age
    return Correction(sid, field, at, CorrectionResult.DONE, at if seen else None)


def plan_of(*corrections: Correction, listed: dict[str, Any], **said: Any) -> Plan:
    person = leg(CA1, "ann", **listed)
    return plan_for(member("ann", **said), legs=(person,), corrections=corrections)


@pytest.mark.parametrize("name", ["muted", "hold"])
def test_a_silence_declared_again_is_sent_though_the_listing_shows_the_old_one(
    name: str,
) -> None:
    plan = plan_of(ended(f"{name}=False"), listed={name: True}, **{name: True})
    assert [field_changes(each) for each in plan.actions] == [{name: True}]


@pytest.mark.parametrize("name", ["muted", "hold"])
@pytest.mark.parametrize(
    "known",
    [
        pytest.param((), id="nothing was ended"),
        pytest.param(("old",), id="long ago"),
        pytest.param(("seen",), id="listed since"),
        pytest.param(("new", "again"), id="silenced again since"),
    ],
)
def test_the_listing_is_believed_otherwise(name: str, known: tuple[str, ...]) -> None:
    corrections = {
        "old": ended(f"{name}=False", LISTED_WITHIN_SECONDS),
        "seen": ended(f"{name}=False", seen=True),
        "new": ended(f"{name}=False"),
        "again": ended(f"{name}=True", 0.5),
    }
    made = [corrections[each] for each in known]
    assert plan_of(*made, listed={name: True}, **{name: True}).actions == ()


def test_a_coach_unmuted_a_moment_ago_is_muted_when_the_target_is_to_be_held() -> None:
    sup = leg(CA2, "sup", muted=True, coaching=True, call_sid_to_coach=CA1)
    plan = plan_for(
        member("ann", hold=True),
        member("sup", coaching="ann"),
        legs=(ANN, sup),
        memory={CA2: {"muted": False}},
        corrections=(ended("safety:muted=False", sid=CA2),),
    )
    (first, second) = plan.actions
    assert (field_changes(first), field_changes(second)) == (
        {"muted": True},
        {"hold": True},
    )
    assert changes(plan, "sup") == [first]


def test_a_coach_whom_nobody_declares_any_more_counts_as_heard_once_unmuted() -> None:
    sup = leg(CA2, "sup", muted=True, coaching=True, call_sid_to_coach=CA1)
    quiet = plan_for(
        member("ann", hold=True), member("sup"), legs=(ANN, sup), corrections=()
    )
    assert changes(quiet, "sup") == []
    plan = plan_for(
        member("ann", hold=True),
        member("sup"),
        legs=(ANN, sup),
        corrections=(ended("muted=False", sid=CA2),),
    )
    assert [field_changes(each) for each in changes(plan, "sup")] == [{"muted": True}]


def test_the_end_of_a_safety_mute_is_on_record_and_found_in_the_listing() -> None:
    unmute = Change(
        label="sup",
        call_sid=CA2,
        conference_sid="",
        kind=ChangeKind.MUTE,
        field_changes=(FieldChange("muted", before=True, after=False),),
        harm=Harm.EXPOSE,
        reason="was muted only until the coaching was confirmed",
        memory=(("muted", False),),
    )
    (field,) = safety_fields(unmute)
    assert field == "safety:muted=False"
    assert not shows(leg(CA2, "sup", muted=True), field)
    assert shows(leg(CA2, "sup"), field)
