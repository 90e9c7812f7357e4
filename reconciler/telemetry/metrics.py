"""Metrics of the loop, the client, the rate limiter and webhooks."""

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct, field
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.resync_schedule import Capacity
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import STABLE_PHASES, Evaluation, RoomPhase
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.action import Ring, Verb
from reconciler.model.attempt import CallOutcome
from reconciler.model.converged_room import RestoredRoom
from reconciler.planning.finding import Adopted, Progress
from reconciler.planning.plan import Plan
from reconciler.telemetry.active_since import ActiveSince
from reconciler.telemetry.exposure_meter import ExposureMeter, Series
from reconciler.telemetry.health import StallThresholds, Vitals, liveness, readiness
from reconciler.telemetry.instruments import Instruments, make_instruments
from reconciler.webhooks.receiver import WEBHOOK_SERIES

_WORD: Final = re.compile(r"[A-Za-z]+([ _-][A-Za-z]+)*")
_LONGEST_WORD: Final = 48
_REMEMBERED: Final = 8192
_WORDS: Final = 256
_UNMANAGED: Final = frozenset({RoomPhase.PAUSED, RoomPhase.RELEASED})
_RANG: Final = {
    Outcome.DONE: "placed",
    Outcome.UNKNOWN: "unknown",
    Outcome.DELAYED: "delayed",
    Outcome.FAILED: "refused",
}


class _RoomMetrics(Struct):
    """``seen_at`` is the last complete observation, or when the room was met; None: not ours."""

    state: RoomPhase
    withheld: int
    seen_at: float | None


class Metrics(Struct):
    """Is the engine's Watch, the webhooks' Tally and the client's OnRequest.

    ``clock`` gives Unix seconds, ``vitals`` the signs of life and ``paused_for``
    the seconds for which the budget lets nothing through at a Unix time.
    """

    clock: Callable[[], float]
    vitals: Callable[[], Vitals]
    limits: StallThresholds
    version: str
    paused_for: Callable[[float], float] = lambda _now: 0.0
    _of: Instruments = field(default_factory=make_instruments)
    _rooms: dict[str, _RoomMetrics] = field(default_factory=dict)
    _left: set[str] = field(default_factory=set)
    _drift: ActiveSince[str] = field(default_factory=ActiveSince)
    _restless: ActiveSince[bool] = field(default_factory=ActiveSince)
    _rested: int = 0
    _exposures: ExposureMeter = field(default_factory=ExposureMeter)
    _exposed: Mapping[Series, float] = field(default_factory=dict)
    _requests: dict[tuple[str, int], int] = field(default_factory=dict)
    _told: OrderedDict[tuple[int | str, str], None] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._of.build.info({"version": self.version})
        self._start_at_zero()

    def _start_at_zero(self) -> None:
        """Make every series now: ``increase()`` sees no first value above 0."""
        for outcome in RunOutcome:
            self._of.runs.labels(word(outcome))
            self._of.troubles.labels(word(outcome))
        for result in {*_RANG.values(), *map(str, CallOutcome), "adopted"}:
            self._of.attempts.labels(word(result))
        for verb in Verb:
            for result in Outcome:
                if result is not Outcome.PACED:
                    self._of.actions.labels(word(verb), word(result))
        for event, became in WEBHOOK_SERIES:
            self._of.webhooks.labels(event, became)
        for lane in Priority:
            self._of.queue_depth.labels(lane.name.lower()).set(0)

    # ControllerObserver

    def on_queue_depth(self, depth: Mapping[Priority, int], running: int) -> None:
        for lane, rooms in depth.items():
            self._of.queue_depth.labels(lane.name.lower()).set(rooms)
        self._of.running.set(running)

    def on_new_room(self, room: str, at: float) -> None:
        """A room to be read: until it is, its look is as old as *at*."""
        self._left.discard(room)
        self._rooms.setdefault(room, _RoomMetrics(RoomPhase.UNKNOWN, 0, at))

    def on_room_left(self, room: str) -> None:
        """A room that another process measures now, whatever is still reported of it."""
        self._left.add(room)
        self._exposures.left(room, self.clock())
        self._rooms.pop(room, None)
        self._drift.drop(room)
        self._restless.drop(room)

    def on_run_ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:  # noqa: ARG002 - no label names a room
        """A run is over."""
        self._of.runs.labels(word(outcome)).inc()
        self._of.run_seconds.observe(seconds)

    def on_planned(self, evaluation: Evaluation, at: float) -> None:
        """Counts nothing: ``on_evaluated`` follows, and counts."""

    def _count_exposures(self, now: float) -> None:
        """What rooms heard since the last reading."""
        totals = self._exposures.totals(now)
        for (room, cause), seconds in totals.items():
            more = max(0.0, seconds - self._exposed.get((room, cause), 0.0))
            if cause is None:
                self._of.exposed_seconds.labels(word(room)).inc(more)
            else:
                self._of.overheard_seconds.labels(word(room), word(cause)).inc(more)
        self._exposed = totals

    def on_evaluated(
        self, result: ReconcileResult, drift: Collection[str], at: float
    ) -> None:
        """An observation of a room, with the fields that are not as declared."""
        if result.room in self._left:
            return
        self._exposures.evaluated(result, self.clock())
        if result.state in _UNMANAGED:
            self._forget(result.room, result.state)
            return
        room_metrics = self._rooms.get(result.room)
        if result.state is RoomPhase.UNKNOWN:
            seen_at = (
                room_metrics.seen_at if room_metrics and room_metrics.seen_at else at
            )
            withheld = room_metrics.withheld if room_metrics else 0
            self._rooms[result.room] = _RoomMetrics(result.state, withheld, seen_at)
            return
        plan = result.evaluation.plan
        self._rooms[result.room] = _RoomMetrics(result.state, len(plan.withheld), at)
        for name, seconds in self._drift.see(result.room, drift, at).items():
            self._of.drift_seconds.labels(word(name)).observe(seconds)
        restless = () if result.state in STABLE_PHASES else (True,)
        for seconds in self._restless.see(result.room, restless, at).values():
            if result.state is RoomPhase.CONVERGED:
                self._of.converge_seconds.observe(seconds)
        self._count_attempts(plan)

    def on_restored(self, restored: RestoredRoom, at: float) -> None:
        """A room is as declared, as another process left it."""
        self._exposures.restored(restored.observed, at)
        self._rooms[restored.room] = _RoomMetrics(RoomPhase.CONVERGED, 0, at)

    def on_unchanged(self, room: str, at: float) -> None:
        """A visit that showed what the last observation did."""
        self._rested += 1
        self._exposures.unchanged(room, at)
        room_metrics = self._rooms.get(room)
        if room_metrics is not None:
            room_metrics.seen_at = at

    def on_action(self, room: str, outcome: ActionOutcome) -> None:  # noqa: ARG002 - no label names a room
        """An action was sent, or not, with its result; a queued ring is no result."""
        if outcome.result is Outcome.PACED:
            return
        verb, result = word(outcome.action.verb), word(outcome.result)
        self._of.actions.labels(verb, result).inc()
        if isinstance(outcome.action, Ring) and outcome.result in _RANG:
            self._of.attempts.labels(_RANG[outcome.result]).inc()

    def on_error(self, room: str, outcome: RunOutcome, error: Exception) -> None:  # noqa: ARG002 - for the log
        """A run or the loop met an error and continues; its room was not read."""
        room_metrics = self._rooms.get(room)
        if room_metrics is not None and room_metrics.seen_at is not None:
            room_metrics.state = RoomPhase.UNKNOWN
        self._of.troubles.labels(word(outcome)).inc()

    def on_capacity(self, capacity: Capacity) -> None:
        """Whether the resync periods can be kept."""
        self._of.looks_needed.set(capacity.needed)
        self._of.looks_possible.set(capacity.possible)

    # The client, the budget and the webhooks

    def request(
        self,
        operation: str,
        method: str,  # noqa: ARG002 - the operation implies it
        status: int,
        seconds: float,
        request_id: str | None,  # noqa: ARG002 - for the record, not for a label
    ) -> None:
        """A request to Twilio is over; status 0 had no answer."""
        kind = (operation, status)
        self._requests[kind] = self._requests.get(kind, 0) + 1
        self._of.request_seconds.observe(word(operation), seconds)

    def paused(self, seconds: float) -> None:  # noqa: ARG002 - the budget is asked for it
        """Twilio asked to wait."""
        self._of.pauses.inc()

    def webhook(self, event: str, result: str, lag: float | None) -> None:
        """A webhook came in."""
        self._of.webhooks.labels(word(event), word(result)).inc()
        if lag is not None:
            self._of.webhook_lag.observe(lag)

    def notification(self, result: str, target: str) -> None:
        """A notification was sent, will be sent again, or was given up."""
        self._of.notifications.labels(word(result), word(target)).inc()

    def notifies(self, targets: Collection[str]) -> None:
        """The targets that there are, by name."""
        for target in targets:
            for result in ("sent", "retried", "failed"):
                self._of.notifications.labels(result, word(target))

    def add(self, collector: Collector) -> None:
        """Expose what *collector* gives as well."""
        self._of.registry.register(collector)

    # What is read

    def exposition(self) -> tuple[bytes, str]:
        """All of it in Prometheus' text format, with its content type."""
        now = self.clock()
        rested, self._rested = self._rested, 0
        self._of.runs.labels(word(RunOutcome.UNCHANGED)).inc(rested)
        self._count_requests()
        self._measure_rooms(now)
        self._count_exposures(now)
        self._measure_life()
        self._of.paused_seconds.set(self.paused_for(now))
        return generate_latest(self._of.registry), CONTENT_TYPE_LATEST

    def _count_requests(self) -> None:
        """What was counted since the last reading, by operation and code."""
        requests, self._requests = self._requests, {}
        for (operation, status), count in requests.items():
            code = str(status) if 0 <= status <= 999 else "other"  # noqa: PLR2004 - HTTP
            self._of.requests.labels(word(operation), code).inc(count)

    def _measure_rooms(self, now: float) -> None:
        states = Counter(room_metrics.state for room_metrics in self._rooms.values())
        for state in RoomPhase:
            self._of.rooms.labels(word(state)).set(states[state])
        seen = [
            room_metrics.seen_at
            for room_metrics in self._rooms.values()
            if room_metrics.seen_at
        ]
        self._of.observation_age.set(max(0.0, now - min(seen, default=now)))
        self._of.withheld.set(
            sum(room_metrics.withheld for room_metrics in self._rooms.values())
        )
        self._of.drift_oldest.set(self._drift.longest(now))

    def _measure_life(self) -> None:
        vitals = self.vitals()
        alive = liveness(vitals, self.limits)
        silence = {check.name: check.seconds for check in alive}
        self._of.alive.set(all(check.ok for check in alive))
        self._of.ready.set(all(check.ok for check in readiness(vitals)))
        self._of.loop_silence.set(silence["loop"])
        self._of.ticker_silence.set(silence["ticker"])
        self._of.oldest_run.set(silence["run"])
        clean_at = vitals.last_clean_at
        since = vitals.started_at if clean_at is None else clean_at
        self._of.clean_age.set(vitals.now - since)
        self._of.refused_files.set(len(vitals.refused_files))
        refused = vitals.credentials_refused_at is not None or vitals.held_accounts
        self._of.credentials_refused.set(bool(refused))

    def _forget(self, room: str, state: RoomPhase) -> None:
        self._rooms[room] = _RoomMetrics(state, 0, None)
        self._drift.drop(room)
        self._restless.drop(room)

    def _count_attempts(self, plan: Plan) -> None:
        """What observations found out of rings, each once though observations repeat it."""
        for finding in plan.findings:
            if isinstance(finding, Progress) and finding.outcome is not None:
                self._count_once(finding.attempt_id, str(finding.outcome))
            elif isinstance(finding, Adopted):
                self._count_once(finding.call_sid, "adopted")

    def _count_once(self, which: int | str, outcome: str) -> None:
        if (which, outcome) in self._told:
            return
        self._told[which, outcome] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        self._of.attempts.labels(word(outcome)).inc()


@lru_cache(_WORDS)
def word(text: str) -> str:
    """*text* if it is fit for a label, else "other": no digit is, so no number or SID."""
    fit = len(text) <= _LONGEST_WORD and _WORD.fullmatch(text)
    return str(text) if fit else "other"
