"""Many rings of one room: how fast, how many at once, and in what order."""

import asyncio
import math
from collections.abc import Sequence

import pytest

from reconciler.engine.limits.token_bucket import BURST_SECONDS
from reconciler.engine.ports import AttemptDraft, Lease
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.freshness import MAX_OBSERVATION_AGE_SECONDS
from reconciler.engine.room.outcome import Outcome
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.roster import Limits, Member, Roster
from reconciler.simulator.exchange.fault import Fault, FaultKind
from tests.engine.caller import LATENCY, PLACES, ROOM, Caller, people
from tests.engine.world import World, run


def test_a_full_room_is_rung_in_about_the_time_that_its_places_allow() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(250))
        made = await caller.look_and_act()
        seconds = max(caller.wire.ended) - min(caller.wire.began)
        bound = math.ceil(250 / PLACES) * LATENCY
        assert seconds == pytest.approx(bound + LATENCY, abs=0.001)
        assert seconds < 1.3 * bound
        assert caller.wire.most_at_once == PLACES
        assert {each.result for each in made.outcomes} == {Outcome.DONE}
        assert caller.rung() == sorted(m.label for m in people(250).members)

    run(story)


def test_a_full_room_converges_soon_after_everybody_answered() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(250))
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert len(caller.wire.labels) == len(set(caller.wire.labels)) == 250
        calls = caller.world.exchange.state.calls.values()
        answered = max(each.latest.answered_at or 0.0 for each in calls)
        assert caller.loop.time() - answered < 2.5

    run(story)


def test_the_first_ring_by_name_goes_alone_until_it_is_taken() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(30))
        await caller.look_and_act()
        assert [len(group) for group in caller.store.opened] == [1, PLACES, 9]
        assert caller.wire.began[1] >= caller.wire.ended[0]

    run(story)


def test_whoever_is_refused_makes_no_room_so_the_next_goes_alone_too() -> None:
    async def story() -> None:
        caller = Caller(World())
        roster = people(10)
        wrong = Member("p000", "+15005550001", "+15005550006")
        members = (wrong, *roster.members[1:])
        await caller.declare(Roster(ROOM, members, limits=roster.limits))
        await caller.look_and_act()
        assert [len(group) for group in caller.store.opened] == [1, 1, 8]

    run(story)


def test_into_a_room_that_is_there_all_are_rung_at_once() -> None:
    async def story() -> None:
        caller = Caller(World())
        caller.world.exchange.dial_in(ROOM, "+15559990001")
        await asyncio.sleep(1)
        await caller.declare(people(PLACES))
        await caller.look_and_act()
        assert [len(group) for group in caller.store.opened] == [PLACES]
        assert max(caller.wire.began) == min(caller.wire.began)

    run(story)


def test_connections_for_the_next_calls_are_made_once_these_have_theirs() -> None:
    async def story() -> None:
        caller = Caller(World())
        asked: list[tuple[int, int]] = []

        def expect(writes: int) -> None:
            asked.append((writes, len(caller.wire.labels)))

        caller.provider.inner.expect = expect  # type: ignore[method-assign]
        await caller.declare(people(1 + 2 * PLACES))
        await caller.look_and_act()
        assert asked == [
            (1, 0),
            (PLACES, 1),
            (PLACES, 1),
            (PLACES, 1 + PLACES),
            (PLACES, 1 + PLACES),
        ]

    run(story)


def test_no_more_connections_are_made_ahead_than_calls_leave_in_a_second() -> None:
    async def story() -> None:
        caller = Caller(World(), calls_per_second=2.0)
        asked: list[int] = []

        def expect(writes: int) -> None:
            asked.append(writes)

        caller.provider.inner.expect = expect  # type: ignore[method-assign]
        await caller.declare(people(PLACES))
        await caller.look_and_act()
        assert asked
        assert max(asked) == 2

    run(story)


def test_attempts_are_opened_in_the_order_of_the_plan() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(100))
        await caller.look_and_act()
        opened = [label for group in caller.store.opened for label in group]
        assert opened == [each.label for each in people(100).members]
        place = {label: at for at, label in enumerate(caller.wire.labels)}
        for earlier, later in zip(
            caller.store.opened, caller.store.opened[1:], strict=False
        ):
            assert max(place[e] for e in earlier) < min(place[e] for e in later)

    run(story)


def test_at_one_call_a_second_one_attempt_is_open_at_a_time() -> None:
    async def story() -> None:
        caller = Caller(World(), calls_per_second=1.0)
        await caller.declare(people(5))
        made = await caller.look_and_act()
        assert [each.result for each in made.outcomes] == [
            Outcome.DONE,
            *[Outcome.PACED] * 4,
        ]
        assert made.outcomes[1].message == "4 calls queued, the last in about 4 s"
        await caller.follow()
        gaps = [
            b - a
            for a, b in zip(caller.wire.began, caller.wire.began[1:], strict=False)
        ]
        assert len(gaps) == 4
        assert min(gaps) >= 1.0
        assert caller.store.pending_at_most == 1

    run(story)


@pytest.mark.parametrize(("rate", "latency"), [(20.0, 0.3), (100.0, 0.005)])
def test_rings_keep_to_the_pace_and_use_it(rate: float, latency: float) -> None:
    async def story() -> None:
        caller = Caller(World(), calls_per_second=rate)
        caller.wire.delay = latency
        await caller.declare(people(36))
        await caller.look_and_act()
        began = caller.wire.began
        for number, at in enumerate(began):
            assert number <= rate * (BURST_SECONDS + at - began[0]) + 0.001
        assert len(began) == 36
        assert began[-1] - began[0] < 36 / rate + latency

    run(story)


def test_after_a_while_the_room_is_looked_at_before_more_are_rung() -> None:
    async def story() -> None:
        caller = Caller(World())
        caller.wire.delay = 1.5
        await caller.declare(people(100))
        made = await caller.look_and_act()
        assert (
            caller.wire.began[-1] - caller.wire.began[0] < MAX_OBSERVATION_AGE_SECONDS
        )
        left = [each for each in made.outcomes if each.result is Outcome.PACED]
        assert len(left) == 100 - len(caller.wire.labels) > 0
        assert made.requeue_after == 0.0

    run(story)


def test_answers_are_noted_together_and_concluded_with_the_last() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(100))
        await caller.look_and_act()
        found = [len(each.findings) for each in caller.store.noted]
        assert sum(found) == 100
        assert len(found) <= 100 / PLACES + 2
        assert caller.store.noted[-1].findings
        assert caller.store.noted[-1].ended is not None
        assert all(each.ended is None for each in caller.store.noted[:-1])
        told = [e.label for e in caller.store.tables.events if e.kind == "ring.done"]
        assert sorted(told) == [each.label for each in people(100).members]

    run(story)


def test_calls_leave_while_the_answers_to_others_are_put_on_record() -> None:
    async def story() -> None:
        caller = Caller(World())

        def slow_down(calls: int) -> None:
            if calls == PLACES:
                caller.store.noting = 1.0

        caller.wire.hook = slow_down
        await caller.declare(people(100))
        await caller.look_and_act()
        assert max(caller.wire.began) - min(caller.wire.began) < 7 * LATENCY
        assert len(caller.store.labels(AttemptState.PLACED)) == 100

    run(story)


def test_one_person_is_rung_with_two_commits() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(1))
        await caller.look_and_act()
        assert len(caller.store.opened) == 1
        assert len(caller.store.noted) == 1

    run(story)


def test_a_straggler_keeps_neither_places_nor_notes_from_the_others() -> None:
    async def story() -> None:
        caller = Caller(World())
        slow = Fault(FaultKind.SLOW, "POST", "*/Participants.json", seconds=8.0)
        await caller.declare(people(1))
        await caller.look_and_act()
        await caller.declare(people(100))
        caller.world.exchange.faults.add(slow)
        began = caller.loop.time()
        at_work = asyncio.create_task(caller.look_and_act())
        await asyncio.sleep(1.0)
        assert len(caller.wire.labels) == 100
        assert len(caller.store.labels(AttemptState.PLACED)) == 99
        await at_work
        assert caller.loop.time() - began == pytest.approx(8.2, abs=0.2)

    run(story)


def test_whoever_has_an_open_ring_is_passed_over() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(5))
        stolen = caller.store.open_attempts

        async def overtaken(
            lease: Lease, drafts: Sequence[AttemptDraft], now: float
        ) -> tuple[Attempt | None, ...]:
            made = await stolen(lease, drafts, now)
            return tuple(None if e and e.label == "p002" else e for e in made)

        caller.store.open_attempts = overtaken  # type: ignore[method-assign]
        made = await caller.look_and_act()
        assert [each.result for each in made.outcomes].count(Outcome.SKIPPED) == 1
        assert "p002" not in caller.wire.labels

    run(story)


def test_rooms_share_the_places_of_their_process() -> None:
    async def story() -> None:
        caller = Caller(World())
        rooms = [f"room-{number}" for number in range(4)]
        for at, room in enumerate(rooms):
            members = tuple(
                Member(f"p{number:03}", f"+1555{at}{number:06d}", "+15005550006")
                for number in range(40)
            )
            await caller.declare(Roster(room, members, limits=Limits(rings=40)))
        await asyncio.gather(*map(caller.look_at_and_act, rooms))
        assert len(caller.rung()) == 160
        assert caller.wire.most_at_once < PLACES + len(rooms)

    run(story)
