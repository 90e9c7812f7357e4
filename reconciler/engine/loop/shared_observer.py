"""One observer of several controllers: figures of each are added up."""

from collections import Counter
from collections.abc import Collection, Mapping

from msgspec import Struct, field

from reconciler.engine.loop.observer import ControllerObserver, RunOutcome
from reconciler.engine.loop.resync_schedule import Capacity
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.converged_room import RestoredRoom


class SharedObserver(Struct):
    """Gives each controller, by name, an observer that tells ``inner``.

    ``inner`` is not told of a room as left that another controller has met since.
    """

    inner: ControllerObserver
    names: Collection[str]
    _met_by: dict[str, str] = field(default_factory=dict)
    _depths: dict[str, tuple[Mapping[Priority, int], int]] = field(default_factory=dict)
    _capacities: dict[str, Capacity] = field(default_factory=dict)

    def of(self, name: str) -> ControllerObserver:
        """The observer of a controller: ``inner`` itself where there is only one."""
        return self.inner if len(self.names) == 1 else _OneOfSeveral(self, name)

    def new_room(self, name: str, room: str, at: float) -> None:
        """A room is new to one controller, and may still be known to another."""
        self._met_by[room] = name
        self.inner.on_new_room(room, at)

    def room_left(self, name: str, room: str) -> None:
        """One controller lets a room go."""
        if self._met_by.get(room) == name:
            del self._met_by[room]
            self.inner.on_room_left(room)

    def queue_depth(
        self, name: str, depth: Mapping[Priority, int], running: int
    ) -> None:
        """What waits with one controller; ``inner`` is told of all."""
        self._depths[name] = (depth, running)
        total: Counter[Priority] = Counter()
        for each, _ in self._depths.values():
            total.update(each)
        at_work = sum(each for _, each in self._depths.values())
        self.inner.on_queue_depth(dict(total), at_work)

    def capacity(self, name: str, capacity: Capacity) -> None:
        """What one controller needs and can; ``inner`` is told of all."""
        self._capacities[name] = capacity
        found = self._capacities.values()
        self.inner.on_capacity(
            Capacity(
                rooms=sum(each.rooms for each in found),
                period_seconds=max(each.period_seconds for each in found),
                needed=sum(each.needed for each in found),
                possible=sum(each.possible for each in found),
                coached=sum(each.coached for each in found),
            )
        )


class _OneOfSeveral(Struct, frozen=True):
    shared: SharedObserver
    name: str

    def on_queue_depth(self, depth: Mapping[Priority, int], running: int) -> None:
        self.shared.queue_depth(self.name, depth, running)

    def on_new_room(self, room: str, at: float) -> None:
        self.shared.new_room(self.name, room, at)

    def on_room_left(self, room: str) -> None:
        self.shared.room_left(self.name, room)

    def on_run_ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:
        self.shared.inner.on_run_ended(room, outcome, seconds)

    def on_planned(self, evaluation: Evaluation, at: float) -> None:
        self.shared.inner.on_planned(evaluation, at)

    def on_evaluated(
        self, result: ReconcileResult, drift: Collection[str], at: float
    ) -> None:
        self.shared.inner.on_evaluated(result, drift, at)

    def on_unchanged(self, room: str, at: float) -> None:
        self.shared.inner.on_unchanged(room, at)

    def on_restored(self, restored: RestoredRoom, at: float) -> None:
        self.shared.inner.on_restored(restored, at)

    def on_action(self, room: str, outcome: ActionOutcome) -> None:
        self.shared.inner.on_action(room, outcome)

    def on_error(self, room: str, outcome: RunOutcome, error: Exception) -> None:
        self.shared.inner.on_error(room, outcome, error)

    def on_capacity(self, capacity: Capacity) -> None:
        self.shared.capacity(self.name, capacity)
