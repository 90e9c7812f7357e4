"""Delays calls of members who may already be in by a call without a record.

stranger's call                                    rings of members who are not in
read                                               go
of a number that several share                     see ``identity``
without a record for NO_RECORD seconds             go
placed by us for another room                      wait, of the phone that it rang
any other without a record                         wait
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.model.action import Action, Ring
from reconciler.model.observation import Participant
from reconciler.model.phone import normal_address
from reconciler.planning.absence import NO_RECORD
from reconciler.planning.context import PlanningContext
from reconciler.planning.plan import Person, Phase, Plan, Waiting

READ_AGAIN = 2.0
"""Seconds after which a call without a record is asked for again."""

_REASON = "waits: Twilio has no record yet of a call that may be theirs"


def maybe_in(room: PlanningContext) -> Mapping[str, str]:
    """The members who may be in by an unread call, each with the reason to wait."""
    unread = tuple(_unread(room))
    return {
        member.label: f"{_REASON} ({leg.call_sid})"
        for member in (room.roster.members if unread else ())
        for leg in reversed(unread)
        if _placed_to(room, leg) in (None, normal_address(member.to))
    }


def until_read(plan: Plan) -> Plan:
    """*plan* with the rings put off of whom an unread call may be.

    They are rings until then: guards and approvals count them as before.
    """
    off = {
        each.label: plan.maybe_in[each.label]
        for each in plan.actions
        if _puts_off(each, plan.maybe_in)
    }
    if not off:
        return plan
    after = plan.requeue_after
    return replace(
        plan,
        actions=tuple(x for x in plan.actions if not _puts_off(x, off)),
        waiting=(*plan.waiting, *(_wait(*each) for each in off.items())),
        people=tuple(_people(plan.people, off)),
        requeue_after=READ_AGAIN if after is None else min(after, READ_AGAIN),
    )


def unrecorded(leg: Participant, now: float) -> bool:
    """Whether an unread call is without a record for too long to wait for one."""
    since = now if leg.created_at is None else leg.created_at
    return now - since >= NO_RECORD


def _unread(room: PlanningContext) -> Iterator[Participant]:
    for leg in room.seating.strangers:
        doubt = room.seating.uncertain.get(leg.call_sid)
        if doubt and not doubt.lasting and not unrecorded(leg, room.now):
            yield leg


def _placed_to(room: PlanningContext, leg: Participant) -> str | None:
    """The phone that we rang for another room by this call, or None."""
    rung = (each.attempt for each in room.ledger.elsewhere if each.attempt.number)
    return next((x.address for x in rung if x.call_sid == leg.call_sid), None)


def _puts_off(action: Action, labels: Mapping[str, str]) -> bool:
    return isinstance(action, Ring) and action.label in labels


def _wait(label: str, reason: str) -> Waiting:
    return Waiting(label, Phase.WAITING, reason)


def _people(people: Iterable[Person], off: Mapping[str, str]) -> Iterator[Person]:
    for each in people:
        reason = off.get(each.member.label, "")
        yield replace(each, phase=Phase.WAITING, reason=reason) if reason else each
