"""What somebody who dials in is answered: admitted as declared, or rejected.

the room is        the caller is         unlisted        becomes
unknown, released  anybody               any             rejected
ended              anybody               any             rejected
open               a member              any             admitted as declared
                   one of several        keep, and all   admitted
                   members               may speak
                                         any other       admitted muted
                   nobody                keep            admitted
                                         mute, hold      admitted muted
                                         remove          rejected

A pause lets nobody in otherwise than declared. TwiML cannot hold: who is declared on
hold joins muted, and a pass then puts them on hold. A coach joins muted, and paired
where the one coached is known to be in the room.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.attempt import AttemptState
from reconciler.model.ledger import Ledger
from reconciler.model.roster import Fields, Member, RoomState, Roster, Unlisted, Value
from reconciler.planning.call_facts import (
    ABSENT,
    REMOVED,
    REMOVING,
    STRANGER,
    admitted,
    assumed,
    before,
)
from reconciler.planning.create_parameters import joining_fields, joins_muted
from reconciler.planning.ownership import address, labels_by_address

ARRIVAL_SECONDS: Final = 15.0
"""Seconds within which a caller who was admitted is listed, or will not be."""

_GOING: Final = frozenset({ABSENT, REMOVING, REMOVED})


class Admission(Struct, frozen=True):
    """The caller joins ``room``.

    ``label`` is the member's, "" of nobody's call. ``fields`` are parameters by
    snake_case name, as of a create; ``memory`` is what to remember of the call.
    """

    room: str
    label: str
    fields: Fields
    memory: Fields
    reason: str


class Rejection(Struct, frozen=True):
    """The caller does not join."""

    reason: str


class IncomingCall(Struct, frozen=True):
    """A call to a number of ours; ``caller`` is the address that Twilio shows."""

    sid: str
    caller: str


def admit(
    roster: Roster | None, ledger: Ledger, call: IncomingCall, now: float
) -> Admission | Rejection:
    """Read the table. *roster* is the effective one, None of a room not managed."""
    if roster is None:
        return Rejection("no such room is managed")
    if roster.state is RoomState.ENDED:
        return Rejection("the room is declared as ended")
    people = ((member.label, member.to) for member in roster.members)
    labels = labels_by_address(people).get(address(call.caller), ())
    members = [member for member in roster.members if member.label in labels]
    if len(members) == 1:
        return _member(roster, _without(ledger, call.sid), members[0], now)
    return _stranger(roster, members)


def _member(roster: Roster, ledger: Ledger, member: Member, now: float) -> Admission:
    target = _target(roster, ledger, member)
    fields, memory = joining_fields(member, target)
    said = dict(fields)
    if _label_taken(ledger, member.label, now):
        del said["label"]
    noted: dict[str, Value] = {**dict(memory), admitted(member.label): int(now)}
    reason = f"admitted as {member.label}, {_manner(said)}"
    return Admission(
        roster.room, member.label, tuple(sorted(said.items())), _sorted(noted), reason
    )


def _stranger(roster: Roster, members: list[Member]) -> Admission | Rejection:
    rule = roster.unlisted
    if rule is Unlisted.REMOVE and not members:
        return Rejection("not in the roster, which declares unlisted: remove")
    silent = rule is not Unlisted.KEEP or any(map(joins_muted, members))
    fields: Fields = (("muted", True),) if silent else ()
    memory: Fields = ((assumed("muted"), STRANGER),) if silent else ()
    if silent and roster.temporary_unlisted and not members:
        memory += ((before("muted"), False),)
    who = "one of several members of that number" if members else "not in the roster"
    reason = f"admitted, {_manner(dict(fields))}: {who}; unlisted: {rule}"
    return Admission(roster.room, "", fields, memory, reason)


def _target(roster: Roster, ledger: Ledger, member: Member) -> str | None:
    """The call to be coached by *member*, if it is known to be in the room."""
    wanted = member.coaching
    target = roster.member(wanted) if isinstance(wanted, str) else None
    record = ledger.records.get(target.label) if target and not target.hold else None
    attempt = record.open if record else None
    if attempt is None or attempt.state is not AttemptState.PLACED:
        return None
    call_sid = attempt.call_sid
    if call_sid is None or attempt.connected_at is None:
        return None
    return None if _GOING & ledger.memory.get(call_sid, {}).keys() else call_sid


def _label_taken(ledger: Ledger, label: str, now: float) -> bool:
    """Whether another call may have the label: Twilio then takes in no second one."""
    record = ledger.records.get(label)
    return bool(record and record.open) or admitted_at(ledger, label, now) is not None


def admitted_at(ledger: Ledger, label: str, now: float) -> float | None:
    """When a call was last admitted as *label* that may not be listed yet, or None."""
    calls = ledger.memory.items()
    times = [
        at
        for call_sid, noted in calls
        if isinstance(at := noted.get(admitted(label)), int)
        and abs(now - at) < ARRIVAL_SECONDS
        and not _over(ledger, call_sid)
    ]
    return max(times, default=None)


def _without(ledger: Ledger, call_sid: str) -> Ledger:
    """What is on record of other calls: Twilio may ask twice about one."""
    others = {sid: noted for sid, noted in ledger.memory.items() if sid != call_sid}
    return replace(ledger, memory=others)


def _over(ledger: Ledger, call_sid: str) -> bool:
    call = ledger.identities.get(call_sid)
    return call is not None and call.ended


def _manner(fields: dict[str, Value]) -> str:
    if fields.get("coaching") is True:
        return "muted, coaching"
    return "muted" if fields.get("muted") is True else "not muted"


def _sorted(fields: dict[str, Value]) -> Fields:
    return tuple(sorted(fields.items()))
