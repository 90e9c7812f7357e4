"""Many rings of one room, on virtual time: how fast, and what is left behind."""

import asyncio
import math
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs

import httpx
import pytest

from reconciler.engine.acting import LEASE, Actor
from reconciler.engine.converge import Following
from reconciler.engine.deed import Result
from reconciler.engine.dialling import SEND_WITHIN
from reconciler.engine.look import RoomPhase
from reconciler.engine.pace import BURST, Pace
from reconciler.engine.ports import Draft, Lease, Notes
from reconciler.engine.reconcile import Pass, Reconciler
from reconciler.engine.ringing import FRESH
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.errors import CredentialsRefused, RoomBusy, StoreError
from reconciler.model.roster import Limits, Member, Roster
from reconciler.simulator.fault import Fault, FaultKind
from reconciler.twilio.account import Account, Credentials
from reconciler.twilio.client import TwilioClient
from reconciler.twilio.provider import TwilioProvider
from tests.engine.world import URL, Records, Wire, World, run

ROOM = "all-hands"
LATENCY = 0.05
AT_ONCE = 100_000.0
"""Calls a second, for no pace at all."""

PLACES = 20


def people(count: int) -> Roster:
    members = tuple(
        Member(f"p{number:03}", f"+1555{number:07d}", "+15005550006")
        for number in range(count)
    )
    return Roster(ROOM, members, limits=Limits(rings=count, removals=count))


class Creates(Wire):
    """A way to the simulator that keeps the creates that went over it."""

    def __init__(self, world: World) -> None:
        super().__init__(world.exchange)
        self._world = world
        self.labels: list[str] = []
        self.began: list[float] = []
        self.ended: list[float] = []
        self.most_at_once = 0
        self.hook: Callable[[int], None] = lambda _: None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        create = request.method == "POST" and request.url.path.endswith(
            "/Participants.json"
        )
        if not create:
            return await super().handle_async_request(request)
        form = parse_qs(request.content.decode())
        self.labels.append(form["Label"][0])
        self.began.append(self._world.loop.time())
        self.most_at_once = max(self.most_at_once, len(self.began) - len(self.ended))
        self.hook(len(self.began))
        try:
            return await super().handle_async_request(request)
        finally:
            self.ended.append(self._world.loop.time())


class Book(Records):
    """A store that keeps its commits, takes its time, and fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[tuple[str, ...]] = []
        self.noted: list[Notes] = []
        self.committing = 0.0
        self.pending_at_most = 0
        self.broken: Exception | None = None

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[Draft], now: float
    ) -> tuple[Attempt | None, ...]:
        made = await super().open_attempts(lease, drafts, now)
        self.opened.append(tuple(each.ring.label for each in drafts))
        self.pending_at_most = max(self.pending_at_most, len(self.pending()))
        await asyncio.sleep(self.committing)
        return made

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        if self.broken is not None:
            error, self.broken = self.broken, None
            raise error
        await super().note(lease, notes, now)
        self.noted.append(notes)

    def pending(self) -> list[str]:
        return self.labels(AttemptState.PENDING)

    def labels(self, state: AttemptState) -> list[str]:
        return [e.label for e in self.tables.attempts.values() if e.state is state]


class Caller:
    """A process that makes passes over the room when asked to."""

    def __init__(self, world: World, *, calls_per_second: float = AT_ONCE) -> None:
        self.world, self.loop = world, world.loop
        self.store = Book()
        self.wire = Creates(world)
        self.stopping = False
        own = world.exchange.account
        client = TwilioClient(
            Account(own.sid, Credentials(own.sid, own.token), URL),
            sleep=asyncio.sleep,
            jitter=lambda: 0.5,
            transport=self.wire,
        )
        self.provider = TwilioProvider(client, secrets=str)
        actor = Actor(
            self.store,
            self.provider,
            self.loop.time,
            Pace(calls_per_second),
            lambda: self.stopping,
            PLACES,
        )
        runs = iter(range(10**9))
        self.reconciler = Reconciler(
            store=self.store,
            provider=self.provider,
            clock=self.loop.time,
            actor=actor,
            new_run=lambda: f"run-{next(runs)}",
            cause="test",
        )

    async def declare(self, roster: Roster) -> None:
        now = self.loop.time()
        await self.store.load([roster], folder=None, now=now, cause="test")

    async def look_and_act(self) -> Pass:
        survey = await self.provider.survey((ROOM,))
        assert not isinstance(survey, str)
        now = self.loop.time()
        lease = await self.store.acquire(ROOM, "me", now, LEASE)
        return await self.reconciler.reconcile(lease, survey.get(ROOM))

    async def follow(self) -> Pass:
        following = Following(
            reconciler=self.reconciler,
            store=self.store,
            provider=self.provider,
            clock=self.loop.time,
            sleep=asyncio.sleep,
            report=lambda _: None,
            owner="me",
        )
        until = self.loop.time() + 600
        passes = await following.follow([ROOM], until=until, stopping=lambda: False)
        return passes[ROOM]

    def rung(self) -> list[str]:
        """Whom Twilio was really made to ring, sorted, each as often as it was."""
        made = self.world.exchange.state.participants.values()
        return sorted(str(each.latest.label) for each in made)


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
        assert {each.result for each in made.deeds} == {Result.DONE}
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
        assert [each.result for each in made.deeds] == [
            Result.DONE,
            *[Result.PACED] * 4,
        ]
        assert made.deeds[1].message == "4 to ring, the last in about 4 s"
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
        await caller.declare(people(60))
        await caller.look_and_act()
        began = caller.wire.began
        for number, at in enumerate(began):
            assert number <= rate * (BURST + at - began[0]) + 0.001
        assert len(began) == 60
        assert began[-1] - began[0] < 60 / rate + latency

    run(story)


def test_after_a_while_the_room_is_looked_at_before_more_are_rung() -> None:
    async def story() -> None:
        caller = Caller(World())
        caller.wire.delay = 2.0
        await caller.declare(people(100))
        made = await caller.look_and_act()
        assert caller.wire.began[-1] - caller.wire.began[0] < FRESH
        left = [each for each in made.deeds if each.result is Result.PACED]
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


def test_a_429_in_the_middle_begins_nothing_more() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(100))
        limit = Fault(FaultKind.TOO_MANY, "POST", "*/Participants.json", skip=30)
        caller.world.exchange.faults.add(limit)
        made = await caller.look_and_act()
        results = [each.result for each in made.deeds]
        assert results.count(Result.DELAYED) == 1
        assert results.count(Result.PACED) == 100 - len(caller.wire.labels)
        assert 31 <= len(caller.wire.labels) <= 30 + PLACES
        assert made.requeue_after is not None
        assert caller.store.pending() == []
        await caller.follow()
        assert caller.rung() == [each.label for each in people(100).members]

    run(story)


def test_refused_credentials_begin_nothing_more_and_leave_nothing_open() -> None:
    async def story() -> None:
        caller = Caller(World())

        def refuse(number: int) -> None:
            caller.wire.refused = number >= 30

        caller.wire.hook = refuse
        await caller.declare(people(100))
        with pytest.raises(CredentialsRefused):
            await caller.look_and_act()
        assert len(caller.wire.labels) < 30 + 2 * PLACES
        assert caller.store.pending() == []

    run(story)


def test_a_lost_room_begins_nothing_more() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(100))

        def lose(number: int) -> None:
            if number == 30:
                leases = caller.store.tables.leases
                leases[ROOM] = Lease(ROOM, "somebody else", 99, 10**10)

        caller.wire.hook = lose
        with pytest.raises(RoomBusy):
            await caller.look_and_act()
        assert len(caller.wire.labels) <= 21 + PLACES
        assert len(caller.rung()) == len(caller.wire.labels)

    run(story)


def test_what_one_note_could_not_write_the_last_one_writes() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(100))

        def spoil(number: int) -> None:
            if number == 30:
                caller.store.broken = StoreError("The database is away.")

        caller.wire.hook = spoil
        with pytest.raises(StoreError):
            await caller.look_and_act()
        assert caller.store.pending() == []
        placed = sorted(caller.store.labels(AttemptState.PLACED))
        assert placed == caller.rung() == sorted(caller.wire.labels)
        await caller.follow()
        assert caller.rung() == [each.label for each in people(100).members]

    run(story)


MOMENTS = [0.0, 0.1, 0.11, 0.14, 0.149, 0.16, 0.17, 0.19, 0.2, 0.22, 0.3]


@pytest.mark.parametrize("hard", [False, True], ids=["stopped", "cancelled"])
@pytest.mark.parametrize("after", MOMENTS)
def test_whenever_it_ends_no_attempt_stays_open_that_was_not_sent(
    after: float, *, hard: bool
) -> None:
    async def story() -> None:
        caller = Caller(World())
        caller.store.committing = 0.02
        await caller.declare(people(100))
        at_work = asyncio.create_task(caller.look_and_act())
        await asyncio.sleep(after)
        begun = len(caller.wire.labels)
        if hard:
            at_work.cancel()
        caller.stopping = not hard
        await asyncio.wait({at_work})
        assert at_work.cancelled() is hard
        assert len(caller.wire.labels) <= begun
        assert caller.store.pending() == []
        assert sorted(caller.store.labels(AttemptState.PLACED)) == caller.rung()
        caller.stopping = False
        await caller.follow()
        assert caller.rung() == [each.label for each in people(100).members]

    run(story)


def test_a_commit_that_took_too_long_is_not_followed_by_a_ring() -> None:
    async def story() -> None:
        caller = Caller(World())
        caller.store.committing = SEND_WITHIN + 0.1
        await caller.declare(people(3))
        made = await caller.look_and_act()
        assert made.deeds[0].result is Result.DELAYED
        assert caller.wire.labels == []
        assert caller.store.pending() == []
        assert caller.rung() == []

    run(story)


def test_whoever_has_an_open_ring_is_passed_over() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(5))
        stolen = caller.store.open_attempts

        async def overtaken(
            lease: Lease, drafts: Sequence[Draft], now: float
        ) -> tuple[Attempt | None, ...]:
            made = await stolen(lease, drafts, now)
            return tuple(None if e and e.label == "p002" else e for e in made)

        caller.store.open_attempts = overtaken  # type: ignore[method-assign]
        made = await caller.look_and_act()
        assert [each.result for each in made.deeds].count(Result.SKIPPED) == 1
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
        now = caller.loop.time()
        leases = [await caller.store.acquire(room, "me", now, LEASE) for room in rooms]
        await asyncio.gather(
            *(caller.reconciler.reconcile(each, None) for each in leases)
        )
        assert len(caller.rung()) == 160
        assert caller.wire.most_at_once < PLACES + len(rooms)

    run(story)
