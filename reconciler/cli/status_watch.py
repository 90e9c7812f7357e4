"""``status --watch``: redraws on a terminal, else prints what changes."""

import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct, field

from reconciler.cli.effective_text import (
    effective_lines,
    override_line,
    pin_line,
)
from reconciler.cli.moment_text import moment
from reconciler.cli.options import current, is_terminal
from reconciler.cli.output import echo
from reconciler.cli.polling import until_interrupted
from reconciler.cli.refusal_text import about, refused_lines
from reconciler.cli.screen_rows import RoomBlock, Row, Screen, folded, overall, tally
from reconciler.cli.status_text import people_lines, print_rooms, room_lines
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.action import Ring
from reconciler.model.declaration import NORMAL
from reconciler.model.masking import mask
from reconciler.operations.audibility_text import heard_text, hearing_of
from reconciler.operations.evaluated_room import (
    EvaluatedRoom,
)
from reconciler.planning.describe import queued
from reconciler.planning.plan import Phase, Plan
from reconciler.store.store import SqlStore

if TYPE_CHECKING:
    from rich.live import Live

_POLL_SECONDS = 2.0
"""Seconds between two looks of a watch."""


class RoomSource(Struct, frozen=True):
    """Where rooms are read; calls are placed at ``calls_per_second``.

    ``matrix`` asks for who hears whom, too.
    """

    store: SqlStore
    clock: Callable[[], float]
    see: Callable[[str | None], Awaitable[list[EvaluatedRoom]]]
    calls_per_second: float
    matrix: bool = False


async def watch_rooms(shop: RoomSource, room: str | None) -> None:
    if current().json or not is_terminal(sys.stdout):
        changes = _Changes(shop, room)
        await until_interrupted(changes.print, _POLL_SECONDS)
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.live import Live  # noqa: PLC0415 - only on a terminal

    console = Console(no_color=not current().color)
    with Live(console=console, auto_refresh=False) as live:
        await until_interrupted(lambda: _draw(shop, room, live), _POLL_SECONDS)


async def _draw(shop: RoomSource, room: str | None, live: "Live") -> None:
    from rich.text import Text  # noqa: PLC0415 - only on a terminal

    rooms, now = await shop.see(room), shop.clock()
    refused = refused_lines(about(await shop.store.refusals(), room))
    around = [*refused, f"as of {moment(now)}"]
    screen = Screen(live.console.height, live.console.width).less(around)
    lines = pictured_rooms(
        rooms, now, screen, shop.calls_per_second, matrix=shop.matrix
    )
    picture = "\n".join([*lines, *around])
    live.update(Text.from_ansi(picture), refresh=True)


def pictured_rooms(
    rooms: list[EvaluatedRoom],
    now: float,
    screen: Screen,
    calls_per_second: float,
    *,
    matrix: bool = False,
) -> list[str]:
    """All of it; where *screen* is too small, what differs first."""
    blocks = [
        _block(evaluated, now, calls_per_second, matrix=matrix) for evaluated in rooms
    ]
    if len(rooms) < 2:  # noqa: PLR2004 - a total of one room is the room
        return folded(blocks, screen) if blocks else list(room_lines(rooms, now))
    plans = [evaluated.evaluation.plan for evaluated in rooms]
    queue = _queue(plans, calls_per_second)
    states = [str(evaluated.evaluation.state) for evaluated in rooms]
    head = [overall(states, plans, queue)]
    return [*head, *folded(blocks, screen.less(head))]


def _queue(plans: Iterable[Plan], calls_per_second: float) -> list[str]:
    """How many calls are to be placed, and by when at the account's pace."""
    calls = sum(isinstance(x, Ring) for plan in plans for x in plan.actions)
    return [queued(calls, calls / calls_per_second)] if calls else []


def _block(
    room: EvaluatedRoom, now: float, calls_per_second: float, *, matrix: bool
) -> RoomBlock:
    """A room's lines, its people apart."""
    plan = room.evaluation.plan
    away = {x.member.label for x in plan.people if x.phase is not Phase.CONNECTED}
    people = tuple(
        Row(f" {mark} {mask(name):<16} {words}", mark == " " and name not in away)
        for name, mark, _, words in people_lines(room, now)
    )
    head, *rest = room_lines([room], now, matrix=matrix)
    notes = "; ".join([tally(plan), *_queue([plan], calls_per_second)])
    about = len(list(effective_lines(room.desired, room.overrides)))
    return RoomBlock(
        (f"{head} ({notes})", *rest[:about]),
        people,
        tuple(rest[about + len(people) :]),
        room.evaluation.state is RoomPhase.CONVERGED,
    )


class _Changes(Struct):
    """Prints all of it once, and then what has changed since the look before."""

    shop: RoomSource
    room: str | None
    _known: dict[tuple[str, str], str] | None = field(default=None)

    async def print(self) -> None:
        """Look again, and print what is news."""
        rooms, now = await self.shop.see(self.room), self.shop.clock()
        states = dict(_states(rooms, now))
        if self.shop.matrix:
            states |= dict(_audiences(rooms))
        still = {key: words for key, (words, _) in states.items()}
        if self._known is None or (current().json and still != self._known):
            refusals = await self.shop.store.refusals()
            refused = about(refusals, self.room)
            print_rooms(rooms, now, refused, matrix=self.shop.matrix)
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
    for evaluated in rooms:
        name = evaluated.evaluation.room
        state = f"{evaluated.evaluation.state} {evaluated.evaluation.plan.unknown or ''}".strip()
        yield (name, ""), (state, state)
        if evaluated.desired.mode != NORMAL:
            yield (name, "mode"), (evaluated.desired.mode, evaluated.desired.mode)
        if evaluated.desired.pin is not None:
            line = pin_line(name, evaluated.desired.pin)
            yield (name, "pin"), (line, line)
        for word in evaluated.overrides:
            line = override_line(word)
            yield (name, f"override {word.id}"), (line, line)
        for label, _, still, words in people_lines(evaluated, now):
            yield (name, label), (still, words)


def _audiences(
    rooms: list[EvaluatedRoom],
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """By whom each connected call is heard, in the form of ``_states``."""
    for evaluated in rooms:
        hearing = hearing_of(evaluated.evaluation.plan)
        for sid, name in hearing.names.items():
            words = heard_text(hearing.heard_by(sid))
            yield (evaluated.evaluation.room, f"{name} (audibility)"), (words, words)
