"""A small world: one room as Twilio would keep it, and our ledger of it.

Requests work at once, phones ring until ``answer`` is called, and nobody acts
who is not told to. Everything that a request changes is checked: ``harmed``
lists whoever became audible through us against the roster.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count, groupby
from typing import Any

from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Correction, CorrectionResult, Ledger, Record
from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    Observation,
    Participant,
    ParticipantStatus,
)
from reconciler.model.roster import Member, Roster, Value
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.call_facts import memory_before_sending
from reconciler.planning.finding import (
    Adopted,
    Finding,
    Forgotten,
    Progress,
    Reassigned,
)
from reconciler.planning.flapping import corrected_fields
from reconciler.planning.identity import match_participants
from reconciler.planning.load_preview import ledger_after_load
from reconciler.planning.order import coached_calls, relies, step_of
from reconciler.planning.ownership import address
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.questions import questions_for

NOW = 1_800_000_000.0


class Fate(StrEnum):
    """What becomes of a request: done, refused, or done with its answer lost."""

    DONE = "done"
    REFUSED = "refused"
    LOST = "lost"


Fates = Callable[[Action], Fate]


def all_work(_: Action) -> Fate:
    return Fate.DONE


@dataclass(slots=True, repr=False)
class World:
    """The room, its calls and what we remember. ``keeps`` says whether a coach
    whose target left is still shown as coaching.
    """

    roster: Roster
    now: float = NOW
    keeps: bool = True
    conference: Conference | None = None
    ended: dict[str, Conference] = field(default_factory=dict)
    legs: dict[str, Participant] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    rung: list[Ring] = field(default_factory=list)
    harmed: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    generation: int = 1
    unread: set[str] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _ours: set[str] = field(default_factory=set)

    def __repr__(self) -> str:
        return "\n".join(map(str, (self.roster, *self.legs.values(), self.ledger)))

    def __post_init__(self) -> None:
        self.ledger = ledger_after_load(None, self.roster, self.ledger, self.now)

    # What happens outside.

    def load(self, roster: Roster) -> None:
        self.ledger = ledger_after_load(self.roster, roster, self.ledger, self.now)
        self.roster = roster
        self.generation += 1

    def open(self) -> Conference:
        if self.conference is None:
            sid = f"CF{next(self._numbers):032x}"
            self.conference = Conference(
                sid, self.roster.room, ConferenceStatus.IN_PROGRESS
            )
        return self.conference

    def join(
        self,
        party: str,
        *,
        label: str | None = None,
        inbound: bool = False,
        status: ParticipantStatus = ParticipantStatus.CONNECTED,
        muted: bool = False,
        hold: bool = False,
        coach: str | None = None,
        end_conference_on_exit: bool = False,
    ) -> str:
        """Somebody comes into the room, not by us; the call's SID."""
        sid = f"CA{next(self._numbers):032x}"
        connected = status is ParticipantStatus.CONNECTED
        self.calls[sid] = Call(
            sid,
            CallStatus.IN_PROGRESS if connected else CallStatus.RINGING,
            to="+15550009999" if inbound else party,
            sender=party if inbound else "+15550009999",
            direction="inbound" if inbound else "outbound-api",
            created_at=self.now,
        )
        self.legs[sid] = Participant(
            sid,
            self.open().sid,
            label,
            status,
            muted=muted,
            hold=hold,
            coaching=coach is not None,
            call_sid_to_coach=coach,
            end_conference_on_exit=end_conference_on_exit,
        )
        return sid

    def answer(self, label: str | None = None) -> None:
        """Every phone that rings is picked up, or that of *label* alone."""
        for sid, leg in list(self.legs.items()):
            if not leg.connected and label in {None, leg.label}:
                arrived = self.legs[sid] = self._arrived(leg)
                self._set_call(sid, CallStatus.IN_PROGRESS)
                silent = self._must_be_silent(arrived, coached=arrived.coaching)
                if sid in self._ours and silent:
                    self.harmed.append(f"{leg.label} joined audible")

    def tell(self, call_sid: str, word: str) -> None:
        """Twilio says who answered."""
        self.calls[call_sid] = replace(self.calls[call_sid], answered_by=word)

    def hang_up(self, call_sid: str, status: CallStatus = CallStatus.COMPLETED) -> None:
        leg = self.legs.pop(call_sid, None)
        self._set_call(call_sid, status)
        if leg is None:
            return
        self._orphan(call_sid)
        left = self.legs.values()
        last = not any(each.connected for each in left) if leg.connected else not left
        if leg.end_conference_on_exit or last:
            self._end("last-participant-left")

    # What we do.

    def observe(self) -> Observation:
        asked = questions_for(self.ledger, self.now)
        listing = tuple(self.legs.values())
        connected = {leg.call_sid for leg in listing if leg.connected}
        wanted = (asked.calls - connected) | (set(self.legs) - asked.known)
        wanted = (wanted | asked.answered) - self.unread
        last = asked.conference_sid
        return Observation(
            self.roster.room,
            self.conference,
            listing,
            {sid: self.calls[sid] for sid in wanted if sid in self.calls},
            {to: self._calls_to(to, since) for to, since in asked.numbers},
            self.ended.get(last) if last else None,
        )

    def plan(self, authority: Authority = GUARDED) -> Plan:
        return make_plan(
            self.roster,
            self.observe(),
            self.ledger,
            self.now,
            self.generation,
            authority=authority,
        )

    def make_pass(
        self, fates: Fates = all_work, dice: random.Random | None = None
    ) -> Plan:
        """Observe, plan, note, act, note."""
        seen = self.observe()
        plan = make_plan(self.roster, seen, self.ledger, self.now, self.generation)
        self.note(plan, seen)
        self.act(plan, fates, dice or random.Random(0))  # noqa: S311
        return plan

    def note(self, plan: Plan, seen: Observation) -> None:
        """What is put on record before anything is done."""
        for finding in plan.findings:
            self._find(finding)
        told = {leg.call_sid for leg in seen.participants}
        identities = {s: c for s, c in seen.calls.items() if s in told}
        legs = {leg.call_sid: leg for leg in seen.participants}
        corrections = tuple(
            replace(each, seen_at=self.now)
            if each.seen_at is None and _shown(legs.get(each.call_sid), each.field)
            else each
            for each in self.ledger.corrections
        )
        for action in plan.actions:
            if isinstance(action, Change):
                self._remember(action.call_sid, memory_before_sending(action))
        for sid, noted in plan.memory.items():
            self._remember(sid, noted.items())
        self.ledger = replace(
            self.ledger,
            identities={**self.ledger.identities, **identities},
            corrections=corrections,
            conference_sid=plan.conference.sid
            if plan.conference
            else self.ledger.conference_sid,
        )

    def act(self, plan: Plan, fates: Fates, dice: random.Random) -> None:
        """Step by step as the engine does; people of one step in any order."""
        coached = coached_calls(self.legs.values())
        failed: list[Action] = []
        for _, group in groupby(plan.actions, key=step_of):
            free = [
                each
                for each in group
                if not any(relies(each, silence, coached) for silence in failed)
            ]
            failed += self._step(free, fates, dice)

    def _step(
        self, actions: Sequence[Action], fates: Fates, dice: random.Random
    ) -> list[Action]:
        """The silences among *actions* that did not work."""
        rows: dict[str, list[Action]] = defaultdict(list)
        for action in actions:
            rows["" if isinstance(action, Ring) else str(action.call_sid)].append(
                action
            )
        failed: list[Action] = []
        while rows:
            sid = dice.choice(sorted(rows))
            action = rows[sid].pop(0)
            done = self._send(action, fates(action))
            if not done:
                failed.append(action)
            goes_on = isinstance(action, Ring) or (
                isinstance(action, Change) and action.before_hold
            )
            if not rows[sid] or not (done or goes_on):
                failed += rows.pop(sid)
        return [x for x in failed if isinstance(x, Change) and x.silences]

    def _send(self, action: Action, fate: Fate) -> bool:
        before = dict(self.legs)
        works = fate is not Fate.REFUSED
        corrected = CorrectionResult.FAILED
        match action:
            case Ring():
                self._ring(action, fate)
            case Change():
                works = works and self._change(action)
                if works and fate is Fate.DONE:
                    corrected = CorrectionResult.DONE
                    self._remember(action.call_sid, action.memory)
            case Remove():
                if works:
                    self._remove(action)
                if fate is Fate.DONE and action.call_sid:
                    removed: tuple[str, Value] = ("removed", int(self.now))
                    self._remember(action.call_sid, [removed])
        if isinstance(action, Change) and fate is not Fate.LOST:
            self._correct(action, corrected)
        self._check(action, before)
        return works and fate is Fate.DONE

    def _correct(self, change: Change, result: CorrectionResult) -> None:
        made = tuple(
            Correction(change.call_sid, name, self.now, result)
            for name in corrected_fields(change)
        )
        self.ledger = replace(
            self.ledger, corrections=(*self.ledger.corrections, *made)
        )

    def _ring(self, ring: Ring, fate: Fate) -> None:
        record = self.ledger.records[ring.label]
        if record.open is not None:
            self.doubled.append(ring.label)
        self.rung.append(ring)
        attempt = Attempt(
            next(self._numbers),
            self.roster.room,
            ring.label,
            ring.to,
            ring.intent,
            ring.number,
            AttemptState.PENDING,
            self.generation,
            self.now,
            self.now + 3,
            ring.fields,
            memory=ring.memory,
        )
        record = replace(record, attempts=(*record.attempts, attempt))
        self.ledger = replace(
            self.ledger, records={**self.ledger.records, ring.label: record}
        )
        if fate is Fate.REFUSED:
            self._find(
                Progress(
                    attempt.id,
                    ring.label,
                    AttemptState.REFUSED,
                    "busy here",
                    ended_at=self.now,
                    outcome=CallOutcome.DELAYED,
                )
            )
            return
        sid = self._place(ring)
        if fate is Fate.DONE:
            self._remember(sid, ring.memory)
            self._find(
                Progress(
                    attempt.id,
                    ring.label,
                    AttemptState.PLACED,
                    "placed",
                    call_sid=sid,
                    conference_sid=self.open().sid,
                )
            )

    def _place(self, ring: Ring) -> str:
        fields = dict(ring.fields)
        taken = [leg for leg in self.legs.values() if leg.label == ring.label]
        if taken:
            self.doubled.append(ring.label)
        sid = self.join(ring.to, label=ring.label, status=ParticipantStatus.RINGING)
        self.calls[sid] = replace(self.calls[sid], sender=str(fields["from"]))
        coach = fields.get("call_sid_to_coach")
        self.legs[sid] = replace(
            self.legs[sid],
            muted=fields.get("muted") is True,
            coaching=coach is not None,
            call_sid_to_coach=None if coach is None else str(coach),
            end_conference_on_exit=fields.get("end_conference_on_exit") is True,
        )
        self._ours.add(sid)
        return sid

    def _change(self, change: Change) -> bool:
        leg = self.legs.get(change.call_sid)
        if leg is None or not leg.connected:
            return False
        fields = {
            field_change.name: field_change.after
            for field_change in change.field_changes
        }
        target = self.legs.get(str(fields.get("call_sid_to_coach", "")))
        if fields.get("coaching") is True and (
            target is None or not target.connected or target.hold
        ):
            return False
        if fields.get("coaching") is False:
            leg = replace(leg, call_sid_to_coach=None)
        shown: dict[str, Any] = {n: v for n, v in fields.items() if hasattr(leg, n)}
        self.legs[leg.call_sid] = replace(leg, **shown)
        return True

    def _remove(self, remove: Remove) -> None:
        if remove.call_sid is None:
            self._end("conference-ended-via-api")
            return
        leg = self.legs.get(remove.call_sid)
        over = CallStatus.COMPLETED if leg and leg.connected else CallStatus.CANCELED
        if remove.call_sid in self.calls:
            self.hang_up(remove.call_sid, over)

    # What follows from it.

    def _arrived(self, leg: Participant) -> Participant:
        leg = replace(leg, status=ParticipantStatus.CONNECTED)
        target = self.legs.get(leg.call_sid_to_coach or "")
        if leg.coaching and (target is None or not target.connected):
            return self._without_target(leg)
        return leg

    def _orphan(self, call_sid: str) -> None:
        for sid, leg in list(self.legs.items()):
            if leg.call_sid_to_coach == call_sid:
                self.legs[sid] = self._without_target(leg)

    def _without_target(self, leg: Participant) -> Participant:
        if self.keeps:
            return leg
        return replace(leg, coaching=False, call_sid_to_coach=None)

    def _end(self, reason: str) -> None:
        if self.conference is not None:
            self.ended[self.conference.sid] = replace(
                self.conference, status=ConferenceStatus.COMPLETED, reason_ended=reason
            )
        for sid in list(self.legs):
            self._set_call(sid, CallStatus.COMPLETED)
        self.legs.clear()
        self.conference = None

    def _set_call(self, sid: str, status: CallStatus) -> None:
        self.calls[sid] = replace(self.calls[sid], status=status)

    def _calls_to(self, to: str, since: float) -> tuple[Call, ...]:
        return tuple(
            call
            for call in self.calls.values()
            if address(call.to) == address(to)
            and not call.inbound
            and (call.created_at or 0) >= since - 60
        )

    # What is remembered.

    def _find(self, finding: Finding) -> None:
        records = dict(self.ledger.records)
        record = records[finding.label]
        match finding:
            case Forgotten():
                del records[finding.label]
            case Adopted():
                found = Attempt(
                    next(self._numbers),
                    self.roster.room,
                    finding.label,
                    finding.to,
                    finding.intent,
                    0,
                    AttemptState.PLACED,
                    self.generation,
                    self.now,
                    self.now,
                    call_sid=finding.call_sid,
                    conference_sid=finding.conference_sid,
                    connected_at=finding.connected_at,
                )
                attempts = (*record.attempts, found)
                records[finding.label] = replace(record, attempts=attempts)
            case Progress():
                attempts = tuple(
                    _moved(each, finding) if each.id == finding.attempt_id else each
                    for each in record.attempts
                )
                records[finding.label] = replace(record, attempts=attempts)
            case Reassigned():
                self._hand_over(finding, records)
        self.ledger = replace(self.ledger, records=records)

    def _hand_over(self, finding: Reassigned, records: dict[str, Record]) -> None:
        elsewhere = [x.attempt for x in self.ledger.elsewhere]
        mine = [x for record in records.values() for x in record.attempts]
        (attempt,) = (x for x in (*mine, *elsewhere) if x.id == finding.attempt_id)
        for label, record in records.items():
            kept = tuple(x for x in record.attempts if x.id != attempt.id)
            records[label] = replace(record, attempts=kept)
        heir = records[finding.label]
        taken = replace(attempt, label=heir.label, intent=finding.intent)
        records[heir.label] = replace(heir, attempts=(*heir.attempts, taken))

    def _remember(self, sid: str, fields: Iterable[tuple[str, Value | None]]) -> None:
        noted = {**self.ledger.memory.get(sid, {}), **dict(fields)}
        mine = {name: value for name, value in noted.items() if value is not None}
        self.ledger = replace(self.ledger, memory={**self.ledger.memory, sid: mine})

    # Who is heard.

    def audible(self, leg: Participant) -> bool:
        return leg.connected and not leg.muted and not leg.hold

    def heard_by_room(self, leg: Participant) -> bool:
        """A coach whose target is not there to listen may be heard by all."""
        target = self.legs.get(leg.call_sid_to_coach or "")
        listens = target is not None and target.connected and not target.hold
        return self.audible(leg) and not (leg.coaching and listens)

    def _must_be_silent(self, leg: Participant, *, coached: bool) -> bool:
        """*coached* says that they were coaching before we did anything."""
        member = self._member(leg)
        if member is not None and self.audible(leg) and (member.muted or member.hold):
            return True
        if not self.heard_by_room(leg):
            return False
        if member is None or member.coaching is None:
            return coached
        return isinstance(member.coaching, str)

    def _member(self, leg: Participant) -> Member | None:
        """Whose leg it is by the plan's own word."""
        for label, seat in match_participants(
            self.observe(), self.ledger
        ).matches.items():
            if leg.call_sid in {each.call_sid for each in seat.legs}:
                return self.roster.member(label)
        return None

    def _check(self, action: Action, before: dict[str, Participant]) -> None:
        after = self.legs
        self.legs = before
        was = {s: (self.audible(x), self.heard_by_room(x)) for s, x in before.items()}
        self.legs = after
        for sid, leg in after.items():
            now = self.audible(leg), self.heard_by_room(leg)
            grew = any(a and not b for a, b in zip(now, was.get(sid, now), strict=True))
            coached = sid in before and before[sid].coaching
            if grew and self._must_be_silent(leg, coached=coached):
                self.harmed.append(f"{leg.label or sid} by {action}")


def _shown(leg: Participant | None, field: str) -> bool:
    name, _, value = field.partition("=")
    return leg is not None and str(getattr(leg, name)) == value


def _moved(attempt: Attempt, progress: Progress) -> Attempt:
    return replace(
        attempt,
        state=progress.state,
        reason=progress.reason,
        call_sid=attempt.call_sid or progress.call_sid,
        conference_sid=progress.conference_sid or attempt.conference_sid,
        connected_at=progress.connected_at or attempt.connected_at,
        ended_at=progress.ended_at,
        outcome=progress.outcome,
    )
