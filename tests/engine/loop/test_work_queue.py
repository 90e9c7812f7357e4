"""The work queue against a model of twenty lines."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reconciler.engine.loop.work_queue import (
    MAX_BACKOFF_SECONDS,
    PRIORITY_HEAD_START_SECONDS,
    Priority,
    WorkQueue,
)
from tests.sample_size import sample_size

ROOMS = ("atlas", "borea", "ceres", "delos")
rooms = st.sampled_from(ROOMS)
lanes = st.sampled_from(Priority)
seconds = st.integers(0, 60).map(float)

OVERTAKEN_SECONDS = PRIORITY_HEAD_START_SECONDS * (max(Priority) - min(Priority))
"""Seconds after which a mark that waits is ahead of every new one."""


@dataclass
class Model:
    """Sets and sorting instead of heaps."""

    dirty: dict[str, tuple[float, int]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    later: dict[tuple[str, Priority], float] = field(default_factory=dict)
    number: int = 0

    def mark(self, room: str, priority: Priority, at: float) -> None:
        self.number += 1
        place = (at - priority * PRIORITY_HEAD_START_SECONDS, self.number)
        self.dirty[room] = min(place, self.dirty.get(room, place))

    def mark_at(self, room: str, priority: Priority, at: float) -> None:
        self.later[room, priority] = min(at, self.later.get((room, priority), at))

    def wake(self, now: float) -> None:
        due = sorted(
            (at, key[1], key[0]) for key, at in self.later.items() if at <= now
        )
        for at, priority, room in due:
            del self.later[room, priority]
            self.mark(room, priority, at)

    def take(self, now: float) -> str | None:
        self.wake(now)
        free = [room for room in self.dirty if room not in self.held]
        if not free:
            return None
        room = min(free, key=lambda each: self.dirty[each])
        del self.dirty[room]
        self.held.add(room)
        return room


class Machine(RuleBasedStateMachine):
    """Every call goes to queue and model alike."""

    def __init__(self) -> None:
        super().__init__()
        self.queue, self.model, self.now = WorkQueue(), Model(), 0.0

    @rule(by=seconds)
    def time_passes(self, by: float) -> None:
        self.now += by

    @rule(room=rooms, priority=lanes, times=st.integers(1, 3))
    def somebody_marks(self, room: str, priority: Priority, times: int) -> None:
        for _ in range(times):
            self.queue.mark(room, priority, self.now)
            self.model.mark(room, priority, self.now)

    @rule(room=rooms, priority=lanes, after=seconds)
    def somebody_marks_for_later(
        self, room: str, priority: Priority, after: float
    ) -> None:
        self.queue.mark_at(room, priority, self.now + after)
        self.model.mark_at(room, priority, self.now + after)

    @rule()
    def a_worker_takes(self) -> None:
        self.model.wake(self.now)
        waiting = dict(self.model.dirty)
        held = set(self.model.held)
        room = self.queue.take(self.now)
        assert room == self.model.take(self.now)
        if room is None:
            return
        assert room not in held
        starts = {each: place[0] for each, place in waiting.items() if each not in held}
        latest = min(starts.values()) + OVERTAKEN_SECONDS
        assert starts[room] <= latest

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def a_worker_is_done(self, data: st.DataObject) -> None:
        room = data.draw(st.sampled_from(sorted(self.model.held)))
        self.queue.done(room, self.now)
        self.model.wake(self.now)
        self.model.held.discard(room)

    @invariant()
    def the_next_time_is_told(self) -> None:
        told = self.queue.next_at(self.now)
        self.model.wake(self.now)
        free = [room for room in self.model.dirty if room not in self.model.held]
        expected = self.now if free else min(self.model.later.values(), default=None)
        assert told == expected

    @invariant()
    def each_room_is_counted_once(self) -> None:
        assert sum(self.queue.depth().values()) == len(self.model.dirty)

    def teardown(self) -> None:
        """No mark is lost: whatever was asked for is served in the end."""
        for held in self.model.held:
            self.queue.done(held, self.now)
        self.model.held.clear()
        end = self.now + 1e6
        self.model.wake(end)
        wanted = set(self.model.dirty)
        served = []
        while (room := self.queue.take(end)) is not None:
            served.append(room)
            self.queue.done(room, end)
        assert sorted(served) == sorted(wanted)


Machine.TestCase.settings = settings(
    max_examples=sample_size(60, 300), stateful_step_count=40
)
test_the_queue_does_what_the_model_does = Machine.TestCase


def test_many_marks_are_one_run() -> None:
    queue = WorkQueue()
    for _ in range(1000):
        queue.mark("atlas", Priority.WEBHOOK, 0.0)
    assert queue.take(0.0) == "atlas"
    queue.done("atlas", 0.0)
    assert queue.take(0.0) is None


def test_marks_during_a_run_cause_exactly_one_more() -> None:
    queue = WorkQueue()
    queue.mark("atlas", Priority.PERSON, 0.0)
    assert queue.take(0.0) == "atlas"
    for _ in range(3):
        queue.mark("atlas", Priority.PERSON, 1.0)
    assert queue.take(1.0) is None
    queue.done("atlas", 2.0)
    assert queue.take(2.0) == "atlas"
    queue.done("atlas", 2.0)
    assert queue.take(9.0) is None


def test_the_earliest_delay_wins() -> None:
    queue = WorkQueue()
    for at in (9.0, 3.0, 6.0):
        queue.mark_at("atlas", Priority.RETRY, at)
    assert queue.next_at(0.0) == 3.0
    assert queue.take(2.9) is None
    assert queue.take(3.0) == "atlas"
    queue.done("atlas", 3.0)
    assert queue.take(99.0) is None


def test_a_lane_is_served_first_come_first_served() -> None:
    queue = WorkQueue()
    for number, room in enumerate(reversed(ROOMS)):
        queue.mark(room, Priority.RESYNC, float(number))
    assert [queue.take(9.0) for _ in ROOMS] == list(reversed(ROOMS))


def test_a_person_goes_before_everybody_who_came_shortly_before() -> None:
    queue = WorkQueue()
    queue.mark("atlas", Priority.RESYNC, 0.0)
    queue.mark("borea", Priority.WEBHOOK, 1.0)
    queue.mark("ceres", Priority.PERSON, 2.0)
    assert [queue.take(2.0) for _ in range(3)] == ["ceres", "borea", "atlas"]


def test_a_resync_is_not_starved_by_people_who_never_stop() -> None:
    queue = WorkQueue()
    queue.mark("atlas", Priority.RESYNC, 0.0)
    now = 0.0
    while True:
        queue.mark("borea", Priority.PERSON, now)
        served = queue.take(now)
        assert served is not None
        queue.done(served, now)
        if served == "atlas":
            break
        now += 1.0
    assert now <= OVERTAKEN_SECONDS + 1.0


def test_a_higher_lane_never_costs_a_room_its_age() -> None:
    queue = WorkQueue()
    queue.mark("atlas", Priority.RESYNC, 0.0)
    queue.mark("atlas", Priority.RETRY, 100.0)
    queue.mark("borea", Priority.PERSON, 50.0)
    assert queue.depth()[Priority.RETRY] == 1
    assert queue.take(100.0) == "atlas"


def test_backoff_doubles_to_its_end_and_is_kept_until_a_clean_run() -> None:
    queue = WorkQueue()
    waits = [queue.requeue_with_backoff("atlas", 0.0, 1.0) for _ in range(12)]
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == MAX_BACKOFF_SECONDS
    queue.forget("atlas")
    assert queue.requeue_with_backoff("atlas", 0.0, 0.5) == 0.5


@pytest.mark.parametrize("jitter", [0.0, 0.25, 1.0])
def test_backoff_is_spread_over_all_of_its_time(jitter: float) -> None:
    queue = WorkQueue()
    queue.requeue_with_backoff("atlas", 0.0, 1.0)
    assert queue.requeue_with_backoff("atlas", 5.0, jitter) == 2.0 * jitter


def test_a_failure_long_ago_does_not_make_a_number_too_large() -> None:
    queue = WorkQueue()
    for _ in range(5000):
        queue.requeue_with_backoff("atlas", 0.0, 0.0)
    assert queue.requeue_with_backoff("atlas", 0.0, 1.0) == MAX_BACKOFF_SECONDS


def test_a_busy_queue_forgets_what_it_served() -> None:
    queue = WorkQueue()
    for step in range(10_000):
        now = float(step)
        queue.mark_at("atlas", Priority.RETRY, now + 50.0 - step % 50)
        queue.mark("atlas", Priority.PERSON, now)
        assert queue.take(now) == "atlas"
        queue.done("atlas", now)
    assert len(queue._line) + len(queue._delayed) < 200
