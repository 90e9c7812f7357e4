"""Approval of what is withheld, as a decision of the page."""

from typing import Final

from msgspec.structs import replace

from reconciler.model.errors import SettingError
from reconciler.operations.approval_offer import (
    NamedApproval,
    grant_approval,
    offer_approval,
)
from reconciler.page.decision_fields import reason_of, seconds_of
from reconciler.page.decision_plan import (
    Deciding,
    DecisionPlan,
    action_lines,
    evaluation_notes,
    predicted_notes,
)
from reconciler.page.sessions import DecisionNotice

APPROVAL_SECONDS: Final = 600.0


async def approve(it: Deciding) -> DecisionPlan:
    """Approve what is withheld, once."""
    named = NamedApproval(
        it.fields.all.get("protected", ()), bool(it.fields.get("redials"))
    )
    seconds = seconds_of(it.fields) or APPROVAL_SECONDS
    operator = replace(it.operator, reason=reason_of(it.fields, "approved"))
    offer = await offer_approval(it.context, it.room, operator, named, seconds)
    earlier = offer.earlier
    actions = (*offer.plan.actions, *offer.actions)
    approved = replace(offer.plan, actions=actions, withheld=())
    left = tuple(
        withheld for withheld in offer.plan.withheld if withheld not in offer.covered
    )
    rest = replace(offer.plan, actions=(), withheld=left)
    held = evaluation_notes(replace(offer.seen.evaluation, plan=rest))
    notes = (*predicted_notes(approved), *held)
    if earlier is not None and earlier.expires_at > offer.at:
        notes = (f"{earlier.who} approved already: {earlier.reason}", *notes)

    async def carry_out() -> DecisionNotice:
        if not await grant_approval(it.context.store, it.room, offer):
            raise SettingError("the roster has changed in the meantime")
        return DecisionNotice(f"Approved for {seconds:.0f} s: {offer.kinds}.")

    refused = ""
    if offer.plan.unknown is not None:
        refused = f"Twilio could not be read: {offer.plan.unknown}"
    elif not offer.plan.withheld:
        refused = f"Nothing is withheld in {it.room}."
    elif not offer.covered:
        refused = "Choose the protected members, or the redials, to approve."
    return DecisionPlan(
        action_lines(offer.plan, offer.actions),
        carry_out,
        notes=notes,
        refused=refused,
        basis=repr(earlier),
    )
