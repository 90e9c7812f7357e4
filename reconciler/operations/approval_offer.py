"""An approval of what is withheld in a room: offered first, then granted."""

from collections import Counter
from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.action import Action
from reconciler.model.errors import SettingError
from reconciler.model.ledger import Approval, GuardKind
from reconciler.operations.approver import require_approver
from reconciler.operations.evaluated_room import (
    EvaluatedRoom,
    require_managed,
    see,
    with_approval,
)
from reconciler.operations.operation_context import OperationContext
from reconciler.operations.requester import Operator
from reconciler.planning.approval import (
    approved_by_name,
    fingerprint,
    needed_redials,
    protected_labels,
    scope_of,
)
from reconciler.planning.approved_names import name_of, names_of
from reconciler.planning.describe import counted, quoted
from reconciler.planning.file_quiet_period import when_quiet
from reconciler.planning.guards import KINDS
from reconciler.planning.permission import kind_of
from reconciler.planning.plan import Plan, Withheld
from reconciler.store.store import SqlStore


class NamedApproval(Struct, frozen=True):
    """What an approval covers only where the operator says so."""

    protected: tuple[str, ...] = ()
    redials: bool = False


class ApprovalOffer(Struct, frozen=True):
    """A withheld plan and what its approval would add to what is done.

    ``earlier`` is the approval on record, which this one would replace.
    """

    seen: EvaluatedRoom
    approval: Approval
    at: float
    actions: tuple[Action, ...]
    covered: tuple[Withheld, ...]
    earlier: Approval | None = None

    @property
    def plan(self) -> Plan:
        """The plan that withholds, as evaluated."""
        return self.seen.evaluation.plan

    @property
    def kinds(self) -> str:
        """What is approved, in numbers: ``2 removals, 1 ring``."""
        counts = Counter(KINDS[withheld.guard] for withheld in self.covered)
        return ", ".join(
            counted(counts[kind], _ONE[kind], _MANY[kind])
            for kind in GuardKind
            if counts[kind]
        )


async def offer_approval(
    context: OperationContext,
    room: str,
    operator: Operator,
    named: NamedApproval,
    seconds: float,
) -> ApprovalOffer:
    """What an approval by *operator* would do now; nothing is written.

    SettingError if the policy does not let the operator approve it, if *named* names
    somebody who is not protected, or if an approval cannot cover it.
    """
    (evaluated,) = await see(context, room)
    seen = with_approval(_when_quiet(evaluated), None, context.authority)
    require_managed(room, seen.desired)
    _require_protected(seen, named.protected)
    covered = approved_by_name(seen.evaluation.plan, named.protected)
    covered += needed_redials(seen.evaluation.plan) if named.redials else ()
    at, plan = context.clock(), seen.evaluation.plan
    approval = approval_of(context, plan, covered, operator, at + seconds)
    offer = _offer(context, seen, approval, at, covered)
    return replace(offer, earlier=evaluated.evaluation.ledger.approval)


def _when_quiet(seen: EvaluatedRoom) -> EvaluatedRoom:
    """The same look; what only waits for the quiet file can be approved by now."""
    evaluation = seen.evaluation
    ledger = when_quiet(evaluation.ledger, evaluation.observed_at)
    return replace(seen, evaluation=replace(evaluation, ledger=ledger))


def _offer(
    context: OperationContext,
    seen: EvaluatedRoom,
    approval: Approval,
    at: float,
    covered: tuple[Withheld, ...],
) -> ApprovalOffer:
    """What the approval would allow, made as the loop will make it."""
    plan = seen.evaluation.plan
    supposed = with_approval(seen, approval, context.authority).evaluation.plan
    if covered and not supposed.approval_use.kinds:
        raise SettingError(
            f"what is withheld in '{seen.evaluation.room}' cannot be approved: carrying it "
            "out would call or remove others too"
        )
    added = [action for action in supposed.actions if action not in plan.actions]
    scope = scope_of(plan, context.account_sid)
    names = set(names_of(added, scope))
    later = [x.action for x in covered if name_of(x.action, scope) not in names]
    return ApprovalOffer(seen, approval, at, (*added, *later), covered)


def _require_protected(seen: EvaluatedRoom, named: Collection[str]) -> None:
    known = protected_labels(seen.evaluation.plan)
    strange = sorted(set(named) - known)
    if strange:
        there = ", ".join(sorted(known)) or "nobody"
        verb = "is" if len(strange) == 1 else "are"
        raise SettingError(
            f"{', '.join(strange)} {verb} not withheld as protected in "
            f"'{seen.evaluation.room}'. Protected there: {there}"
        )


def options_needed(plan: Plan) -> str:
    """What a command must say, where nothing else is withheld."""
    labels = sorted(protected_labels(plan))
    options = [f"--protected {quoted(label)}" for label in labels]
    options += ["--redials"] if needed_redials(plan) else []
    return f" without {' '.join(options)}" if options else ""


def approval_of(
    context: OperationContext,
    plan: Plan,
    covered: tuple[Withheld, ...],
    operator: Operator,
    expires_at: float,
) -> Approval:
    """The approval, by *operator* and for their reason, of what is *covered* of a plan.

    SettingError if the policy does not let the operator approve it.
    """
    kinds = {kind_of(withheld.action) for withheld in covered}
    require_approver(context.policy, operator.user, kinds)
    return Approval(
        fingerprint(plan, context.account_sid),
        operator.reason,
        operator.who,
        expires_at,
        names_of((x.action for x in covered), scope_of(plan, context.account_sid)),
    )


async def grant_approval(store: SqlStore, room: str, offer: ApprovalOffer) -> bool:
    """Put the approval on record; False if the roster has changed."""
    return await store.grant(
        room, offer.approval, generation=offer.seen.desired.generation, now=offer.at
    )


_ONE = {
    GuardKind.REMOVALS: "removal",
    GuardKind.RINGS: "ring",
    GuardKind.EXPOSURES: "exposure",
    GuardKind.FLAPPING: "change of a field that flaps",
    GuardKind.PROTECTED: "removal of a protected member",
    GuardKind.REDIALS: "redial",
    GuardKind.UNREAD: "ring of somebody who may be in",
}
_MANY = {
    GuardKind.REMOVALS: "removals",
    GuardKind.RINGS: "rings",
    GuardKind.EXPOSURES: "exposures",
    GuardKind.FLAPPING: "changes of fields that flap",
    GuardKind.PROTECTED: "removals of protected members",
    GuardKind.REDIALS: "redials",
    GuardKind.UNREAD: "rings of people who may be in",
}
