"""Rooms as ``status`` prints them: desired beside observed."""

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.bootstrap.zone_data import zone_data
from reconciler.cli.effective_text import (
    effective_lines,
)
from reconciler.cli.json_output import print_json
from reconciler.cli.moment_text import moment
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.readiness_text import observed_data
from reconciler.cli.refusal_text import refused_data, refused_lines
from reconciler.cli.text import (
    heading,
    leg_state,
    leg_words,
    person_state,
    withheld_lines,
)
from reconciler.engine.desired_room import Standing
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.masking import mask
from reconciler.model.observation import (
    ConferenceStatus,
    Observation,
    Participant,
)
from reconciler.operations.audibility_text import audibility_data, audibility_lines
from reconciler.operations.effective_data import effective_data
from reconciler.operations.evaluated_room import (
    EvaluatedRoom,
    taking_back,
)
from reconciler.planning.describe import quoted
from reconciler.planning.plan import Plan
from reconciler.planning.serialize import (
    FORMAT_VERSION,
    in_sync,
    plan_data,
    status_data,
)
from reconciler.store.queries.refused_files import Refusal


def print_rooms(
    rooms: list[EvaluatedRoom],
    now: float,
    refusals: Sequence[Refusal],
    *,
    matrix: bool = False,
) -> None:
    if current().json:
        data = {
            **_data(rooms, matrix=matrix),
            "refused_files": refused_data(refusals, numbers=current().numbers),
            "time_zone_data": zone_data().data(),
        }
        print_json(data)
        return
    lines = room_lines(rooms, now, matrix=matrix)
    for line in (*lines, *refused_lines(refusals)):
        echo(line, color=current().color)


def _data(rooms: list[EvaluatedRoom], *, matrix: bool) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "rooms": [
            {
                **_room(evaluated.evaluation),
                "account": evaluated.desired.account,
                **effective_data(evaluated.desired, evaluated.overrides),
                **observed_data(evaluated),
                **(
                    {"audibility": audibility_data(evaluated.evaluation.plan)}
                    if matrix
                    else {}
                ),
                "paused_until": evaluated.desired.paused_until,
                "paused_by": evaluated.desired.paused_by,
                "released_by": evaluated.desired.released_by,
            }
            for evaluated in rooms
        ],
    }


def _room(seen: Evaluation) -> dict[str, Any]:
    """``reason`` says why nothing is known, else what first waits for a person."""
    plan, state, numbers = seen.plan, str(seen.state), current().numbers
    data, stalled = status_data(plan, state, numbers=numbers), plan.stalled_reason
    planned = plan_data(plan, state, numbers=numbers)
    return {
        **data,
        "reason": data["reason"] or (mask(stalled) if stalled else None),
        "withheld": planned["withheld"],
        "waiting": planned["waiting"],
    }


def room_lines(
    rooms: list[EvaluatedRoom], now: float, *, matrix: bool = False
) -> Iterator[str]:
    if not rooms:
        yield "No rooms. To load the rosters in desired/: reconciler sync"
    for evaluated in rooms:
        yield _heading(evaluated, now)
        yield from effective_lines(evaluated.desired, evaluated.overrides)
        for name, mark, _, words in people_lines(evaluated, now):
            yield f" {mark} {mask(name):<16} {words}"
        yield from withheld_lines(evaluated.evaluation.plan)
        yield from _waiting(evaluated.evaluation.plan)
        yield from _about(evaluated.evaluation.plan)
        if matrix:
            yield from audibility_lines(evaluated.evaluation.plan)


def _waiting(plan: Plan) -> Iterator[str]:
    """What is waited for of people whom the roster does not list any longer."""
    listed = {person.member.label for person in plan.people}
    for wait in plan.waiting:
        if wait.label and wait.label not in listed:
            yield mask(f"  . {wait.label} (not in the roster): {wait.reason}")


def _about(plan: Plan) -> Iterator[str]:
    """What is to be said of the room as a whole, but for what its heading says."""
    for condition in plan.conditions:
        if condition is not plan.blocked:
            yield mask(f"  . {condition.text}")
    if plan.conference and plan.conference.status is ConferenceStatus.INIT:
        yield "  . conference status: init (Twilio has not started it yet)"


def _heading(seen: EvaluatedRoom, now: float) -> str:
    about = f"{_standing(seen)}{_approved(seen)}{_age(seen, now)}"
    return f"{heading(seen.evaluation)}{about}"


def _age(seen: EvaluatedRoom, now: float) -> str:
    """How old an observation of record is, and what to do where nobody renews it."""
    record = seen.record
    if record is None or record.seen_at is None:
        return ""
    age = f"; seen {max(0.0, now - record.seen_at):.0f} s ago"
    room = quoted(seen.evaluation.room)
    ask = f", no daemon observes it. To ask Twilio: reconciler status {room} --live"
    return f"{age}{ask if record.stale else ''}"


def _standing(seen: EvaluatedRoom) -> str:
    """Who paused or released the room, until when, and the command that ends it."""
    desired, room = seen.desired, quoted(seen.evaluation.room)
    if desired.standing is Standing.MANAGED:
        return ""
    if desired.standing is Standing.RELEASED:
        by = f" by {mask(desired.released_by)}" if desired.released_by else ""
        also = "; paused, too" if desired.paused_by is not None else ""
        return f"{by}{also}. {taking_back(seen.evaluation.room, desired)}"
    until = desired.paused_until
    end = "" if until is None else f" until {moment(until)}"
    by = f" by {mask(desired.paused_by)}" if desired.paused_by else ""
    return f"{end}{by}. To continue: reconciler resume {room}"


def _approved(seen: EvaluatedRoom) -> str:
    approved = seen.evaluation.plan.approval_use.reason
    said = f"; approved: {mask(approved)}" if approved else ""
    approval = seen.evaluation.ledger.approval
    if (
        approval is None
        or approval.voided is None
        or seen.evaluation.observed_at > approval.expires_at
    ):
        return said
    part = "part of the approval" if approval.remaining else "the approval"
    return f"{said}; {part} by {approval.who} counts no longer: {approval.voided}"


def people_lines(
    seen: EvaluatedRoom, now: float
) -> Iterator[tuple[str, str, str, str]]:
    """Name, mark, words that change with the state alone, words for people."""
    plan = seen.evaluation.plan
    for person in plan.people:
        label = person.member.label
        legs = ", ".join(leg_words(person.leg)) if person.leg else ""
        mark = " " if in_sync(label, plan) else "*"
        still = f"{mark}{person.phase} {person.reason} {legs}"
        yield label, mark, still, person_state(person, now)
        for leg in person.extras:
            words = f"another call of {mask(label)}: {leg_state(leg)}"
            yield leg.call_sid, " ", words, words
    for label, leg in plan.dismissed:
        words = f"no longer in the roster: {leg_state(leg)}"
        yield label, " " if in_sync(label, plan) else "*", words, words
    for leg in plan.unlisted:
        words = f"not in the roster{_number(seen, leg)}: {leg_state(leg)}"
        if leg.call_sid in plan.doubts:
            words += f" ({mask(plan.doubts[leg.call_sid])})"
        yield leg.label or leg.call_sid, " ", words, words


def _number(seen: EvaluatedRoom, leg: Participant) -> str:
    """The far end of a stranger's call, if its record was read."""
    observation = seen.evaluation.observation
    shown = observation.calls if isinstance(observation, Observation) else {}
    call = shown.get(leg.call_sid) or seen.evaluation.ledger.identities.get(
        leg.call_sid
    )
    return f" ({mask(call.party)})" if call and call.party else ""
