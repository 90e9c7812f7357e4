"""Progress of ``sync``: a live view on a terminal, otherwise lines."""

import sys
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from reconciler.cli.options import is_terminal
from reconciler.cli.output import echo
from reconciler.cli.screen_rows import RoomBlock, Row, Screen, folded, overall, tally
from reconciler.cli.text import action_line, person_state, withheld_lines
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.outcome import Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.masking import mask
from reconciler.planning.describe import queued
from reconciler.planning.plan import Person, Phase, Plan
from reconciler.planning.serialize import in_sync

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live


class ProgressView(Protocol):
    """Something that is told of every pass, from start to end."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End, whatever happened."""
        ...

    def report(self, result: ReconcileResult) -> None:
        """A room was looked at, and perhaps acted on."""
        ...


def progress(
    clock: Callable[[], float],
    eta: Callable[[int], float],
    *,
    color: bool,
    quiet: bool,
    err: bool = True,
) -> ProgressView:
    """The view that fits standard error, or standard output unless *err*.

    *eta* is in how many seconds so many calls are placed.
    """
    if not quiet and is_terminal(sys.stderr if err else sys.stdout):
        return LiveView(clock, eta, color=color)
    return Lines(clock, color=color, quiet=quiet, err=err)


class Lines:
    """A line for each outcome, and for each change in how somebody is."""

    def __init__(
        self, clock: Callable[[], float], *, color: bool, quiet: bool, err: bool
    ) -> None:
        self._clock = clock
        self._color = color
        self._quiet = quiet
        self._err = err
        self._known: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def report(self, result: ReconcileResult) -> None:
        """Print what is new."""
        if self._quiet:
            return
        for line in self._news(result):
            echo(line, err=self._err, color=self._color)

    def _news(self, result: ReconcileResult) -> Iterator[str]:
        plan = result.evaluation.plan
        unknown = f"unknown: {plan.unknown}" if plan.unknown else ""
        if self._new(result.room, "", unknown) and unknown:
            yield f"{result.room}: {mask(unknown)}"
        for person in plan.people:
            label = person.member.label
            words = person_state(person, self._clock())
            if self._new(result.room, label, f"{person.phase} {person.reason}"):
                yield f"{mask(f'{result.room}: {label}')}: {words}"
        for line in withheld_lines(plan):
            if self._new(result.room, f"withheld {line}", line):
                yield f"{mask(result.room)}:{line}"
        for note in _queue(result):
            yield mask(f"{result.room}: {tally(plan)}; {note}")
        for outcome in result.outcomes:
            if outcome.result not in {Outcome.PACED, Outcome.SKIPPED}:
                note = (
                    f"{outcome.result}: {outcome.message}"
                    if outcome.message
                    else outcome.result
                )
                yield f"{mask(result.room)}:{action_line(outcome.action, note)}"

    def _new(self, room: str, key: str, state: str) -> bool:
        if self._known.get((room, key)) == state:
            return False
        first = (room, key) not in self._known
        self._known[room, key] = state
        return not (first and state.startswith(("absent", "connected ")))


class LiveView:
    """One line a person, redrawn in place, on a terminal."""

    def __init__(
        self, clock: Callable[[], float], eta: Callable[[int], float], *, color: bool
    ) -> None:
        from rich.console import Console  # noqa: PLC0415 - only on a terminal

        self._clock = clock
        self._eta = eta
        self._console = Console(stderr=True, no_color=not color)
        self._passes: dict[str, ReconcileResult] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.live import Live  # noqa: PLC0415 - only on a terminal

        self._live = Live(
            console=self._console,
            get_renderable=self._picture,
            refresh_per_second=4,
        )
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def report(self, result: ReconcileResult) -> None:
        """Show the room as it is now."""
        self._passes[result.room] = result

    def _picture(self) -> "RenderableType":
        from rich.text import Text  # noqa: PLC0415 - only on a terminal

        passes = [self._passes[room] for room in sorted(self._passes)]
        screen = Screen(self._console.height, self._console.width)
        lines = pictured(passes, self._clock(), screen, self._eta)
        return Text.from_ansi("\n".join(lines))


def pictured(
    passes: Sequence[ReconcileResult],
    now: float,
    screen: Screen,
    eta: Callable[[int], float],
) -> list[str]:
    """The rooms as they are now, on *screen*."""
    blocks = [
        RoomBlock(
            (_headline(result),),
            tuple(_row(x, result.evaluation.plan, now) for x in _people(result)),
            tuple(withheld_lines(result.evaluation.plan)),
            result.state is RoomPhase.CONVERGED,
        )
        for result in passes
    ]
    if len(passes) < 2:  # noqa: PLR2004 - a total of one room is the room
        return folded(blocks, screen)
    plans = [result.evaluation.plan for result in passes]
    calls = sum(x.result is Outcome.PACED for y in passes for x in y.outcomes)
    queue = [queued(calls, eta(calls))] if calls else []
    states = [str(result.state) for result in passes]
    head = [overall(states, plans, queue)]
    return [*head, *folded(blocks, screen.less(head))]


def _people(result: ReconcileResult) -> Sequence[Person]:
    return result.evaluation.plan.people


def _queue(result: ReconcileResult) -> list[str]:
    """How many calls of the room wait for their turn, and until when."""
    paced = (x.message for x in result.outcomes if x.result is Outcome.PACED)
    return list(paced)[:1]


def _headline(result: ReconcileResult) -> str:
    """The room's state, how many are in, and how many calls are queued."""
    notes = "; ".join([tally(result.evaluation.plan), *_queue(result)])
    return f"[{result.state}] {mask(result.room)}: {notes}"


def _row(person: Person, plan: Plan, now: float) -> Row:
    label = person.member.label
    line = f"  {mask(label):<16} {person_state(person, now)}"
    settled = person.phase is Phase.CONNECTED and in_sync(label, plan)
    return Row(line, settled)
