"""Evidence required of a leg before anybody is exposed.

evidence of a leg in the listing                     silences  all else
of its owner the label alone, the call unread        go        waits
it is listed again after one did not show it, and
  this observation is the first that shows it, or the
  first was less than AGREE seconds ago              go        waits
  observations that span AGREE seconds agree                go        goes
anything else                                        go        goes

Listings and call records lag, and not always in order: one old listing shows
people who are gone. A call whose record says that it has ended is nobody's, see
``ownership``.

However many listings agree, they may all be old. So what an unmute relies on is read
from Twilio's record of each participant just before, see
``engine.room.confirm_unmutes``:

unmute of          relies on
a coach            their pairing; the coached person being in, and not on hold
who is on hold     their hold
anybody else       nothing: they are declared to be heard
"""

from collections.abc import Iterator, Mapping

from reconciler.model.action import Action, Change, ChangeKind, Harm
from reconciler.model.attempt import AttemptState
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Observation, Participant
from reconciler.model.roster import Roster, Value
from reconciler.planning.call_facts import ABSENT, BACK, Notes
from reconciler.planning.identity import Ambiguity, Matching
from reconciler.planning.ownership import address

AGREEMENT_SECONDS = 10.0
"""Seconds that looks must span to agree that somebody is back."""


def unproven(matching: Matching, ledger: Ledger, now: float) -> Mapping[str, Ambiguity]:
    """The legs on which exposures wait, by call SID, with the reason."""
    doubts: dict[str, Ambiguity] = {}
    for leg in matching.present:
        if leg.call_sid in matching.unread:
            reason = f"Twilio does not show the call {leg.call_sid} yet"
            doubts[leg.call_sid] = Ambiguity(reason, lasting=False)
        elif _returning(leg, ledger, now):
            reason = f"call {leg.call_sid} had ended and is listed again"
            doubts[leg.call_sid] = Ambiguity(reason, lasting=False)
    return doubts


def _returning(leg: Participant, ledger: Ledger, now: float) -> bool:
    known = ledger.memory.get(leg.call_sid, {})
    return ABSENT in known and not _agreed(known.get(BACK), now)


def _agreed(back: Value | None, now: float) -> bool:
    """Whether observations since *back* span enough; a clock put back starts again."""
    return isinstance(back, int) and now - back >= AGREEMENT_SECONDS


def relied_on(action: Action, observation: Observation) -> frozenset[str]:
    """The legs, by call SID, on which *action* relies not to expose anybody."""
    if not isinstance(action, Change) or action.kind is not ChangeKind.MUTE:
        return frozenset()
    legs = {each.call_sid: each for each in observation.participants}
    leg = legs.get(action.call_sid)
    if action.harm is not Harm.EXPOSE or leg is None:
        return frozenset()
    if not (leg.coaching or leg.hold):
        return frozenset()
    coached = (leg.call_sid_to_coach or "") if leg.coaching else ""
    return frozenset({leg.call_sid, coached} & legs.keys())


def sightings(
    roster: Roster,
    records: Mapping[str, Record],
    observation: Observation,
    ledger: Ledger,
    now: float,
) -> Notes:
    """What to remember of calls of members that went from sight, or came back."""
    shown = {leg.call_sid for leg in observation.participants}
    notes: dict[str, Mapping[str, Value | None]] = {}
    for call_sid in _known(roster, records, ledger) - shown:
        known = ledger.memory.get(call_sid, {})
        if ABSENT not in known or BACK in known:
            forgotten = {BACK: None} if BACK in known else {}
            notes[call_sid] = {ABSENT: int(now), **forgotten}
    for call_sid in shown & ledger.memory.keys():
        known = ledger.memory[call_sid]
        if ABSENT in known and _agreed(known.get(BACK), now):
            notes[call_sid] = {ABSENT: None, BACK: None}
        elif ABSENT in known and BACK not in known:
            notes[call_sid] = {BACK: int(now)}
    return notes


def _known(
    roster: Roster, records: Mapping[str, Record], ledger: Ledger
) -> frozenset[str]:
    """Calls of members that were in the room, as far as we know not over."""
    return frozenset(_in_once(records)) | frozenset(_dialed_in(roster, ledger))


def _in_once(records: Mapping[str, Record]) -> Iterator[str]:
    for record in records.values():
        attempt = record.open
        if attempt is None or attempt.state is not AttemptState.PLACED:
            continue
        if attempt.call_sid and attempt.connected_at is not None:
            yield attempt.call_sid


def _dialed_in(roster: Roster, ledger: Ledger) -> Iterator[str]:
    numbers = {address(member.to) for member in roster.members}
    coached = {member.coaching for member in roster.members}
    ended = {
        attempt.call_sid
        for record in ledger.records.values()
        for attempt in record.attempts
        if not attempt.open
    }
    for call in ledger.identities.values():
        of_member = address(call.party) in numbers or call.sid in coached
        if of_member and not call.ended and call.sid not in ended:
            yield call.sid
