"""A day: cycles of trouble and pause, and an end at which everybody is well."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from reconciler.engine.loop.resync_schedule import (
    ACTIVE_SECONDS,
    SPREAD_FRACTION,
    UNCOVERED_SECONDS,
    WEBHOOK_FACTOR,
)
from reconciler.engine.room.evaluation import STABLE_PHASES, RoomPhase
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.attempt import AttemptState
from reconciler.planning.plan import Phase
from reconciler.play.scenarios.editor import LABELS
from reconciler.play.scenarios.generate import STRANGERS
from reconciler.play.scenarios.scenario import (
    START,
    Declare,
    PhoneHangsUp,
    RedialOrder,
    Resolve,
)
from reconciler.play.scenarios.trouble import CALM
from reconciler.play.world.product import WHOLE
from reconciler.play.world.run_journal import Violation
from reconciler.play.world.scenario_run import ScenarioRun
from reconciler.play.world.world import World, make_world
from reconciler.simulator.exchange.people import Subscriber
from reconciler.simulator.exchange.records import ParticipantRecord
from reconciler.simulator.webhooks.delivery import Delivery
from reconciler.simulator.webhooks.letter import Letter
from tests.endurance.calm import complaints
from tests.endurance.daemon import Course, Daemon
from tests.endurance.day import (
    CYCLE,
    TROUBLE,
    Author,
    Away,
    Cycle,
    Restart,
    Spoil,
    Step,
)
from tests.endurance.forget import forget
from tests.endurance.loop import LongLoop
from tests.endurance.records import Books, Outage
from tests.endurance.witness import Tally

ROOMS = ("line", "court", "bridge")
BEAT = 0.5
"""Seconds after which the exchange is looked at and its webhooks are sent."""

ECHO = 60.0
"""Seconds within which what was under way when faults stopped must be over."""

STOP_WITHIN = 10.0
AN_HOUR = {"events": 4000, "runs": 2000, "marks": 1500, "revisions": 500}
"""Rows that two hours of trouble may leave where the record is kept for one."""

MINUTE = 60.0
END_WITHIN = 900.0


Shown = str
"""The declared fields of a member, as the exchange has them."""


@dataclass(slots=True)
class Figures:
    """What a day came to, besides violations."""

    reads: int = 0
    writes: int = 0
    rings: int = 0
    webhooks: int = 0
    restarts: int = 0
    crashes: int = 0
    outages: int = 0
    faults: int = 0
    edits: int = 0
    settled: list[float] = field(default_factory=list)
    night_looks: list[float] = field(default_factory=list)
    night_reads: list[float] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    rows: list[Mapping[str, int]] = field(default_factory=list)
    slowest_stop: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """``end`` is what each room came to: members by label, as the exchange has them."""

    seed: int
    hours: float
    webhooks: bool
    violations: tuple[Violation, ...]
    lines: tuple[tuple[float, str, str], ...]
    figures: Figures
    tally: Tally
    end: Mapping[str, Mapping[str, Shown]]


def live(
    seed: int, hours: float, *, webhooks: bool, books: Books, lines: int = 4000
) -> Report:
    """Live through *hours*; the store must be empty."""
    began = time.perf_counter()
    author = Author(seed, ROOMS)
    scenario = author.scenario()
    loop = LongLoop(seed, START)
    asyncio.set_event_loop(None)
    world = make_world(scenario, loop, books)
    day = Day(world, author, books, Course(webhooks=webhooks), lines)
    try:
        loop.run_until_complete(day.live(hours))
    finally:
        loop.end()
    day.figures.seconds = time.perf_counter() - began
    return Report(
        seed,
        hours,
        webhooks,
        tuple(world.journal.violations),
        tuple((at, who, what) for at, who, what, _ in world.journal.lines),
        day.figures,
        day.tally,
        day.state_of_all(),
    )


def _all_there(made: ReconcileResult) -> bool:
    return all(each.leg is not None for each in made.evaluation.plan.people)


class Day:
    """The world with its one daemon, and whatever befalls it."""

    def __init__(
        self, world: World, author: Author, books: Books, course: Course, lines: int
    ) -> None:
        self.world, self.author, self.books = world, author, books
        self.course = course
        self.lines = lines
        self.outage = Outage()
        self.tally = Tally()
        self.figures = Figures()
        self.hand = ScenarioRun(world, WHOLE)
        self.delivery = Delivery(world.exchange, self.post, asyncio.sleep)
        self.daemon = self.born()
        self.old: list[Daemon] = []
        self.changing = False

    @property
    def quiet(self) -> float:
        """The longest period of a room in which nothing happens."""
        slower = WEBHOOK_FACTOR if self.course.webhooks else 1.0
        return self.course.resync * slower * 1.1

    def born(self) -> Daemon:
        number = self.figures.restarts + self.figures.crashes
        name = f"d{number}"
        return Daemon(
            self.world,
            name,
            books=self.books,
            outage=self.outage,
            course=self.course,
            tally=self.tally,
        )

    async def post(self, letter: Letter) -> int:
        """A webhook reaches whoever listens."""
        if self.daemon.over or self.daemon.stop.is_set():
            raise ConnectionError("nobody listens")
        request = httpx.Request(
            letter.method, letter.url, headers=letter.headers, content=letter.body
        )
        answer = await self.daemon.ears.handle_async_request(request)
        self.figures.webhooks += 1
        return answer.status_code

    async def live(self, hours: float) -> None:
        for room in self.world.scenario.rooms:
            await self.declare(Declare(self.author.rosters[room]))
        self.daemon.start()
        pump = asyncio.create_task(self.pump())
        began = self.world.now
        for number in range(round(hours * 3600.0 / CYCLE)):
            await self.cycle(self.author.cycle(number), began + number * CYCLE)
        await self.end()
        pump.cancel()
        await self.stop()
        self.count()

    async def pump(self, beat: float = BEAT) -> None:
        """Twilio's time, and whoever starts what died."""
        while True:
            self.world.exchange.catch_up()
            self.delivery.collect()
            if not self.changing and self.daemon.over:
                await self.replace_the_dead()
            await asyncio.sleep(beat)

    async def replace_the_dead(self) -> None:
        if self.daemon.process.alive:
            self.world.journal.blame("alive", self.world.now, "the daemon ended")
        self.figures.crashes += 1
        self.follow()

    def follow(self) -> None:
        self.old = [each for each in (*self.old, self.daemon) if each.wire.busy]
        self.figures.reads += self.daemon.wire.reads
        self.daemon = self.born()
        self.daemon.start()

    async def cycle(self, cycle: Cycle, began: float) -> None:
        world = self.world
        world.trouble.rates = cycle.rates
        for at, step in cycle.steps:
            await self.until(began + at)
            await self.happen(step)
        await self.until(began + (0.0 if cycle.night else TROUBLE))
        await self.pause()
        if cycle.night:
            await self.sleep_tight(began + CYCLE)
        await self.until(began + CYCLE)
        await self.person()
        self.count()
        self.judge_rows(await self.books.sizes())

    async def sleep_tight(self, end: float) -> None:
        """Count looks and reads an hour and room, if all of it is at rest."""
        await asyncio.sleep(ACTIVE_SECONDS + MINUTE)
        began, writes = self.world.now, len(self.world.journal.acts)
        looks, reads = self.tally.looks.total(), self.daemon.wire.reads
        at_rest = self.at_rest()
        await self.until(end)
        if not at_rest or writes != len(self.world.journal.acts):
            return
        hours = (self.world.now - began) / 3600.0
        looked = self.tally.looks.total() - looks
        self.figures.night_looks.append(looked / hours / len(ROOMS))
        read = self.daemon.wire.reads - reads
        self.figures.night_reads.append(read / hours / len(ROOMS))
        most = sum(1.0 + hours * 3600.0 / self.shortest(room) for room in ROOMS)
        if looked > most:
            what = f"{looked} looks in {hours:.2f} h of rest, {most:.0f} promised"
            self.world.journal.blame("rhythm", self.world.now, what)

    def shortest(self, room: str) -> float:
        """The shortest period that a room at rest has."""
        coached = self.daemon.resync_schedule.uncovered(room)
        usual = UNCOVERED_SECONDS if coached else self.course.resync
        return usual * (1.0 - SPREAD_FRACTION)

    def at_rest(self) -> bool:
        """Whether nothing is to be done, nor awaited."""
        return all(
            made.state in STABLE_PHASES and made.requeue_after is None
            for made in self.daemon.witness.last.values()
        )

    def judge_rows(self, rows: Mapping[str, int]) -> None:
        """Bounds that hold whatever was lived through so far."""
        self.figures.rows.append(rows)
        bounds = {
            "rosters": len(ROOMS),
            "leases": len(ROOMS),
            "members": len(ROOMS) * len(LABELS),
            "open_attempts": len(ROOMS) * len(LABELS),
        }
        for table, most in (bounds | AN_HOUR).items():
            if rows.get(table, 0) > most:
                what = f"{rows[table]} rows of {table}, at most {most} are right"
                self.world.journal.blame("rows", self.world.now, what)

    async def until(self, moment: float) -> None:
        if moment > self.world.now:
            await asyncio.sleep(moment - self.world.now)

    async def happen(self, step: Step) -> None:
        world = self.world
        match step:
            case Restart():
                await self.restart(step)
            case Away(seconds):
                world.tell("world", "the database is away")
                self.figures.outages += 1
                self.outage.over.clear()
                world.loop.call_later(seconds, self.come_back)
            case Spoil(mishap):
                self.delivery.mishaps.add(mishap)
            case Declare():
                await self.declare(step)
            case _:
                self.figures.faults += type(step).__name__ == "Break"
                await self.hand.happen(step)

    def come_back(self) -> None:
        self.world.tell("world", "the database is back")
        self.outage.over.set()
        if not self.daemon.over:
            self.daemon.database_is_back()

    async def declare(self, step: Declare) -> None:
        await self.outage.over.wait()
        self.figures.edits += 1
        await self.hand.happen(step)

    async def restart(self, step: Restart) -> None:
        process = self.daemon.process
        if step.crash is not None:
            at = process.steps + step.crash
            process.ambush = (at, lambda: self.world.kill(process, "ambush"))
            return
        await self.restart_now(crash=False, away=step.away)

    async def restart_now(self, *, crash: bool, away: float = 0.0) -> None:
        """End the daemon, and begin another *away* seconds later."""
        if crash:
            self.world.kill(self.daemon.process, "killed")
            return
        await self.stop()
        await asyncio.sleep(away)
        self.changing = False
        self.figures.restarts += 1
        self.follow()

    async def stop(self) -> None:
        """Ask the daemon to stop; what is not over then dies with the process."""
        self.changing = True
        daemon, began = self.daemon, self.world.now
        self.world.tell(daemon.process, "is asked to stop")
        daemon.stop.set()
        if daemon.task is not None and daemon.process.alive:
            await asyncio.wait({daemon.task}, timeout=2 * STOP_WITHIN)
        if not daemon.process.alive:
            return
        took = self.world.now - began
        self.figures.slowest_stop = max(took, self.figures.slowest_stop)
        if took > STOP_WITHIN:
            self.world.journal.blame("stop", self.world.now, f"took {took:.1f} s")
        self.world.kill(daemon.process, "the process ends")

    async def pause(self) -> None:
        """Faults stop: within a minute all must be well, or say why it is not."""
        world = self.world
        world.tell("world", "pause")
        world.exchange.faults.clear()
        self.delivery.mishaps.clear()
        world.trouble.rates = CALM
        self.daemon.process.ambush = None
        await self.echoes()
        began = world.now
        lost = self.quiet if self.course.webhooks else 0.0
        found = complaints(world, self.daemon)
        while found and world.now - began < MINUTE + lost:
            await asyncio.sleep(2.0)
            found = complaints(world, self.daemon)
        for each in found:
            world.journal.blame(each.oracle, each.at, each.what)
        self.figures.settled.append(world.now - began)
        for made in self.daemon.witness.last.values():
            self.figures.states[str(made.state)] += 1

    async def echoes(self) -> None:
        """Wait until what faults delayed is over."""
        await self.outage.over.wait()
        wires = [each.wire for each in (*self.old, self.daemon)]
        under_way = {task for wire in wires for task in wire.under_way}
        if under_way:
            await asyncio.wait(under_way, timeout=ECHO)

    async def person(self) -> None:
        """A person resolves what only a person can, and asks for whoever left."""
        for room, made in self.daemon.witness.last.items():
            for each in made.evaluation.plan.waiting:
                if each.phase is Phase.LEFT or each.phase is Phase.FAILED:
                    await self.hand.happen(RedialOrder(room, each.label))
            await self.resolve(room, made.evaluation.ledger.records)

    async def resolve(self, room: str, records: Mapping[str, object]) -> None:
        for label in records:
            lost = await self.lost(room, label)
            if lost is not None:
                await self.hand.happen(Resolve(room, label, rung=lost))

    async def lost(self, room: str, label: str) -> bool | None:
        """Whether a ring whose outcome nobody knows was one; None without such."""
        ledger = await self.books.ledger(room, self.world.now)
        record = ledger.records.get(label)
        for each in record.attempts if record else ():
            if each.state is AttemptState.UNKNOWN:
                acts = [
                    act
                    for act in self.world.journal.acts
                    if act.attempt is not None and act.attempt.id == each.id
                ]
                return any(act.took for act in acts)
        return None

    async def end(self) -> None:
        """Everybody is well and listed: every room must become as declared."""
        world = self.world
        world.tell("world", "the end: everybody is well")
        for room in ROOMS:
            for label in LABELS:
                world.exchange.describe(
                    self.author.hand.number(label, room), Subscriber()
                )
        for roster in [self.author.hand.last(room) for room in ROOMS]:
            for member in roster.members:
                world.exchange.describe(member.to, Subscriber())
            await self.declare(Declare(roster))
        for _ in range(5):
            for stranger in STRANGERS:
                self.hand.live_through(PhoneHangsUp(stranger))
        await self.arrive()

    async def arrive(self) -> None:
        by = self.world.now + END_WITHIN
        while self.world.now < by:
            await asyncio.sleep(MINUTE)
            last = self.daemon.witness.last
            if not complaints(self.world, self.daemon) and all(
                made.state is RoomPhase.CONVERGED and _all_there(made)
                for made in last.values()
            ):
                return
            await self.person()
        states = {
            room: (
                str(made.state),
                [f"{w.label} {w.reason}" for w in made.evaluation.plan.waiting],
                [f"{w.guard} {w.reason}" for w in made.evaluation.plan.withheld],
            )
            for room, made in self.daemon.witness.last.items()
        }
        self.world.journal.blame("end", self.world.now, str(states))

    def count(self) -> None:
        figures, exchange = self.figures, self.world.exchange
        figures.writes += len(exchange.history.writes)
        figures.rings += len(exchange.history.rings)
        self.delivery.collect()
        exchange.history.events.clear()
        forget(self.world)
        del self.world.journal.lines[: -self.lines]

    def state_of_all(self) -> dict[str, dict[str, Shown]]:
        """Each member's own leg, as it is at the exchange."""
        state = self.world.exchange.state
        return {
            room: {
                person.member.label: self.shown(
                    room,
                    person.member.label,
                    state.participant(person.leg.call_sid),
                )
                for person in made.evaluation.plan.people
                if person.leg is not None
            }
            for room, made in self.daemon.witness.last.items()
        }

    def shown(self, room: str, label: str, leg: ParticipantRecord) -> Shown:
        """What is declared of a member as the exchange has it; "" for no opinion."""
        roster = self.world.journal.roster(room, self.world.now)
        member = roster.member(label) if roster else None
        if member is None:
            return "not listed"
        target = self.world.label_of(room, leg.call_sid_to_coach or "")
        return " ".join(
            f"{name}={value}"
            for name, wanted, value in (
                ("muted", member.muted, leg.muted),
                ("hold", member.hold, leg.hold),
                ("coaching", member.coaching, target if leg.coaching else None),
            )
            if wanted is not None
        )
