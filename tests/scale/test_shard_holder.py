"""Shards are dealt out evenly, each to one daemon, whoever comes, goes or dies."""

from collections import Counter
from typing import Any

import pytest

from reconciler.scale.shard_engine import DEAD_SECONDS, Membership, ShardEngine
from reconciler.scale.shard_holder import AT_ONCE
from reconciler.scale.shards import fair_share, shard_of
from tests.scale.conftest import SHARDS, Place

STEADY = int(DEAD_SECONDS) + 1
"""Seconds after which a daemon may take another for dead."""


async def test_the_first_daemon_holds_every_shard(place: Place) -> None:
    await place.join()
    await place.ticks()
    assert place.held() == [SHARDS]
    assert place.changes == [0]


async def test_a_daemon_begins_with_all_of_its_share_that_is_free(
    place: Place,
) -> None:
    place.shards = 3 * AT_ONCE
    holder = await place.join()
    await holder.begin()
    assert place.held() == [place.shards]


async def test_daemons_that_join_get_their_fair_share_from_those_that_are_there(
    place: Place,
) -> None:
    for held in ([12], [6, 6], [4, 4, 4], [3, 3, 3, 3]):
        await place.join()
        await place.ticks(3)
        assert place.held() == held
        assert place.all_held_once()


async def test_a_shard_is_never_held_by_two_while_daemons_come(place: Place) -> None:
    for _ in range(5):
        await place.join()
        for _ in range(3):
            place.now += 1.0
            for each in place.holders:
                await each.tick()
                held = Counter(x for one in place.holders for x in one.held)
                assert all(count == 1 for count in held.values())


async def test_a_daemon_that_leaves_gives_its_shards_to_the_others(
    place: Place,
) -> None:
    leaving, *_ = [await place.join() for _ in range(3)]
    await place.ticks(3)
    place.dies(leaving)
    await leaving.leave()
    await place.ticks(2)
    assert place.held() == [6, 6]
    assert place.all_held_once()
    assert place.sql("SELECT count(*) FROM procrastinate_workers") == [(2,)]


async def test_the_shards_of_a_dead_daemon_are_dealt_out_after_its_heartbeats_stop(
    place: Place,
) -> None:
    first, dead, _ = [await place.join() for _ in range(3)]
    await place.ticks(STEADY)
    place.dies(dead)
    await place.ticks(2)
    assert place.held() == [4, 4]
    place.silence(dead)
    await place.ticks(2)
    assert place.held() == [6, 6]
    assert place.all_held_once()
    assert first.nodes == 2


async def test_the_one_that_joined_first_may_die_as_well(place: Place) -> None:
    first, *_ = [await place.join() for _ in range(3)]
    await place.ticks(STEADY)
    place.dies(first)
    place.silence(first)
    await place.ticks(2)
    assert place.all_held_once()


async def test_a_dead_daemons_shard_with_a_successor_in_the_queue_is_not_stuck(
    place: Place,
) -> None:
    _, dead = [await place.join() for _ in range(2)]
    await place.ticks(STEADY)
    for shard in dead.held:
        await place.holders[0].engine._queue(shard)  # type: ignore[attr-defined]
    place.dies(dead)
    place.silence(dead)
    await place.ticks(3)
    assert place.held() == [SHARDS]


async def test_jobs_without_a_worker_are_freed(place: Place) -> None:
    """What is left where a worker was forgotten before its jobs were freed."""
    _, dead = [await place.join() for _ in range(2)]
    await place.ticks(STEADY)
    place.dies(dead)
    place.sql("DELETE FROM procrastinate_workers WHERE id = %s", dead._worker)
    await place.ticks(3)
    assert place.held() == [SHARDS]


async def test_a_daemon_that_was_frozen_holds_nothing_once_it_goes_on(
    place: Place,
) -> None:
    other, frozen = [await place.join() for _ in range(2)]
    await place.ticks(STEADY)
    assert len(frozen.held) == 6
    place.dies(frozen)
    place.silence(frozen)
    await place.ticks(10)
    room = next(x for x in map(str, range(99)) if shard_of(x, SHARDS) in frozen._held)
    assert other.owns(room)
    assert not frozen.owns(room)
    assert frozen.held == frozenset()
    place.holders.append(frozen)
    await place.ticks(3)
    assert place.held() == [6, 6]
    assert place.all_held_once()


async def test_a_daemon_whose_heartbeat_comes_late_joins_again_with_its_name(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, late = [await place.join() for _ in range(2)]
    await place.ticks(STEADY)
    place.dies(late)
    place.silence(late)
    engine, worker = first.engine, late._worker
    assert isinstance(engine, ShardEngine)
    assert worker is not None
    listed = engine._manager.get_stalled_jobs

    async def slowly(**given: Any) -> object:
        stalled = await listed(**given)
        await engine.beat(worker)
        return stalled

    monkeypatch.setattr(engine._manager, "get_stalled_jobs", slowly)
    await place.ticks()
    place.holders.append(late)
    await place.ticks(3)
    assert place.held() == [6, 6]
    assert place.all_held_once()
    names = [each.about.get("name") for each in await engine.nodes()]
    assert names == ["node 0", "node 1"]


async def test_nobody_is_taken_for_dead_right_after_an_outage_of_the_database(
    place: Place,
) -> None:
    one, other = [await place.join() for _ in range(2)]
    await place.ticks(STEADY)
    for each in (one, other):
        place.silence(each)
        each._steady_since = None
        each._beat_at = float("-inf")
    before = (one.held, other.held)
    workers = (one._worker, other._worker)
    await place.ticks(3)
    assert (one.held, other.held) == before
    assert (one._worker, other._worker) == workers


class Away:
    """An engine that cannot be reached."""

    def __getattr__(self, name: str) -> object:
        from reconciler.model.errors import StoreError  # noqa: PLC0415 - here alone

        raise StoreError(f"{name}: away")


async def test_what_was_not_confirmed_for_seconds_is_not_held_any_longer(
    place: Place,
) -> None:
    holder = await place.join()
    await place.ticks()
    engine, holder.engine = holder.engine, Away()  # type: ignore[assignment]
    await place.ticks(int(DEAD_SECONDS) - 1)
    assert len(holder.held) == SHARDS
    await place.ticks()
    assert holder.held == frozenset()
    assert place.changes == [0, 0]
    holder.engine = engine
    await place.ticks(2)
    assert len(holder.held) == SHARDS


async def test_what_lapsed_while_the_engine_was_slow_is_announced_when_it_is_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rooms of it may have been let go meanwhile."""
    holder = await place.join()
    await place.ticks()
    membership = holder.engine.membership

    async def slowly(worker: int) -> Membership:
        confirmed = await membership(worker)
        place.now += DEAD_SECONDS - 0.1
        assert holder.held == frozenset()
        return confirmed

    monkeypatch.setattr(holder.engine, "membership", slowly)
    await place.ticks()
    assert len(holder.held) == SHARDS
    assert place.changes == [0, 0]


async def test_shards_whose_jobs_were_lost_are_queued_again(place: Place) -> None:
    await place.join()
    await place.ticks()
    place.sql("DELETE FROM procrastinate_jobs WHERE lock IN ('shard-3', 'shard-7')")
    await place.ticks(2)
    assert place.held() == [SHARDS]


async def test_shards_that_two_queue_at_once_are_queued_once(place: Place) -> None:
    """A batch with one that is there already is refused as a whole."""
    one = await place.join()
    await one.engine._queue(5)  # type: ignore[attr-defined]
    present = one.engine._all  # type: ignore[attr-defined]

    async def none(query: str, **values: object) -> object:
        return (
            []
            if "DISTINCT lock" in query and not values
            else await present(query, **values)
        )

    one.engine._all = none  # type: ignore[attr-defined]
    await one.engine.seed(SHARDS)
    one.engine._all = present  # type: ignore[attr-defined]
    await place.ticks()
    assert place.held() == [SHARDS]


async def test_what_is_given_back_leaves_no_rows_behind(place: Place) -> None:
    for _ in range(3):
        await place.join()
        await place.ticks(3)
    jobs = "SELECT count(*) FROM procrastinate_jobs"
    assert place.sql(jobs) == [(SHARDS + 3,)]
    events = "SELECT count(DISTINCT job_id) FROM procrastinate_events"
    assert place.sql(events) == [(SHARDS + 3,)]


async def test_queues_have_names_that_postgresql_takes_as_channels(
    place: Place,
) -> None:
    place.sql(
        "ALTER TABLE procrastinate_workers ALTER id RESTART WITH 9223372036854775807"
    )
    await place.join()
    await place.ticks()
    assert place.held() == [SHARDS]


@pytest.mark.parametrize(
    ("nodes", "share"), [(0, 256), (1, 256), (3, 86), (4, 64), (300, 1)]
)
def test_fair_shares_cover_all_shards(nodes: int, share: int) -> None:
    assert fair_share(256, nodes) == share


def test_a_room_is_in_the_same_shard_in_every_process_and_version() -> None:
    assert [shard_of(x, 256) for x in ("support-line", "a", "ä")] == [10, 67, 131]
    spread = Counter(shard_of(f"room {n}", 256) for n in range(25_600))
    assert min(spread.values()) > 60
    assert max(spread.values()) < 145
