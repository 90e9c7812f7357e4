"""Unlisted participants, and what ``unlisted`` does with them.

it may be          unlisted      becomes
nobody             keep          left alone
                   mute, hold    muted, held: remembered as given to a stranger
                   remove        removed
one of several     keep          left alone
members            any other     silenced as all of them and the rule agree
any member: the    keep          left alone
call is unread     any other     as above, until the record is read; after
                                 NO_RECORD seconds muted or held, never removed

Who has left the roster and is still in, and not on the way out by this plan, is muted
or held like a stranger while an override or a mode asks that of strangers.

Whoever was silenced as long as the rule was so for a time only is released once it is
over; see ``restoring``. Whoever turns out to be nobody's is released from what they
were given as a member, unless the rule asks for it.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from reconciler.model.action import Change, ChangeKind, FieldChange, Harm
from reconciler.model.observation import Participant
from reconciler.model.roster import Unlisted, Value
from reconciler.planning.call_facts import MEMBER, STRANGER, assumed, before
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.identity import Ambiguity
from reconciler.planning.leg_diff import diff_leg
from reconciler.planning.plan import Phase, Waiting
from reconciler.planning.restoring import REASON
from reconciler.planning.silence import FIELDS, silence
from reconciler.planning.unread_calls import unrecorded

_ASKED = {
    Unlisted.KEEP: frozenset[ChangeKind](),
    Unlisted.MUTE: frozenset({ChangeKind.MUTE}),
    Unlisted.HOLD: frozenset({ChangeKind.HOLD}),
    Unlisted.REMOVE: frozenset[ChangeKind](),
}
"""The silences that each rule asks for."""

_ALLOWED = {**_ASKED, Unlisted.REMOVE: frozenset(FIELDS)}
"""The silences that each rule agrees to: whom it removes, it may silence."""


def silenced_strangers(room: PlanningContext) -> Iterator[Item]:
    """What the roster wants of the strangers, other than their removal."""
    for leg in room.matching.strangers:
        ambiguity = room.matching.uncertain.get(leg.call_sid)
        if ambiguity is None or _overdue(room, leg, ambiguity):
            yield from _as_stranger(room, leg)
        elif room.roster.unlisted is not Unlisted.KEEP:
            yield from _in_doubt(room, leg, ambiguity)


def silenced_meanwhile(
    room: PlanningContext, dismissed: Iterable[tuple[str, Participant]]
) -> Iterator[Change]:
    """The silences that are asked of all for a time, of people the roster has no more.

    *dismissed* are their labels and legs.
    """
    rule = room.roster.unlisted
    if not room.roster.temporary_unlisted:
        return
    for label, leg in dismissed:
        for kind, field in FIELDS.items():
            if leg.connected and kind in _ASKED[rule] and not getattr(leg, field):
                reason = f"no longer in the roster, and unlisted: {rule} for now"
                change = replace(_silence(room, leg, kind, reason), label=label)
                yield _for_a_time(room, change, field)


def _overdue(room: PlanningContext, leg: Participant, ambiguity: Ambiguity) -> bool:
    """Whether the call is without a record for too long to wait for one."""
    mild = room.roster.unlisted is not Unlisted.REMOVE
    return mild and not ambiguity.lasting and unrecorded(leg, room.now)


def _as_stranger(room: PlanningContext, leg: Participant) -> Iterator[Item]:
    if not leg.connected:
        return
    memory = room.ledger.memory.get(leg.call_sid, {})
    rule = room.roster.unlisted
    for kind, field in FIELDS.items():
        asked, silent = kind in _ASKED[rule], bool(getattr(leg, field))
        if asked and not silent:
            reason = f"not in the roster, which declares unlisted: {rule}"
            yield _for_a_time(room, _silence(room, leg, kind, reason), field)
        elif _wronged(leg, memory.get(assumed(field))) and not asked:
            yield _release(room, leg, kind)
        elif silent and not asked and memory.get(before(field)) is False:
            yield replace(_release(room, leg, kind), reason=REASON)


def _for_a_time(room: PlanningContext, change: Change, field: str) -> Change:
    """*change*, to be undone once what asks for it is over, if it is for a time only."""
    if not room.roster.temporary_unlisted:
        return change
    return replace(change, memory=(*change.memory, (before(field), False)))


def _wronged(leg: Participant, assumption: Value | None) -> bool:
    """Whether they were silenced as a member; a coach may be heard by all."""
    return assumption == MEMBER and not leg.coaching


def _in_doubt(
    room: PlanningContext, leg: Participant, ambiguity: Ambiguity
) -> Iterator[Item]:
    agreed = _agreed(room, leg)
    for kind in FIELDS:
        if kind in agreed:
            reason = f"declared for every possible member: {ambiguity.reason}"
            yield _silence(room, leg, kind, reason)
    if ambiguity.lasting or not _content(room, leg, agreed):
        reason = f"left alone: {ambiguity.reason}"
        if agreed:
            reason = (
                f"only what all possible members have in common: {ambiguity.reason}"
            )
        label = room.alias(leg)
        yield Waiting(label, Phase.CONNECTED, reason, settled=ambiguity.lasting)


def _agreed(room: PlanningContext, leg: Participant) -> frozenset[ChangeKind]:
    """The silences that the leg lacks under every reading of who it is."""
    if not leg.connected:
        return frozenset()
    labels = room.matching.candidates.get(leg.call_sid, ())
    members = [m for label in labels if (m := room.roster.member(label))]
    rule = room.roster.unlisted
    agreed = _ALLOWED[rule] if members else _ASKED[rule]
    for member in members:
        silences = diff_leg(room, member, leg, frozenset()).silences()
        agreed &= {change.kind for change in silences}
    return frozenset(c for c in agreed if not getattr(leg, FIELDS[c]))


def _content(
    room: PlanningContext, leg: Participant, agreed: frozenset[ChangeKind]
) -> bool:
    """Whether nothing more would come of knowing who it is."""
    asked = _ASKED[room.roster.unlisted]
    lacking = {c for c in asked if not getattr(leg, FIELDS[c])}
    return bool(asked) and lacking <= agreed


def _silence(
    room: PlanningContext, leg: Participant, kind: ChangeKind, reason: str
) -> Change:
    memory = ((assumed(FIELDS[kind]), STRANGER),)
    return silence(leg, room.alias(leg), kind, reason, memory)


def _release(room: PlanningContext, leg: Participant, kind: ChangeKind) -> Change:
    field = FIELDS[kind]
    return Change(
        label=room.alias(leg),
        call_sid=leg.call_sid,
        conference_sid=leg.conference_sid,
        kind=kind,
        field_changes=(FieldChange(field, bool(getattr(leg, field)), after=False),),
        harm=Harm.EXPOSE,
        reason="was muted or held as a member, but is not one",
        memory=((assumed(field), False),),
    )
