"""Operator approval of withheld actions: its scope, validity and use.

withheld now, of one kind                  allowed
nothing that was approved, or expired      nothing
some or all of what was approved           all of it
more than what was approved                its rings that were approved
the end of the conference was approved,
  and it is ended person by person         all of it

It outlives edits and overrides about others (see ``planning.approved_names``), and
passes in which what was approved only waits. Kinds are independent of one another. A
redial that is needed is approved only where the command says so; what guards do not
limit (a coach who would be heard) never is.
"""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove, Ring, Verb
from reconciler.model.ledger import Approval, GuardKind, Ledger
from reconciler.model.observation import Observation, Unknown
from reconciler.planning.approved_names import (
    Names,
    Scope,
    hashed,
    name_of,
    names_of,
)
from reconciler.planning.guards import KINDS, NEEDS_REDIAL, calls_ended
from reconciler.planning.order import in_order
from reconciler.planning.plan import NOT_APPROVED, ApprovalUse, Plan, Withheld
from reconciler.planning.unread_calls import until_read


def scope_of(plan: Plan, account_sid: str) -> Scope:
    """Where an approval of *plan* would hold."""
    conference_sid = plan.conference.sid if plan.conference else None
    return Scope(account_sid, plan.room, plan.generation, conference_sid)


def fingerprint(plan: Plan, account_sid: str) -> str:
    """SHA-256 over where the plan holds and what of it is withheld, as hex.

    Words that only explain (reasons, guards) are no part of it, nor the order.
    """
    scope = scope_of(plan, account_sid)
    return hashed(
        [
            scope.account_sid,
            scope.room,
            scope.generation,
            scope.conference_sid,
            *approvable_names(plan, account_sid),
        ]
    )


def approvable(plan: Plan) -> tuple[Withheld, ...]:
    """What of *plan* an approval allows."""
    kinds = KINDS.keys() - {NEEDS_REDIAL}
    return tuple(withheld for withheld in plan.withheld if withheld.guard in kinds)


def needed_redials(plan: Plan) -> tuple[Withheld, ...]:
    """The redials that are needed: an approval covers them where it says so."""
    return tuple(
        withheld for withheld in plan.withheld if withheld.guard == NEEDS_REDIAL
    )


def approvable_names(plan: Plan, account_sid: str) -> Names:
    """The names of all that an approval of *plan* covers."""
    scope = scope_of(plan, account_sid)
    return names_of((withheld.action for withheld in approvable(plan)), scope)


def approved_by_name(plan: Plan, protected: Collection[str]) -> tuple[Withheld, ...]:
    """What of *plan* is approved where *protected* are named to be removed, too.

    Removals of protected people are approved together: all of them are named, or
    none is.
    """
    found = approvable(plan)
    if protected_labels(plan) <= set(protected):
        return found
    return tuple(withheld for withheld in found if not withheld.protected)


def protected_labels(plan: Plan) -> frozenset[str]:
    """The people whom *plan* would remove if they were not protected."""
    return frozenset(
        label for withheld in plan.withheld for label in withheld.protected
    )


def approved(
    plan: Plan, ledger: Ledger, account_sid: str, now: float
) -> frozenset[GuardKind]:
    """The kinds of which a person approved all that *plan* withholds."""
    approval = ledger.approval
    if approval is None or now >= approval.expires_at:
        return frozenset()
    covered = approval.remaining
    if covered is None:
        whole = fingerprint(plan, account_sid) == approval.fingerprint
        covered = approvable_names(plan, account_sid) if whole else ()
    scope = scope_of(plan, account_sid)
    ending = _ended(plan, covered, scope)
    withheld: dict[GuardKind, set[str]] = {}
    for each in (*approvable(plan), *needed_redials(plan)):
        names = withheld.setdefault(KINDS[each.guard], set())
        if not _is_of(each.action, ending):
            names.add(name_of(each.action, scope))
    return frozenset(kind for kind, names in withheld.items() if names <= set(covered))


def _ended(plan: Plan, covered: Collection[str], scope: Scope) -> frozenset[str]:
    """The conference whose end is *covered*: so is the removal of all in it."""
    return frozenset(
        withheld.action.conference_sid
        for withheld in approvable(plan)
        if isinstance(withheld.action, Remove)
        and withheld.action.call_sid is None
        and withheld.action.conference_sid is not None
        and name_of(withheld.action, scope) in covered
    )


def _is_of(action: Action, conferences: Collection[str]) -> bool:
    """Whether *action* takes one person out of one of *conferences*."""
    if not isinstance(action, Remove) or action.call_sid is None:
        return False
    return action.conference_sid in conferences


def covers(ledger: Ledger, action: Action, scope: Scope) -> bool:
    """Whether a person approved *action*, and it is still to be done."""
    approval = ledger.approval
    return approval is not None and name_of(action, scope) in (approval.remaining or ())


def going_on(plan: Plan, ledger: Ledger, account_sid: str, now: float) -> Plan:
    """*plan* with the rings of a begun approval allowed, and nothing else."""
    approval = ledger.approval
    if approval is None or approval.remaining is None or now >= approval.expires_at:
        return plan
    scope = scope_of(plan, account_sid)
    rings = [
        withheld
        for withheld in plan.withheld
        if isinstance(withheld.action, Ring)
        and name_of(withheld.action, scope) in approval.remaining
    ]
    more = replace(
        plan,
        actions=in_order((*plan.actions, *(withheld.action for withheld in rings))),
        withheld=tuple(withheld for withheld in plan.withheld if withheld not in rings),
    )
    return until_read(more)


def within(made: Plan, plan: Plan) -> bool:
    """Whether *made* rings, removes and withholds nobody whom *plan* does not name."""
    known = {_whom(action) for action in plan.actions}
    known |= {_whom(withheld.action) for withheld in plan.withheld}
    actions = (*made.actions, *(withheld.action for withheld in made.withheld))
    harmful = [action for action in actions if not isinstance(action, Change)]
    return known.issuperset(map(_whom, harmful))


def _whom(action: Action) -> tuple[Verb, str, str | None]:
    call_sid = None if isinstance(action, Ring) else action.call_sid
    return action.verb, action.label, call_sid


def still_to_do(plan: Plan, done: Iterable[Action], account_sid: str) -> Names | None:
    """What of an approved *plan* is to be done after *done*; None if none was."""
    names = plan.approval_use.remaining
    if not names:
        return None
    over = set(names_of(done, scope_of(plan, account_sid)))
    return tuple(name for name in names if name not in over)


def begin(plan: Plan, ledger: Ledger, account_sid: str) -> ApprovalUse:
    """The use of the approval on record for what *plan* withholds, of no kind yet."""
    approval = ledger.approval
    if approval is None:
        return NOT_APPROVED
    names = approval.remaining
    if names is None:
        names = approvable_names(plan, account_sid)
    reason = f"{approval.reason} (approved by {approval.who})"
    return ApprovalUse(reason=reason, remaining=names)


def named(ledger: Ledger, use: ApprovalUse) -> Ledger:
    """The ledger with the approval as it is on record once *use* has begun."""
    approval = ledger.approval
    if approval is None:
        return ledger
    return replace(ledger, approval=replace(approval, remaining=use.remaining))


def continued(ledger: Ledger, use: ApprovalUse) -> ApprovalUse:
    """*use*, where what is left of a begun approval is allowed, too."""
    approval = ledger.approval
    return replace(use, remaining=(approval.remaining if approval else None) or ())


def with_use(plan: Plan, ledger: Ledger, use: ApprovalUse) -> Plan:
    """*plan* with what was allowed, and what to write of it before acting.

    Nothing of an approved plan is done before it is on record that it was begun.
    """
    approval = ledger.approval
    if use.remaining:
        known = approval is not None and approval.remaining == use.remaining
        begun = None if known else use.remaining
    else:
        begun = () if spent(plan, approval) else None
    if begun != use.begun:
        use = replace(use, begun=begun)
    return plan if use == plan.approval_use else replace(plan, approval_use=use)


def removals_to_count(
    plan: Plan, ledger: Ledger, observation: Observation | Unknown, account_sid: str
) -> tuple[str, ...]:
    """Calls that *plan* removes without a person's approval.

    One that counts already is planned again, as it was not removed or is still
    listed: it counts once, from now on.
    """
    if GuardKind.REMOVALS in plan.approval_use.kinds:
        return ()
    scope = scope_of(plan, account_sid)
    return tuple(
        call_sid
        for action in plan.actions
        if isinstance(action, Remove) and not covers(ledger, action, scope)
        for call_sid in calls_ended(action, observation)
    )


def spent(plan: Plan, approval: Approval | None) -> bool:
    """Whether an approval has nothing more to allow.

    What was approved may be neither planned nor withheld for a while: a removal waits
    until the roster file is quiet, a failed request for its next try.
    """
    if approval is None or not approval.remaining or plan.unknown is not None:
        return False
    idle = not plan.actions and all(wait.settled for wait in plan.waiting)
    named = {each.rpartition("/")[0] for each in approval.remaining}
    redials = (withheld.action for withheld in needed_redials(plan))
    left = any(f"{action.verb}/{action.label}" in named for action in redials)
    return idle and not left and not approvable(plan)
