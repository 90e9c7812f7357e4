"""Orders removals so that no room is emptied and no conference ends for others.

removal of                    goes when
a phone that nobody answered  at once
an answering machine          somebody else is in, or nobody is to come
anybody                       somebody declared is connected and stays
a member to be redialed      one at a time, while no phone rings, and once their
                             new phone is in no call for another member
somebody with the end flag    Twilio shows it cleared, if others stay or are to come
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from reconciler.model.action import Change, ChangeKind, Harm, Remove, Ring
from reconciler.model.ledger import Record
from reconciler.model.observation import Participant
from reconciler.planning.call_facts import STRANGER, assumed
from reconciler.planning.context import Item, PlanBuilder, PlanningContext
from reconciler.planning.describe import explaining
from reconciler.planning.end_flag import END_FLAG, VOID_END_FLAG, EndFlag
from reconciler.planning.guards import cuts_off
from reconciler.planning.phones import LET_GO_SECONDS
from reconciler.planning.plan import Phase, Waiting
from reconciler.planning.renumbered import blocked, blocker
from reconciler.planning.silence import silence

_ON_THE_WAY = frozenset({Phase.DIALING, Phase.RINGING})


def coming(arrivals: Iterable[Item]) -> bool:
    """Whether somebody is to join without anybody's further word."""
    return any(
        isinstance(item, Ring)
        or (
            isinstance(item, Waiting)
            and not item.settled
            and item.phase is not Phase.STALLED
        )
        for item in arrivals
    )


def without_dependants(
    arrivals: Iterable[Item], room: PlanningContext, going: frozenset[str]
) -> Iterator[Item]:
    """*arrivals* but for who waits for the calls *going*: coaches, or for a phone.

    To wait for them with that removal would be to wait for good.
    """
    for item in arrivals:
        if not isinstance(item, Waiting) or not (
            _relies(item.label, room, going)
            or _waits_for_phone(item.label, room, going)
        ):
            yield item


def _waits_for_phone(label: str, room: PlanningContext, going: frozenset[str]) -> bool:
    """Whether the phone of somebody absent is in a call of *going*."""
    other = blocker(room, label) if room.leg(label) is None else None
    return other is not None and other.open is not None and other.open.call_sid in going


def _relies(
    label: str,
    room: PlanningContext,
    going: frozenset[str],
    seen: frozenset[str] = frozenset(),
) -> bool:
    member = room.roster.member(label)
    wanted = member.coaching if member else None
    if not isinstance(wanted, str) or label in seen or room.leg(label) is not None:
        return False
    target = room.leg(wanted) or room.by_call(wanted)
    if target is not None:
        return target.call_sid in going
    return _relies(wanted, room, going, seen | {label})


def ringing(arrivals: Iterable[Item]) -> bool:
    """Whether a phone is being called, or about to be."""
    return any(
        isinstance(item, Ring)
        or (isinstance(item, Waiting) and item.phase in _ON_THE_WAY)
        for item in arrivals
    )


def empties(items: Iterable[Item], room: PlanningContext) -> bool:
    """Whether people are removed and nobody of those declared is connected.

    A roster that never named anybody declares the room empty.
    """
    items = tuple(items)
    removes = any(isinstance(item, Remove) and cuts_off(item) for item in items)
    return removes and bool(room.roster.members) and not _declared(items, room)


def _declared(items: Iterable[Item], room: PlanningContext) -> frozenset[str]:
    """Calls of listed members who are connected, and stay or are called back."""
    going = frozenset(map(_call_ended_for_good, items))
    return frozenset(
        leg.call_sid
        for member in room.roster.members
        for leg in room.legs_of(member.label)
        if leg.connected
        and not room.leaving(leg.call_sid)
        and leg.call_sid not in going
    )


def _call_ended_for_good(item: Item) -> str | None:
    """The call that *item* ends, unless its member is called again after that."""
    if not isinstance(item, Remove):
        return None
    return None if _redials(item) else item.call_sid


def _redials(item: Item) -> bool:
    """Whether *item* is the removal that a redial begins with."""
    return isinstance(item, Remove) and any(
        name.startswith("redial:") for name, _ in item.memory
    )


def defer_conference_ending(
    draft: PlanBuilder, room: PlanningContext, *, arrivals: Iterable[Item]
) -> PlanBuilder:
    """*draft* without the removals that are to wait for others."""
    arrivals = tuple(arrivals)
    order = _Order(room, draft, coming(arrivals), ringing(arrivals))
    put = PlanBuilder(withheld=draft.withheld, waiting=draft.waiting)
    for action in draft.actions:
        leg = room.by_call(action.call_sid) if isinstance(action, Remove) else None
        if isinstance(action, Remove) and leg is not None and leg.connected:
            put.take(order.of(action, leg))
        else:
            put.take([action])
    return put


class _Order:
    """Decides of one removal after the other."""

    def __init__(
        self, room: PlanningContext, draft: PlanBuilder, coming: bool, ringing: bool
    ) -> None:
        self._room, self._coming = room, coming
        going = {leg.call_sid for leg in room.legs if leg.call_sid in draft.going}
        self._declared = _declared(draft.actions, room)
        present = {
            leg.call_sid
            for leg in room.legs
            if leg.connected and not room.leaving(leg.call_sid)
        }
        self._lasting = present - (going - self._declared)
        self._single = len(going) == 1
        self._redialing = ringing
        redialed = [x.label for x in draft.actions if _redials(x)]
        self._blocked = blocked(room, redialed)
        removals = (x for x in draft.withheld if isinstance(x.action, Remove))
        self._withheld = {x.action.label for x in removals}
        self._going = draft.going

    def of(self, remove: Remove, leg: Participant) -> Iterator[Item]:
        """The removal, or what comes before it."""
        if remove.machine:
            yield from self._machine(remove, leg)
        elif remove.call_sid in self._declared:
            yield from self._redial(remove)
        elif self._coming and not self._declared:
            yield from self._spared(remove, leg)
        elif leg.end_conference_on_exit and (self._lasting or self._coming):
            yield from self._without_end_flag(remove, leg)
        else:
            yield remove

    def _machine(self, remove: Remove, leg: Participant) -> Iterator[Item]:
        """The end of a machine's call, which must not end the conference."""
        others = self._lasting - {remove.call_sid}
        if self._coming and not others:
            yield _later(
                remove, "is the last participant, and others are still to join"
            )
        elif leg.end_conference_on_exit and (others or self._coming):
            yield from self._without_end_flag(remove, leg)
        else:
            yield remove

    def _redial(self, remove: Remove) -> Iterator[Item]:
        """The removal of a listed member, who is called again after it.

        Who is alone in the room, with nobody to come, leaves nobody behind.
        """
        if self._coming and not self._lasting - {remove.call_sid}:
            yield _later(
                remove, "is the last participant, and others are still to join"
            )
        elif remove.label in self._blocked:
            yield self._once_free(remove)
        elif self._redialing:
            yield _later(remove, "only one person is redialed at a time")
        else:
            self._redialing = True
            leg = self._room.by_call(remove.call_sid)
            if leg is not None and leg.end_conference_on_exit:
                yield from self._without_end_flag(remove, leg)
            else:
                yield remove

    def _once_free(self, remove: Remove) -> Waiting:
        """The wait for the new phone; for a person where its call is to stay."""
        first = other = self._blocked[remove.label]
        while other.label in self._blocked:
            other = self._blocked[other.label]
        why = f"the phone is in a call for {first.label}, whose number has changed"
        wait = _later(remove, why)
        if not self._stays(other):
            return wait
        ask = f"To see why it continues: {explaining(self._room.roster.room, other.label)}"
        return replace(wait, phase=Phase.STALLED, reason=f"{wait.reason}. {ask}")

    def _stays(self, other: Record) -> bool:
        """Whether the call is not removed: that is withheld, or no pass plans it."""
        if other.open is None or other.open.call_sid in self._going:
            return False
        changed_ago = self._room.now - other.changed_at
        return other.label in self._withheld or changed_ago >= LET_GO_SECONDS

    def _spared(self, remove: Remove, leg: Participant) -> Iterator[Item]:
        """Stays until somebody declared is connected.

        The last one is silenced meanwhile, and so is a stranger; people who are
        replaced all at once continue talking.
        """
        dismissed = remove.label in self._room.records
        if not leg.muted and (self._single or not dismissed):
            reason = f"muted until the removal: {remove.reason}"
            memory = ((assumed("muted"), STRANGER),)
            yield silence(leg, remove.label, ChangeKind.MUTE, reason, memory)
        why = (
            "is the last participant"
            if self._single
            else "no declared member is connected"
        )
        yield _later(remove, f"{why}, and others are still to join")

    def _without_end_flag(self, remove: Remove, leg: Participant) -> Iterator[Item]:
        member = self._room.roster.member(remove.label)
        hold = member.hold if member else None
        memory = self._room.ledger.memory.get(leg.call_sid, {})
        flag = EndFlag(leg, False, hold, memory, frozenset({f"{END_FLAG}=False"}))
        if flag.void:
            reason = f"not removed: leaving ends the conference, and {VOID_END_FLAG}"
            yield Waiting(remove.label, Phase.STALLED, reason)
            return
        yield Change(
            label=remove.label,
            call_sid=leg.call_sid,
            conference_sid=leg.conference_sid,
            kind=ChangeKind.EXIT,
            field_changes=flag.field_changes,
            harm=Harm.NONE,
            reason=(
                f"so that removing them does not end the conference: {remove.reason}"
            ),
            memory=flag.remembered,
        )
        yield _later(remove, "end_conference_on_exit must be off first")


def _later(remove: Remove, why: str) -> Waiting:
    return Waiting(
        remove.label,
        Phase.CONNECTED,
        f"will be removed later: {why}",
    )
