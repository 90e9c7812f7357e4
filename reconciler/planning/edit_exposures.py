"""Which exposures are those of an edit: ``limits.exposures`` counts them.

exposure                                               of an edit
of whom no edit changed, or since the edit has joined  no
of what an override or a mode declares otherwise       no
what was so before an override or a mode               no
either, where an edit of schedule or modes makes it so yes
that undoes a safety mute of ours                      no
unmute of whom the file keeps on hold                  no: nobody hears them
unmute of whom an override or a mode keeps on hold     yes: they are heard at its end
any other                                              yes
"""

from collections.abc import Collection, Mapping

from reconciler.model.action import Change
from reconciler.model.ledger import Record
from reconciler.model.observation import Participant
from reconciler.model.roster import Member, Value
from reconciler.planning.call_facts import before
from reconciler.planning.context import PlanningContext


def by_edit(change: Change, room: PlanningContext, released: Collection[str]) -> bool:
    """Whether an edit makes somebody heard who was in the room before it.

    *released* are the calls that the plan takes off hold.
    """
    leg, record = room.by_call(change.call_sid), room.records.get(change.label)
    member = room.roster.member(change.label)
    if leg is None or record is None or not _edited_since(record, change.call_sid):
        return False
    if member is not None:
        memory = room.memory(member, leg)
        if leg.call_sid not in released and _held_for_good(member, leg, memory):
            return False
        if _for_a_time(change, member, memory) and not changed_by_edit(record):
            return False
    return ("muted", False) not in change.memory


def changed_by_edit(record: Record) -> bool:
    """Whether an edit changed the member last, and not a person's word or the clock."""
    return record.edited_at is not None and record.edited_at == record.changed_at


def _edited_since(record: Record, call_sid: str) -> bool:
    """Whether an edit changed them after their call was placed."""
    if record.edited_at is None:
        return False
    attempt = record.open
    if attempt is None or attempt.call_sid != call_sid:
        return True
    return record.edited_at > attempt.created_at


def _held_for_good(
    member: Member, leg: Participant, memory: Mapping[str, Value]
) -> bool:
    """Whether they are on hold, and not only until an override or a mode ends."""
    return leg.hold and not _only_now("hold", member, memory)


def _for_a_time(change: Change, member: Member, memory: Mapping[str, Value]) -> bool:
    """Whether an override or a mode exposes them, or its end does again."""
    return all(
        _only_now(each.name, member, memory)
        for each in change.field_changes
        if each.name in {"muted", "hold", "coaching"}
    )


def _only_now(name: str, member: Member, memory: Mapping[str, Value]) -> bool:
    """Whether a state field is so for a time only, or was not so before that."""
    return name in member.for_a_time or memory.get(before(name)) is False
