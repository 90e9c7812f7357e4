"""``python -m tests.cluster.figures``: what docs/scale.md promises of daemons that share rooms.

Four daemons as processes on one PostgreSQL: filled while daemons are killed, one killed
while a coach's target leaves, one that joins, webhooks at the wrong daemon, and the
server restarted. Prints figures with the load of the machine.
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from statistics import quantiles

from benchmarks.builds import Build, this_build
from reconciler.scale.shards import shard_of
from tests.cluster.site import RealDaemon, RealSite, real_site, seconds_until
from tests.ports import free_port

DAEMONS, SHARDS, PEOPLE = 4, 32, 10
PACE = 4
PARTS = ("kills", "coach", "join", "webhooks", "database")
STALLED = 45.0
"""Seconds without a call after which those that are missing wait for a person."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.figures")
    parser.add_argument("--rooms", type=int, default=20, help="of 10 people each")
    parser.add_argument("--kills", type=int, default=20, help="while rooms are filled")
    parser.add_argument("--corrections", type=int, default=100)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    asked = parser.parse_args()
    with real_site(
        RECONCILER_SHARDS=str(SHARDS), RECONCILER_CALLS_PER_SECOND=str(PACE)
    ) as site:
        figures = Figures(site, [f"line-{number}" for number in range(asked.rooms)])
        figures.fill(asked.kills if "kills" in asked.only else 0)
        parts = {
            "coach": figures.kill_beside_a_coach,
            "join": figures.join,
            "webhooks": lambda: figures.correct(asked.corrections),
            "database": figures.restart_the_database,
        }
        for name in asked.only:
            parts.get(name, lambda: None)()
        return int(figures.failed > 0)


def phone_of(number: int, label: str) -> str:
    """The phone of a member of the room of that number."""
    named = {"ann": "001", "bob": "002", "sup": "003"}
    if label in named:
        return f"+15552{number:03d}{named[label]}"
    return f"+15551{number:03d}{int(label[1:]):03d}"


def room_file(room: str, number: int) -> str:
    crowd = "".join(
        f'  p{n}: {{to: "+15551{number:03d}{n:03d}", muted: true}}\n'
        for n in range(PEOPLE - 3)
    )
    return (
        f'version: 1\nconference: {room}\nfrom: "+15550100001"\n'
        "defaults: {muted: false}\nlimits: {rings: 50}\nparticipants:\n"
        f'  ann: {{to: "+15552{number:03d}001"}}\n'
        f'  bob: {{to: "+15552{number:03d}002", muted: true}}\n'
        f'  sup: {{to: "+15552{number:03d}003", coaching: ann}}\n{crowd}'
    )


class Figures:
    """The site with its daemons, and what was measured."""

    def __init__(self, site: RealSite, rooms: Sequence[str]) -> None:
        self.site, self.rooms = site, rooms
        self.build: Build = this_build()
        self.chance = random.Random(1)  # noqa: S311 - repeatable on purpose
        self.failed = 0
        self.port = free_port()
        self.alive: list[RealDaemon] = []
        self.unmuted: set[str] = set()
        for number, room in enumerate(rooms):
            site.write(f"{room}.yaml", room_file(room, number))
        done = site.run(self.build, "db", "upgrade", "--scale")
        assert done.returncode == 0, done.stderr

    def start(self) -> RealDaemon:
        """A daemon; the one that listens where webhooks go is the first."""
        listens = not self.alive
        port = self.port if listens else free_port()
        daemon = self.site.start(
            self.build,
            *("--resync", "30s", "--listen", f"127.0.0.1:{port}"),
            *("--public-url", f"http://127.0.0.1:{self.port}"),
        )
        self.alive.append(daemon)
        return daemon

    def holds(self, daemon: RealDaemon) -> bool:
        return (daemon.metric("reconciler_shards_held") or 0.0) > 0

    def even(self) -> bool:
        """Whether each daemon holds its share, and all is held."""
        held = [x.metric("reconciler_shards_held") or 0 for x in self.alive]
        return sum(held) == SHARDS and max(held) <= -(-SHARDS // len(held))

    def fill(self, kills: int) -> None:
        """Fill the rooms while daemons are killed, each replaced at once."""
        for _ in range(DAEMONS):
            self.start()
        killed = 0
        total = len(self.rooms) * PEOPLE
        rung, changed = 0, time.monotonic()
        while len(self.site.rings) < total and time.monotonic() - changed < STALLED:
            if len(self.site.rings) > rung:
                rung, changed = len(self.site.rings), time.monotonic()
            holding = [x for x in self.alive[1:] if self.holds(x)]
            if killed < kills and holding and self.site.rings:
                victim = self.chance.choice(holding)
                victim.kill()
                self.alive.remove(victim)
                self.start()
                killed += 1
            time.sleep(self.chance.uniform(0.2, 2.0 * total / PACE / max(kills, 1)))
        held = self.settle()
        times = [at for at, _ in self.site.rings]
        self.check(
            f"{killed} kills: {total} people were rung {len(times)} times, {held} of them "
            "after a person said that their phone had not rung",
            len(times) == total,
        )
        most = max(sum(at <= each < at + 1.0 for each in times) for at in times)
        self.check(f"most calls within a second: {most} of {PACE}", most <= PACE)

    def settle(self) -> int:
        """Wait until all rooms are as declared; how many calls took a person's word.

        A call becomes one of which nobody can know only once it was looked for. What
        does not come to an end is shown.
        """
        held = 0

        def settled() -> bool:
            nonlocal held
            held += self.resolve()
            return self.converged()

        try:
            seconds_until(settled)
        except TimeoutError:
            sys.stdout.write(self.site.run(self.build, "status").stdout)
            sys.stdout.write(self.site.run(self.build, "nodes").stdout)
            raise
        return held

    def resolve(self) -> int:
        """Say of each call that nobody can know of that it did not ring; how many."""
        rung = {phone for _, phone in self.site.rings}
        found = self.site.run(self.build, "status", "--recorded", "--output", "json")
        held = 0
        for room in json.loads(found.stdout)["rooms"]:
            number = self.rooms.index(room["conference"])
            for each in room["members"]:
                unknown = each["phase"] == "stalled"
                if unknown and phone_of(number, each["label"]) not in rung:
                    words = (room["conference"], each["label"], "--not-rung")
                    held += not self.site.run(self.build, "resolve", *words).returncode
        return held

    def converged(self) -> bool:
        rooms = self.site.rooms()
        return all(
            len(rooms.get(room, {})) == PEOPLE
            and rooms[room]["bob"]["muted"]
            and rooms[room]["sup"]["coaching"]
            for room in self.rooms
        )

    def owned(self, daemon: RealDaemon) -> list[str]:
        """The rooms of a daemon's shards."""
        held = self.site.nodes(self.build)[daemon.pid]
        return [room for room in self.rooms if shard_of(room, SHARDS) in held]

    def kill_beside_a_coach(self) -> None:
        """One daemon dies; in its rooms the coaches' targets leave at once."""
        seconds_until(self.even)
        victim = self.alive[-1]
        rooms = self.owned(victim)
        calls = [self.site.rooms()[room]["ann"]["call_sid"] for room in rooms]
        sids = {
            x.sid
            for x in self.site.exchange.state.conferences.values()
            if x.name in rooms
        }
        victim.kill()
        killed = time.time()
        self.alive.remove(victim)
        for call in calls:
            self.site.tell("hang-up", who=call)
        seconds_until(lambda: self.silenced(rooms))
        silenced = time.time() - killed
        looks = [
            min(
                (
                    r.at
                    for r in self.site.exchange.history.reads
                    if r.at > killed and sid in r.path
                ),
                default=killed + 999,
            )
            for sid in sids
        ]
        worst = max(looks, default=killed) - killed
        self.check(
            f"kill -9: {len(rooms)} rooms looked at within {worst:.1f} s", worst <= 10.0
        )
        self.check(f"kill -9: coaches muted within {silenced:.1f} s", silenced <= 12.0)

    def silenced(self, rooms: Sequence[str]) -> bool:
        """Whether the coaches of *rooms* are muted."""
        found = self.site.rooms()
        return all(found[room]["sup"]["muted"] for room in rooms)

    def join(self) -> None:
        """Another daemon joins, from its first heartbeat until shards are even.

        People are unmuted by somebody else meanwhile: whoever is not muted again was
        in a room that nobody watched.
        """
        daemon = self.start()
        seconds_until(lambda: daemon.metric("reconciler_nodes") == len(self.alive))
        people = self.muted(self.rooms)
        changed: dict[str, float] = {}

        def even() -> bool:
            if people:
                call = people.pop()
                changed[call] = time.time()
                self.site.tell("change", who=call, muted=False)
            return self.even()

        took = seconds_until(even)
        self.check(f"a daemon joins: shards even within {took:.1f} s", took <= 60.0)
        waits = [self.arrival(call, at) - at for call, at in changed.items()]
        self.check(
            f"a daemon joins: {len(waits)} people muted again within {max(waits):.1f} s",
            max(waits) <= 5.0,
        )

    def muted(self, rooms: Sequence[str]) -> list[str]:
        """The calls of people declared muted whom nobody unmuted yet, in any order.

        A mute that somebody undoes again and again is sent ever more seldom.
        """
        now = self.site.rooms()
        calls = [
            each["call_sid"]
            for room in rooms
            for label, each in now[room].items()
            if label not in {"ann", "sup"} and each["call_sid"] not in self.unmuted
        ]
        self.chance.shuffle(calls)
        return calls

    def arrival(self, call: str, since: float) -> float:
        """When the first change of *call* after then arrived."""
        self.unmuted.add(call)
        writes = self.site.exchange.history.writes

        def arrived() -> list[float]:
            return [w.at for w in tuple(writes) if w.at >= since and call in w.path]

        seconds_until(arrived, within=60.0)
        return arrived()[0]

    def correct(self, count: int) -> None:
        """Webhooks at the first daemon, of rooms that others hold, one a person."""
        ours = set(self.owned(self.alive[0]))
        once = self.muted([room for room in self.rooms if room not in ours])[:count]
        waits = sorted(self.corrected(call) for call in once)
        cuts = quantiles(waits, n=100, method="inclusive")
        p50, p99 = cuts[49] * 1e3, cuts[98] * 1e3
        self.check(
            f"a webhook at the wrong daemon: correction p50 {p50:.0f} ms, p99 {p99:.0f} ms "
            f"({len(once)} corrections)",
            p50 <= 15 and p99 <= 60,
        )

    def corrected(self, call: str) -> float:
        """Seconds from a change by somebody else until the correction arrives."""
        asked = time.time()
        self.site.tell("change", who=call, muted=False)
        began = time.time()
        arrived = self.arrival(call, asked)
        time.sleep(0.3)
        return max(0.0, arrived - began)

    def restart_the_database(self) -> None:
        """Everybody who is unmuted while the server is away is muted after it."""
        self.site.database.stop()
        people = self.site.rooms()
        for room in self.rooms:
            self.site.tell("change", who=people[room]["bob"]["call_sid"], muted=False)
        time.sleep(3.0)
        self.site.database.start()
        took = seconds_until(
            lambda: all(x["bob"]["muted"] for x in self.site.rooms().values())
        )
        self.check(
            f"PostgreSQL restarted: {len(self.rooms)} people muted after {took:.1f} s",
            took <= 60,
        )
        seconds_until(self.even)

    def check(self, what: str, held: bool) -> None:
        self.failed += not held
        load = os.getloadavg()[0]
        sys.stdout.write(
            f"{time.strftime('%X')} load {load:.1f} {'ok  ' if held else 'MISS'} {what}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
