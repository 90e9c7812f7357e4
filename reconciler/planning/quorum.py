"""Groups with ``want``: who is called next, who is let off or removed.

the group has                                then
``want`` people in or being called           nobody else is called
fewer, and somebody is ready                 the next ones are called, in order
fewer, and all were tried                    those whom ``redial`` lets be called again
fewer, and nobody may be called any longer   a person is told

a phone, or a person                         is
slow, and another is called or in            let off: counts as no answer
being called, and ``want`` are in            let off
connected by our call, and ``want`` came
  before them                                let go: a removal like any other
protected, of a group that wants them, or
  replaced, see ``replacement``              left alone
any of them, with ``late: keep``             left alone

Candidates are in the group's order, or by priority; see ``candidate`` for how far
each has come. Labels of one phone are one candidate. A member of two groups is called
for both, and stays while one of them wants them. Who dials in counts. Members who are
not called are on standby: the room is as declared without them. Who is
replaced by another of the group counts as leaving while that one is to come.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.action import Remove
from reconciler.model.phone import normal_address
from reconciler.model.roster import Group, GroupOrder, Late, Member, Roster
from reconciler.planning.absence import absence
from reconciler.planning.call_facts import UNANSWERED
from reconciler.planning.candidate import Candidate, Progressed, candidate
from reconciler.planning.context import PlanningContext
from reconciler.planning.group_count import (
    FAILED,
    GroupCount,
    group_state,
    has_in,
    others_called,
    too_few,
    why_not_called,
)
from reconciler.planning.machines import redial_of
from reconciler.planning.plan import GroupState, Phase, Waiting
from reconciler.planning.redial import RingAllowed
from reconciler.planning.redial_muted import unanswered
from reconciler.planning.remove_action import call_off, remove

_ABSENT = frozenset({Progressed.READY, Progressed.TRIED})
_TO_COME = (Progressed.READY, Progressed.CALLED, Progressed.SLOW, Progressed.IN)


class Quorum(Struct, frozen=True):
    """What the groups of a room come to.

    ``calling`` are the labels that they call now, ``standby`` those whom nobody calls,
    each with the reason; ``going`` whom a group lets off or go. ``fallbacks`` are those
    of ``calling`` who are called since others of their group were called in vain.
    """

    calling: frozenset[str] = frozenset()
    standby: Mapping[str, str] = field(default_factory=dict)
    going: tuple[Remove, ...] = ()
    exhausted: tuple[Waiting, ...] = ()
    groups: tuple[GroupState, ...] = ()
    fallbacks: frozenset[str] = frozenset()


def quorum(room: PlanningContext, blocked: Collection[str] = frozenset()) -> Quorum:
    """Whom the groups call; *blocked* are candidates who cannot be called."""
    wanting = [each for each in room.roster.groups if each.want is not None]
    if not wanting:
        return Quorum()
    labels = [member.label for member in room.roster.members]
    called = called_anyhow(labels, room.roster.groups)
    heads = _heads(room.roster, called)
    counts: list[GroupCount] = []
    calling: frozenset[str] = frozenset()
    for group in wanting:
        ranked = _ranked(group, heads)
        found = (candidate(room, x, group.each_seconds, blocked) for x in ranked)
        candidates = tuple(_as_called(each, called, calling) for each in found)
        counts.append(_count(room, group, candidates))
        calling = (calling | set(counts[-1].calling)) - called
    return Quorum(
        calling,
        dict(_standby(counts, heads, called | calling | set(blocked))),
        tuple(_going(room, counts, called)),
        tuple(too_few(room, count) for count in counts if count.exhausted),
        tuple(map(group_state, counts)),
        frozenset(x for count in counts for x in _fallbacks(count)),
    )


def _fallbacks(count: GroupCount) -> Iterator[str]:
    """Whom the group calls now since others of it were called in vain."""
    in_vain = {x.label for x in count.of(*FAILED, Progressed.SLOW)}
    if in_vain:
        yield from (label for label in count.calling if label not in in_vain)


def called_anyhow(labels: Iterable[str], groups: Collection[Group]) -> frozenset[str]:
    """Members who are called whatever a group wants: no group, or a whole one, is theirs."""
    partial = {x for group in groups if group.want is not None for x in group.labels}
    whole = {x for group in groups if group.want is None for x in group.labels}
    return frozenset(labels) - (partial - whole)


def _heads(roster: Roster, called: Collection[str]) -> Mapping[str, Member]:
    """By label, the member who stands for everybody with the same phone."""
    first: dict[str, Member] = {}
    for member in sorted(roster.members, key=lambda each: each.label not in called):
        first.setdefault(normal_address(member.to), member)
    return {each.label: first[normal_address(each.to)] for each in roster.members}


def _ranked(group: Group, heads: Mapping[str, Member]) -> list[Member]:
    """The candidates of a group in the order in which they are called."""
    labels = dict.fromkeys(heads[x].label for x in group.labels if x in heads)
    members = [heads[label] for label in labels]
    if group.order is GroupOrder.PRIORITY:
        members.sort(key=lambda member: member.priority)
    return members


def _count(
    room: PlanningContext, group: Group, candidates: tuple[Candidate, ...]
) -> GroupCount:
    """The group with those whom it calls now."""
    count = GroupCount(group, min(group.want or 0, len(candidates)), candidates)
    again, pending = _again(room, count)
    count = _with_leaving(room, count, {*again, *pending})
    ready = [each.label for each in count.of(Progressed.READY)]
    calling = _called_now(room, count, (*ready, *again))
    return replace(count, calling=calling, pending=pending)


def _called_now(
    room: PlanningContext, count: GroupCount, able: Collection[str]
) -> tuple[str, ...]:
    """The first of *able*; the place of who is leaving is for who takes over."""
    missing = max(0, count.missing)
    leaving = count.of(Progressed.LEAVING)
    all_heirs = set[str]().union(*(_heirs(room, each.label) for each in leaving))
    heirs = [label for label in able if label in all_heirs][:missing]
    here = count.of(Progressed.CALLED, Progressed.IN)
    reserved = len(leaving) - sum(each.label in all_heirs for each in here)
    free = min(missing - len(heirs), missing - max(0, reserved))
    others = [label for label in able if label not in all_heirs][: max(0, free)]
    return tuple(label for label in able if label in {*heirs, *others})


def _as_called(
    found: Candidate, called: Collection[str], calling: Collection[str]
) -> Candidate:
    """Who is called anyhow, or for another group, is called for this one, too."""
    ready = found.state is Progressed.READY and found.label in called
    tried = found.state in _ABSENT and found.label in calling
    if ready or tried:
        return replace(found, state=Progressed.CALLED, word="calling")
    return found


def _with_leaving(
    room: PlanningContext, count: GroupCount, retried: Collection[str]
) -> GroupCount:
    """Who is in counts as leaving while another of the group is to take over.

    Once nobody is to come any more, who stays counts again.
    """
    coming = {each.label for each in count.of(*_TO_COME)}.union(retried)

    def seen(found: Candidate) -> Candidate:
        takeover = room.replaced.get(found.label)
        if found.state is not Progressed.IN or takeover is None:
            return found
        heirs = _heirs(room, found.label) & coming
        stalled = takeover.wait is not None and takeover.wait.phase is Phase.STALLED
        if not heirs or (stalled and not any(map(room.leg, heirs))):
            return found
        return replace(found, state=Progressed.LEAVING, word="being replaced")

    return replace(count, candidates=tuple(map(seen, count.candidates)))


def _heirs(room: PlanningContext, label: str) -> set[str]:
    """Who takes over from *label*."""
    takeover = room.replaced[label]
    return set(takeover.heirs or (takeover.heir,))


def _again(
    room: PlanningContext, count: GroupCount
) -> tuple[list[str], tuple[str, ...]]:
    """Who was tried and may be called again: now, and later."""
    now, later = list[str](), list[str]()
    for each in count.of(Progressed.TRIED):
        record = room.record(each.member)
        if room.leg(each.label) or record.open:
            continue
        verdict = absence(record, redial_of(each.member), room.observation, room.now)
        if isinstance(verdict, RingAllowed):
            now.append(each.label)
        elif verdict.phase is Phase.WAITING:
            later.append(each.label)
    return now, tuple(later)


def _standby(
    counts: Iterable[GroupCount], heads: Mapping[str, Member], called: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Whom nobody calls now, with the reason; others show why they are not in."""
    counts = tuple(counts)
    shown = {
        label
        for count in counts
        if count.missing > 0
        for label in (*count.pending, *_tried_in_vain(count))
    }
    for label in dict.fromkeys(label for x in counts for label in x.group.labels):
        head = heads.get(label)
        if head is None or label in called or label in shown:
            continue
        if head.label != label:
            yield label, f"has the same phone as {head.label}"
        else:
            mine = [count for count in counts if label in count.group.labels]
            yield label, "; ".join(why_not_called(count, label) for count in mine)


def _tried_in_vain(count: GroupCount) -> Iterator[str]:
    if count.exhausted:
        yield from (each.label for each in count.of(*FAILED))


def _going(
    room: PlanningContext, counts: Collection[GroupCount], called: Collection[str]
) -> Iterator[Remove]:
    """Whom every group that names them lets off or go."""
    votes: dict[str, list[str]] = {}
    asked: Counter[str] = Counter()
    slow = {x.label for count in counts for x in count.of(Progressed.SLOW)}
    for count in counts:
        asked.update(each.label for each in count.candidates)
        for label, reason in _let_off(count).items():
            votes.setdefault(label, []).append(reason)
    for label, reasons in votes.items():
        member = room.roster.member(label)
        stays = label in called or label in room.replaced
        if member and len(reasons) == asked[label] and not stays:
            yield from _end(room, member, reasons[0], in_vain=label in slow)


def _let_off(count: GroupCount) -> Mapping[str, str]:
    """By label, why the group does not want somebody whom it called."""
    if count.group.late is Late.KEEP:
        return {}
    reasons: dict[str, str] = {}
    earliest = sorted(count.inside, key=lambda each: each.since)
    for each in earliest[count.want :]:
        reasons[each.label] = f"answered late: {has_in(count)}"
    if count.enough:
        reasons |= {x.label: has_in(count) for x in count.of(Progressed.CALLED)}
    if count.missing <= 0:
        seconds = f"{count.group.each_seconds:g} s"
        for each in count.of(Progressed.SLOW):
            others = has_in(count) if count.enough else others_called(count)
            reasons[each.label] = f"no answer within {seconds}: {others}"
    return reasons


def _end(
    room: PlanningContext, member: Member, reason: str, *, in_vain: bool
) -> Iterator[Remove]:
    """The end of the member's call, if it is one that we placed."""
    leg, attempt = room.leg(member.label), room.record(member).open
    if attempt is None or not attempt.number or attempt.call_sid is None:
        return
    call_sid = attempt.call_sid
    if room.leaving(call_sid):
        return
    if unanswered(room, call_sid):
        memory = ((UNANSWERED, int(room.now)),) if in_vain else ()
        yield replace(call_off(member.label, call_sid, reason), memory=memory)
    elif leg and leg.connected and leg.call_sid == call_sid and not member.protect:
        yield remove(member.label, leg, reason)
