"""Applies the operator's policy to a plan; no approval lifts it."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from reconciler.model.action import Action, Harm, Remove, Ring
from reconciler.model.ledger import Exhausted
from reconciler.model.masking import mask
from reconciler.model.phone import normal_address
from reconciler.model.policy import Policy
from reconciler.planning.guards import cuts_off
from reconciler.planning.plan import Person, Phase, Plan, Waiting, Withheld

GUARD = "policy"


def permit(
    plan: Plan, policy: Policy, exhausted: Mapping[str, Exhausted], now: float
) -> Plan:
    """*plan* without what the policy forbids, each with the reason.

    A roster that was loaded under another policy is still in force: its rings
    are held back here. A kind that exceeds its ceiling is withheld as a whole. A
    phone that is *exhausted* waits until it may be called again.
    """
    plan = _put_off(plan, exhausted, now) if exhausted else plan
    refused = tuple(_refused(plan.actions, policy))
    if not refused:
        return plan
    gone = {id(withheld.action) for withheld in refused}
    kept = tuple(action for action in plan.actions if id(action) not in gone)
    return replace(plan, actions=kept, withheld=(*plan.withheld, *refused))


def _put_off(plan: Plan, exhausted: Mapping[str, Exhausted], now: float) -> Plan:
    spent = {
        action.label: exhausted[normal_address(action.to)]
        for action in plan.actions
        if isinstance(action, Ring) and normal_address(action.to) in exhausted
    }
    if not spent:
        return plan
    soonest = max(0.0, min(each.until for each in spent.values()) - now)
    after = plan.requeue_after
    return replace(
        plan,
        actions=tuple(
            action
            for action in plan.actions
            if not (isinstance(action, Ring) and action.label in spent)
        ),
        waiting=(*plan.waiting, *(_wait(*each) for each in spent.items())),
        people=tuple(_waiting(person, spent) for person in plan.people),
        requeue_after=soonest if after is None else min(after, soonest),
    )


def _wait(label: str, spent: Exhausted) -> Waiting:
    return Waiting(label, Phase.WAITING, spent.reason, spent.until)


def _waiting(person: Person, spent: Mapping[str, Exhausted]) -> Person:
    exhausted = spent.get(person.member.label)
    if exhausted is None:
        return person
    return replace(
        person, phase=Phase.WAITING, reason=exhausted.reason, until=exhausted.until
    )


def _refused(actions: Iterable[Action], policy: Policy) -> Iterator[Withheld]:
    actions = tuple(actions)
    over = dict(_exceeded(actions, policy))
    for action in actions:
        kind = kind_of(action)
        fault = policy.address_fault(action.to) if isinstance(action, Ring) else None
        if isinstance(action, Ring) and fault is not None:
            yield Withheld(action, GUARD, f"{mask(action.to)} is not allowed: {fault}")
        elif kind in over:
            yield Withheld(action, GUARD, over[kind])


def _exceeded(actions: tuple[Action, ...], policy: Policy) -> Iterator[tuple[str, str]]:
    for kind in ("removals", "rings", "exposures"):
        most = getattr(policy.ceilings, kind)
        count = sum(kind_of(action) == kind for action in actions)
        if most is not None and count > most:
            reason = (
                f"{count} {kind}; the policy allows at most {most} at once: edit the "
                "roster in smaller steps, or ask the operator to raise limits"
            )
            yield kind, reason


def kind_of(action: Action) -> str:
    """``rings``, ``removals`` or ``exposures``; "" for what harms nobody."""
    if isinstance(action, Ring):
        return "rings"
    if isinstance(action, Remove):
        return "removals" if cuts_off(action) else ""
    return "exposures" if action.harm is Harm.EXPOSE else ""
