"""A live room as a roster would declare it: pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.files.endpoint import callee_fault, caller_fault
from reconciler.files.label import declarable
from reconciler.model.caller import withheld
from reconciler.model.observation import Call, Observation, Participant

_REFERENCE = "${"

Fields = dict[str, str | bool]


@dataclass(frozen=True, slots=True)
class Sitter:
    """One person; ``note`` says what a reader must know of the entry."""

    label: str
    fields: Fields
    note: str = ""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A room as a roster would declare it.

    ``sender`` is what most phones showed; ``left_out`` are calls that no roster
    can declare, each with the reason.
    """

    room: str
    conference_sid: str
    sender: str
    people: tuple[Sitter, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """Somebody whom a roster can declare."""

    leg: Participant
    to: str
    sender: str


def portrait(seen: Observation) -> Portrait:
    """The room as a roster, in the listing's order."""
    known: list[_Known] = []
    left_out: list[str] = []
    for leg in seen.participants:
        if not (leg.connected or leg.on_the_way):
            continue
        found = _known(leg, seen.calls.get(leg.call_sid))
        if isinstance(found, str):
            left_out.append(f"{leg.label or leg.call_sid}: {found}")
        else:
            known.append(found)
    senders = Counter(each.sender for each in known)
    sender = senders.most_common(1)[0][0] if senders else ""
    labels = _labels(known)
    return Portrait(
        room=seen.room,
        conference_sid=seen.conference.sid if seen.conference else "",
        sender=sender,
        people=tuple(_sitter(each, labels, sender) for each in known),
        left_out=tuple(left_out),
    )


def _known(leg: Participant, call: Call | None) -> _Known | str:
    """The person, or why no roster can declare them."""
    if call is None:
        return "Twilio has no record of the call"
    ours = call.to if call.inbound else call.sender
    if withheld(call.party):
        return f"anonymous: the call shows {call.party or 'no number'}"
    fault = callee_fault(call.party) or caller_fault(ours)
    if fault is not None or _REFERENCE in call.party + ours:
        return f"{call.party or 'nobody'} from {ours or 'nobody'} cannot be rung"
    return _Known(leg, call.party, ours)


def _labels(known: Iterable[_Known]) -> dict[str, str]:
    """A label for each call SID: Twilio's own, else one that nobody has."""
    legs = [each.leg for each in known]
    labels: dict[str, str] = {}
    for leg in legs:
        own = leg.label or ""
        if declarable(own) and own not in labels.values():
            labels[leg.call_sid] = own
    number = 0
    for leg in legs:
        while leg.call_sid not in labels:
            number += 1
            if f"guest-{number}" not in labels.values():
                labels[leg.call_sid] = f"guest-{number}"
    return labels


def _sitter(found: _Known, labels: Mapping[str, str], sender: str) -> Sitter:
    leg = found.leg
    fields: Fields = {"to": found.to}
    if found.sender != sender:
        fields["from"] = found.sender
    fields |= {"muted": leg.muted, "hold": leg.hold}
    fields |= _coaching(leg, labels)
    fields["end_conference_on_exit"] = leg.end_conference_on_exit
    label = labels[leg.call_sid]
    return Sitter(label, fields, _note(leg, label))


def _coaching(leg: Participant, labels: Mapping[str, str]) -> Fields:
    if not leg.coaching or leg.call_sid_to_coach is None:
        return {}
    target = labels.get(leg.call_sid_to_coach)
    if target is not None:
        return {"coaching": target}
    return {"coaching": True, "call_sid_to_coach": leg.call_sid_to_coach}


def _note(leg: Participant, label: str) -> str:
    notes = [
        f"no label at Twilio: known by the number of {leg.call_sid}"
        if leg.label is None
        else "",
        f"Twilio's label cannot be declared: known by the number of {leg.call_sid}"
        if leg.label not in {None, label}
        else "",
        f"{leg.status}: not in the room yet" if leg.on_the_way else "",
    ]
    return "; ".join(filter(None, notes))
