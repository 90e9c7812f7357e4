"""A room: desired beside observed, what is done, withheld and waited for."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.model.attempt import ring_seconds
from reconciler.model.declaration import Override
from reconciler.model.masking import mask, mask_secrets
from reconciler.model.observation import Observation, Participant
from reconciler.model.roster import Member
from reconciler.page.action_words import (
    WithheldGroup,
    call_names,
    described,
    withheld_groups,
)
from reconciler.page.latest_evaluations import RoomEntry
from reconciler.page.page_access import PageVerb
from reconciler.page.room_list import differing, shown_state
from reconciler.page.room_rows import ActionRow, PersonRow, StrangerRow
from reconciler.planning.describe import subject
from reconciler.planning.plan import Person, Phase, Plan

_VERBS: Final = (
    (PageVerb.APPROVE, "Approve", "a"),
    (PageVerb.REDIAL, "Redial", "d"),
    (PageVerb.SET, "Set", "s"),
    (PageVerb.MUTE_ALL, "Mute all", "x"),
    (PageVerb.ONLY, "Only", "o"),
    (PageVerb.MODE, "Mode", "m"),
    (PageVerb.PAUSE, "Pause", "p"),
    (PageVerb.RESUME, "Resume", "u"),
    (PageVerb.START, "Start", "b"),
    (PageVerb.END, "End call", "e"),
)
"""Decisions about a whole room, with their words and keys."""


class RoomView(Struct, frozen=True):
    """All that is shown of a room but its timeline."""

    room: str
    state: RoomPhase
    desired: Desired
    overrides: tuple[Override, ...]
    people: tuple[PersonRow, ...]
    strangers: tuple[StrangerRow, ...]
    withheld: tuple[WithheldGroup, ...]
    actions: tuple[ActionRow, ...]
    notes: tuple[str, ...]
    conference_sid: str
    seen_at: float | None
    evaluation: Evaluation | None

    @property
    def connected(self) -> int:
        """How many members are in the room."""
        return sum(person_row.phase is Phase.CONNECTED for person_row in self.people)

    @property
    def differ(self) -> int:
        """How many members are not as declared."""
        return sum(person_row.differs for person_row in self.people)

    @property
    def noticed(self) -> tuple[PersonRow, ...]:
        """The members who are not as declared, or not in the room."""
        return tuple(
            x for x in self.people if x.differs or x.phase is not Phase.CONNECTED
        )

    @property
    def verbs(self) -> tuple[tuple[PageVerb, str, str], ...]:
        """The decisions about the room as it stands, with their words and keys."""
        if self.released:
            fit = {PageVerb.RESUME} if self.desired.released_by else set()
        else:
            managed = self.desired.standing is Standing.MANAGED
            fit = set(PageVerb) - {PageVerb.RESUME if managed else PageVerb.PAUSE}
        return tuple(each for each in _VERBS if each[0] in fit)

    @property
    def released(self) -> bool:
        """Whether the room is not managed, so that nothing is to be decided about it."""
        return self.desired.standing is Standing.RELEASED


def room_view(
    room: str,
    desired: Desired,
    overrides: tuple[Override, ...],
    entry: RoomEntry | None,
    *,
    numbers: bool,
) -> RoomView:
    """What is known of *room*; *numbers* shows whole phone numbers."""
    evaluation = None if entry is None else entry.shown or entry.evaluation
    plan = evaluation.plan if evaluation else Plan(room, desired.generation)
    latest = entry.evaluation if entry else None
    names = call_names(plan)
    return RoomView(
        room=room,
        state=shown_state(
            desired.standing, latest.state if latest else RoomPhase.UNKNOWN
        ),
        desired=desired,
        overrides=overrides,
        people=tuple(_people(plan, desired, numbers=numbers)),
        strangers=tuple(_strangers(evaluation, numbers=numbers)),
        withheld=tuple(withheld_groups(plan.withheld, names)),
        actions=tuple(
            ActionRow(subject(x), described(x, names), x.harm, x.reason)
            for x in plan.actions
        ),
        notes=tuple(_notes(plan, latest)),
        conference_sid=plan.conference.sid if plan.conference else "",
        seen_at=entry.seen_at if entry else None,
        evaluation=evaluation,
    )


def _people(plan: Plan, desired: Desired, *, numbers: bool) -> Iterator[PersonRow]:
    """Members as the last observation found them; those never looked at as declared."""
    names = call_names(plan)
    differ, drift = differing(plan), _drift(plan, names)
    people = {each.member.label: each for each in plan.people}
    for number, member in enumerate(desired.roster.members):
        person = people.get(member.label) or Person(member, None, Phase.WAITING)
        row = _row(member, person, names, numbers=numbers)
        mine = tuple(drift.get(member.label, ()))
        anchor = _anchor(member.label, number)
        yield replace(row, differs=member.label in differ, drift=mine, anchor=anchor)


def _anchor(label: str, number: int) -> str:
    """The label as a part of an address; its *number* where it holds a phone number."""
    return quote(label, safe="") if mask(label) == label else f"-{number}"


def _drift(plan: Plan, names: Mapping[str, str]) -> dict[str | None, list[str]]:
    """What is to be done, by label."""
    found: dict[str | None, list[str]] = {}
    for action in plan.actions:
        found.setdefault(action.label, []).append(described(action, names))
    for withheld in plan.withheld:
        words = f"{described(withheld.action, names)} (withheld)"
        found.setdefault(withheld.action.label, []).append(words)
    return found


def _row(
    member: Member, person: Person, names: Mapping[str, str], *, numbers: bool
) -> PersonRow:
    until, ends = _countdown(member, person)
    plain = person.reason.removeprefix(f"{person.phase}: ")
    away = person.leg is None and person.phase not in {Phase.DIALING, Phase.RINGING}
    return PersonRow(
        label=member.label,
        name=shown_text(member.label, numbers=numbers),
        address=shown_text(member.to, numbers=numbers),
        desired=tuple(declared_words(member)),
        observed=tuple(leg_words(person.leg, names)) if person.leg else (),
        drift=(),
        phase=person.phase,
        differs=False,
        reason="" if plain == str(person.phase) else shown_text(plain, numbers=numbers),
        since=person.since,
        until=until,
        ends=ends,
        role=member.role or "",
        calls=len(person.legs),
        redial=away and person.phase is not Phase.STALLED,
        resolve=person.phase is Phase.STALLED,
    )


def _countdown(member: Member, person: Person) -> tuple[float | None, str]:
    """When the phase ends by itself, and how."""
    if person.until is not None:
        return person.until, "next in"
    if person.phase in {Phase.DIALING, Phase.RINGING} and person.since is not None:
        return person.since + ring_seconds(member.create_only), "gives up in"
    return None, ""


def _strangers(
    evaluation: Evaluation | None, *, numbers: bool
) -> Iterator[StrangerRow]:
    if evaluation is None:
        return
    names = call_names(evaluation.plan)
    observation = evaluation.observation
    calls = observation.calls if isinstance(observation, Observation) else {}
    for label, leg in evaluation.plan.dismissed:
        words = tuple(leg_words(leg, names))
        name = shown_text(label, numbers=numbers)
        yield StrangerRow(name, "", words, "no longer declared")
    for leg in evaluation.plan.unlisted:
        call = calls.get(leg.call_sid) or evaluation.ledger.identities.get(leg.call_sid)
        party = call.party if call and call.party else ""
        yield StrangerRow(
            name=shown_text(leg.label or leg.call_sid, numbers=numbers),
            number=shown_text(party, numbers=numbers),
            observed=tuple(leg_words(leg, names)),
            doubt=shown_text(
                evaluation.plan.doubts.get(leg.call_sid, ""), numbers=numbers
            ),
        )


def _notes(plan: Plan, latest: Evaluation | None) -> Iterator[str]:
    if latest is not None and latest.plan.unknown:
        yield f"Twilio could not be read: {latest.plan.unknown}"
    for condition in plan.conditions:
        yield condition.text
    listed = {person.member.label for person in plan.people}
    for wait in plan.waiting:
        if not wait.label:
            yield wait.reason
        elif wait.label not in listed:
            yield f"{wait.label} (not in the roster): {wait.reason}"


def shown_text(text: str, *, numbers: bool) -> str:
    """A label, address or reason: its numbers whole where they may be seen."""
    return mask_secrets(text) if numbers else mask(text)


def declared_words(member: Member) -> Iterator[str]:
    """What the roster declares of a member's state."""
    for value, yes, no in (
        (member.muted, "muted", "not muted"),
        (member.hold, "on hold", "not on hold"),
        (member.end_conference_on_exit, "ends the call on exit", ""),
    ):
        word = {True: yes, False: no}.get(value) if value is not None else None
        if word:
            yield word
    if isinstance(member.coaching, str):
        yield f"coaches {member.coaching}"


def leg_words(leg: Participant, names: Mapping[str, str]) -> Iterator[str]:
    """How a leg takes part; *names* are those of calls."""
    if not leg.connected:
        yield str(leg.status)
        return
    yield "muted" if leg.muted else "not muted"
    if leg.hold:
        yield "on hold"
    if leg.coaching:
        target = names.get(leg.call_sid_to_coach or "")
        yield f"coaches {target}" if target else "coaching"
    if leg.end_conference_on_exit:
        yield "ends the call on exit"
