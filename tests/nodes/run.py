"""One run of several daemons: chaos until the horizon, then calm until all is at rest."""

import asyncio
import random
from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass, field

import httpx

from reconciler.engine.room.evaluation import STABLE_PHASES
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.play.oracles.promptness import is_prompt
from reconciler.play.oracles.rest import judge_rest
from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.scenarios.scenario import (
    Approve,
    Declare,
    Freeze,
    Happening,
    Jump,
    Kill,
    Overrule,
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
from reconciler.play.world.product import WHOLE, Worker
from reconciler.play.world.run import Report
from reconciler.play.world.scenario_run import (
    QUIET,
    REST_SECONDS,
    STILL_SECONDS,
    ScenarioRun,
)
from reconciler.play.world.virtual_loop import VirtualLoop
from reconciler.play.world.world import World, make_world
from reconciler.simulator.webhooks.delivery import Delivery
from reconciler.simulator.webhooks.letter import Letter
from tests.endurance.daemon import Course
from tests.endurance.memory import Memory
from tests.nodes.lives import Cluster, clustered
from tests.nodes.node import Node, Site
from tests.nodes.shard_table import ShardTable
from tests.nodes.watching import Watch, judge_pace, judge_permits

BEAT = 0.25
"""Seconds after which the exchange is looked at and its webhooks are sent."""

PATIENCE = 600.0
"""Seconds within which every room must be at rest once everything is calm."""

_MARKED = Stand | Approve | TakeBack | RollBack | Unpin


def run_nodes(seed: int, workers: int) -> Report:
    """Live through the scenario of *seed* with *workers* hosts."""
    return run_cluster(clustered(make_scenario(seed), workers))


def run_cluster(cluster: Cluster, books: Memory | None = None) -> Report:
    """Live through a scenario of several daemons. The store must be empty."""
    scenario, books = cluster.scenario, books or Memory()
    loop = VirtualLoop(scenario.seed, scenario.start)
    asyncio.set_event_loop(None)
    world = make_world(scenario, loop, books)
    world.prompt, world.server = is_prompt(scenario), books
    course = Course(webhooks=cluster.webhooks, resync=cluster.resync)
    watch = Watch(world, course)
    site = Site(
        world,
        books,
        ShardTable(loop.time),
        cluster.shards,
        course,
        watch,
        cluster.concurrency,
    )
    try:
        last = loop.run_until_complete(_Nodes(world, site, cluster).live())
    finally:
        loop.end()
    return Report(scenario, world.journal, world, last)


@dataclass(slots=True)
class _Owners:
    """The last pass over each room, by whoever works on it."""

    last: dict[str, ReconcileResult] = field(default_factory=dict)


class _Nodes(ScenarioRun):
    """The world with its daemons, and whatever befalls them."""

    def __init__(self, world: World, site: Site, cluster: Cluster) -> None:
        super().__init__(world, WHOLE)
        self.site = site
        self.chance = random.Random(f"balancer {cluster.scenario.seed}")  # noqa: S311 - repeatable on purpose
        self.delivery = Delivery(world.exchange, self.post, asyncio.sleep)

    async def live(self) -> Mapping[str, ReconcileResult]:
        pump = asyncio.create_task(self.pump())
        try:
            return await super().live()
        finally:
            pump.cancel()
            for each in self.workers.values():
                self.kill(each, "the end")

    async def pump(self) -> None:
        """Twilio's time, and its webhooks."""
        while True:
            self.world.exchange.catch_up()
            self.delivery.collect()
            await asyncio.sleep(BEAT)

    async def post(self, letter: Letter) -> int:
        """A load balancer gives a webhook to any daemon that answers."""
        nodes = [x for x in self.site.nodes if not x.over and not x.process.frozen]
        if not nodes:
            raise ConnectionError("nobody listens")
        request = httpx.Request(
            letter.method, letter.url, headers=letter.headers, content=letter.body
        )
        answer = await self.chance.choice(nodes).ears.handle_async_request(request)
        return answer.status_code

    async def happen(self, step: Happening) -> None:
        if isinstance(step, StartProcess) and not step.name.startswith("s"):
            self.join(step.name)
            return
        await super().happen(step)
        room = step.override.room if isinstance(step, Overrule) else ""
        room = step.room if isinstance(step, _MARKED) else room
        if room:
            self.site.books.mark([room], "person")
        if room or isinstance(step, Declare | Save | RedialOrder | Resolve):
            self.site.decided()

    def join(self, name: str) -> Node:
        node = Node(self.site, name)
        self.workers[name] = node  # type: ignore[assignment]
        self.came(node)  # type: ignore[arg-type]
        node.start()
        return node

    def kill(self, worker: Worker, why: str) -> None:
        self.site.watch.lost()
        super().kill(worker, why)

    def freeze(self, worker: Worker, seconds: float) -> None:
        self.site.watch.lost()
        super().freeze(worker, seconds)
        self.world.loop.call_later(seconds, self.came, worker, context=Context())

    def came(self, worker: Worker) -> None:
        """A daemon starts, or goes on."""
        running = (x for x in self.site.nodes if x.process is not worker.process)
        self.site.watch.came(others=any(x.runs for x in running))

    def befall(self, step: Kill | Stop | Freeze | Jump) -> None:
        if isinstance(step, Stop):
            self.site.watch.lost()
        super().befall(step)

    async def calm(self) -> Mapping[str, ReconcileResult]:
        """Faults stop and nobody edits; a daemon joins those that are left."""
        world = self.world
        world.exchange.faults.clear()
        self.delivery.mishaps.clear()
        world.trouble.rates = CALM
        for worker in self.workers.values():
            worker.process.ambush = None
            if not isinstance(worker, Node):
                self.kill(worker, "the end of the chaos")
        world.tell("world", "calm")
        if any(each.runs for each in self.site.nodes):
            self.site.watch.judge_all()
        self.join("last")
        owners = _Owners()
        await self.at_rest(owners)
        judge_pace(world)
        judge_permits(world, self.site.concurrency)
        judge_rest(world, owners)  # type: ignore[arg-type]
        return owners.last

    async def at_rest(self, owners: _Owners) -> None:
        """Wait until every room was at rest for a while."""
        world, quiet, writes = self.world, 0, len(self.world.journal.acts)
        latest = world.now + PATIENCE + self.ahead()
        while quiet < QUIET:
            await asyncio.sleep(REST_SECONDS)
            owners.last = self.shown()
            still = len(world.journal.acts) == writes
            stable = all(x.state in STABLE_PHASES for x in owners.last.values())
            watched = len(owners.last) == len(world.scenario.rooms)
            quiet = quiet + 1 if still and stable and watched else 0
            writes = len(world.journal.acts)
            if world.now > latest:
                written = world.journal.acts[-1].begun_at if world.journal.acts else 0.0
                self.blame_unrest(owners, calm=world.now - written > STILL_SECONDS)  # type: ignore[arg-type]
                return

    def shown(self) -> dict[str, ReconcileResult]:
        """What the owner of each room saw of it last."""
        found: dict[str, ReconcileResult] = {}
        for room in self.world.scenario.rooms:
            node = self.site.owner(room)
            if node is not None and room in node.witness.last:
                found[room] = node.witness.last[room]
        return found
