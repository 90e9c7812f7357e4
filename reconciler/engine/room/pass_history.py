"""What earlier passes saw, reported and acted on, by room."""

from msgspec import Struct, field

from reconciler.engine.ports import Store
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.event_recorder import EventRecorder
from reconciler.engine.room.pass_notes import (
    RECALLED,
    PassNotes,
    already_recorded,
    held_up,
)
from reconciler.model.observation import ConferenceStatus, Observation
from reconciler.planning.observed_room import with_status


class PassHistory(Struct):
    """Kept by one process, so that each withheld or stalled item becomes one event."""

    account_sid: str
    acted_on: set[str] = field(default_factory=set)
    _reported: dict[str, frozenset[str]] = field(default_factory=dict)
    _observed_at: dict[str, float] = field(default_factory=dict)
    _started: dict[str, str] = field(default_factory=dict)

    def notes_of(self, evaluation: Evaluation, run: str, cause: str) -> PassNotes:
        """The notes of a pass over what was *evaluation*, started by *cause*."""
        room, observed = evaluation.room, evaluation.observation
        recorder = EventRecorder(
            room,
            evaluation.plan.generation,
            run,
            cause,
            observed if isinstance(observed, Observation) else None,
        )
        return PassNotes(
            evaluation,
            recorder,
            self.account_sid,
            self._observed_at.get(room),
            self._started.get(room),
            self._reported.get(room, frozenset()),
        )

    async def recall(self, store: Store, evaluation: Evaluation) -> None:
        """Read what an earlier process reported, before the first item is."""
        room, lines = evaluation.room, held_up(evaluation.plan)
        if lines and room not in self._reported:
            events = await store.events(room, limit=RECALLED)
            self._reported[room] = already_recorded(lines, events)

    def evaluated(self, evaluation: Evaluation) -> None:
        """The items of *evaluation* are reported; an unknown observation resets nothing."""
        room, observation = evaluation.room, evaluation.observation
        if evaluation.plan.unknown is None:
            self._reported[room] = frozenset(held_up(evaluation.plan))
            self._observed_at[room] = evaluation.observed_at
        if isinstance(observation, Observation):
            conference = with_status(observation, self._started.get(room))
            if conference and conference.status is ConferenceStatus.IN_PROGRESS:
                self._started[room] = conference.sid

    def observed_at(self, room: str) -> float | None:
        """When *room* was last observed, in Unix seconds; None if it was not."""
        return self._observed_at.get(room)

    def unchanged(self, room: str, at: float) -> None:
        """*room* showed at *at*, in Unix seconds, what is on record of it."""
        self._observed_at[room] = at
