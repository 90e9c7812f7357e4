"""``reconciler explain``: state of a participant and the next step."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import click

from reconciler.bootstrap.command_session import CommandSession, command_session
from reconciler.cli.command_settings import command_settings
from reconciler.cli.commands.events import event_line
from reconciler.cli.effective_text import origin_line, pin_line
from reconciler.cli.json_output import numbers_option, print_json
from reconciler.cli.moment_text import moment
from reconciler.cli.next_step import NextStep, next_step
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.refusal_text import about, refused_data, refused_lines
from reconciler.cli.roster_location import place_of_entry
from reconciler.cli.text import leg_state, person_state
from reconciler.model.attempt import Attempt
from reconciler.model.declaration import Origin
from reconciler.model.errors import SettingError
from reconciler.model.event import Event
from reconciler.model.exit_code import UNREACHABLE
from reconciler.model.masking import mask
from reconciler.model.observation import Participant
from reconciler.operations.audibility_text import heard_text, hearing_of
from reconciler.operations.effective_data import effective_data
from reconciler.operations.evaluated_room import EvaluatedRoom, see
from reconciler.planning.audience import blast_radius
from reconciler.planning.plan import Person
from reconciler.planning.serialize import FORMAT_VERSION, desired_data, status_data
from reconciler.store.queries.audit import EventFilter
from reconciler.store.queries.refused_files import Refusal
from reconciler.twilio.api.error_codes import BY_NUMBER

_EVENTS = 10


@dataclass(frozen=True, slots=True)
class _Story:
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


@click.command()
@click.argument("room")
@click.argument("label")
@numbers_option
def explain(room: str, label: str) -> int:
    """Show why LABEL is in ROOM as they are.

    The roster entry and where it is written, what Twilio shows, every ring of
    the present intent with what became of it, the last events, and what
    happens next and when. Reads the database and Twilio; writes nothing.
    """
    options = current()
    of = command_settings()

    async def run() -> _Story:
        async with command_session(of, read_only=True) as shop:
            return await _story(shop, room, label)

    story = asyncio.run(run())
    if options.json:
        print_json(_data(story))
    else:
        for line in _lines(story):
            echo(mask(line), color=options.color)
    return UNREACHABLE if story.seen.evaluation.plan.unknown is not None else 0


async def _story(shop: CommandSession, room: str, label: str) -> _Story:
    (seen,) = await see(shop, room)
    rung = await shop.store.attempts(room, label)
    told = await shop.store.newest(EventFilter(room, label), limit=_EVENTS)
    plan = seen.evaluation.plan
    person = next((each for each in plan.people if each.member.label == label), None)
    record = seen.evaluation.ledger.records.get(label)
    if seen.desired.roster.member(label) is None and not (rung or told or record):
        names = ", ".join(each.label for each in seen.desired.roster.members)
        raise SettingError(
            f"the roster of '{room}' never listed '{label}' (it lists: "
            f"{names or 'nobody'})"
        )
    intent = record.intent if record else max((a.intent for a in rung), default=0)
    present = tuple(each for each in rung if each.intent == intent or each.open)
    now = shop.clock()
    return _Story(
        label=label,
        place=place_of_entry(seen.desired.roster.source, label),
        seen=seen,
        person=person,
        attempts=present,
        earlier=len(rung) - len(present),
        events=tuple(each.event for each in told),
        next=next_step(seen, label, now),
        refusals=tuple(about(await shop.store.refusals(), room)),
        now=now,
    )


def _data(story: _Story) -> dict[str, Any]:
    seen, member = story.seen, story.seen.desired.roster.member(story.label)
    shown = status_data(
        seen.evaluation.plan, str(seen.evaluation.state), numbers=current().numbers
    )
    found = (each for each in shown["members"] if each["label"] == story.label)
    mine = next(found, None)
    legs = [each for each in shown["dismissed"] if each["label"] == story.label]
    if mine:
        legs = mine["legs"]
    return {
        "format_version": FORMAT_VERSION,
        "conference": seen.evaluation.room,
        "label": story.label,
        "generation": seen.desired.generation,
        "state": str(seen.evaluation.state),
        "roster": story.place if member else None,
        "desired": desired_data(member, numbers=current().numbers) if member else None,
        **effective_data(
            replace(seen.desired, origins=tuple(_origins(story))), seen.overrides
        ),
        "observed": mine["observed"] if mine else next(iter(legs), None),
        "legs": legs,
        **_heard_data(story),
        "phase": mine["phase"] if mine else None,
        "reason": seen.evaluation.plan.unknown or (mine["reason"] if mine else ""),
        "attempts": [_attempt_data(each) for each in story.attempts],
        "earlier_attempts": story.earlier,
        "events": [
            {
                "at": each.at,
                "kind": each.kind,
                "message": mask(each.message),
                "cause": each.cause,
                "request_id": each.request_id,
                "run": each.run,
            }
            for each in story.events
        ],
        "refused_files": refused_data(story.refusals),
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
        "meaning": _meaning(attempt.code),
        "reason": mask(attempt.reason),
        "request_id": attempt.request_id,
    }


def _meaning(code: int | None) -> str | None:
    known = BY_NUMBER.get(code or 0)
    return known.meaning if known else None


def _lines(story: _Story) -> Iterator[str]:
    yield f"{story.label} in {story.seen.evaluation.room}: {_state(story)}"
    yield from _declared(story)
    yield from _observed(story)
    yield from _rings(story)
    yield f"  last events{'' if story.events else ': none'}"
    for event in story.events:
        yield f"    {event_line(event)}"
    at, now = story.next.at, story.now
    when = "" if at is None else f", at {moment(at)} (in {max(0.0, at - now):.0f} s)"
    yield f"  next: {story.next.what}{when}"


def _state(story: _Story) -> str:
    plan = story.seen.evaluation.plan
    if plan.unknown is not None:
        return f"unknown: {plan.unknown}"
    if story.person is not None:
        return person_state(story.person, story.now)
    return str(story.seen.evaluation.state if _listed(story) else "not in the roster")


def _listed(story: _Story) -> bool:
    return story.seen.desired.roster.member(story.label) is not None


def _declared(story: _Story) -> Iterator[str]:
    member = story.seen.desired.roster.member(story.label)
    if member is None:
        away = [x for x in _origins(story) if x.field == "presence"]
        yield "  roster: no longer listed" if not away else "  roster: not declared now"
        for each in away:
            yield f"    {origin_line(each)}"
        yield from _pinned(story)
        return
    yield f"  roster: {story.place}, generation {story.seen.desired.generation}"
    declared = [
        f"{name}: {_as_yaml(value)}" for name, value in desired_data(member).items()
    ]
    yield f"    {', '.join(declared)}"
    yield from _pinned(story)
    for each in _origins(story):
        yield f"    {origin_line(each)}"
    for line in refused_lines(story.refusals):
        yield f"  {line}"


def _pinned(story: _Story) -> Iterator[str]:
    """That an earlier generation counts, not the file."""
    desired = story.seen.desired
    if desired.pin is not None:
        yield f"    {pin_line(desired.roster.room, desired.pin)}"


def _origins(story: _Story) -> list[Origin]:
    """Why the person, or the room, is not as the roster says."""
    desired = story.seen.desired
    return [x for x in desired.origins if x.label in {story.label, ""}]


def _as_yaml(value: object) -> str:
    """A value as the file writes it: ``true``, not Python's ``True``."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _dismissed_leg(story: _Story) -> Participant | None:
    """The call of somebody who left the roster and is still in the room."""
    legs = dict(reversed(story.seen.evaluation.plan.dismissed))
    return legs.get(story.label)


def _observed(story: _Story) -> Iterator[str]:
    leg = story.person.leg if story.person else _dismissed_leg(story)
    if leg is None:
        where = story.seen.evaluation.plan.conference
        room = f"conference {where.sid}" if where else "the room"
        yield f"  observed: not in {room}"
    else:
        yield f"  observed: call {leg.call_sid}: {leg_state(leg)}"
    yield from _heard(story)
    for extra in story.person.extras if story.person else ():
        yield f"  also in: call {extra.call_sid}: {leg_state(extra)}"


def _heard(story: _Story) -> Iterator[str]:
    """Who hears the person, and whose calls end when they leave."""
    leg = story.person.leg if story.person else None
    if leg is None or not leg.connected:
        return
    plan = story.seen.evaluation.plan
    yield f"  audible: {heard_text(hearing_of(plan).heard_by(leg.call_sid))}"
    ended = len(blast_radius(plan.legs, [leg.call_sid]).ended)
    if ended:
        yield f"  leaving ends the call for {ended}"


def _heard_data(story: _Story) -> dict[str, Any]:
    leg = story.person.leg if story.person else None
    plan = story.seen.evaluation.plan
    sid = leg.call_sid if leg else ""
    return {
        "heard_by": list(hearing_of(plan).heard_by(sid)),
        "ended_with": len(blast_radius(plan.legs, [sid]).ended),
    }


def _rings(story: _Story) -> Iterator[str]:
    more = f" (and {story.earlier} of earlier intents)" if story.earlier else ""
    yield f"  rings{more}{'' if story.attempts else ': none'}"
    for each in story.attempts:
        yield f"    {_ring(each)}"


def _ring(attempt: Attempt) -> str:
    times = [
        f"{word} {moment(at)}"
        for word, at in (
            ("connected", attempt.connected_at),
            ("ended", attempt.ended_at),
        )
        if at is not None
    ]
    known = _meaning(attempt.code)
    code = f"Twilio's {attempt.code}" + (f" ({known})" if known else "")
    notes = [
        *times,
        f"call {attempt.call_sid}" if attempt.call_sid else "",
        code if attempt.code else "",
        f"request {attempt.request_id}" if attempt.request_id else "",
    ]
    name = f"ring {attempt.number}" if attempt.number else "found in the room"
    end = str(attempt.outcome or attempt.state)
    told = ", ".join(filter(None, notes))
    line = f"{moment(attempt.created_at)} {name}: {end}: {attempt.reason}"
    return f"{line} [{told}]" if told else line
