"""``reconciler explain``: state of a participant and the next step."""

import asyncio
import json
from collections.abc import Iterator

import click

from reconciler.bootstrap.command_session import CommandSession, command_session
from reconciler.cli.command_settings import command_settings
from reconciler.cli.commands.events import event_line
from reconciler.cli.effective_text import origin_line, pin_line
from reconciler.cli.json_output import numbers_option, print_json
from reconciler.cli.member_story import (
    MemberStory,
    code_meaning,
    origins_of,
    story_data,
)
from reconciler.cli.moment_text import moment
from reconciler.cli.next_step import next_step
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.refusal_text import about, refused_lines
from reconciler.cli.roster_location import place_of_entry
from reconciler.cli.text import leg_state, person_state
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import UNREACHABLE
from reconciler.model.masking import mask
from reconciler.model.observation import Participant
from reconciler.operations.audibility_text import heard_text, hearing_of
from reconciler.operations.evaluated_room import see
from reconciler.planning.audience import blast_radius
from reconciler.planning.serialize import desired_data
from reconciler.store.queries.audit import EventFilter

_EVENTS = 10


@click.command()
@click.argument("room")
@click.argument("label")
@numbers_option
def explain(room: str, label: str) -> int:
    """Explain the state of member LABEL in ROOM.

    The roster entry and where it is written, what Twilio shows, every ring of
    the present intent with what became of it, the last events, and what
    happens next and when. Reads the database and Twilio; writes nothing.
    """
    options = current()
    of = command_settings()

    async def run() -> MemberStory:
        async with command_session(of, read_only=True, room=room) as shop:
            return await _story(shop, room, label)

    story = asyncio.run(run())
    if options.json:
        print_json(story_data(story))
    else:
        for line in _lines(story):
            echo(mask(line), color=options.color)
    return UNREACHABLE if story.seen.evaluation.plan.unknown is not None else 0


async def _story(shop: CommandSession, room: str, label: str) -> MemberStory:
    (evaluated,) = await see(shop, room)
    attempts = await shop.store.attempts(room, label)
    told = await shop.store.newest(EventFilter(room, label), limit=_EVENTS)
    plan = evaluated.evaluation.plan
    person = next((each for each in plan.people if each.member.label == label), None)
    record = evaluated.evaluation.ledger.records.get(label)
    if evaluated.desired.roster.member(label) is None and not (
        attempts or told or record
    ):
        names = ", ".join(member.label for member in evaluated.desired.roster.members)
        raise SettingError(
            f"the roster of '{room}' never listed '{label}' (it lists: "
            f"{names or 'nobody'})"
        )
    intent = record.intent if record else max((a.intent for a in attempts), default=0)
    present = tuple(
        attempt for attempt in attempts if attempt.intent == intent or attempt.open
    )
    now = shop.clock()
    return MemberStory(
        label=label,
        place=place_of_entry(evaluated.desired.roster.source, label),
        seen=evaluated,
        person=person,
        attempts=present,
        earlier=len(attempts) - len(present),
        events=tuple(stored.event for stored in told),
        next=next_step(evaluated, label, now),
        refusals=tuple(about(await shop.store.refusals(), room)),
        now=now,
    )


def _lines(story: MemberStory) -> Iterator[str]:
    room, account = story.seen.evaluation.room, story.seen.desired.account
    of = "" if account == DEFAULT_ACCOUNT else f" of account {account}"
    yield f"{story.label} in {room}{of}: {_state(story)}"
    yield from _declared(story)
    yield from _observed(story)
    yield from _rings(story)
    yield f"  last events{'' if story.events else ': none'}"
    for event in story.events:
        yield f"    {event_line(event)}"
    at, now = story.next.at, story.now
    when = "" if at is None else f", at {moment(at)} (in {max(0.0, at - now):.0f} s)"
    yield f"  next: {story.next.what}{when}"


def _state(story: MemberStory) -> str:
    plan = story.seen.evaluation.plan
    if plan.unknown is not None:
        return f"unknown: {plan.unknown}"
    if story.person is not None:
        return person_state(story.person, story.now)
    return str(story.seen.evaluation.state if _listed(story) else "not in the roster")


def _listed(story: MemberStory) -> bool:
    return story.seen.desired.roster.member(story.label) is not None


def _declared(story: MemberStory) -> Iterator[str]:
    member = story.seen.desired.roster.member(story.label)
    if member is None:
        away = [x for x in origins_of(story) if x.field == "presence"]
        yield "  roster: no longer listed" if not away else "  roster: not declared now"
        for origin in away:
            yield f"    {origin_line(origin)}"
        yield from _pinned(story)
        return
    yield f"  roster: {story.place}, generation {story.seen.desired.generation}"
    declared = [
        f"{name}: {_as_yaml(value)}" for name, value in desired_data(member).items()
    ]
    yield f"    {', '.join(declared)}"
    yield from _pinned(story)
    for origin in origins_of(story):
        yield f"    {origin_line(origin)}"
    for line in refused_lines(story.refusals):
        yield f"  {line}"


def _pinned(story: MemberStory) -> Iterator[str]:
    """That an earlier generation counts, not the file."""
    desired = story.seen.desired
    if desired.pin is not None:
        yield f"    {pin_line(desired.roster.room, desired.pin)}"


def _as_yaml(value: object) -> str:
    """A value as the file writes it: ``true``, not Python's ``True``."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _dismissed_leg(story: MemberStory) -> Participant | None:
    """The call of somebody who left the roster and is still in the room."""
    legs = dict(reversed(story.seen.evaluation.plan.dismissed))
    return legs.get(story.label)


def _observed(story: MemberStory) -> Iterator[str]:
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


def _heard(story: MemberStory) -> Iterator[str]:
    """Who hears the person, and whose calls end when they leave."""
    leg = story.person.leg if story.person else None
    if leg is None or not leg.connected:
        return
    plan = story.seen.evaluation.plan
    yield f"  audible: {heard_text(hearing_of(plan).heard_by(leg.call_sid))}"
    ended = len(blast_radius(plan.legs, [leg.call_sid]).ended)
    if ended:
        yield f"  leaving ends the call for {ended}"


def _rings(story: MemberStory) -> Iterator[str]:
    more = f" (and {story.earlier} of earlier intents)" if story.earlier else ""
    yield f"  rings{more}{'' if story.attempts else ': none'}"
    for attempt in story.attempts:
        yield f"    {_ring(attempt)}"


def _ring(attempt: Attempt) -> str:
    times = [
        f"{word} {moment(at)}"
        for word, at in (
            ("connected", attempt.connected_at),
            ("ended", attempt.ended_at),
        )
        if at is not None
    ]
    known = code_meaning(attempt.code)
    code = f"Twilio's {attempt.code}" + (f" ({known})" if known else "")
    notes = [
        *times,
        f"call {attempt.call_sid}" if attempt.call_sid else "",
        code if attempt.code else "",
        f"request {attempt.request_id}" if attempt.request_id else "",
    ]
    name = f"ring {attempt.number}" if attempt.number else "found in the room"
    told = ", ".join(filter(None, notes))
    line = f"{moment(attempt.created_at)} {name}: {_result(attempt)}"
    return f"{line} [{told}]" if told else line


def _result(attempt: Attempt) -> str:
    """What became of a ring, each word once: ``busy``, ``failed: not a number``."""
    placed = attempt.outcome is None and attempt.state is AttemptState.PLACED
    end = "" if placed and attempt.reason else str(attempt.outcome or attempt.state)
    reason = "" if attempt.reason == end else attempt.reason
    return ": ".join(filter(None, (end, reason)))
