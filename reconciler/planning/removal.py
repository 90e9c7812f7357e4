"""Removals: dismissed members, duplicate calls, strangers if declared."""

from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from reconciler.model.action import Remove
from reconciler.model.attempt import Attempt
from reconciler.model.ledger import GuardKind, Record
from reconciler.model.observation import CallStatus, Participant
from reconciler.model.roster import OnChange, Redial, Unlisted
from reconciler.planning.absence import absence
from reconciler.planning.context import (
    REDIAL_INTERVAL_SECONDS,
    Item,
    PlanningContext,
    Takeover,
)
from reconciler.planning.create_parameters import redial_needed
from reconciler.planning.describe import quoted
from reconciler.planning.file_quiet_period import until_quiet
from reconciler.planning.guards import NEEDS_REDIAL
from reconciler.planning.machines import hung_up
from reconciler.planning.plan import Phase, Waiting, Withheld
from reconciler.planning.remove_action import call_off, remove
from reconciler.planning.strangers import silenced_strangers

_UNANSWERED = frozenset({CallStatus.QUEUED, CallStatus.INITIATED, CallStatus.RINGING})


def removals(room: PlanningContext, unwanted: Iterable[Remove] = ()) -> Iterator[Item]:
    """Everybody to be taken out, and what is done to strangers.

    *unwanted* are the calls of people whom their groups let off or go.
    """
    yield from _doubles(room)
    yield from hung_up(room)
    declared = chain(_dismissals(room), unwanted, _redials(room), _strangers(room))
    yield from until_quiet(declared, room)
    yield from silenced_strangers(room)


def _dismissals(room: PlanningContext) -> Iterator[Item]:
    """Each call of each label that left the roster, or whom somebody replaces."""
    for label, record in room.records.items():
        takeover = room.replaced.get(label)
        if record.dismissed_at is None and takeover is None:
            continue
        yield from _dismissed(room, record, takeover)


def _dismissed(
    room: PlanningContext, record: Record, takeover: Takeover | None
) -> Iterator[Item]:
    """The end of the label's calls; one that is replaced stays while it is to wait."""
    label, legs = record.label, room.legs_of(record.label)
    waits = takeover.wait if takeover else None
    reason = "no longer in the roster"
    if takeover is not None:
        reason = takeover.goes or f"replaced by {takeover.heir}"
    if waits and any(each.connected for each in legs):
        yield waits
    for leg in legs:
        if leg.connected and waits:
            continue
        if leg.call_sid in room.matching.unread:
            ambiguity = room.unproven[leg.call_sid]
            yield Waiting(label, Phase.CONNECTED, f"not removed: {ambiguity.reason}")
        else:
            yield _replaced(_remove(room, label, leg, reason), takeover)
    if not legs:
        for item in unlisted_call(room, record, reason):
            yield _replaced(item, takeover)


def _replaced(item: Item, takeover: Takeover | None) -> Item:
    """*item*, with who takes over where it removes somebody who is replaced."""
    if takeover is None or not isinstance(item, Remove):
        return item
    return replace(item, heir=takeover.heir)


def unlisted_call(room: PlanningContext, record: Record, reason: str) -> Iterator[Item]:
    """End the record's open call, which no leg of the label shows.

    Somebody who has answered is left alone: they are about to be listed, or
    were moved to another call flow, which is none of ours. So is a call whose
    leg is another label's, which declares its phone by now.
    """
    attempt = record.open
    if attempt is None or _is_anothers(room, attempt):
        return
    call = room.observation.calls.get(attempt.call_sid or "")
    if attempt.call_sid is None or (call and call.status is CallStatus.IN_PROGRESS):
        verdict = absence(record, Redial(), room.observation, room.now)
        if isinstance(verdict, Waiting):
            yield verdict
    else:
        yield _hang_up(room, attempt, reason)


def _is_anothers(room: PlanningContext, attempt: Attempt) -> bool:
    """Whether a leg of another label shows the attempt's call."""
    others = (record for record in room.records if record != attempt.label)
    legs = chain.from_iterable(room.legs_of(label) for label in others)
    return any(leg.call_sid == attempt.call_sid for leg in legs)


def _hang_up(room: PlanningContext, attempt: Attempt, reason: str) -> Item:
    """The end of a call that no leg shows, unless it is another room's."""
    for other in room.ledger.elsewhere:
        if other.attempt.call_sid == attempt.call_sid:
            owner = f"{other.attempt.label} in {other.attempt.room}"
            why = f"left alone: the call is that of {owner}"
            return Waiting(attempt.label, Phase.CONNECTED, why, settled=True)
    call_sid = attempt.call_sid or ""
    if room.leaving(call_sid):
        return still_listed(attempt.label)
    return call_off(attempt.label, call_sid, reason)


def _doubles(room: PlanningContext) -> Iterator[Item]:
    """Our own call to somebody who meanwhile came in another way.

    Only a phone that still rings is let off; two calls that both stand are
    left to the person who holds them.
    """
    reason = "joined by another call"
    for label, seat in room.matching.matches.items():
        record = room.records[label]
        attempt = record.open
        if record.dismissed_at is not None or seat.leg is None or attempt is None:
            continue
        ours = attempt.call_sid
        if not seat.leg.connected or attempt.number == 0 or ours == seat.leg.call_sid:
            continue
        listed = next((leg for leg in seat.extras if leg.call_sid == ours), None)
        call = room.observation.calls.get(ours or "")
        if listed is not None and listed.on_the_way:
            yield _remove(room, label, listed, reason)
        elif listed is None and call is not None and call.status in _UNANSWERED:
            yield _hang_up(room, attempt, reason)


def _redials(room: PlanningContext) -> Iterator[Item]:
    """Members whose create-only parameters changed since they were called."""
    for member in room.roster.members:
        attempt = room.record(member).open
        if attempt is None or member.label in room.replaced:
            continue
        names = redial_needed(member, attempt, found=room.found(attempt))
        leg = _leg_of(room, attempt)
        if leg is None or not names or room.leaving(leg.call_sid):
            continue
        if leg is not room.leg(member.label) and "to" not in names:
            continue
        reason = f"{', '.join(names)} changed, which takes effect with a new call"
        if member.on_change is OnChange.REDIAL:
            yield from _redial(room, member.label, leg, reason)
            continue
        removal = _first_of_redial(room, member.label, leg, reason)
        if room.lifts(GuardKind.REDIALS):
            yield removal
            continue
        command = f"reconciler approve {quoted(room.roster.room)} --redials"
        hint = f"needs a redial: {reason}; 'on_change: redial' or '{command}' does so"
        yield Withheld(removal, NEEDS_REDIAL, hint)


def _leg_of(room: PlanningContext, attempt: Attempt) -> Participant | None:
    """The leg of the attempt's own call, which may not be the one that counts."""
    legs = room.legs_of(attempt.label)
    return next((leg for leg in legs if leg.call_sid == attempt.call_sid), None)


def _first_of_redial(
    room: PlanningContext, label: str, leg: Participant, reason: str
) -> Remove:
    """The removal that a redial begins with."""
    memory = ((f"redial:{label}", int(room.now)),)
    return replace(remove(label, leg, reason), memory=memory)


def _redial(
    room: PlanningContext, label: str, leg: Participant, reason: str
) -> Iterator[Item]:
    """A redial that the roster lets happen: one a member in ten minutes.

    Two processes that read different values of a variable would redial in turn.
    """
    at = room.redialed_at(label, leg.call_sid)
    until = None if at is None else at + REDIAL_INTERVAL_SECONDS
    removal = _first_of_redial(room, label, leg, reason)
    if until is None or room.now >= until or room.lifts(GuardKind.REMOVALS):
        yield removal
        return
    minutes = f"{REDIAL_INTERVAL_SECONDS / 60:.0f} minutes"
    held = f"{reason}; redialed less than {minutes} ago for the same kind of change"
    command = f"To redial now: reconciler approve {quoted(room.roster.room)}"
    yield Withheld(removal, "redial-interval", f"{held}. {command}")
    yield Waiting(label, Phase.CONNECTED, held, until, settled=True)


def _strangers(room: PlanningContext) -> Iterator[Item]:
    """The removal of everybody who is no member for certain, if so declared."""
    if room.roster.unlisted is not Unlisted.REMOVE:
        return
    for leg in room.matching.strangers:
        if leg.call_sid not in room.matching.uncertain:
            reason = "not in the roster, which declares unlisted: remove"
            yield _remove(room, room.alias(leg), leg, reason)


def _remove(room: PlanningContext, label: str, leg: Participant, reason: str) -> Item:
    gone = room.leaving(leg.call_sid)
    return still_listed(label) if gone else remove(label, leg, reason)


def still_listed(label: str) -> Waiting:
    """Somebody whom we took out a moment ago."""
    return Waiting(label, Phase.CONNECTED, "was removed, but is still listed")
