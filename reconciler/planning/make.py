"""The plan: a pure function of what is desired, observed and remembered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.action import Action, Change, Concern, Harm, Remove, Ring, Shift
from reconciler.model.attempt import Attempt
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Observation, Participant, Unknown
from reconciler.model.roster import Member, OnChange, RoomState, Roster
from reconciler.planning.absence import absence, on_the_way
from reconciler.planning.coaching import Advice, Target, advise
from reconciler.planning.dial import redial_needed, ring
from reconciler.planning.diff import Beside
from reconciler.planning.guards import guard
from reconciler.planning.identity import Seat, Seating, seat_people
from reconciler.planning.order import in_order
from reconciler.planning.plan import Person, Phase, Plan, Waiting, Withheld
from reconciler.planning.redial import Go
from reconciler.planning.removal import dismissals, doubles, leaving, remove, strangers
from reconciler.planning.settle import settle

LOOK_AGAIN = 2.0
"""Seconds after which a room that is on its way is looked at again."""


def make_plan(
    roster: Roster,
    observation: Observation | Unknown,
    ledger: Ledger,
    now: float,
    generation: int = 0,
) -> Plan:
    """Compare and decide. *now* is in Unix seconds.

    An Unknown observation gives a plan without findings or actions. The plan
    of a room that is as declared is empty.
    """
    if isinstance(observation, Unknown):
        return Plan(
            roster.room,
            generation,
            requeue_after=LOOK_AGAIN,
            unknown=observation.reason,
        )
    seating = seat_people(observation, ledger)
    settled = settle(ledger, seating, observation, now)
    room = _Room(roster, observation, ledger, settled.records, seating, now)
    plan = _close(room) if roster.state is RoomState.ENDED else _converge(room)
    return replace(
        plan,
        generation=generation,
        findings=settled.findings,
        requeue_after=_requeue_after(plan, now),
    )


@dataclass(frozen=True, slots=True)
class _Room:
    """Everything the decision rests on."""

    roster: Roster
    observation: Observation
    ledger: Ledger
    records: Mapping[str, Record]
    seating: Seating
    now: float

    def record(self, member: Member) -> Record:
        """The member's record; one not yet in SQL has no history."""
        blank = Record(member.label, member.to, intent=1, changed_at=self.now)
        return self.records.get(member.label, blank)


@dataclass(slots=True)
class _Draft:
    """What the steps below add to: the only thing that grows."""

    actions: list[Action] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)


def _close(room: _Room) -> Plan:
    """The plan of a room that the roster declares ended."""
    conference = room.observation.conference
    actions: list[Action] = []
    if conference is not None:
        count = len(room.observation.participants)
        reason = f"the roster declares the room ended; {count} people are in it"
        actions.append(Remove("", None, conference.sid, connected=True, reason=reason))
    for record in room.records.values():
        attempt = record.open
        if attempt and attempt.call_sid and _not_in(room, attempt):
            reason = "the roster declares the room ended"
            call_sid = attempt.call_sid
            actions.append(
                Remove(record.label, call_sid, None, connected=False, reason=reason)
            )
    people = tuple(
        Person(
            member, room.seating.leg(member.label), Phase.ABSENT, "the room is ended"
        )
        for member in room.roster.members
    )
    return Plan(room.roster.room, 0, conference, actions=tuple(actions), people=people)


def _not_in(room: _Room, attempt: Attempt) -> bool:
    legs = {leg.call_sid for leg in room.observation.participants if leg.connected}
    gone = leaving(attempt.call_sid or "", room.ledger, room.now)
    return attempt.call_sid not in legs and not gone


def _converge(room: _Room) -> Plan:
    draft = _Draft()
    _remove(room, draft)
    away = _leaving(room, draft)
    for member in room.roster.members:
        _member(room, member, away, draft)
    _protect_from_coaches(room, away, draft)
    joining = any(isinstance(action, Ring) for action in draft.actions) or any(
        each.phase in {Phase.DIALING, Phase.RINGING} for each in draft.waiting
    )
    guarded = guard(
        draft.actions,
        room.roster,
        replace(room.ledger, records=room.records),
        room.observation.participants,
        joining=joining,
    )
    waiting = (*draft.waiting, *guarded.waiting)
    return Plan(
        room.roster.room,
        0,
        room.observation.conference,
        actions=in_order(guarded.actions),
        withheld=(*draft.withheld, *guarded.withheld),
        waiting=waiting,
        people=tuple(_people(room, waiting)),
        unlisted=room.seating.strangers,
    )


def _remove(room: _Room, draft: _Draft) -> None:
    """Everybody whom this plan takes out, coaches before those they coach."""
    seating, ledger, now = room.seating, room.ledger, room.now
    found: list[Action] = [
        *dismissals(room.records, seating, ledger, now),
        *doubles(seating, room.records),
        *_redials(room, draft),
        *strangers(seating, ledger, room.roster.unlisted, now),
    ]
    coaches = {leg.call_sid for leg in room.observation.participants if leg.coaching}
    found.sort(key=lambda each: getattr(each, "call_sid", None) not in coaches)
    draft.actions += found


def _redials(room: _Room, draft: _Draft) -> Iterator[Remove]:
    """Members whose create-only parameters changed since they were rung."""
    for member in room.roster.members:
        leg, attempt = room.seating.leg(member.label), room.record(member).open
        if leg is None or attempt is None or attempt.number == 0:
            continue
        names = redial_needed(member, attempt.sent)
        if not names or leg.call_sid != attempt.call_sid:
            continue
        reason = f"{', '.join(names)} changed, which takes effect by ringing anew"
        if member.on_change is OnChange.REDIAL:
            if not leaving(leg.call_sid, room.ledger, room.now):
                yield remove(member.label, leg, reason)
            continue
        again = ring(
            room.roster.room,
            room.observation.conference,
            member,
            Advice(may_speak=False),
            intent=attempt.intent,
            go=Go(attempt.number + 1, reason),
        )
        hint = f"needs a redial: {reason}; 'on_change: redial' does so"
        draft.withheld.append(Withheld(again, "needs-redial", hint))


def _leaving(room: _Room, draft: _Draft) -> frozenset[str]:
    """Calls that this plan takes out of the conversation."""
    away = {
        action.call_sid
        for action in draft.actions
        if isinstance(action, Remove)
        or (isinstance(action, Change) and action.concern is Concern.HOLD)
    }
    for member in room.roster.members:
        leg = room.seating.leg(member.label)
        if leg is not None and member.hold is True:
            away.add(leg.call_sid)
    return frozenset(sid for sid in away if sid)


def _member(room: _Room, member: Member, away: frozenset[str], draft: _Draft) -> None:
    leg, record = room.seating.leg(member.label), room.record(member)
    advice = _advice(room, member, leg, away)
    if leg is None:
        _absent(room, member, advice, draft)
    elif not leg.connected:
        draft.waiting.append(on_the_way(leg, record))
    elif not any(
        isinstance(a, Remove) and a.call_sid == leg.call_sid for a in draft.actions
    ):
        corrected = any(
            c.call_sid == leg.call_sid and c.field.startswith("end_conference_on_exit")
            for c in room.ledger.corrections
        )
        memory = room.ledger.memory.get(leg.call_sid, {})
        beside = Beside(member, leg, memory, advice, corrected)
        draft.actions += beside.changes()
        draft.waiting += _held_back(room, member, leg, advice)


def _held_back(
    room: _Room, member: Member, leg: Participant, advice: Advice
) -> Iterator[Waiting]:
    """What a connected member lacks that no request brings about now."""
    if advice.wait:
        settled = _for_good(room, member.coaching)
        reason = f"silent: {advice.wait}"
        yield Waiting(member.label, Phase.CONNECTED, reason, settled=settled)
    elif leaving(leg.call_sid, room.ledger, room.now):
        yield Waiting(member.label, Phase.CONNECTED, "was taken out, still listed")


def _absent(room: _Room, member: Member, advice: Advice, draft: _Draft) -> None:
    record = room.record(member)
    impostor = room.seating.seats.get(member.label, Seat(member.label)).impostor
    if impostor is not None:
        reason = f"the label is held by {impostor.call_sid}, a call to somebody else"
        draft.waiting.append(Waiting(member.label, Phase.STALLED, reason))
        return
    found = absence(record, member.redial, room.observation, room.now)
    if isinstance(found, Waiting):
        draft.waiting.append(found)
    elif advice.wait:
        settled = _for_good(room, member.coaching)
        reason = f"not rung yet: {advice.wait}"
        draft.waiting.append(
            Waiting(member.label, Phase.WAITING, reason, settled=settled)
        )
    else:
        conference = room.observation.conference
        draft.actions.append(
            ring(
                room.roster.room,
                conference,
                member,
                advice,
                intent=record.intent,
                go=found,
            )
        )


def _for_good(room: _Room, target: str | bool | None) -> bool:
    """Whether only a person can make *target* ready to be coached."""
    member = room.roster.member(target) if isinstance(target, str) else None
    if member is None:
        return False
    if member.hold is True:
        return True
    if room.seating.leg(member.label) is not None:
        return False
    found = absence(room.record(member), member.redial, room.observation, room.now)
    if isinstance(found, Waiting):
        return found.settled or found.phase is Phase.STALLED
    return _for_good(room, member.coaching)


def _advice(
    room: _Room, member: Member, leg: Participant | None, away: frozenset[str]
) -> Advice:
    wanted = member.coaching
    if isinstance(wanted, str):
        target = room.seating.leg(wanted) or _by_call(room, wanted)
        name = wanted
    elif leg is not None and leg.coaching:
        target, name = _by_call(room, leg.call_sid_to_coach), "the one coached"
    else:
        target, name = None, ""
    gone = target is not None and target.call_sid in away
    return advise(wanted, leg, Target(name, target, leaving=gone) if name else None)


def _by_call(room: _Room, call_sid: str | None) -> Participant | None:
    legs = room.observation.participants
    return next((leg for leg in legs if leg.call_sid == call_sid), None)


def _protect_from_coaches(room: _Room, away: frozenset[str], draft: _Draft) -> None:
    """Silence who coaches somebody that goes; a stranger's coaching forbids it.

    Members are silenced by their own comparison.
    """
    members = {
        leg.call_sid
        for member in room.roster.members
        if (leg := room.seating.leg(member.label))
    }
    alien = {leg.call_sid for leg in room.seating.strangers}
    for leg in room.observation.participants:
        target = leg.call_sid_to_coach
        audible = leg.coaching and not leg.muted and not leg.hold
        if not audible or target not in away or leg.call_sid in members:
            continue
        if leg.call_sid in alien:
            _forbid(target, draft)
        else:
            draft.actions.append(_silenced(leg))


def _forbid(target: str | None, draft: _Draft) -> None:
    kept: list[Action] = []
    reason = "a stranger coaches this person and would be heard by the room"
    for action in draft.actions:
        takes_away = isinstance(action, Remove) or (
            isinstance(action, Change) and action.concern is Concern.HOLD
        )
        if takes_away and getattr(action, "call_sid", None) == target:
            draft.withheld.append(Withheld(action, "coached", reason))
        else:
            kept.append(action)
    draft.actions = kept


def _silenced(leg: Participant) -> Change:
    return Change(
        label=leg.label or "",
        call_sid=leg.call_sid,
        conference_sid=leg.conference_sid,
        concern=Concern.MUTE,
        shifts=(Shift("muted", before=False, after=True),),
        harm=Harm.SILENCE,
        reason="a coach is silent while the one coached goes",
        safety=True,
    )


def _people(room: _Room, waiting: tuple[Waiting, ...]) -> Iterator[Person]:
    by_label = {each.label: each for each in reversed(waiting)}
    for member in room.roster.members:
        leg, wait = room.seating.leg(member.label), by_label.get(member.label)
        if wait is not None:
            yield Person(member, leg, wait.phase, wait.reason, wait.until, wait.since)
        else:
            phase = Phase.CONNECTED if leg else Phase.ABSENT
            yield Person(member, leg, phase)


def _requeue_after(plan: Plan, now: float) -> float | None:
    times = [each.until - now for each in plan.waiting if each.until is not None]
    moving = any(
        each.until is None and not each.settled and each.phase is not Phase.STALLED
        for each in plan.waiting
    )
    if plan.actions or moving:
        times.append(LOOK_AGAIN)
    return max(0.0, min(times)) if times else None
