"""``replaces``: make before break.

the one who takes over                    the one who is replaced
connected for ``settle_seconds``          goes, as if dismissed
connected for less                        stays until then
is to come, or may yet be a machine       stays until then
is on standby, or a coach who waits       stays, and the room is settled
cannot be called without a person         stays, and a person is told
any of these, the deadline is over        goes, or stays and a person is told
left, gave up, a machine answered         stays, and a person is told

Who is replaced and not in the room is not called, and a phone that still rings for
them is let off. Of a chain, whoever is replaced goes once anybody further on has taken
over; that the chain went through a member who was dismissed meanwhile is remembered of
the call. On a circle nobody replaces anybody.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from reconciler.model.ledger import Record
from reconciler.model.observation import Participant
from reconciler.model.roster import Machine, Member, Replacement
from reconciler.planning.absence import absence
from reconciler.planning.call_facts import REPLACED_BY, Notes
from reconciler.planning.context import Item, PlanningContext, Takeover
from reconciler.planning.machines import Answerer, answerer, redial_of
from reconciler.planning.plan import Phase, Waiting, Withheld
from reconciler.planning.redial import RingAllowed

_NOBODY = "stays, because nobody has taken over"
_MACHINE_ANSWERED = "a machine answered"


def with_takeovers(room: PlanningContext) -> PlanningContext:
    """*room* with whom others replace, and what becomes of each."""
    heirs = _heirs(room)
    return replace(room, replaced=dict(_takeovers(room, heirs))) if heirs else room


def takeovers_to_remember(room: PlanningContext) -> Notes:
    """What to remember of the calls of people who stay until they are replaced."""
    return {
        leg.call_sid: {REPLACED_BY: takeover.heir}
        for takeover in room.replaced.values()
        for leg in room.legs_of(takeover.label)
        if takeover.wait
        and room.ledger.memory.get(leg.call_sid, {}).get(REPLACED_BY) != takeover.heir
    }


def without_idle_waits(
    waiting: Iterable[Waiting], room: PlanningContext, arrivals: Iterable[Item]
) -> Iterator[Waiting]:
    """*waiting*; nobody stays on the way for somebody who is not to come by *arrivals*.

    A group may have enough without them, or another rule keep them from being called.
    """
    reasons = dict(_uncalled(arrivals))
    for wait in waiting:
        takeover = room.replaced.get(wait.label)
        waits = takeover is not None and wait == takeover.wait
        if takeover is None or not waits or wait.phase is Phase.STALLED:
            yield wait
        else:
            yield _idle(wait, room, takeover, reasons)


def _idle(
    wait: Waiting,
    room: PlanningContext,
    takeover: Takeover,
    reasons: Mapping[str, tuple[Phase, str]],
) -> Waiting:
    """*wait*, or that none of those who would take over is to come."""
    found = [
        (label, *idle)
        for label in takeover.heirs
        if (idle := _why_idle(room, label, reasons)) is not None
    ]
    if len(found) < len(takeover.heirs):
        return wait
    why = "; ".join(f"{label}: {reason}" for label, _, reason in found)
    if all(phase is not Phase.STALLED for _, phase, _ in found):
        reason = f"stays, because nobody takes over yet. {why}"
        return replace(wait, reason=reason, settled=True)
    return replace(wait, phase=Phase.STALLED, reason=f"{_NOBODY}. {why}")


def _why_idle(
    room: PlanningContext, label: str, reasons: Mapping[str, tuple[Phase, str]]
) -> tuple[Phase, str] | None:
    """Why *label* is not to come, with the phase; None if they are, or may be."""
    leg, member = room.leg(label), room.roster.member(label)
    if leg is None or member is None:
        return reasons.get(label)
    stays = _is_kept_machine(room, member, leg)
    return (Phase.STALLED, _MACHINE_ANSWERED) if stays else None


def _uncalled(arrivals: Iterable[Item]) -> Iterator[tuple[str, tuple[Phase, str]]]:
    """Whom nobody calls until something else changes, with the phase and the reason."""
    for item in arrivals:
        if isinstance(item, Withheld):
            yield item.action.label, (Phase.STALLED, item.reason)
        elif isinstance(item, Waiting) and (
            item.settled or item.phase is Phase.STALLED
        ):
            yield item.label, (item.phase, item.reason)


def _takeovers(
    room: PlanningContext, heirs: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, Takeover]]:
    for label, record in room.records.items():
        ahead = _ahead(label, heirs)
        members = [x for x in room.roster.members if x.label in ahead and x.replaces]
        if members and label not in ahead:
            yield label, _takeover(room, record, members, heirs[label][0])


def _heirs(room: PlanningContext) -> Mapping[str, tuple[str, ...]]:
    """Who takes over from each label, by the roster and by what is remembered."""
    found: dict[str, list[str]] = defaultdict(list)
    for member in room.roster.members:
        if member.replaces:
            found[member.replaces.label].append(member.label)
    for label in room.records if found else ():
        for leg in room.legs_of(label):
            heir = room.ledger.memory.get(leg.call_sid, {}).get(REPLACED_BY)
            if isinstance(heir, str) and room.roster.member(heir) is None:
                found[label].append(heir)
    return {label: tuple(names) for label, names in found.items()}


def _ahead(label: str, heirs: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Everybody who replaces *label*, or somebody who does; itself on a circle."""
    found: set[str] = set()
    to_do = list(heirs.get(label, ()))
    while to_do:
        heir = to_do.pop()
        if heir not in found:
            found.add(heir)
            to_do += heirs.get(heir, ())
    return found


def _takeover(
    room: PlanningContext, record: Record, members: list[Member], heir: str
) -> Takeover:
    """The table above for one who is replaced by any of *members*."""
    terms = [(member, member.replaces) for member in members if member.replaces]
    settles = [
        (since + of.settle_seconds, member.label)
        for member, of in terms
        if (since := _in_since(room, member)) is not None
    ]
    if settles and min(settles)[0] <= room.now:
        reason = f"replaced by {min(settles)[1]}, who is connected"
        return Takeover(record.label, heir, goes=reason)
    ends = [
        (at, of)
        for member, of in terms
        if (at := _deadline(room, record, member, of)) is not None
    ]
    over = [of for at, of in ends if at <= room.now]
    names = ", ".join(member.label for member in members)
    if any(not of.keep_after_deadline for of in over):
        reason = f"{names} did not take over in time; declared to be removed anyway"
        return Takeover(record.label, heir, goes=reason)
    times = [at for at, _ in (*settles, *ends) if at > room.now]
    return Takeover(
        record.label,
        heir,
        tuple(member.label for member in members),
        wait=_stay(room, record.label, members, bool(over), min(times, default=None)),
    )


def _stay(
    room: PlanningContext,
    label: str,
    members: list[Member],
    late: bool,
    until: float | None,
) -> Waiting:
    names = ", ".join(member.label for member in members)
    gone = [_not_coming(room, member) for member in members]
    if late or all(gone):
        why = "; ".join(filter(None, gone)) or f"{names}: not connected by the deadline"
        return Waiting(label, Phase.STALLED, f"{_NOBODY}. {why}")
    settle = max(
        member.replaces.settle_seconds for member in members if member.replaces
    )
    reason = f"stays until {names} has been connected for {settle:g} s"
    return Waiting(label, Phase.CONNECTED, reason, until)


def _in_since(room: PlanningContext, member: Member) -> float | None:
    """Since when a person is in by the member's call, None if nobody is."""
    leg, attempt = room.leg(member.label), room.record(member).open
    if leg is None or not leg.connected or room.leaving(leg.call_sid):
        return None
    if answerer(room, member.label, leg) is not Answerer.PERSON:
        return None
    return (attempt.connected_at if attempt else None) or room.now


def _deadline(
    room: PlanningContext, record: Record, member: Member, of: Replacement
) -> float | None:
    """When the one who takes over must be in, counted from when the other is to go."""
    if of.deadline_seconds is None:
        return None
    since = record.dismissed_at or room.record(member).changed_at
    return since + of.deadline_seconds


def _not_coming(room: PlanningContext, member: Member) -> str:
    """Why nobody is to come by the member's call, "" if somebody is or may be."""
    leg = room.leg(member.label)
    if leg is not None:
        stays = _is_kept_machine(room, member, leg)
        return f"{member.label}: {_MACHINE_ANSWERED}" if stays else ""
    record = room.record(member)
    verdict = absence(record, redial_of(member), room.observation, room.now)
    if isinstance(verdict, RingAllowed):
        return ""
    over = verdict.settled or verdict.phase is Phase.STALLED
    return f"{member.label}: {verdict.reason}" if over else ""


def _is_kept_machine(room: PlanningContext, member: Member, leg: Participant) -> bool:
    """Whether a machine took the member's call, which it stays on."""
    machine = answerer(room, member.label, leg) is Answerer.MACHINE
    return machine and member.machine is not Machine.HANG_UP
