"""``reconciler status``: desired and observed state."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from reconciler.bootstrap.command_session import command_session, record_session
from reconciler.bootstrap.zone_data import zone_data
from reconciler.cli.audibility_text import audibility_data, audibility_lines
from reconciler.cli.command_settings import command_settings
from reconciler.cli.effective_text import (
    effective_data,
    effective_lines,
    override_line,
    pin_line,
)
from reconciler.cli.exit import DIFFERENCES, UNREACHABLE, WITHHELD
from reconciler.cli.json_output import numbers_option, print_json
from reconciler.cli.moment_text import moment
from reconciler.cli.options import current, is_terminal
from reconciler.cli.output import echo
from reconciler.cli.polling import until_interrupted
from reconciler.cli.readiness_text import seen_data
from reconciler.cli.refusal_text import about, refused_data, refused_lines
from reconciler.cli.screen_rows import RoomBlock, Row, folded, overall, tally
from reconciler.cli.text import (
    heading,
    leg_state,
    leg_words,
    person_state,
    withheld_lines,
)
from reconciler.engine.desired_room import Standing
from reconciler.engine.room.evaluate import Evaluation, RoomPhase
from reconciler.model.action import Ring
from reconciler.model.declaration import NORMAL
from reconciler.model.masking import mask
from reconciler.model.observation import (
    ConferenceStatus,
    Observation,
    Participant,
)
from reconciler.operations.evaluated_room import (
    EvaluatedRoom,
    see,
    see_recorded,
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
from reconciler.settings import Settings
from reconciler.store.queries.refused_files import Refusal
from reconciler.store.store import SqlStore

if TYPE_CHECKING:
    from rich.live import Live

_POLL_SECONDS = 2.0
"""Seconds between two looks of a watch."""


@click.command()
@click.argument("room", required=False)
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 2 on differences, 4 if somebody must act.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Keep watching until interrupted: redraw on a terminal, else print changes.",
)
@click.option("--live", is_flag=True, help="Ask Twilio about every room.")
@click.option(
    "--recorded",
    is_flag=True,
    help="Read the last observation from the database; never ask Twilio.",
)
@click.option(
    "--audibility", is_flag=True, help="Show who hears whom in each conference."
)
@numbers_option
def status(
    room: str | None,
    *,
    exit_code: bool,
    watch: bool,
    live: bool,
    recorded: bool,
    audibility: bool,
) -> int:
    """Show every room that was loaded, or one: each member as declared and as seen.

    A room that a daemon observes is read from the database, with the age of the
    observation; the others are read from Twilio. Writes nothing.
    """
    if live and recorded:
        raise click.UsageError("--live asks Twilio and --recorded does not: use one")
    of = command_settings()

    async def run() -> list[EvaluatedRoom]:
        async with _source(of, live=live, recorded=recorded) as source:
            if watch:
                await _watch(source, room)
                return []
            rooms = await source.see(room)
            refusals = about(await source.store.refusals(), room)
            _print(rooms, source.clock(), refusals, matrix=audibility)
            return rooms

    return _code(asyncio.run(run()), exit_code=exit_code)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where rooms are read."""

    store: SqlStore
    clock: Callable[[], float]
    see: Callable[[str | None], Awaitable[list[EvaluatedRoom]]]


@asynccontextmanager
async def _source(
    of: Settings, *, live: bool, recorded: bool
) -> AsyncIterator[_Source]:
    if recorded:
        async with record_session(of) as record:
            yield _Source(record.store, record.clock, partial(see_recorded, record))
        return
    async with command_session(of, read_only=True) as shop:
        yield _Source(shop.store, shop.clock, partial(see, shop, live=live))


def _print(
    rooms: list[EvaluatedRoom],
    now: float,
    refusals: Sequence[Refusal],
    *,
    matrix: bool = False,
) -> None:
    if current().json:
        data = {
            **_data(rooms, matrix=matrix),
            "refused_files": refused_data(refusals),
            "time_zone_data": zone_data().data(),
        }
        print_json(data)
        return
    lines = _lines(rooms, now, matrix=matrix)
    for line in (*lines, *refused_lines(refusals)):
        echo(line, color=current().color)


def _data(rooms: list[EvaluatedRoom], *, matrix: bool) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "rooms": [
            {
                **_room(each.evaluation),
                **effective_data(each.desired, each.overrides),
                **seen_data(each),
                **(
                    {"audibility": audibility_data(each.evaluation.plan)}
                    if matrix
                    else {}
                ),
                "paused_until": each.desired.paused_until,
                "paused_by": each.desired.paused_by,
                "released_by": each.desired.released_by,
            }
            for each in rooms
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


def _lines(
    rooms: list[EvaluatedRoom], now: float, *, matrix: bool = False
) -> Iterator[str]:
    if not rooms:
        yield "No rooms. To load the rosters in desired/: reconciler sync"
    for each in rooms:
        yield _heading(each, now)
        yield from effective_lines(each.desired, each.overrides)
        for name, mark, _, words in _people(each, now):
            yield f" {mark} {mask(name):<16} {words}"
        yield from withheld_lines(each.evaluation.plan)
        yield from _waiting(each.evaluation.plan)
        yield from _about(each.evaluation.plan)
        if matrix:
            yield from audibility_lines(each.evaluation.plan)


def _waiting(plan: Plan) -> Iterator[str]:
    """What is waited for of people whom the roster does not list any longer."""
    listed = {each.member.label for each in plan.people}
    for each in plan.waiting:
        if each.label and each.label not in listed:
            yield mask(f"  . {each.label} (not in the roster): {each.reason}")


def _about(plan: Plan) -> Iterator[str]:
    """What is to be said of the room as a whole, but for what its heading says."""
    for each in plan.conditions:
        if each is not plan.blocked:
            yield mask(f"  . {each.text}")
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
    return f"; approved: {mask(approved)}" if approved else ""


def _people(seen: EvaluatedRoom, now: float) -> Iterator[tuple[str, str, str, str]]:
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


def _code(rooms: list[EvaluatedRoom], *, exit_code: bool) -> int:
    states = {each.evaluation.state for each in rooms}
    if RoomPhase.UNKNOWN in states:
        return UNREACHABLE
    if not exit_code:
        return 0
    if RoomPhase.STALLED in states:
        return WITHHELD
    return DIFFERENCES if RoomPhase.CONVERGING in states else 0


async def _watch(shop: _Source, room: str | None) -> None:
    if current().json or not is_terminal(sys.stdout):
        changes = _Changes(shop, room)
        await until_interrupted(changes.print, _POLL_SECONDS)
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.live import Live  # noqa: PLC0415 - only on a terminal

    console = Console(no_color=not current().color)
    with Live(console=console, auto_refresh=False) as live:
        await until_interrupted(lambda: _draw(shop, room, live), _POLL_SECONDS)


async def _draw(shop: _Source, room: str | None, live: "Live") -> None:
    from rich.text import Text  # noqa: PLC0415 - only on a terminal

    rooms, now = await shop.see(room), shop.clock()
    refused = refused_lines(about(await shop.store.refusals(), room))
    around = [*refused, f"as of {moment(now)}"]
    lines = _pictured(rooms, now, live.console.height - len(around))
    picture = "\n".join([*lines, *around])
    live.update(Text.from_ansi(picture), refresh=True)


def _pictured(rooms: list[EvaluatedRoom], now: float, height: int) -> list[str]:
    """All of it; where *height* lines are too few, what differs first."""
    blocks = [_block(each, now) for each in rooms]
    if len(rooms) < 2:  # noqa: PLR2004 - a total of one room is the room
        return folded(blocks, height) if blocks else list(_lines(rooms, now))
    plans = [each.evaluation.plan for each in rooms]
    rings = sum(isinstance(x, Ring) for plan in plans for x in plan.actions)
    queue = [f"{rings} to be called"] if rings else []
    states = [str(each.evaluation.state) for each in rooms]
    return [overall(states, plans, queue), *folded(blocks, height - 1)]


def _block(room: EvaluatedRoom, now: float) -> RoomBlock:
    """A room's lines, its people apart."""
    people = tuple(
        Row(f" {mark} {mask(name):<16} {words}", mark == " ")
        for name, mark, _, words in _people(room, now)
    )
    head, *rest = _lines([room], now)
    about = len(list(effective_lines(room.desired, room.overrides)))
    return RoomBlock(
        (f"{head} ({tally(room.evaluation.plan)})", *rest[:about]),
        people,
        tuple(rest[about + len(people) :]),
        room.evaluation.state is RoomPhase.CONVERGED,
    )


@dataclass(slots=True)
class _Changes:
    """Prints all of it once, and then what has changed since the look before."""

    shop: _Source
    room: str | None
    _known: dict[tuple[str, str], str] | None = field(default=None)

    async def print(self) -> None:
        """Look again, and print what is news."""
        rooms, now = await self.shop.see(self.room), self.shop.clock()
        states = dict(_states(rooms, now))
        still = {key: words for key, (words, _) in states.items()}
        if self._known is None or (current().json and still != self._known):
            refusals = await self.shop.store.refusals()
            _print(rooms, now, about(refusals, self.room))
        elif not current().json:
            self._tell(states, now)
        self._known = still

    def _tell(self, states: dict[tuple[str, str], tuple[str, str]], now: float) -> None:
        known = self._known or {}
        gone = {key: ("", "gone") for key in known if key not in states}
        for key, (still, words) in (states | gone).items():
            if known.get(key) != still:
                about = mask(": ".join(filter(None, key)))
                echo(f"{moment(now)} {about}: {words}", color=current().color)


def _states(
    rooms: list[EvaluatedRoom], now: float
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for each in rooms:
        name = each.evaluation.room
        state = f"{each.evaluation.state} {each.evaluation.plan.unknown or ''}".strip()
        yield (name, ""), (state, state)
        if each.desired.mode != NORMAL:
            yield (name, "mode"), (each.desired.mode, each.desired.mode)
        if each.desired.pin is not None:
            line = pin_line(name, each.desired.pin)
            yield (name, "pin"), (line, line)
        for word in each.overrides:
            line = override_line(word)
            yield (name, f"override {word.id}"), (line, line)
        for label, _, still, words in _people(each, now):
            yield (name, label), (still, words)
