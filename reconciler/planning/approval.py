"""A person's word for one very plan: what it is bound to, and when it counts.

approval      withheld now                               let through
none, over    anything                                   nothing
not begun     exactly what was approved                  all of it
not begun     anything else                              nothing
begun         only what was approved and is still to do  all of it
begun         anything more than that                    its rings that are to do

A plan is begun once it was let through: phones are rung at the account's pace,
so that one pass seldom does all of it, and the first to answer may be what
others wait for.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, assert_never

from reconciler.model.action import Action, Change, Remove, Ring, Verb
from reconciler.model.ledger import Approval, Ledger
from reconciler.planning.order import in_order
from reconciler.planning.plan import Plan

Names = tuple[str, ...]
"""Actions, each by what ``name_of`` makes of it, sorted."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an approval holds: one account, one roster, one conference."""

    account_sid: str
    room: str
    generation: int
    conference_sid: str | None


def scope_of(plan: Plan, account_sid: str) -> Scope:
    """Where an approval of *plan* would hold."""
    conference_sid = plan.conference.sid if plan.conference else None
    return Scope(account_sid, plan.room, plan.generation, conference_sid)


def fingerprint(plan: Plan, account_sid: str) -> str:
    """SHA-256 over where the plan holds and what of it is withheld, as hex.

    Words that only explain (reasons, guards) are no part of it, nor the order.
    """
    scope = scope_of(plan, account_sid)
    return _hash(
        [
            scope.account_sid,
            scope.room,
            scope.generation,
            scope.conference_sid,
            *names_of((each.action for each in plan.withheld), scope),
        ]
    )


def names_of(actions: Iterable[Action], scope: Scope) -> Names:
    """What tells each action from every other, in *scope*."""
    return tuple(sorted(name_of(each, scope) for each in actions))


def name_of(action: Action, scope: Scope) -> str:
    """What tells an action from every other, as hex.

    The conference is no part of a ring's: the first of several makes it.
    """
    return _hash([scope.account_sid, scope.room, scope.generation, *_said(action)])


def _said(action: Action) -> list[Any]:
    match action:
        case Ring():
            said = [action.to, action.intent, action.number, action.fields]
        case Change():
            shifts = [[each.name, each.before, each.after] for each in action.shifts]
            said = [action.call_sid, action.conference_sid, action.concern, shifts]
        case Remove():
            said = [action.call_sid, action.conference_sid, action.connected]
        case _:
            assert_never(action)
    return [action.verb, action.label, *said]


def _hash(said: list[Any]) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def approved(plan: Plan, ledger: Ledger, account_sid: str, now: float) -> Names:
    """What a person let through of all that *plan* withholds; () for nothing."""
    given = ledger.approval
    if given is None or now >= given.expires_at or not plan.withheld:
        return ()
    names = names_of(
        (each.action for each in plan.withheld), scope_of(plan, account_sid)
    )
    if given.remaining is not None:
        return given.remaining if set(names) <= set(given.remaining) else ()
    return names if fingerprint(plan, account_sid) == given.fingerprint else ()


def going_on(plan: Plan, ledger: Ledger, account_sid: str, now: float) -> Plan:
    """*plan* with the rings of a begun approval let through, and nothing else."""
    given = ledger.approval
    if given is None or given.remaining is None or now >= given.expires_at:
        return plan
    scope = scope_of(plan, account_sid)
    rings = [
        each
        for each in plan.withheld
        if isinstance(each.action, Ring)
        and name_of(each.action, scope) in given.remaining
    ]
    return replace(
        plan,
        actions=in_order((*plan.actions, *(each.action for each in rings))),
        withheld=tuple(each for each in plan.withheld if each not in rings),
    )


def lifted(ledger: Ledger) -> Ledger:
    """The ledger with which the approved plan is made anew, nothing withheld."""
    given = ledger.approval
    if given is None:
        return ledger
    return replace(ledger, approved=f"{given.reason} (approved by {given.who})")


def within(made: Plan, plan: Plan) -> bool:
    """Whether *made* rings and removes nobody whom *plan* does not name."""
    known = {_whom(each) for each in plan.actions}
    known |= {_whom(each.action) for each in plan.withheld}
    harmful = [each for each in made.actions if not isinstance(each, Change)]
    return not made.withheld and known.issuperset(map(_whom, harmful))


def _whom(action: Action) -> tuple[Verb, str, str | None]:
    call_sid = None if isinstance(action, Ring) else action.call_sid
    return action.verb, action.label, call_sid


def left(names: Names, done: Iterable[Action], scope: Scope) -> Names:
    """The *names* that are still to be done."""
    over = set(names_of(done, scope))
    return tuple(each for each in names if each not in over)


def spent(plan: Plan, approval: Approval | None) -> bool:
    """Whether a begun approval has nothing more to let through."""
    begun = approval is not None and approval.remaining is not None
    return begun and plan.unknown is None and not plan.withheld
