"""A person who approves what the last look at a room withholds."""

from typing import TYPE_CHECKING

from reconciler.model.ledger import Approval
from reconciler.planning.approval import fingerprint

if TYPE_CHECKING:
    from reconciler.play.world.world import World

APPROVAL_SECONDS = 300.0


async def approve(world: "World", room: str) -> None:
    """Approve the plan that was reported last, if it withholds anything."""
    reported = [x for x in world.journal.passes if x.made.room == room]
    if not reported or not reported[-1].made.evaluation.plan.withheld:
        return
    plan = reported[-1].made.evaluation.plan
    approval = Approval(
        fingerprint=fingerprint(plan, ""),
        reason="approved",
        who="person",
        expires_at=world.now + APPROVAL_SECONDS,
    )
    granted = await world.store.grant(
        room, approval, generation=plan.generation, now=world.now
    )
    if granted:
        world.journal.approvals.append((world.now, room))
