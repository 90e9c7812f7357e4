"""Two generations of a room side by side, field by field; and one beside the live room.

Values are as they may be shown: numbers masked, secrets hidden.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, to_builtins

from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.declaration import Declaration, Mode, ScheduleEntry
from reconciler.model.masking import mask
from reconciler.model.observation import Participant
from reconciler.model.roster import Member, RoomState, Roster, Value
from reconciler.planning.describe import shown
from reconciler.planning.override import Difference, written
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.roster_layers import STATE_FIELDS

PRESENT = "present"
"""The field that says whether somebody is declared, or in the room."""

_Fields = Mapping[str, Any]


class Compared(Struct, frozen=True):
    """A generation: the roster as it counted, and what was declared."""

    roster: Roster
    declaration: Declaration


def compare(before: Compared, after: Compared) -> tuple[Difference, ...]:
    """What differs: the room's settings, modes and schedule, then member by member."""
    return (
        *_between("", _room(before), _room(after)),
        *_order(before.roster, after.roster),
        *_members(before.roster, after.roster),
    )


def _members(before: Roster, after: Roster) -> Iterator[Difference]:
    old = {member.label: member for member in before.members}
    new = {member.label: member for member in after.members}
    for label in (*old, *(each for each in new if each not in old)):
        if label not in new or label not in old:
            yield Difference(label, PRESENT, before=label in old, after=label in new)
        else:
            yield from _between(label, _member(old[label]), _member(new[label]))


def _order(before: Roster, after: Roster) -> Iterator[Difference]:
    """The order of those whom both list, where it differs."""
    old = [member.label for member in before.members if after.member(member.label)]
    new = [member.label for member in after.members if before.member(member.label)]
    if old != new:
        yield Difference("", "order", mask(", ".join(old)), mask(", ".join(new)))


def _between(label: str, before: _Fields, after: _Fields) -> Iterator[Difference]:
    for name in (*before, *(each for each in after if each not in before)):
        one, other = before.get(name), after.get(name)
        if one != other:
            yield Difference(label, name, _shown(name, one), _shown(name, other))


def _shown(name: str, value: Any) -> Value | None:
    if isinstance(value, tuple):
        return ", ".join(mask(str(each)) for each in value)
    return shown(name, value)


def _room(of: Compared) -> dict[str, Any]:
    roster, declaration = of.roster, of.declaration
    return {
        "state": str(roster.state),
        "unlisted": str(roster.unlisted),
        **{f"limits.{name}": x for name, x in to_builtins(roster.limits).items()},
        "notify": roster.notify or None,
        "account": None if roster.account == DEFAULT_ACCOUNT else roster.account,
        **{f"groups.{x.name}": _words(to_builtins(x)) for x in roster.groups},
        "mode": declaration.mode,
        **{f"modes.{mode.name}": _mode(mode) for mode in declaration.modes},
        "schedule": tuple(map(_entry, declaration.schedule)) or None,
        **{
            f"schedule.{label}": tuple(_words(to_builtins(x)) for x in presence.periods)
            for presence in declaration.presences
            for label in presence.labels
        },
    }


def _mode(mode: Mode) -> str:
    said = [
        f"{label} {name}={written(value)}"
        for label, fields in mode.members
        for name, value in fields
    ]
    said += [] if mode.unlisted is None else [f"unlisted {mode.unlisted}"]
    return "; ".join(said)


def _entry(entry: ScheduleEntry) -> str:
    when = "otherwise" if entry.period is None else _words(to_builtins(entry.period))
    said = [f"mode {entry.mode}"] if entry.mode else []
    said += [f"state {entry.state}"] if entry.state else []
    return f"{when}: {', '.join(said)}"


def _words(said: Any) -> str:
    """A JSON object in a line: what the file says of a period, else its fields."""
    if isinstance(said, dict):
        parts = (
            f"{name} {_words(x)}" for name, x in said.items() if x not in (None, "")
        )
        return f"({' '.join(parts)})"
    if isinstance(said, list):
        return "[" + " ".join(map(_words, said)) + "]"
    return written(said)


def _member(member: Member) -> dict[str, Any]:
    redial, replaces = member.redial, member.replaces
    return {
        "to": member.to,
        "from": member.sender,
        **{name: getattr(member, name) for name in STATE_FIELDS},
        **dict(member.create_only),
        **dict(member.write_only),
        "announcements": tuple(
            " ".join(
                filter(None, (announcement.id, announcement.method, announcement.url))
            )
            for announcement in member.announcements
        )
        or None,
        "redial.on": tuple(map(str, redial.on)),
        "redial.attempts": redial.attempts,
        "redial.backoff": f"{redial.backoff:g}s",
        "on_change": str(member.on_change),
        "role": member.role or None,
        "protect": member.protect,
        "priority": member.priority,
        "replaces": None if replaces is None else _words(to_builtins(replaces)),
        "machine": str(member.machine),
    }


def compare_live(plan: Plan, roster: Roster) -> tuple[Difference, ...]:
    """What of the live room, as *plan* found it, is not as *roster* says."""
    return tuple(_live(plan, roster))


def _live(plan: Plan, roster: Roster) -> Iterator[Difference]:
    ended = roster.state is RoomState.ENDED
    if ended and plan.conference is not None:
        yield Difference("", "state", str(roster.state), str(RoomState.OPEN))
    labels = {leg.call_sid: x.member.label for x in plan.people for leg in x.legs}
    for person in plan.people:
        member, leg = person.member, person.leg
        if leg is not None and leg.connected:
            yield from _between(member.label, *_states(member, leg, labels))
        elif not ended and person.phase is not Phase.STANDBY:
            yield Difference(member.label, PRESENT, before=True, after=False)
    for leg in plan.unlisted:
        yield Difference(leg.label or leg.call_sid, PRESENT, before=False, after=True)


def _states(
    member: Member, leg: Participant, labels: Mapping[str, str]
) -> tuple[_Fields, _Fields]:
    """What is declared of a member's states, and what the leg shows of the same."""
    coached = leg.call_sid_to_coach or ""
    live: dict[str, Any] = {
        "muted": leg.muted,
        "hold": leg.hold,
        "coaching": labels.get(coached, coached) if leg.coaching else False,
        "end_conference_on_exit": leg.end_conference_on_exit,
    }
    declared = {name: getattr(member, name) for name in STATE_FIELDS}
    if leg.coaching and declared["coaching"] == coached:
        declared["coaching"] = live["coaching"]
    said = {name: value for name, value in declared.items() if value is not None}
    return said, {name: live[name] for name in said}
