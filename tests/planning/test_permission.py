"""What the policy forbids is withheld after every approval."""

import pytest

from reconciler.model.action import Change, ChangeKind, FieldChange, Harm, Remove, Ring
from reconciler.model.ledger import Exhausted
from reconciler.model.policy import Ceilings, Policy
from reconciler.planning import permission
from reconciler.planning.plan import Plan
from tests.planning.samples import CA1, CF, NOW


def permit(plan: Plan, policy: Policy) -> Plan:
    return permission.permit(plan, policy, {}, NOW)


def ring(label: str = "ann", to: str = "+12025550101") -> Ring:
    return Ring(label, to, "line", (), (), 1, 1, "absent")


def remove(*, connected: bool = True) -> Remove:
    return Remove("ann", CA1, CF, connected=connected, reason="gone")


def unmute() -> Change:
    field_change = FieldChange("muted", before=True, after=False)
    return Change(
        "ann", CA1, CF, ChangeKind.MUTE, (field_change,), Harm.EXPOSE, "declared"
    )


def test_a_ring_to_an_address_that_is_not_allowed_is_withheld() -> None:
    plan = Plan("line", 1, actions=(ring(), ring("eve", "+882345678901"), remove()))

    permitted = permit(plan, Policy(addresses=("+1",)))

    assert permitted.actions == (ring(), remove())
    (withheld,) = permitted.withheld
    assert withheld.guard == "policy"
    assert "8823" in withheld.reason
    assert "45678" not in withheld.reason


@pytest.mark.parametrize("to", ["sip:911@gw.example", "sip:%2B1-911:pin@gw.example"])
def test_an_emergency_number_that_was_loaded_is_never_rung(to: str) -> None:
    plan = Plan("line", 1, actions=(ring(to=to),))

    assert permit(plan, Policy(variables=("*",))).actions == ()


def test_a_kind_beyond_its_ceiling_is_withheld_as_a_whole() -> None:
    actions = (remove(), remove(), unmute(), ring())

    permitted = permit(
        Plan("line", 1, actions=actions), Policy(ceilings=Ceilings(removals=1))
    )

    assert permitted.actions == (unmute(), ring())
    assert len(permitted.withheld) == 2


def test_letting_off_a_ringing_phone_is_no_removal() -> None:
    actions = (remove(connected=False), remove(connected=False))

    plan = permit(
        Plan("line", 1, actions=actions), Policy(ceilings=Ceilings(removals=1))
    )

    assert plan.actions == actions


def test_a_plan_within_the_policy_is_left_as_it_is() -> None:
    plan = Plan("line", 1, actions=(ring(), unmute()))

    assert permit(plan, Policy()) is plan


def test_a_phone_that_was_rung_too_often_waits_until_it_may_be_rung_again() -> None:
    spent = {"+12025550101": Exhausted(NOW + 60, "10 rings within an hour")}
    plan = Plan(
        "line", 1, actions=(ring(), ring("bob", "client:bob")), requeue_after=90
    )

    permitted = permission.permit(plan, Policy(), spent, NOW)

    assert permitted.actions == (ring("bob", "client:bob"),)
    (waiting,) = permitted.waiting
    assert (waiting.label, waiting.until) == ("ann", NOW + 60)
    assert permitted.requeue_after == 60
    assert not permitted.converged
