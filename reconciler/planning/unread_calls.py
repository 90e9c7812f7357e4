"""Delays calls of members who may already be in by a call without a record.

stranger's call                              rings of members who are not in
read                                         go
of a number that several share               see ``identity``
placed by us for another room                wait, of the phone that it rang
any other without a record                   wait
without a record for NO_RECORD seconds, it   withheld until all calls are read, or
  or one such call after another             a person approves

Any of those calls may be a member's: no time that passes tells that it is not.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from reconciler.model.action import Action, Ring
from reconciler.model.observation import Participant
from reconciler.model.phone import normal_address
from reconciler.model.roster import Value
from reconciler.planning.absence import NO_RECORD_SECONDS
from reconciler.planning.call_facts import UNREAD
from reconciler.planning.context import PlanningContext
from reconciler.planning.guards import UNREAD_CALLS, to_approve
from reconciler.planning.plan import MaybeIn, Person, Phase, Plan, Waiting, Withheld

REREAD_SECONDS = 2.0
"""Seconds after which a call without a record is asked for again."""

OVERDUE_SECONDS = 10.0
"""The same where the rings that wait for it are withheld."""

_REASON = "waits: Twilio has no record yet of a call that may be theirs"


def maybe_in(room: PlanningContext) -> Mapping[str, MaybeIn]:
    """The members who may be in by an unread call, each with the reason to wait."""
    unread = tuple(_unread(room))
    late = room.now - _since(room) >= NO_RECORD_SECONDS
    found: dict[str, MaybeIn] = {}
    for member in room.roster.members if unread else ():
        phones = None, normal_address(member.to)
        legs = [leg for leg in unread if _placed_to(room, leg) in phones]
        if legs:
            overdue = late or any(unrecorded(leg, room.now) for leg in legs)
            reason = f"{_REASON} ({legs[0].call_sid})"
            found[member.label] = MaybeIn(reason, overdue)
    return found


def _since(room: PlanningContext) -> float:
    """Since when rings have waited, for one unread call after another."""
    noted = (x.get(UNREAD) for x in room.ledger.memory.values())
    return min((float(x) for x in noted if isinstance(x, int)), default=room.now)


def unread_to_remember(
    room: PlanningContext, plan: Plan
) -> Mapping[str, Mapping[str, Value | None]]:
    """What to remember of unread calls while rings wait for them, and to forget."""
    rings = [*plan.actions, *(withheld.action for withheld in plan.withheld)]
    waits = any(isinstance(x, Ring) and x.label in plan.maybe_in for x in rings)
    unread = {leg.call_sid for leg in _unread(room)} if waits else set[str]()
    noted = {sid for sid, x in room.ledger.memory.items() if x.get(UNREAD) is not None}
    since = int(_since(room))
    return {
        **{sid: {UNREAD: since} for sid in unread - noted},
        **{sid: {UNREAD: None} for sid in noted - unread},
    }


def until_read(plan: Plan, *, allowed: bool = False) -> Plan:
    """*plan* with the rings put off of whom an unread call may be.

    They are rings until then: guards and approvals count them as before. Those that
    have waited for too long are withheld, unless they are *allowed*.
    """
    off = {
        action.label: plan.maybe_in[action.label]
        for action in plan.actions
        if isinstance(action, Ring)
        and action.label in plan.maybe_in
        and not action.maybe_in
    }
    if not off:
        return plan
    going = {x for x in off if allowed and off[x].overdue}
    off = {label: ambiguity for label, ambiguity in off.items() if label not in going}
    waits = [
        OVERDUE_SECONDS if each.overdue else REREAD_SECONDS for each in off.values()
    ]
    waits += [] if plan.requeue_after is None else [plan.requeue_after]
    return replace(
        plan,
        actions=tuple(_marked(x, going) for x in plan.actions if not _is_of(x, off)),
        withheld=(*plan.withheld, *_withheld(plan, off)),
        waiting=(*plan.waiting, *_waiting(off)),
        people=tuple(_people(plan.people, off)),
        requeue_after=min(waits, default=None),
    )


def unrecorded(leg: Participant, now: float) -> bool:
    """Whether an unread call is without a record for too long to wait for one."""
    since = now if leg.created_at is None else leg.created_at
    return now - since >= NO_RECORD_SECONDS


def _unread(room: PlanningContext) -> Iterator[Participant]:
    for leg in room.matching.strangers:
        ambiguity = room.matching.uncertain.get(leg.call_sid)
        if ambiguity and not ambiguity.lasting:
            yield leg


def _placed_to(room: PlanningContext, leg: Participant) -> str | None:
    """The phone that we rang for another room by this call, or None."""
    rung = (other.attempt for other in room.ledger.elsewhere if other.attempt.number)
    return next((x.address for x in rung if x.call_sid == leg.call_sid), None)


def _is_of(action: Action, labels: Iterable[str]) -> bool:
    return isinstance(action, Ring) and action.label in labels


def _marked(action: Action, labels: Iterable[str]) -> Action:
    """*action*; the ring of one of *labels* says that they may be in."""
    if isinstance(action, Ring) and action.label in labels:
        return replace(action, maybe_in=True)
    return action


def _withheld(plan: Plan, off: Mapping[str, MaybeIn]) -> Iterator[Withheld]:
    command = to_approve(plan.room, "call them although they may be in")
    for action in plan.actions:
        if (
            isinstance(action, Ring)
            and action.label in off
            and off[action.label].overdue
        ):
            why = (
                f"{off[action.label].reason}; such calls have kept them waiting for "
                f"{NO_RECORD_SECONDS:.0f} s. Called once Twilio shows whose calls they are. "
                f"{command}"
            )
            yield Withheld(replace(action, maybe_in=True), UNREAD_CALLS, why)


def _waiting(off: Mapping[str, MaybeIn]) -> Iterator[Waiting]:
    for label, ambiguity in off.items():
        if not ambiguity.overdue:
            yield Waiting(label, Phase.WAITING, ambiguity.reason)


def _people(people: Iterable[Person], off: Mapping[str, MaybeIn]) -> Iterator[Person]:
    for person in people:
        ambiguity = off.get(person.member.label)
        if ambiguity is None:
            yield person
        else:
            phase = Phase.STALLED if ambiguity.overdue else Phase.WAITING
            yield replace(person, phase=phase, reason=ambiguity.reason)
