"""A process's way to its database, with a point before and after each commit."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from reconciler.engine.desired_room import Desired, Version
from reconciler.engine.ports import (
    NO_FIRST_NOTES,
    NO_NOTES,
    AttemptDraft,
    Changes,
    FirstNotes,
    Lease,
    Notes,
)
from reconciler.model.attempt import Attempt
from reconciler.model.converged_room import ConvergedRoom, RestoredRoom
from reconciler.model.declaration import Declaration
from reconciler.model.errors import StoreError
from reconciler.model.event import Event
from reconciler.model.ledger import Ledger
from reconciler.model.load_result import NO_REPORT, FileReport, Loaded
from reconciler.model.roster import Roster
from reconciler.model.watermark import Watermark
from reconciler.play.in_memory.roster_store import RosterStore
from reconciler.play.world.act import Knowledge, ShownSurvey
from reconciler.play.world.virtual_loop import Process

if TYPE_CHECKING:
    from reconciler.play.world.world import World

T = TypeVar("T")


class ProcessStore:
    """The Store of one process over the store that all processes share."""

    def __init__(self, world: "World", process: Process, inner: RosterStore) -> None:
        self._world = world
        self._process = process
        self._inner = inner

    async def load(
        self,
        rosters: Sequence[Roster | Declaration],
        *,
        folder: str | None,
        now: float,
        cause: str,
        report: FileReport = NO_REPORT,
    ) -> Loaded:
        return await self._inner.load(
            rosters, folder=folder, now=now, cause=cause, report=report
        )

    async def advance(self, now: float) -> tuple[str, ...]:
        await self._pause()
        changed = await self._inner.advance(now)
        for room in changed:
            await self._world.note_declared(room)
        return changed

    async def next_boundary(self) -> float | None:
        await self._pause()
        return await self._inner.next_boundary()

    async def rooms(self) -> tuple[str, ...]:
        return await self._inner.rooms()

    async def desired(self, room: str, now: float) -> Desired | None:
        await self._pause()
        found = await self._inner.desired(room, now)
        self._read(room, found)
        return found

    def _read(self, room: str, found: Desired | None) -> None:
        """From here on the process knows this roster, and nothing else yet."""
        if found is not None:
            self._world.journal.learn(
                Knowledge(
                    process=self._process,
                    room=room,
                    roster=found.roster,
                    at=self._world.now,
                    survey=self._world.journal.surveys.get(
                        self._process, ShownSurvey()
                    ),
                    until=found.effective_until,
                )
            )

    async def ledger(self, room: str, now: float) -> Ledger:
        await self._pause()
        return await self._inner.ledger(room, now)

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> Mapping[str, tuple[Desired | None, Ledger]]:
        await self._pause()
        found = await self._inner.read(rooms, now)
        for room, (desired, _) in found.items():
            self._read(room, desired)
        return found

    async def read_desired(
        self, rooms: Sequence[str], now: float
    ) -> Mapping[str, Desired]:
        await self._pause()
        found = await self._inner.read_desired(rooms, now)
        for room, desired in found.items():
            self._read(room, desired)
        return found

    async def changes(self, since: Watermark | None) -> Changes:
        await self._pause()
        return await self._inner.changes(since)

    async def record_converged(self, rooms: Sequence[ConvergedRoom]) -> None:
        await self._write(
            "save", lambda: self._inner.record_converged(rooms), lambda _: None
        )

    async def confirm_converged(
        self, known: Mapping[str, float], watermark: Watermark
    ) -> None:
        await self._write(
            "save",
            lambda: self._inner.confirm_converged(known, watermark),
            lambda _: None,
        )

    async def converged(
        self, rooms: Collection[str], rules: str
    ) -> Sequence[RestoredRoom]:
        await self._pause()
        return await self._inner.converged(rooms, rules)

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        def commit(_: None) -> None:
            self._told(notes)

        await self._write("note", lambda: self._inner.note(lease, notes, now), commit)

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        def commit(opened: tuple[Attempt | None, ...]) -> None:
            made = [each for each in opened if each is not None]
            journal, now = self._world.journal, self._world.now
            journal.attempts |= {each.id: each for each in made}
            journal.attempts_at |= dict.fromkeys((each.id for each in made), now)

        return await self._write(
            "attempt", lambda: self._inner.open_attempts(lease, drafts, now), commit
        )

    async def version(self, lease: Lease, now: float) -> Version | None:
        await self._pause()
        return await self._inner.version(lease, now)

    async def acquire(
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,
        first: FirstNotes = NO_FIRST_NOTES,
    ) -> Lease:
        def commit(lease: Lease) -> None:
            self._leased(lease)
            if lease.fencing_token == first.fencing_token:
                self._told(first.notes)

        return await self._write(
            "acquire",
            lambda: self._inner.acquire(room, owner, now, ttl, first),
            commit,
        )

    async def renew(self, lease: Lease, now: float, ttl: float) -> Lease:
        return await self._write(
            "renew", lambda: self._inner.renew(lease, now, ttl), self._leased
        )

    async def release(
        self, lease: Lease, notes: Notes = NO_NOTES, now: float = 0.0
    ) -> None:
        def commit(_: None) -> None:
            journal, held = self._world.journal, (self._process, lease.room)
            journal.leases.pop(held, None)
            journal.released[held] = self._world.now
            self._told(notes)

        await self._write(
            "release", lambda: self._inner.release(lease, notes, now), commit
        )

    async def events(self, room: str | None, *, limit: int) -> tuple[Event, ...]:
        return await self._inner.events(room, limit=limit)

    def _told(self, notes: Notes) -> None:
        at = self._world.now
        self._world.journal.events += [(at, each) for each in notes.events]

    def _leased(self, lease: Lease) -> None:
        self._world.journal.leases[self._process, lease.room] = lease

    async def _pause(self) -> None:
        self._require_life()
        if (wait := self._world.trouble.committing()) > 0:
            await asyncio.sleep(wait)
        if self._world.server is not None:
            skew = self._world.skew.get(self._process.name, 0.0)
            self._world.server.tables.server_ahead = -skew

    async def _write(
        self,
        what: str,
        work: Callable[[], Awaitable[T]],
        committed: Callable[[T], None],
    ) -> T:
        """One transaction; what the process is told of it may come late or never."""
        self._require_life()
        await self._world.point(self._process, f"before {what}", None)
        await self._pause()
        if self._world.trouble.database_fails():
            raise StoreError("The database cannot be reached (before the commit).")
        done = await work()
        committed(done)
        await self._world.point(self._process, f"after {what}", None)
        await self._pause()
        if self._world.trouble.database_fails():
            raise StoreError("The database cannot be reached (after the commit).")
        return done

    def _require_life(self) -> None:
        if not self._process.alive:
            raise GeneratorExit
