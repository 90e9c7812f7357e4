"""``python -m tests.cluster.upgrade COMMIT``: daemons of an older build beside this one.

Of that commit and its own dependencies, on one PostgreSQL database that this build
upgrades while they run. Prints what was seen; 1 if anything was not as it should be.
"""

import argparse
import sys
import time
from collections.abc import Callable

from benchmarks.builds import Build, older_build, this_build
from tests.cluster.site import RealDaemon, RealSite, real_site, seconds_until

ROOMS = tuple(f"line-{number}" for number in range(6))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.upgrade")
    parser.add_argument("commit", help="an earlier commit of this repository")
    older = older_build(parser.parse_args().commit)
    with real_site(RECONCILER_SHARDS="8", RECONCILER_LEASE="4s") as site:
        return _Upgrade(site, older, this_build()).play()


def room_file(room: str, *people: str) -> str:
    number = ROOMS.index(room)
    members = "".join(
        f'  {label}: {{to: "+15551{number:02d}{index:04d}", muted: {str(label == "bob").lower()}}}\n'
        for index, label in enumerate(people)
    )
    return (
        f'version: 1\nconference: {room}\nfrom: "+15550100001"\n'
        f'participants:\n{members}  sup: {{to: "+15552{number:02d}0000", coaching: ann}}\n'
    )


class _Upgrade:
    def __init__(self, site: RealSite, older: Build, newer: Build) -> None:
        self.site, self.older, self.newer = site, older, newer
        self.people: tuple[str, ...] = ("ann", "bob")
        self.failed = 0

    def play(self) -> int:
        """The whole of an upgrade, step by step."""
        site, older, newer = self.site, self.older, self.newer
        self.declare()
        self.ran("upgrade by the older build", older, "db", "upgrade", "--scale")
        first, second = self.start(older), self.start(older)
        self.took("two older daemons fill 6 rooms", self.converged)
        self.ran(
            "upgrade by this build, beside them", newer, "db", "upgrade", "--scale"
        )
        self.unmute_all()
        self.took("the older ones correct 6 people on the new tables", self.converged)
        third = self.start(newer)
        self.took("the three have shards", lambda: self.share(first, second, third))
        said = site.run(newer, "nodes").stderr
        self.check("nodes warns of the older ones", said.count("Restart it") == 2)
        self.people = ("ann", "bob", "cat")
        self.declare()
        self.took("a person more in each room", self.converged)
        self.check("an older one ends", first.end() == 0)
        again = self.start(older)
        self.took(
            "and starts on the new tables", lambda: self.share(second, third, again)
        )
        second.kill()
        self.silenced(
            "an older one is killed; coaches are muted after their target left"
        )
        for each in (again,):
            self.check("the last older one ends", each.end() == 0)
        fourth = self.start(newer)
        self.took("two of this build share", lambda: self.share(third, fourth))
        self.unmute_all()
        self.took("and correct everybody", self.bobs_muted)
        rung = len(site.rings)
        everybody = len(ROOMS) * 4
        self.check(f"{everybody} people were rung {rung} times", rung == everybody)
        return int(self.failed > 0)

    def start(self, build: Build) -> RealDaemon:
        return self.site.start(build, "--resync", "5s")

    def declare(self) -> None:
        for room in ROOMS:
            self.site.write(f"{room}.yaml", room_file(room, *self.people))

    def unmute_all(self) -> None:
        for people in self.site.rooms().values():
            self.site.tell("change", who=people["bob"]["call_sid"], muted=False)

    def converged(self) -> bool:
        """Whether everybody is there as declared."""
        rooms = self.site.rooms()
        return all(
            rooms.get(room, {}).keys() == {*self.people, "sup"}
            and rooms[room]["bob"]["muted"]
            and rooms[room]["sup"]["coaching"]
            for room in ROOMS
        )

    def bobs_muted(self) -> bool:
        return all(people["bob"]["muted"] for people in self.site.rooms().values())

    def share(self, *daemons: RealDaemon) -> bool:
        held = self.site.nodes(self.newer)
        shards = sorted(shard for each in held.values() for shard in each)
        return held.keys() == {x.pid for x in daemons} and shards == list(range(8))

    def silenced(self, what: str) -> None:
        for people in self.site.rooms().values():
            self.site.tell("hang-up", who=people["ann"]["call_sid"])
        self.took(
            what,
            lambda: all(x["sup"]["muted"] for x in self.site.rooms().values()),
        )

    def ran(self, what: str, build: Build, *words: str) -> None:
        done = self.site.run(build, *words)
        self.check(what, done.returncode == 0)
        if done.returncode:
            sys.stdout.write(done.stderr)

    def took(self, what: str, so: Callable[[], object]) -> None:
        try:
            seconds = seconds_until(so)
        except TimeoutError as error:
            self.check(f"{what}: {error}", held=False)
        else:
            self.check(f"{what}: after {seconds:.1f} s", held=True)

    def check(self, what: str, held: bool) -> None:
        self.failed += not held
        sys.stdout.write(f"{time.strftime('%X')} {'ok  ' if held else 'FAIL'} {what}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
