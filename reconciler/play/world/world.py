"""One run's whole world: the loop, the exchange, the store and the processes."""

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct, field

from reconciler.model.declaration import Declaration
from reconciler.model.roster import Roster
from reconciler.planning.ownership import address
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.oracles.conduct import judge_effect, judge_leaving
from reconciler.play.oracles.exposures import judge_exposures
from reconciler.play.scenarios.scenario import Scenario
from reconciler.play.scenarios.trouble import Strike, Trouble
from reconciler.play.world.act import Act, Kind
from reconciler.play.world.event_reports import EventReports
from reconciler.play.world.run_journal import About, RunJournal
from reconciler.play.world.shared_store import Shared
from reconciler.play.world.telephone import Telephone
from reconciler.play.world.virtual_loop import OWNER, Process, VirtualLoop
from reconciler.simulator.exchange.local_account import make_account
from reconciler.simulator.exchange.people import People
from reconciler.simulator.exchange.second_sources import SecondSources
from reconciler.simulator.http.asgi import ApiEndpoint


class Point(Protocol):
    """Asked at each point of a process's way whether the process dies there."""

    def __call__(self, process: Process, name: str, act: Act | None) -> bool: ...


def _never(process: Process, name: str, act: Act | None) -> bool:  # noqa: ARG001
    return False


class Interference(Struct, frozen=True):
    """What a run suffers beside its scenario: a death, lost writes, late answers."""

    dies_at: Point = _never
    loses: Callable[[Act], bool] = lambda _: False
    delays: Callable[[Act], float] = lambda _: 0.0


UNDISTURBED = Interference()


class World(Struct):
    """Made by ``make_world``.

    ``server`` is the store where it is a server with a clock of its own, which each
    host compares with its own clock; None where it is on the host.
    """

    scenario: Scenario
    loop: VirtualLoop
    exchange: Telephone
    line: ApiEndpoint
    store: Shared
    trouble: Trouble
    journal: RunJournal
    skew: dict[str, float]
    interference: Interference
    reports: EventReports
    prompt: bool = False
    server: InMemoryStore | None = None
    traps: dict[tuple[str, str], Callable[[], None]] = field(default_factory=dict)

    @property
    def now(self) -> float:
        """The true time."""
        return self.loop.time()

    def declaration(self, roster: Roster) -> Roster | Declaration:
        """What a file declares whose room is *roster*."""
        modes = self.scenario.modes
        table = self.scenario.timetables.get(roster.room)
        if table is None:
            return Declaration(roster, modes=modes) if modes else roster
        return Declaration(
            roster, modes=modes, schedule=table.schedule, presences=table.presences
        )

    async def counts(self, roster: Roster) -> Roster:
        """What counts now of a room that was just loaded as *roster*."""
        desired = await self.store.desired(roster.room, self.now)
        return roster if desired is None or desired.roster == roster else desired.roster

    async def note_declared(self, room: str) -> None:
        """Put on record what counts from now on in a room."""
        desired = await self.store.desired(room, self.now)
        if desired is not None:
            self.journal.declare(self.now, desired.roster)

    def clock(self, process: Process) -> Callable[[], float]:
        """The wall clock of a process's host, which may be wrong."""
        skew, time = self.skew, self.loop.time
        return lambda: time() + skew.get(process.name, 0.0)

    def tell(self, who: object, what: str, about: About = None) -> None:
        self.journal.tell(self.now, who, what, about)

    def struck(self, strike: Strike) -> None:
        """Trouble has struck."""
        self.tell("network", f"{strike.site}: {strike.seconds:.3f} s", strike)

    async def point(self, process: Process, name: str, act: Act | None) -> None:
        """A point at which a process may die; the dead go no further."""
        if process.alive and self.interference.dies_at(process, name, act):
            self.kill(process, name)
        if spring := self.traps.pop((process.name, name), None):
            spring()
        if OWNER.get() is not process:
            return
        if process.frozen:
            await asyncio.sleep(0)
        if not process.alive:
            await asyncio.Future()

    def kill(self, process: Process, where: str) -> None:
        process.alive, process.killed_at = False, self.now
        process.missed.clear()
        self.tell(process, f"dies ({where})")

    def begin(
        self,
        process: Process,
        kind: Kind,
        room: str,
        target: str,
        form: Mapping[str, str],
    ) -> Act:
        """A process is about to send a write."""
        planned_for = self.journal.planned_for(kind, target)
        act = Act(
            number=len(self.journal.acts),
            process=process,
            kind=kind,
            room=room,
            target=target,
            form=form,
            begun_at=self.now,
            known=None,
            lapsed=self.lapsed(process, planned_for or room),
            planned_for=planned_for,
        )
        act.known = self.journal.knowledge(act)
        act.informed = act.known is not None and act.known.complete
        self.journal.acts.append(act)
        shown = " ".join(f"{k}={v}" for k, v in form.items() if k != "From")
        self.tell(process, f"{kind} {room} {target} {shown}".rstrip(), act)
        return act

    def lapsed(self, process: Process, room: str) -> bool:
        """Whether a lease is over by the process's own clock."""
        lease = self.journal.leases.get((process, room))
        return lease is None or self.clock(process)() >= lease.expires_at

    def leaving(self, act: Act) -> None:
        """The first byte of a write leaves: from here on it may take effect."""
        act.left_at = self.now
        act.lapsed = self.lapsed(act.process, act.planned_for or act.room)
        judge_leaving(self, act)

    def arrived(self, act: Act) -> None:
        """The exchange has carried a write out, or refused it."""
        self.tell("Twilio", f"{act.kind} {act.target}: {act.effect}", act)
        if act.took and act.kind is not Kind.CREATE:
            self.journal.touch(act.target, self.now, act.known)
        if act.took and act.kind is Kind.CREATE:
            self.reports.created(act)
        judge_effect(self, act)
        judge_exposures(self)
        if act.process.alive and self.interference.dies_at(act.process, "effect", act):
            self.kill(act.process, "effect")

    def is_unanswered(self, call_sid: str) -> bool:
        """Whether nobody is on the line: not answered, or over."""
        timeline = self.exchange.state.calls.get(call_sid)
        return timeline is not None and (
            timeline.latest.answered_at is None or timeline.latest.ended
        )

    def number_of(self, call_sid: str) -> str:
        """The bare address at a call's far end, "" for no call."""
        timeline = self.exchange.state.calls.get(call_sid)
        return address(timeline.latest.party) if timeline else ""

    def label_of(self, room: str, call_sid: str) -> str | None:
        """Whose call it really is: whom we rang, or whose number dialed in."""
        act = self.journal.made.get(call_sid)
        if act is not None:
            return act.target if act.room == room else None
        call = self.exchange.state.calls.get(call_sid)
        if call is None or call.latest.direction != "inbound":
            return None
        number = address(call.latest.party)
        for roster in reversed(self.journal.listed(room)):
            for member in roster.members:
                if address(member.to) == number:
                    return member.label
        held = self.exchange.state.participant(call_sid).label
        labels = {m.label for r in self.journal.listed(room) for m in r.members}
        return held if held in labels else None

    def is_listed(self, room: str, call_sid: str) -> bool:
        """Whether a roster ever listed the person, or we rang them."""
        return self.label_of(room, call_sid) is not None

    def is_lost(self, act: Act) -> bool:
        """Whether a write is lost on its way there."""
        lost = self.interference.loses(act) or self.trouble.loses_write()
        if lost:
            self.tell("network", f"{act.kind} {act.target} was lost")
        return lost

    def true_at(self, request_id: str) -> float:
        """When that was true which an answer shows."""
        lag = self.exchange.switches.list_lag
        reads = self.exchange.history.reads
        read = next((r for r in reversed(reads) if r.request_id == request_id), None)
        if read is None or read.fault != "stale":
            return self.now - lag
        before = (
            r.at
            for r in reversed(reads)
            if r.path == read.path and r.query == read.query and r.fault is None
        )
        return next(before, self.now) - lag


def make_world(
    scenario: Scenario,
    loop: VirtualLoop,
    store: Shared,
    interference: Interference = UNDISTURBED,
) -> World:
    """A world at its beginning."""
    exchange = Telephone(
        loop.time,
        People(dict(scenario.people)),
        scenario.switches,
        account=make_account(scenario.seed),
        calls_per_second=scenario.calls_per_second,
        seed=scenario.seed,
    )
    chance = random.Random(f"reports {scenario.seed}")  # noqa: S311 - repeatable on purpose
    world = World(
        scenario=scenario,
        loop=loop,
        exchange=exchange,
        line=ApiEndpoint(exchange, asyncio.sleep),
        store=store,
        trouble=Trouble(f"weather {scenario.seed}", scenario.rates, scenario.strikes),
        journal=RunJournal(),
        skew={},
        interference=interference,
        reports=EventReports(loop, chance),
    )
    if scenario.witness:
        seconds = chance.choice((1.0, 20.0))
        exchange.second_sources = SecondSources(None, seconds)
    exchange.after = world.arrived
    world.trouble.on_strike = world.struck
    return world
