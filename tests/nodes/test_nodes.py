"""Daemons that share rooms keep every promise, whoever joins, dies or stands still.

The whole of them is ``make simulate WORKERS=3``.
"""

import dataclasses
import os
import subprocess
import sys

import pytest
from msgspec.structs import replace

from reconciler.engine.limits.in_flight import InFlight
from reconciler.engine.loop.room_share import RoomShare
from reconciler.model.roster import Roster
from reconciler.play.scenarios.scenario import (
    Declare,
    FreezeAt,
    Happening,
    Kill,
    Scenario,
    StartProcess,
)
from reconciler.play.seed_result import trace
from reconciler.play.world.act import Kind
from reconciler.play.world.run import Report
from tests.endurance.daemon import Course, Daemon
from tests.endurance.memory import Memory
from tests.nodes.campaign import play_seed_of
from tests.nodes.lives import Cluster
from tests.nodes.node import Node
from tests.nodes.run import run_cluster, run_nodes
from tests.nodes.shard_table import ShardTable
from tests.nodes.watching import Watch
from tests.sample_size import sample_size
from tests.simulation.crashes import ANN, BOB, ROOM
from tests.simulation.mutations import Unfenced
from tests.simulation.test_guards import BLIND, broken, scenario

pytestmark = pytest.mark.no_cover

PART = 25


def three(seed: int) -> Report:
    return run_nodes(seed, workers=3)


@pytest.mark.parametrize("first", range(0, 4 * PART, PART))
def test_no_promise_is_broken_by_three_hosts(first: int) -> None:
    seeds = range(first, first + sample_size(2, PART))
    done = [play_seed_of(seed, workers=3) for seed in seeds]
    assert [(each.seed, each.broken) for each in done if each.broken] == []


def test_a_seed_is_lived_the_same_way_each_time() -> None:
    lives = [trace(three(3).journal) for _ in range(2)]
    assert lives[0] == lives[1]
    assert any("holds" in line for line in lives[0])


@pytest.mark.process
def test_a_seed_is_lived_the_same_way_whatever_strings_hash_to() -> None:
    program = (
        "from reconciler.play.seed_result import trace\n"
        "from tests.nodes.run import run_nodes\n"
        "print(trace(run_nodes(300051, workers=3).journal))"
    )
    lives = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": number},
            check=True,
            capture_output=True,
        ).stdout
        for number in ("1", "3")
    }
    assert len(lives) == 1


@pytest.mark.parametrize(
    ("seed", "story"),
    [
        (262, "a call goes to a label that it was not rung for, and is redialed"),
        (514, "a look takes 11 s, and its calls are placed beside the next"),
        (2000103, "a conference is known from its call before any survey"),
        (2000025, "a service refuses to list conferences of status init"),
        (449, "a survey for one room, while calls are placed for another"),
        (533, "a room comes back to its daemon before a request of before is answered"),
        (170082, "a process stands still while a listing is answered"),
        (170094, "a silence is planned again after a pause that was short"),
        (2170066, "a group has somebody in who is to be replaced by another of it"),
        (160252, "a clock that is behind says that a pause is not over"),
        (300004, "a pause of a released room is over, and its call is handed over"),
    ],
)
def test_what_a_seed_once_found_stays_mended(seed: int, story: str) -> None:
    assert (play_seed_of(seed, workers=3).broken, story) == ((), story)


def cluster(of: Scenario, shards: int = 1) -> Cluster:
    return Cluster(of, shards=shards, resync=2.0, webhooks=False)


def two(*steps: tuple[float, Happening], horizon: float = 40.0) -> Scenario:
    """The daemon that joined first holds the only shard; another is there."""
    return scenario(
        (0.1, StartProcess("a0", rest=1.0)),
        (1.0, StartProcess("b0", rest=1.0)),
        *steps,
        switches=BLIND,
        horizon=horizon,
    )


DIES = two((0.0, Declare(Roster(ROOM, (ANN,)))), (10.0, Kill("a0", 1)))


def test_the_rooms_of_a_dead_daemon_are_watched_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = run_cluster(cluster(DIES))
    assert broken(report) == set()
    assert any(
        who == "b0" and "look" in what for _, who, what, _ in report.journal.lines
    )
    monkeypatch.setattr(ShardTable, "silent", lambda _: [])
    assert "watched" in broken(run_cluster(cluster(DIES)))


ROOMS = tuple(f"line-{number}" for number in range(8))
JOIN = replace(
    scenario(
        *((0.0, Declare(Roster(room, ()))) for room in ROOMS),
        (0.1, StartProcess("a0", rest=1.0)),
        (15.0, StartProcess("b0", rest=1.0)),
        (25.0, StartProcess("c0", rest=1.0)),
        switches=BLIND,
        horizon=40.0,
    ),
    rooms=ROOMS,
)


def test_a_daemon_that_joins_leaves_no_room_unwatched_for_more_than_5_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = run_cluster(cluster(JOIN, shards=len(ROOMS)))
    assert broken(report) == set()
    assert Watch(report.world, Course(webhooks=False, resync=2.0)).longest(0.0) < 5.0
    looked = {who for _, who, what, _ in report.journal.lines if "look" in what}
    assert {"a0", "b0", "c0"} <= looked
    monkeypatch.setattr(RoomShare, "gained", lambda _: ())
    assert "watched" in broken(run_cluster(cluster(JOIN, shards=len(ROOMS))))


class UnfencedBooks(Unfenced, Memory):
    """Shared by several daemons."""


STANDS_STILL = two(
    (0.0, Declare(Roster(ROOM, (ANN,)))),
    (0.2, FreezeAt("a0", "after acquire", 12.0)),
)


def test_a_daemon_that_stood_still_does_nothing_in_a_room_that_another_has() -> None:
    report = run_cluster(cluster(STANDS_STILL))
    assert broken(report) == set()
    rings = [x for x in report.journal.acts if x.kind is Kind.CREATE]
    assert [each.process.name for each in rings] == ["b0"]
    assert "alone" in broken(run_cluster(cluster(STANDS_STILL), UnfencedBooks()))


BUSY = replace(
    two(
        (0.0, Declare(Roster("line", (ANN, BOB)))),
        (0.0, Declare(Roster("court", (replace(ANN, to="+15550200001"),)))),
    ),
    rooms=("line", "court"),
    pace=1.0,
    calls_per_second=1.0,
)


def test_daemons_share_the_concurrency_of_their_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowds = [
        Roster(
            room,
            tuple(replace(ANN, label=x, to=f"client:{room}-{x}") for x in "abcdefgh"),
        )
        for room in BUSY.rooms
    ]
    busy = replace(
        two(*((10.0, Declare(each)) for each in crowds)),
        rooms=BUSY.rooms,
        pace=500.0,
        calls_per_second=500.0,
    )
    of = dataclasses.replace(cluster(busy, shards=2), concurrency=1)
    shared = run_cluster(of)
    assert broken(shared) == set()
    callers = {x.process.name for x in shared.journal.acts if x.kind is Kind.CREATE}
    assert callers == {"a0", "b0"}
    monkeypatch.setattr(Node, "_permitted", lambda *_: InFlight(1, strict=True))
    assert "permits" in broken(run_cluster(of))


def test_daemons_share_the_calls_per_second_of_their_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = run_cluster(cluster(BUSY, shards=2))
    assert broken(shared) == set()
    callers = {x.process.name for x in shared.journal.acts if x.kind is Kind.CREATE}
    assert callers == {"a0", "b0"}
    monkeypatch.setattr(Node, "_limited", Daemon._limited)
    assert "pace" in broken(run_cluster(cluster(BUSY, shards=2)))
