"""State fields that are declared for a time only, and what they become after that.

An override or a schedule's mode may declare what the file does not. What was so before
is put on record of the call before a change is sent, and restored once nothing
declares the field:

on record              declared           becomes
nothing                for a time only    put on record with the change
what was so before     for a time only    kept
                       by the file        forgotten, once it is so
                       not at all         restored as if declared; then forgotten
nothing                not at all         as it is: nothing changed it

What the file declares, and for a time otherwise, is put on record alike: what was so
before the override or the mode is no exposure of an edit, see ``guards``.

A call that began meanwhile is restored to Twilio's defaults; see
``create_parameters``. Of a coach who coached somebody who is gone nothing is restored.
Strangers are restored alike, where ``unlisted`` was so for a time only.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.action import Action, Change
from reconciler.model.observation import Participant
from reconciler.model.roster import Member, Value
from reconciler.planning.call_facts import Notes, before
from reconciler.planning.context import PlanningContext
from reconciler.planning.listing_lag import unlisted_yet
from reconciler.planning.plan import Plan
from reconciler.planning.roster_layers import STATE_FIELDS

REASON = "as before an override or a mode that has ended"


class Restoring(Struct, frozen=True):
    """``room`` with the members as they are to be restored, and what lasts.

    ``fields`` are those that are restored, by label; ``forget`` is what need not be
    on record any more.
    """

    room: PlanningContext
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    forget: Notes = field(default_factory=dict)


def restoring(room: PlanningContext) -> Restoring:
    """Read the table for the call that counts of each member."""
    members: list[Member] = []
    fields: dict[str, frozenset[str]] = {}
    forget: dict[str, dict[str, Value | None]] = {}
    for member in room.roster.members:
        leg = room.leg(member.label)
        known = _known(room, member, leg)
        if leg is None or not known:
            members.append(member)
            continue
        wanted = dict(_wanted(room, member, leg, known))
        pending = {x for x in known if not _as_declared(room, member, leg, x)}
        over = set(known) - set(wanted) - set(member.for_a_time) - pending
        fields[member.label] = frozenset(wanted)
        members.append(replace(member, **wanted))
        if over:
            forget[leg.call_sid] = dict.fromkeys(map(before, sorted(over)))
    forget |= _strangers(room)
    if not fields:
        return Restoring(room, forget=forget)
    roster = replace(room.roster, members=tuple(members))
    return Restoring(replace(room, roster=roster), fields, forget)


def _strangers(room: PlanningContext) -> dict[str, dict[str, Value | None]]:
    """What need not be on record any more of people whom no member matches."""
    if room.roster.temporary_unlisted:
        return {}
    found: dict[str, dict[str, Value | None]] = {}
    for leg in room.matching.strangers:
        memory = room.ledger.memory.get(leg.call_sid, {})
        for name in ("muted", "hold"):
            silent = getattr(leg, name) or _lags(room, leg, name)
            if before(name) in memory and not silent:
                found.setdefault(leg.call_sid, {})[before(name)] = None
    return found


def _known(
    room: PlanningContext, member: Member, leg: Participant | None
) -> dict[str, Value]:
    """What is on record of how the member's fields were before."""
    if leg is None or not leg.connected:
        return {}
    memory = room.memory(member, leg)
    return {x: memory[before(x)] for x in STATE_FIELDS if before(x) in memory}


def _wanted(
    room: PlanningContext, member: Member, leg: Participant, known: Mapping[str, Value]
) -> Iterator[tuple[str, Any]]:
    """Fields that nothing declares and that are not yet as they were."""
    for name, value in known.items():
        gone = isinstance(value, str) and room.by_call(value) is None
        there = state_of(leg, name) == value and not _lags(room, leg, name)
        if getattr(member, name) is None and not gone and not there:
            yield name, value


def _as_declared(
    room: PlanningContext, member: Member, leg: Participant, name: str
) -> bool:
    """Whether a field is as declared; whom they coach may be somebody still to come."""
    declared = getattr(member, name)
    if declared is None or isinstance(declared, str):
        return True
    return bool(getattr(leg, name) == declared and not _lags(room, leg, name))


def state_of(leg: Participant, name: str) -> Value:
    """A state field as Twilio shows it; of a coach the call that they coach."""
    if name == "coaching" and leg.coaching:
        return leg.call_sid_to_coach or False
    value: Value = getattr(leg, name)
    return value


def _lags(room: PlanningContext, leg: Participant, name: str) -> bool:
    """Whether the listing may not show yet what was sent of a field."""
    return any(
        correction.call_sid == leg.call_sid
        and correction.field.startswith(f"{name}=")
        and unlisted_yet(correction, room.now)
        for correction in room.ledger.corrections
    )


def with_reasons(plan: Plan, fields: Mapping[str, frozenset[str]]) -> Plan:
    """*plan*, in which what is restored says so."""
    if not any(fields.values()):
        return plan
    return plan.with_actions(lambda action: _explained(action, fields))


def _explained(action: Action, fields: Mapping[str, frozenset[str]]) -> Action:
    mine = fields.get(action.label, frozenset())
    if not isinstance(action, Change) or action.safety:
        return action
    restored = any(change.name in mine for change in action.field_changes)
    return replace(action, reason=REASON) if restored else action


def remembering(plan: Plan, room: PlanningContext) -> Plan:
    """*plan*, of which changes put on record what was so before."""
    temporary = {
        member.label: member for member in room.roster.members if member.for_a_time
    }
    if not temporary:
        return plan
    actions = tuple(_remembered(room, action, temporary) for action in plan.actions)
    return replace(plan, actions=actions)


def _remembered(
    room: PlanningContext, action: Action, temporary: Mapping[str, Member]
) -> Action:
    member = temporary.get(action.label)
    if member is None or not isinstance(action, Change):
        return action
    leg = room.by_call(action.call_sid)
    if leg is None:
        return action
    known = room.memory(member, leg)
    names = _changed(action, member.for_a_time)
    fresh = tuple(
        (before(x), state_of(leg, x)) for x in names if before(x) not in known
    )
    return replace(action, memory=(*action.memory, *fresh)) if fresh else action


def _changed(change: Change, temporary: Iterable[str]) -> Iterator[str]:
    field_changes = {each.name: each for each in change.field_changes}
    for name in temporary:
        if (
            name in field_changes
            and field_changes[name].before != field_changes[name].after
        ):
            yield name
