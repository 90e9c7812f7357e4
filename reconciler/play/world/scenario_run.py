"""A run in progress: the steps of its scenario, and the processes that they start."""

import asyncio
from collections.abc import Mapping
from contextvars import Context
from typing import assert_never

from reconciler.engine.room.evaluation import STABLE_PHASES
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.load_result import FileReport
from reconciler.play.oracles.rest import judge_alive, judge_rest
from reconciler.play.scenarios.scenario import (
    QUIET_SECONDS,
    Approve,
    Break,
    Declare,
    Freeze,
    FreezeAt,
    Happening,
    Jump,
    Kill,
    Meddle,
    Overrule,
    PhoneDialsIn,
    PhoneHangsUp,
    RedialOrder,
    Resolve,
    RollBack,
    Save,
    Stand,
    StartProcess,
    Stop,
    TakeBack,
    Unpin,
)
from reconciler.play.scenarios.trouble import CALM
from reconciler.play.world.approving import approve
from reconciler.play.world.journal_text import step_line
from reconciler.play.world.overruling import overrule
from reconciler.play.world.product import Mutation, Worker, hire, start
from reconciler.play.world.run_journal import DeclaredRoster, Stood
from reconciler.play.world.world import World
from reconciler.simulator.exchange.api_error import ApiError
from reconciler.store.queries.operator_decision import Decision

REST_SECONDS = 5.0
"""Seconds between two passes once everything is calm."""


FOLDER = "/desired"
"""Where the roster files are."""


MAX_CALM_PASSES = 60
"""Passes within which every room must be at rest once everything is calm."""


STILL_SECONDS = 60.0
"""Seconds without a write after which nothing more is expected."""


LIVE_WITHIN_SECONDS = 180.0
"""Seconds after the faults stopped within which every room is at rest.

The longest waits of a roster, for a phone that rings out three times, take half of it.
"""


QUIET = 5
"""Passes without a write that prove that a room at rest stays at rest."""


class ScenarioRun:
    """A run in progress: its steps and the processes that they start."""

    def __init__(self, world: World, mutation: Mutation) -> None:
        self.world = world
        self.mutation = mutation
        self.workers: dict[str, Worker] = {}
        self.rest_seconds: float | None = None

    async def live(self) -> Mapping[str, ReconcileResult]:
        world = self.world
        for at, step in world.scenario.steps:
            await self.until(world.scenario.start + at)
            await self.happen(step)
        await self.until(world.scenario.start + world.scenario.horizon)
        return await self.calm()

    async def until(self, moment: float) -> None:
        if moment > self.world.now:
            await asyncio.sleep(moment - self.world.now)

    async def calm(self) -> Mapping[str, ReconcileResult]:
        """Faults stop, nobody edits, one fresh process looks after the rooms."""
        world = self.world
        world.exchange.faults.clear()
        world.trouble.rates = CALM
        stuck = self.stick()
        for worker in self.workers.values():
            if worker is not stuck:
                self.kill(worker, "the end of the chaos")
        world.tell("world", "calm")
        last = hire(world, "last", self.mutation)
        start(world, last, rest=REST_SECONDS, once=True)
        await self.settled(last)
        judge_rest(world, last)
        for worker in (*self.workers.values(), last):
            judge_alive(world, worker)
        return last.last

    def stick(self) -> Worker | None:
        """Let the newest process stand still for ever, soon; None if none shall."""
        after = self.world.scenario.stuck_after
        alive = [x for x in self.workers.values() if x.process.alive]
        if after is None or not alive:
            return None
        process = alive[-1].process

        def stop() -> None:
            self.world.loop.freeze(process)
            self.world.tell(process, "hangs for ever")

        process.ambush = process.steps + after, stop
        return alive[-1]

    async def settled(self, last: Worker) -> None:
        """Wait until every room was at rest for a while, or too many passes were made."""
        world, quiet = self.world, 0
        calm_at = world.now
        began = len(world.journal.passes)
        writes = len(world.journal.acts)
        passes = (MAX_CALM_PASSES + self.ahead() / REST_SECONDS) * len(
            world.scenario.rooms
        )
        latest = world.now + 900.0 + self.ahead()
        while quiet < QUIET:
            await asyncio.sleep(REST_SECONDS)
            made = len(world.journal.passes) - began
            at_rest = len(last.last) == len(world.scenario.rooms) and all(
                result.state in STABLE_PHASES for result in last.last.values()
            )
            if at_rest and len(world.journal.acts) == writes:
                quiet += 1
            else:
                quiet, writes = 0, len(world.journal.acts)
            if made > passes or world.now > latest:
                written = world.journal.acts[-1].begun_at if world.journal.acts else 0.0
                self.blame_unrest(last, calm=world.now - written > STILL_SECONDS)
                return
        self.rest_seconds = world.now - calm_at - QUIET * REST_SECONDS
        if self.rest_seconds > LIVE_WITHIN_SECONDS + self.ahead():
            late = f"at rest {self.rest_seconds:.0f} s after the faults stopped"
            world.journal.blame("live", world.now, late)

    def blame_unrest(self, last: Worker, *, calm: bool) -> None:
        shown = {room: str(result.state) for room, result in last.last.items()}
        oracle = "named" if calm else "rest"
        self.world.journal.blame(oracle, self.world.now, f"never at rest: {shown}")

    def ahead(self) -> float:
        """Seconds by which a dead host's fast clock may delay what it dated."""
        return max((0.0, *self.world.skew.values()))

    async def happen(self, step: Happening) -> None:
        world = self.world
        if not isinstance(step, StartProcess):
            world.tell("world", step_line(step), step)
        match step:
            case Declare() | Save():
                await self.load(step)
            case RedialOrder() | Resolve() | Stand() | Approve():
                await self.decide(step)
            case Overrule() | TakeBack() | RollBack() | Unpin():
                await overrule(world, step)
            case PhoneHangsUp() | PhoneDialsIn() | Meddle():
                self.live_through(step)
            case Break(fault):
                world.exchange.faults.add(fault)
            case FreezeAt(name, point, seconds):
                world.traps[name, point] = lambda: self.freeze(
                    self.workers[name], seconds
                )
            case StartProcess(name, rest, once):
                world.tell(name, "starts", step)
                self.workers[name] = hire(world, name, self.mutation)
                start(world, self.workers[name], rest=rest, once=once)
            case Kill() | Stop() | Freeze() | Jump():
                self.befall(step)
            case _:
                assert_never(step)

    async def load(self, step: Declare | Save) -> None:
        """Files, or a roster alone, become the desired state."""
        world = self.world
        if isinstance(step, Declare):
            await world.store.load(
                [world.declaration(step.roster)],
                folder=None,
                now=world.now,
                cause="edit",
            )
            counts = await world.counts(step.roster)
            world.journal.declared.append(DeclaredRoster(world.now, counts))
            await self.note_standing()
            return
        quiet_at = dict.fromkeys(step.young, world.now + QUIET_SECONDS)
        await world.store.load(
            [world.declaration(each) for each in step.rosters],
            folder=FOLDER,
            now=world.now,
            cause="edit",
            report=FileReport(quiet_at=quiet_at),
        )
        for roster in step.rosters:
            world.journal.declare(world.now, await world.counts(roster))
        await self.note_standing(step.young)

    async def note_standing(self, young: frozenset[str] = frozenset()) -> None:
        """Put on record what SQL says of every room."""
        world = self.world
        for room in world.scenario.rooms:
            desired = await world.store.desired(room, world.now)
            if desired is not None:
                until, is_young = desired.paused_until, room in young
                world.journal.stood(
                    Stood(world.now, room, desired.standing, until, is_young)
                )

    def young(self) -> frozenset[str]:
        """Rooms whose files are too young, as noted last."""
        last = {standing.room: standing.young for standing in self.world.journal.stands}
        return frozenset(room for room, young in last.items() if young)

    async def decide(self, step: RedialOrder | Resolve | Stand | Approve) -> None:
        """What a person decides with a command."""
        world, store = self.world, self.world.store
        now, cause = world.now, "person"
        match step:
            case RedialOrder(room, label):
                await store.redial(Decision(room, now, cause), label)
            case Resolve(room, label, rung):
                await store.resolve(Decision(room, now, cause), label, rung=rung)
                if not rung:
                    world.journal.not_rung.append((now, room, label))
            case Stand(room, standing, seconds):
                until = None if seconds is None else now + seconds
                await store.stand(Decision(room, now, cause), standing, until=until)
                await self.note_standing(self.young())
            case Approve(room):
                await approve(world, room)
            case _:
                assert_never(step)

    def live_through(self, step: PhoneHangsUp | PhoneDialsIn | Meddle) -> None:
        """What people do."""
        exchange, journal, now = self.world.exchange, self.world.journal, self.world.now
        exchange.catch_up()
        try:
            match step:
                case PhoneHangsUp(who, ghost, listed):
                    sid = exchange.hang_up(
                        who, ghost_seconds=ghost, listed_seconds=listed
                    )
                    journal.touch(sid, now, None)
                case PhoneDialsIn(room, sender, label, withheld):
                    exchange.dial_in(room, sender, label, withheld=withheld)
                case Meddle(who, form):
                    fields = {name: (value,) for name, value in form.items()}
                    changed = exchange.change(who, fields)
                    journal.touch(changed.call_sid, now, None)
                case _:
                    assert_never(step)
        except (LookupError, ValueError, ApiError) as error:
            self.world.tell("world", f"not possible: {error}")
        exchange.catch_up()

    def befall(self, step: Kill | Stop | Freeze | Jump) -> None:
        """What happens to processes and their hosts."""
        worker = self.workers[step.name]
        process = worker.process
        match step:
            case Kill(_, after):
                process.ambush = (
                    process.steps + after,
                    lambda: self.kill(worker, "ambush"),
                )
            case Stop(_, hard):
                worker.stopping = process.stopping = True
                if hard and worker.task is not None:
                    worker.task.cancel()
            case Freeze(_, after, seconds):
                process.ambush = (
                    process.steps + after,
                    lambda: self.freeze(worker, seconds),
                )
            case Jump(name, seconds):
                self.world.skew[name] = self.world.skew.get(name, 0.0) + seconds
            case _:
                assert_never(step)

    def kill(self, worker: Worker, why: str) -> None:
        if worker.process.alive:
            self.world.kill(worker.process, why)

    def freeze(self, worker: Worker, seconds: float) -> None:
        world, process = self.world, worker.process
        world.loop.freeze(process)
        world.tell(process, f"stands still for {seconds} s")

        def wake() -> None:
            world.tell(process, "wakes")
            world.loop.wake(process)

        world.loop.call_later(seconds, wake, context=Context())
