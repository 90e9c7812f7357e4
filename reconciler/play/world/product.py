"""The product as one process runs it: the real engine, provider and client."""

import asyncio
import random
from collections.abc import Callable
from itertools import count

from msgspec import Struct, field

from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.check_recorder import check_of
from reconciler.engine.loop.follow import SyncRun
from reconciler.engine.ports import Provider
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.errors import RoomBusy, StoreError
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.in_memory.roster_store import RosterStore
from reconciler.play.oracles.exposures import judge_exposures, judge_pass
from reconciler.play.world.journal_text import pass_line
from reconciler.play.world.process_store import ProcessStore
from reconciler.play.world.run_journal import Reported
from reconciler.play.world.twilio_line import twilio_line
from reconciler.play.world.virtual_loop import OWNER, Process
from reconciler.play.world.wire import Wire
from reconciler.play.world.world import World

LEASE_SECONDS = 8.0


class Mutation(Struct, frozen=True):
    """What is taken away from the product, to see that somebody notices."""

    store: Callable[[RosterStore], RosterStore] = lambda store: store
    provider: Callable[[Provider], Provider] = lambda provider: provider


WHOLE = Mutation()


class Worker(Struct):
    """A process with the task that it is."""

    process: Process
    following: SyncRun
    stopping: bool = False
    task: "asyncio.Task[None] | None" = None
    last: dict[str, ReconcileResult] = field(default_factory=dict)


def hire(
    world: World,
    name: str,
    mutation: Mutation = WHOLE,
) -> Worker:
    """A process that has everything it needs and does nothing yet."""
    process = Process(name)
    chance = random.Random(f"{name} {world.scenario.seed}")  # noqa: S311 - repeatable on purpose
    store = mutation.store(ProcessStore(world, process, world.store))
    clock = world.clock(process)
    limiter = AccountLimiter(
        calls_per_second=world.scenario.pace, clock=clock, jitter=chance.random
    )
    line = twilio_line(
        world.exchange.account,
        Wire(world, process),
        limiter,
        clock,
        jitter=chance.random,
        page_size=world.scenario.page_size,
        insights=world.scenario.witness,
    )
    provider = mutation.provider(line.provider)
    runs = count(1)
    worker: Worker

    def report(made: ReconcileResult) -> None:
        knowledge = world.journal.known.get((process, made.room))
        worker.last[made.room] = made
        reported = Reported(world.now, process, made, knowledge)
        world.journal.passes.append(reported)
        note_check(world, made)
        world.tell(process, pass_line(made, "pass"), made)
        world.exchange.catch_up()
        judge_exposures(world)
        judge_pass(world, reported)

    def stopping() -> bool:
        return worker.stopping

    following = SyncRun(
        applier=PlanApplier(store, provider, clock, limiter, stopping),
        options=PassOptions(new_run=lambda: f"{name}-{next(runs)}", cause=name),
        store=store,
        provider=provider,
        limiter=limiter,
        clock=clock,
        monotonic=world.loop.time,
        sleep=asyncio.sleep,
        report=report,
        owner=name,
        lease_seconds=LEASE_SECONDS,
    )
    if world.scenario.witness:
        world.reports.listen(process, following.reported_calls)
    worker = Worker(process, following)
    return worker


def note_check(world: World, made: ReconcileResult) -> None:
    """What a daemon records beside its passes: when the room was observed."""
    check = check_of(made.evaluation, made.evaluation.observed_at)
    if check is not None and isinstance(world.store, InMemoryStore):
        world.store.tables.checks[check.room] = check


def start(world: World, worker: Worker, *, rest: float, once: bool = False) -> None:
    """Let it follow its rooms over and over, *rest* seconds apart."""
    token = OWNER.set(worker.process)
    worker.task = world.loop.create_task(_work(world, worker, rest, once=once))
    OWNER.reset(token)


async def _work(world: World, worker: Worker, rest: float, *, once: bool) -> None:
    while not worker.stopping:
        try:
            await worker.following.follow(
                world.scenario.rooms,
                within=60.0,
                stopping=lambda: worker.stopping,
                once=once,
            )
        except (RoomBusy, StoreError) as error:
            world.tell(worker.process, f"{type(error).__name__}: {error}")
        await asyncio.sleep(rest)
