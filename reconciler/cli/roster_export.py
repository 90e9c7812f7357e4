"""A live room as a roster; pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from reconciler.files.endpoint import callee_fault, caller_fault
from reconciler.files.label import declarable
from reconciler.model.caller import withheld
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Call, Observation, Participant
from reconciler.model.phone import normal_address
from reconciler.planning.identity import Matching, match_participants

_REFERENCE = "${"

Fields = dict[str, str | bool]


class ExportedMember(Struct, frozen=True):
    """One person; ``note`` says what a reader must know of the entry."""

    label: str
    fields: Fields
    note: str = ""


class RosterExport(Struct, frozen=True):
    """A room as a roster would declare it.

    ``sender`` is what most phones showed; ``left_out`` are calls that no roster
    can declare, each with the reason.
    """

    room: str
    conference_sid: str
    sender: str
    people: tuple[ExportedMember, ...]
    left_out: tuple[str, ...]


class _Known(Struct, frozen=True):
    """Somebody whom a roster can declare."""

    leg: Participant
    to: str
    sender: str


def export_roster(seen: Observation) -> RosterExport:
    """The room as a roster, in the listing's order.

    Who is who is decided as a plan would: of several calls of one member the
    one that counts is declared, and what differs between them is left open.
    """
    known: dict[str, _Known] = {}
    left_out: list[str] = []
    for leg in seen.participants:
        if not (leg.connected or leg.on_the_way):
            continue
        found = _known(leg, seen.calls.get(leg.call_sid))
        if isinstance(found, str):
            left_out.append(f"{leg.label or leg.call_sid}: {found}")
        else:
            known[leg.call_sid] = found
    matching = _seated(seen, _members(known.values()))
    senders = Counter(each.sender for each in known.values())
    sender = senders.most_common(1)[0][0] if senders else ""
    left_out += _nobodys(matching, known)
    return RosterExport(
        room=seen.room,
        conference_sid=seen.conference.sid if seen.conference else "",
        sender=sender,
        people=tuple(_people(matching, known, sender)),
        left_out=tuple(left_out),
    )


def _seated(seen: Observation, members: Mapping[str, str]) -> Matching:
    """The seating of a plan for *members*, addresses by label."""
    records = {
        label: Record(label, to, intent=1, changed_at=0.0)
        for label, to in members.items()
    }
    return match_participants(seen, Ledger(records))


def _people(
    matching: Matching, known: Mapping[str, _Known], sender: str
) -> Iterator[ExportedMember]:
    """One entry for each label that has a leg, in the order of these legs."""
    matches = [match for match in matching.matches.values() if match.leg]
    labels = {seat.leg.call_sid: seat.label for seat in matches if seat.leg}
    order = [leg.call_sid for leg in matching.present]
    for sid in sorted(labels, key=order.index):
        seat = matching.matches[labels[sid]]
        if sid in known:
            yield _sitter(known[sid], seat.extras, labels, sender)


def _nobodys(matching: Matching, known: Mapping[str, _Known]) -> Iterator[str]:
    """Calls that a roster could declare, and that it would not tell apart."""
    for leg in matching.strangers:
        if leg.call_sid in known:
            ambiguity = matching.uncertain.get(leg.call_sid)
            why = (
                ambiguity.reason
                if ambiguity
                else "its label and its number contradict each other"
            )
            yield f"{leg.label or leg.call_sid}: {why}"


def _known(leg: Participant, call: Call | None) -> _Known | str:
    """The person, or why no roster can declare them."""
    if call is None:
        return "Twilio has no record of the call"
    ours = call.to if call.inbound else call.sender
    if withheld(call.party):
        return f"anonymous: the call shows {call.party or 'no number'}"
    fault = callee_fault(call.party) or caller_fault(ours)
    if fault is not None or _REFERENCE in call.party + ours:
        return f"{call.party or 'nobody'} from {ours or 'nobody'} cannot be called"
    return _Known(leg, call.party, ours)


def _members(known: Iterable[_Known]) -> dict[str, str]:
    """Addresses by label: Twilio's own, else one that nobody has, one an address."""
    members: dict[str, str] = {}
    others: list[_Known] = []
    for each in known:
        own = each.leg.label or ""
        if declarable(own) and own not in members:
            members[own] = each.to
        else:
            others.append(each)
    addresses = {normal_address(to) for to in members.values()}
    number = 0
    for each in others:
        if normal_address(each.to) in addresses:
            continue
        addresses.add(normal_address(each.to))
        number += 1
        while f"guest-{number}" in members:
            number += 1
        members[f"guest-{number}"] = each.to
    return members


def _sitter(
    found: _Known,
    extras: tuple[Participant, ...],
    labels: Mapping[str, str],
    sender: str,
) -> ExportedMember:
    leg = found.leg
    fields: Fields = {"to": found.to}
    if found.sender != sender:
        fields["from"] = found.sender
    fields |= {"muted": leg.muted, "hold": leg.hold}
    fields |= _coaching(leg, labels)
    fields["end_conference_on_exit"] = leg.end_conference_on_exit
    left_open = _left_open(leg, extras)
    declared = {name: said for name, said in fields.items() if name not in left_open}
    label = labels[leg.call_sid]
    notes = [_note(leg, label), *(f"also in with call {x.call_sid}" for x in extras)]
    if left_open:
        notes.append(f"their calls differ: {', '.join(sorted(left_open))} left open")
    return ExportedMember(label, declared, "; ".join(filter(None, notes)))


def _left_open(leg: Participant, extras: tuple[Participant, ...]) -> frozenset[str]:
    """What may not be declared, since it would silence a further call of theirs."""
    here = [each for each in extras if each.connected]
    fields = {
        name
        for name in ("muted", "hold")
        if getattr(leg, name) and not all(getattr(each, name) for each in here)
    }
    heard = [each for each in here if not each.muted]
    if leg.coaching and any(_pairing(each) != _pairing(leg) for each in heard):
        fields |= {"coaching", "call_sid_to_coach"}
    return frozenset(fields)


def _pairing(leg: Participant) -> tuple[bool, str | None]:
    return leg.coaching, leg.call_sid_to_coach


def _coaching(leg: Participant, labels: Mapping[str, str]) -> Fields:
    if not leg.coaching or leg.call_sid_to_coach is None:
        return {}
    target = labels.get(leg.call_sid_to_coach)
    if target is not None:
        return {"coaching": target}
    return {"coaching": True, "call_sid_to_coach": leg.call_sid_to_coach}


def _note(leg: Participant, label: str) -> str:
    notes = [
        f"no label at Twilio: identified by the number of {leg.call_sid}"
        if leg.label is None
        else "",
        f"Twilio's label cannot be declared: identified by the number of {leg.call_sid}"
        if leg.label not in {None, label}
        else "",
        f"{leg.status}: not in the room yet" if leg.on_the_way else "",
    ]
    return "; ".join(filter(None, notes))
