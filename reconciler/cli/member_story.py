"""All that is known of one person in one room, and as JSON."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from reconciler.cli.next_step import NextStep
from reconciler.cli.options import current
from reconciler.cli.refusal_text import refused_data
from reconciler.model.attempt import Attempt
from reconciler.model.declaration import Origin
from reconciler.model.event import Event
from reconciler.model.masking import mask
from reconciler.operations.audibility_text import hearing_of
from reconciler.operations.effective_data import effective_data
from reconciler.operations.evaluated_room import EvaluatedRoom
from reconciler.planning.audience import blast_radius
from reconciler.planning.plan import Person
from reconciler.planning.serialize import FORMAT_VERSION, desired_data, status_data
from reconciler.store.queries.refused_files import Refusal
from reconciler.twilio.api.error_codes import BY_NUMBER


class MemberStory(Struct, frozen=True):
    """All that is known of one person in one room."""

    label: str
    place: str
    seen: EvaluatedRoom
    person: Person | None
    attempts: tuple[Attempt, ...]
    earlier: int
    events: tuple[Event, ...]
    next: NextStep
    refusals: tuple[Refusal, ...]
    now: float


def story_data(story: MemberStory) -> dict[str, Any]:
    evaluated, member = story.seen, story.seen.desired.roster.member(story.label)
    shown = status_data(
        evaluated.evaluation.plan,
        str(evaluated.evaluation.state),
        numbers=current().numbers,
    )
    found = (each for each in shown["members"] if each["label"] == story.label)
    mine = next(found, None)
    legs = [each for each in shown["dismissed"] if each["label"] == story.label]
    if mine:
        legs = mine["legs"]
    return {
        "format_version": FORMAT_VERSION,
        "conference": evaluated.evaluation.room,
        "label": story.label,
        "account": evaluated.desired.account,
        "generation": evaluated.desired.generation,
        "state": str(evaluated.evaluation.state),
        "roster": story.place if member else None,
        "desired": desired_data(member, numbers=current().numbers) if member else None,
        **effective_data(
            replace(evaluated.desired, origins=tuple(origins_of(story))),
            evaluated.overrides,
        ),
        "observed": mine["observed"] if mine else next(iter(legs), None),
        "legs": legs,
        **_heard_data(story),
        "phase": mine["phase"] if mine else None,
        "reason": evaluated.evaluation.plan.unknown or (mine["reason"] if mine else ""),
        "attempts": [_attempt_data(attempt) for attempt in story.attempts],
        "earlier_attempts": story.earlier,
        "events": [
            {
                "at": event.at,
                "kind": event.kind,
                "message": mask(event.message),
                "cause": event.cause,
                "request_id": event.request_id,
                "run": event.run,
            }
            for event in story.events
        ],
        "refused_files": refused_data(story.refusals, numbers=current().numbers),
        "next": {"what": mask(story.next.what), "at": story.next.at},
    }


def _attempt_data(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "state": str(attempt.state),
        "outcome": None if attempt.outcome is None else str(attempt.outcome),
        "created_at": attempt.created_at,
        "connected_at": attempt.connected_at,
        "ended_at": attempt.ended_at,
        "call_sid": attempt.call_sid,
        "code": attempt.code,
        "meaning": code_meaning(attempt.code),
        "reason": mask(attempt.reason),
        "request_id": attempt.request_id,
    }


def code_meaning(code: int | None) -> str | None:
    known = BY_NUMBER.get(code or 0)
    return known.meaning if known else None


def origins_of(story: MemberStory) -> list[Origin]:
    """Why the person, or the room, is not as the roster says."""
    desired = story.seen.desired
    return [x for x in desired.origins if x.label in {story.label, ""}]


def _heard_data(story: MemberStory) -> dict[str, Any]:
    leg = story.person.leg if story.person else None
    plan = story.seen.evaluation.plan
    sid = leg.call_sid if leg else ""
    return {
        "heard_by": list(hearing_of(plan).heard_by(sid)),
        "ended_with": len(blast_radius(plan.legs, [sid]).ended),
    }
