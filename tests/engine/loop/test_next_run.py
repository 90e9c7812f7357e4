"""When a room is run next, after the outcome of a run."""

from reconciler.engine.loop.next_run import NextRun
from reconciler.engine.loop.resync_schedule import ResyncSchedule
from reconciler.engine.loop.warm_up import WARM_UP_SECONDS, WarmUp
from reconciler.engine.loop.work_queue import WorkQueue


def test_a_room_that_cannot_be_read_is_waited_for_from_when_it_could_be() -> None:
    warm_up = WarmUp()
    warm_up.begin(["line"])
    assert list(warm_up.take_deferred(1000.0)) == []
    assert not warm_up.over
    warm_up.hurry(1000.0)
    warm_up.hurry(1020.0)
    warm_up.take_deferred(999.9 + WARM_UP_SECONDS)
    assert not warm_up.over
    warm_up.take_deferred(1000.0 + WARM_UP_SECONDS)
    assert warm_up.over


def test_a_busy_room_waits_for_its_retry_once_every_room_was_read() -> None:
    queue = WorkQueue()
    schedule = ResyncSchedule(60.0)
    next_run = NextRun(queue, schedule, lambda: 100.0, lambda: 0.5)
    next_run.warm_up.begin(["line"])
    next_run.after_busy("line")
    assert list(next_run.warm_up.take_deferred(100.0)) == ["line"]
    next_run.after_busy("line")
    assert list(next_run.warm_up.take_deferred(100.0)) == []
    retry_at = queue.next_at(100.0)
    assert retry_at is not None
    assert 100.0 < retry_at <= 102.0
