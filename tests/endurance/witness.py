"""What one daemon's loop tells, judged as it is told."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from reconciler.engine.loop.observer import NullObserver, RunOutcome
from reconciler.engine.loop.resync_schedule import UNMANAGED_FACTOR
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.play.oracles.exposures import judge_exposures, judge_pass
from reconciler.play.world.journal_text import pass_line
from reconciler.play.world.run_journal import Reported
from reconciler.play.world.virtual_loop import Process
from reconciler.play.world.world import World

_UNMANAGED = frozenset({RoomPhase.PAUSED, RoomPhase.RELEASED})


@dataclass(slots=True)
class Tally:
    """Figures of all daemons of a run; ``gap`` is the longest between two looks."""

    looks: Counter[str] = field(default_factory=Counter)
    run_outcomes: Counter[RunOutcome] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    gap: float = 0.0


@dataclass(slots=True)
class Witness(NullObserver):
    """Observes: the last look at each room, when it was, and whether it was right."""

    world: World
    process: Process
    tally: Tally
    longest: float
    last: dict[str, ReconcileResult] = field(default_factory=dict)
    looked_at: dict[str, float] = field(default_factory=dict)

    def on_evaluated(
        self,
        made: ReconcileResult,
        drift: Collection[str],  # noqa: ARG002 - ControllerObserver
        at: float,  # noqa: ARG002 - ControllerObserver
    ) -> None:
        """Judge a look as the simulation does, unless its actions are still to come."""
        world, room = self.world, made.room
        known = world.journal.known.get((self.process, room))
        self.tally.looks[room] += 1
        self._count_gap(room)
        self.last[room] = made
        self.looked_at[room] = world.now
        world.tell(self.process, pass_line(made, "pass" if made.outcomes else "look"))
        world.exchange.catch_up()
        judge_exposures(world)
        if made.outcomes or not made.evaluation.plan.actions:
            judge_pass(world, Reported(world.now, self.process, made, known))

    def on_unchanged(self, room: str, at: float) -> None:  # noqa: ARG002 - ControllerObserver
        """A look that came to what the last one did."""
        self.tally.run_outcomes[RunOutcome.UNCHANGED] += 1
        self.tally.looks[room] += 1
        self._count_gap(room)
        self.looked_at[room] = self.world.now

    def _count_gap(self, room: str) -> None:
        gap = self.world.now - self.looked_at.get(room, self.world.now)
        self.tally.gap = max(gap, self.tally.gap)
        last = self.last.get(room)
        managed = last is None or last.state not in _UNMANAGED
        if gap > self.longest * (1.0 if managed else UNMANAGED_FACTOR):
            what = f"{room} was not looked at for {gap:.0f} s"
            self.world.journal.blame("starved", self.world.now, what)

    def on_run_ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:  # noqa: ARG002 - ControllerObserver
        self.tally.run_outcomes[outcome] += 1

    def on_action(self, room: str, outcome: ActionOutcome) -> None:  # noqa: ARG002 - ControllerObserver
        self.tally.outcomes[f"{outcome.action.verb} {outcome.result}"] += 1

    def on_error(self, room: str, outcome: RunOutcome, error: Exception) -> None:
        """An error that nobody expected is one of the product."""
        if not self.process.alive:
            return
        self.world.tell(self.process, f"trouble in {room or 'the loop'}: {error!r}")
        if outcome is RunOutcome.FAILED:
            what = f"{room} met {type(error).__name__}: {error}"
            self.world.journal.blame("alive", self.world.now, what)
