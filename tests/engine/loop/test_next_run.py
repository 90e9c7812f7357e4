"""When a room is run next, after the outcome of a run."""

from reconciler.engine.loop.next_run import NextRun
from reconciler.engine.loop.resync_schedule import ResyncSchedule
from reconciler.engine.loop.work_queue import WorkQueue


def test_a_busy_room_waits_for_its_retry_once_every_room_was_read() -> None:
    queue = WorkQueue()
    schedule = ResyncSchedule(60.0)
    next_run = NextRun(queue, schedule, lambda: 100.0, lambda: 0.5)
    next_run.warm_up.begin(["line"], 100.0)
    next_run.after_busy("line")
    assert list(next_run.warm_up.take_deferred(100.0)) == ["line"]
    next_run.after_busy("line")
    assert list(next_run.warm_up.take_deferred(100.0)) == []
    retry_at = queue.next_at(100.0)
    assert retry_at is not None
    assert 100.0 < retry_at <= 102.0
