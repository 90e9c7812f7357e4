"""Members, records, legs and calls to plan with."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.ledger import Correction, Ledger, Record
from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    Observation,
    Participant,
    ParticipantStatus,
)
from reconciler.model.roster import Limits, Member, Roster, Unlisted, Value
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan

NOW = 1_800_000_000.0
ROOM = "line"
CF = "CF" + "0" * 32
SENDER = "+15550005550"
NUMBERS = {
    "ann": "+15551230001",
    "bob": "+15551230002",
    "cara": "client:cara",
    "sup": "+15551230009",
}
CONFERENCE = Conference(CF, ROOM, ConferenceStatus.IN_PROGRESS)


def call_sid(number: int) -> str:
    return f"CA{number:032x}"


CA1, CA2, CA3, CA4 = (call_sid(number) for number in (1, 2, 3, 4))


def member(label: str = "ann", **fields: Any) -> Member:
    said = {"to": NUMBERS.get(label, "+15551239999"), "sender": SENDER, **fields}
    return Member(label=label, **said)


def roster(
    *members: Member,
    unlisted: Unlisted = Unlisted.KEEP,
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
) -> Roster:
    return Roster(ROOM, members, unlisted=unlisted, limits=limits)


def leg(sid: str = CA1, label: str | None = "ann", **fields: Any) -> Participant:
    plain = Participant(
        sid,
        CF,
        label,
        ParticipantStatus.CONNECTED,
        muted=False,
        hold=False,
        coaching=False,
        call_sid_to_coach=None,
        end_conference_on_exit=False,
    )
    return replace(plain, **fields)


def call(
    sid: str = CA1,
    party: str = NUMBERS["ann"],
    status: CallStatus = CallStatus.IN_PROGRESS,
    *,
    inbound: bool = False,
    **fields: Any,
) -> Call:
    plain = Call(
        sid,
        status,
        to=SENDER if inbound else party,
        sender=party if inbound else SENDER,
        direction="inbound" if inbound else "outbound-api",
        created_at=NOW - 100,
    )
    return replace(plain, **fields)


def attempt(label: str = "ann", **fields: Any) -> Attempt:
    """A ring placed a hundred seconds ago, as call CA1."""
    plain = Attempt(
        id=1,
        room=ROOM,
        label=label,
        to=NUMBERS.get(label, "+15551239999"),
        intent=1,
        number=1,
        state=AttemptState.PLACED,
        generation=1,
        created_at=NOW - 100,
        send_by=NOW - 97,
        sent=(("from", SENDER), ("label", label), ("to", NUMBERS.get(label, ""))),
        call_sid=CA1,
        conference_sid=CF,
    )
    return replace(plain, **fields)


def record(label: str = "ann", *attempts: Attempt, **fields: Any) -> Record:
    plain = Record(
        label,
        NUMBERS.get(label, "+15551239999"),
        intent=1,
        changed_at=NOW - 1000,
        edited_at=NOW - 1000,
        attempts=attempts,
    )
    return replace(plain, **fields)


def ledger(
    *records: Record,
    memory: Mapping[str, Mapping[str, Value]] | None = None,
    corrections: tuple[Correction, ...] = (),
    **fields: Any,
) -> Ledger:
    plain = Ledger(
        {each.label: each for each in records},
        memory or {},
        corrections=corrections,
    )
    return replace(plain, **fields)


def look(
    *legs: Participant,
    calls: tuple[Call, ...] = (),
    searched: Mapping[str, tuple[Call, ...]] | None = None,
    last: Conference | None = None,
) -> Observation:
    return Observation(
        ROOM,
        CONFERENCE if legs else None,
        legs,
        {each.sid: each for each in calls},
        searched or {},
        last,
    )


def standing(*legs: Participant, **fields: Any) -> Ledger:
    """A ledger in which every labeled leg was placed by us and has connected."""
    records = [
        record(
            each.label,
            attempt(
                each.label, id=number, call_sid=each.call_sid, connected_at=NOW - 90
            ),
        )
        for number, each in enumerate(legs, 1)
        if each.label
    ]
    return ledger(*records, **fields)


def plan_for(
    *members: Member,
    legs: tuple[Participant, ...],
    authority: Authority = GUARDED,
    **fields: Any,
) -> Plan:
    """The plan of a room in which *legs* are ours."""
    kept = standing(*legs, **fields)
    return make_plan(roster(*members), look(*legs), kept, NOW, 1, authority=authority)


def changes(plan: Plan, label: str) -> list[Change]:
    return [
        each
        for each in plan.actions
        if isinstance(each, Change) and each.label == label
    ]


def field_changes(action: Action) -> dict[str, Value]:
    assert isinstance(action, Change)
    return {
        field_change.name: field_change.after for field_change in action.field_changes
    }


def rings(plan: Plan) -> list[str]:
    return [each.label for each in plan.actions if isinstance(each, Ring)]


def removed(plan: Plan) -> list[str | None]:
    return [each.call_sid for each in plan.actions if isinstance(each, Remove)]


def reasons(plan: Plan, label: str) -> list[str]:
    return [each.reason for each in plan.waiting if each.label == label]


def guards(plan: Plan) -> list[tuple[str, str]]:
    return [(each.guard, each.action.label) for each in plan.withheld]
