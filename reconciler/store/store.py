"""SQL implementation of the engine's Store."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from math import inf
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection

from reconciler.engine.desired_room import Desired, Standing, Version
from reconciler.engine.limits.call_permits import PermitRequest
from reconciler.engine.limits.call_slots import Reservation
from reconciler.engine.ports import (
    NO_NOTES,
    AttemptDraft,
    Changes,
    Clock,
    Lease,
    Notes,
)
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.attempt import Attempt
from reconciler.model.declaration import Declaration, Override
from reconciler.model.event import Event
from reconciler.model.ledger import Approval, Elsewhere, Exhausted, Ledger
from reconciler.model.load_result import NO_REPORT, FileReport, Loaded
from reconciler.model.recorded_observation import LegInterval, ObservedRoom, RoomCheck
from reconciler.model.roster import Fields, Roster
from reconciler.model.watermark import Watermark
from reconciler.store.database.database import (
    Database,
    Watching,
    empty,
    make_durable,
    readable,
    take_advisory_lock,
    writable,
)
from reconciler.store.database.server_clock import server_clock
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import SchemaState, require_current, upgrade, version_of
from reconciler.store.outbox import Outbox
from reconciler.store.queries import (
    accounts,
    admissions,
    approval_grants,
    attempts,
    audit,
    call_budgets,
    change_feed,
    claimed_phones,
    decisions,
    effective_rosters,
    events,
    forgetting,
    generation,
    leases,
    marks,
    observations,
    overrides,
    page_records,
    pinning,
    rebinding,
    refused_files,
    retention,
    revision_row,
)
from reconciler.store.queries import room_ledger as ledgers
from reconciler.store.queries import rosters as stored
from reconciler.store.queries.accounts import ActingAccount
from reconciler.store.queries.attempts import require_room
from reconciler.store.queries.audit import EventFilter, StoredEvent
from reconciler.store.queries.budgets import (
    RingBudgets,
    addresses_of,
    allowed,
    exhausted,
    placed_since,
)
from reconciler.store.queries.database_identity import database_identity
from reconciler.store.queries.effective_rosters import Declared
from reconciler.store.queries.events import Run, tell
from reconciler.store.queries.marks import Mark
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.page_records import (
    ListedRooms,
    RoomRecord,
    TimelineRecord,
    TimelineSpan,
)
from reconciler.store.queries.permit_claims import claim_permits
from reconciler.store.queries.pinning import Rollback
from reconciler.store.queries.refused_files import Refusal
from reconciler.store.queries.revision_row import Revision
from reconciler.store.queries.room_version import require_version, version
from reconciler.store.queries.stored_room import LoadContext

P = ParamSpec("P")
T = TypeVar("T")

PROMPT_SECONDS = 1.0
"""Seconds within which the server has to tell its time for it to be believed."""


async def open_store(url: str, *, create: bool = True) -> "SqlStore":
    """The store at *url*, ready to be read and written.

    An SQLite file is made or brought up to date if *create*. PostgreSQL is
    migrated by ``reconciler db upgrade`` alone. SettingError if the URL or
    the version of the tables is wrong, StoreError if the database cannot be
    used.
    """
    database = writable(parse_database_url(url), create=create)
    try:
        if create and database.embedded:
            await upgrade(database)
        else:
            await require_current(database)
    except BaseException:
        await database.close()
        raise
    return SqlStore(database)


async def open_reader(url: str) -> "SqlStore":
    """The store at *url*, only to be read: every write is a StoreError.

    Nothing is made or migrated; an SQLite file that is missing or empty reads
    as a store in which nothing was ever loaded.
    """
    place = parse_database_url(url)
    if place.path is not None and not place.path.exists():
        return SqlStore(empty(place))
    database = readable(place)
    try:
        if place.path is not None and await _bare(database):
            await database.close()
            return SqlStore(empty(place))
        await require_current(database)
    except BaseException:
        await database.close()
        raise
    return SqlStore(database)


async def _bare(database: Database) -> bool:
    return (await database.read(version_of)).age is SchemaState.NONE


class SqlStore:
    """``engine.ports.Store`` in SQLite or PostgreSQL; see there for contracts.

    Beyond it: what a person decides, and what ``status`` reads. To be closed,
    or used as an asynchronous context manager.
    """

    def __init__(
        self, database: Database, account: ActingAccount | None = None
    ) -> None:
        self._database = database
        self._account = account
        self.ring_budgets: Callable[[], RingBudgets] = RingBudgets

    def of_account(self, name: str, account_sid: str) -> "SqlStore":
        """The same database on behalf of one account: it has the rooms in which it acts.

        Closed with this one.
        """
        store = SqlStore(self._database, ActingAccount(name, account_sid))
        store.ring_budgets = lambda: self.ring_budgets()  # noqa: PLW0108 - set later
        return store

    async def _read(
        self,
        query: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **options: P.kwargs,
    ) -> T:
        return await self._database.read(lambda it: query(it, *args, **options))

    async def _write(
        self,
        query: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **options: P.kwargs,
    ) -> T:
        return await self._database.write(lambda it: query(it, *args, **options))

    def _sid(self, connection: Connection) -> str | None:
        """The SID of the account on whose behalf this is."""
        return (
            self._account.account_sid if self._account else accounts.bound(connection)
        )

    async def identity(self) -> str:
        """What tells this PostgreSQL database from any other."""
        return await self._database.read(database_identity)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give back all connections."""
        await self._database.close()

    async def compare_clocks(self, clock: Clock) -> float:
        """Seconds by which the server's clock is ahead of *clock*, Unix time of here.

        From then on leases are taken and judged by the server's clock, so that machines
        that disagree on the time agree on who holds a room. 0.0 for SQLite, which is on
        this machine. An answer that takes long changes nothing.
        """
        if self._database.embedded:
            return 0.0
        began = clock()
        server = await self._read(server_clock)
        ended = clock()
        if 0.0 <= ended - began <= PROMPT_SECONDS:
            self._database.server_ahead = server - (began + ended) / 2.0
        return self._database.server_ahead

    async def sign_of_life(self, clock: Clock, fresh_seconds: float) -> float:
        """Ask the database something, by one statement; as ``compare_clocks``.

        What SQLite answered somebody else in the last *fresh_seconds* is enough.
        """
        embedded = self._database.embedded
        if embedded and not self._database.answered_within(fresh_seconds):
            await self.last_mark()
        return await self.compare_clocks(clock)

    @property
    def clock_ahead(self) -> float:
        """By how many seconds the clock of here is ahead of the server's."""
        return -self._database.server_ahead

    def _server_time(self, now: float) -> float:
        """What the database's clock shows when that of here shows *now*."""
        return now + self._database.server_ahead

    def watch(self, watching: Watching) -> None:
        """Have *watching* open while somebody waits for a transaction."""
        self._database.watching = watching

    def outbox(self, owner: str, origin: str) -> Outbox:
        """The notifications, for the process *owner*; see ``Outbox``."""
        return Outbox(self._database, owner, origin)

    async def bind_account(
        self, account_sid: str, now: float, name: str = DEFAULT_ACCOUNT
    ) -> str | None:
        """Bind *name* to an account on first use; the SID it is bound to.

        None where that account has another name here.
        """
        return await self._write(accounts.bind, account_sid, now, name)

    async def rebind(
        self, account_sid: str, *, now: float, cause: str, name: str = DEFAULT_ACCOUNT
    ) -> int:
        """Bind *name* to another account; the number of calls it closed."""
        return await self._write(rebinding.rebind, account_sid, now, cause, name)

    async def account(self) -> str | None:
        """The SID of the account the database is bound to, None before first use."""
        return await self._read(accounts.bound)

    async def accounts(self) -> dict[str, str]:
        """The SID of each account that was used here, by name."""
        return await self._read(accounts.bindings)

    async def accounts_of(self, rooms: Collection[str] | None = None) -> dict[str, str]:
        """The name of the account that acts in each of *rooms*, of all for None."""
        return await self._read(stored.accounts_of, rooms)

    async def load(
        self,
        rosters: Sequence[Roster | Declaration],
        *,
        folder: str | None,
        now: float,
        cause: str,
        report: FileReport = NO_REPORT,
    ) -> Loaded:
        """Make *rosters* the desired state.

        An unchanged roster keeps its generation and writes nothing; a changed
        one raises it and keeps the earlier revision. With *folder* (absolute
        path), rooms loaded from that folder before and missing now are
        released; without, none is, and none of a refused file is.
        """
        context = LoadContext(folder, now, cause, report)
        return await self._write(stored.load, rosters, context)

    async def advance(self, now: float) -> tuple[str, ...]:
        """Let what counts at *now* count where it is due; the rooms that changed."""
        if not await self._read(effective_rosters.due, now):
            return ()
        return await self._write(effective_rosters.advance, now)

    async def restate(self, now: float) -> tuple[str, ...]:
        """Compute again what counts at *now*, and until when; the rooms that changed.

        For a process that starts: its data of time zones may be newer than those
        that the boundaries on record were computed with.
        """
        if not await self._read(effective_rosters.due, inf):
            return ()
        return await self._write(effective_rosters.advance, now, inf)

    async def next_boundary(self) -> float | None:
        """When the time of a managed room's roster is over first, None if never."""
        return await self._read(effective_rosters.next_boundary)

    async def declared(
        self, rooms: Collection[str] | None, now: float
    ) -> dict[str, Declared]:
        """What is declared of *rooms* (None: all), with what lasts at *now* on top.

        Rooms that were never loaded are missing.
        """
        return await self._read(effective_rosters.declared, rooms, now)

    async def overrides(
        self, rooms: Collection[str], now: float
    ) -> dict[str, tuple[Override, ...]]:
        """The overrides that count at *now* in each of *rooms*, oldest first."""
        return await self._read(overrides.lasting_at, rooms, now)

    async def add_overrides(
        self, drafts: Sequence[Override], now: float
    ) -> tuple[Override, ...]:
        """Let a person's overrides about one room count; () if it is not managed.

        Each is on record with its id, and ends older ones that it covers.
        """
        return await self._write(effective_rosters.add_overrides, drafts, now)

    async def end_room(
        self, draft: Override, approval: Approval | None, *, generation: int, now: float
    ) -> tuple[Override | None, bool]:
        """Let an ``end`` count, and its approval, in one transaction.

        The override, None if the room is not managed; and whether *approval* counts:
        not if the room does not come to *generation*.
        """
        return await self._write(
            effective_rosters.end_room, draft, approval, generation, now
        )

    async def end_overrides(
        self,
        room: str,
        ids: Collection[int],
        *,
        now: float,
        cause: str,
        reason: str = "",
    ) -> tuple[Override, ...]:
        """End overrides of a room by a person's decision; those that stood until now."""
        decision = Decision(room, now, cause, reason)
        return await self._write(effective_rosters.end_overrides, decision, ids)

    async def rollback(self, wanted: Rollback, now: float) -> int | None:
        """Declare an earlier generation again; the one that this makes.

        None where the room is not managed, has no such generation on record, or is
        declared like that already. It counts until the file changes, or ``unpin``.
        """
        return await self._write(pinning.rollback, wanted, now)

    async def unpin(
        self, room: str, *, now: float, cause: str, reason: str = ""
    ) -> int | None:
        """Let the file count again; the generation that this makes.

        None where the room is not managed or nothing is pinned.
        """
        return await self._write(pinning.unpin, room, now, cause, reason)

    async def rooms(self) -> tuple[str, ...]:
        name = self._account.name if self._account else None
        return await self._read(stored.rooms, name)

    async def listed_rooms(self, observed: Collection[str], now: float) -> ListedRooms:
        """All rooms at *now*, with checks but of those *observed*, and refused files."""
        return await self._read(page_records.listed_rooms, observed, now)

    async def room_record(
        self, room: str, now: float, span: TimelineSpan
    ) -> RoomRecord | None:
        """A room at *now* and what happened in it, None if it was never loaded."""
        return await self._read(page_records.room_record, room, now, span)

    async def timeline(self, room: str, span: TimelineSpan) -> TimelineRecord:
        """What happened in *room* within *span*."""
        return await self._read(page_records.timeline, room, span)

    async def preview(
        self,
        rosters: Sequence[Roster | Declaration],
        *,
        folder: str | None,
        now: float,
        cause: str,
        report: FileReport = NO_REPORT,
    ) -> Loaded:
        """What ``load`` would do; nothing is written."""
        load = LoadContext(folder, now, cause, report)
        return await self._read(stored.preview, rosters, load)

    async def left_by_themselves(
        self, rooms: Sequence[str], now: float
    ) -> dict[str, dict[str, tuple[Attempt, ...]]]:
        """Whom an edit that is undone does not call, by room and label.

        Each with the attempts of the intent that the edit restores.
        """
        return await self._read(generation.left_by_themselves, rooms, now)

    async def homes(self) -> tuple[str, ...]:
        """The folders from which managed rooms were loaded, sorted."""
        return await self._read(stored.homes)

    async def refusals(self) -> tuple[Refusal, ...]:
        """The roster files that are refused now, sorted by path."""
        return await self._read(refused_files.refusals)

    async def desired(self, room: str, now: float) -> Desired | None:
        """The room's roster, or None if it was never loaded."""
        return await self._read(stored.desired, room, now)

    async def revisions(self, room: str) -> tuple[Revision, ...]:
        """Every generation of the room's roster, oldest first."""
        return await self._read(revision_row.revisions_of, room)

    async def revision_at(self, room: str, at: float) -> Revision | None:
        """The generation that counted at *at*, None before the first on record."""
        return await self._read(revision_row.revision_at, room, at)

    async def ledger(self, room: str, now: float) -> Ledger:
        """All that is remembered of the room; empty if it was never loaded."""
        return (await self.read((room,), now))[room][1]

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> dict[str, tuple[Desired | None, Ledger]]:
        """What ``desired`` and ``ledger`` give for each of *rooms*, of one moment."""
        budgets = self.ring_budgets()

        def work(connection: Connection) -> dict[str, tuple[Desired | None, Ledger]]:
            sid = self._sid(connection)
            at = self._server_time(now)
            found = ledgers.read(connection, rooms, now, sid, leases_at=at)
            if not budgets.limited:
                return found
            phones = addresses_of(desired for desired, _ in found.values())
            return _with_spent(found, exhausted(connection, phones, budgets, now, sid))

        return await self._read(work)

    async def changes(self, since: Watermark | None) -> Changes:
        return await self._read(change_feed.since, since)

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        if notes.empty:
            return

        def work(connection: Connection) -> None:
            _take_turns(connection, notes)
            leases.hold(connection, lease, self._server_time(now))
            self._put(connection, lease.room, notes, now)

        await self._write(work)

    def _put(self, connection: Connection, room: str, notes: Notes, now: float) -> None:
        account_sid = self._sid(connection) if notes.findings else None
        ledgers.note(connection, room, notes, now, account_sid)

    async def admit(
        self, call_sid: str, memory: Fields, event: Event, now: float
    ) -> None:
        """Put on record what a caller is answered."""
        await self._write(admissions.admit, call_sid, memory, event, now)

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        """Commit a pending attempt a draft; None where the label or the phone has one."""
        require_room(lease, drafts)
        if not drafts:
            return ()

        budgets = self.ring_budgets()

        def work(connection: Connection) -> tuple[Attempt | None, ...]:
            make_durable(connection)
            account_sid = self._sid(connection)
            if budgets.limited or accounts.several(connection):
                take_advisory_lock(connection)
            leases.hold(connection, lease, self._server_time(now))
            require_version(connection, drafts)
            free = allowed(connection, drafts, budgets, now, account_sid)
            made = attempts.open_attempts(connection, free, account_sid) if free else ()
            opened = {id(x): got for x, got in zip(free, made, strict=True)}
            begun = (x.event for x in free if opened[id(x)] and x.event)
            tell(connection, list(begun))
            return tuple(opened.get(id(each)) for each in drafts)

        return await self._write(work)

    async def reserve_calls(self, calls: int, gap: float, now: float) -> Reservation:
        """Reserve times for *calls* of the account, *gap* seconds apart.

        *now* is this machine's Unix time, for a database without a clock.
        """

        def work(connection: Connection) -> Reservation:
            account_sid = self._sid(connection) or ""
            return call_budgets.reserve(connection, account_sid, calls, gap, now)

        return await self._write(work)

    async def claim_permits(
        self, owner: str, request: PermitRequest, permits: int, now: float
    ) -> int:
        """How many of the account's *permits* calls *owner* may have under way.

        *now* is this machine's Unix time, for a database without a clock.
        """

        def work(connection: Connection) -> int:
            account_sid = self._sid(connection) or ""
            return claim_permits(connection, account_sid, owner, request, permits, now)

        return await self._database.write(work)

    async def version(self, lease: Lease, now: float) -> Version | None:
        at = self._server_time(now)
        return await self._read(version, lease, now, at)

    async def acquire(  # noqa: PLR0917 - as the Protocol
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,
        notes: Notes = NO_NOTES,
        expected: int | None = None,
    ) -> Lease:
        def work(connection: Connection) -> Lease:
            _take_turns(connection, notes)
            at = self._server_time(now)
            lease = leases.acquire(connection, room, owner, at, ttl, at=now)
            if not notes.empty and lease.fencing_token == expected:
                self._put(connection, room, notes, now)
            return replace(lease, expires_at=now + ttl)

        return await self._write(work)

    async def renew(self, lease: Lease, now: float, ttl: float) -> Lease:
        at = self._server_time(now)
        await self._write(leases.renew, lease, at, ttl)
        return replace(lease, expires_at=now + ttl)

    async def release(
        self, lease: Lease, notes: Notes = NO_NOTES, now: float = 0.0
    ) -> None:
        def work(connection: Connection) -> None:
            _take_turns(connection, notes)
            if not notes.empty:
                leases.hold(connection, lease, self._server_time(now))
                self._put(connection, lease.room, notes, now)
            leases.give_back(connection, lease)

        await self._write(work)

    async def held(self, room: str, now: float) -> bool:
        """Whether a process holds the room: a pass may be under way."""
        at = self._server_time(now)
        return await self._read(leases.held, room, at)

    async def under_way(self, addresses: Collection[str]) -> tuple[Elsewhere, ...]:
        """The open attempts of all rooms to *addresses*, each in its normal form."""
        return await self._database.read(
            lambda it: claimed_phones.under_way(it, addresses, self._sid(it))
        )

    async def calls_placed(self, since: float) -> int:
        """How many calls of all rooms count as placed after *since*."""
        account_sid = self._account.account_sid if self._account else None
        return await self._read(placed_since, since, account_sid)

    async def observed(
        self, rooms: Collection[str] | None = None
    ) -> dict[str, ObservedRoom]:
        """The last observation on record of each of *rooms*, of all for None."""
        return await self._read(observations.observed, rooms)

    async def checks(
        self, rooms: Collection[str] | None = None
    ) -> dict[str, RoomCheck]:
        """When each of *rooms* (all for None) was last observed, and its state."""
        return await self._read(observations.checks, rooms)

    async def recorded_since(self, since: float) -> dict[tuple[str, str], str]:
        """What rooms observed after *since* came to; see the query."""
        return await self._read(observations.recorded_since, since)

    async def record_checks(self, made: Sequence[RoomCheck]) -> None:
        """Record that rooms were observed, over earlier records of them."""
        await self._write(observations.record_checks, made)

    async def intervals(
        self, room: str, since: float, until: float | None = None
    ) -> tuple[LegInterval, ...]:
        """Intervals of a room's legs that last or ended after *since*, by begin.

        With *until*, those that began by then.
        """
        return await self._read(observations.intervals, room, since, until)

    async def events(self, room: str | None, *, limit: int) -> tuple[Event, ...]:
        return await self._read(events.newest, room, limit)

    async def newest(
        self, wanted: EventFilter, *, limit: int
    ) -> tuple[StoredEvent, ...]:
        """The newest of the wanted events with their ids, oldest first."""
        return await self._read(audit.newest, wanted, limit)

    async def told_after(
        self, wanted: EventFilter, last: int
    ) -> tuple[StoredEvent, ...]:
        """The wanted events with a greater id than *last*, oldest first."""
        return await self._read(audit.after, wanted, last)

    async def attempts(self, room: str, label: str) -> tuple[Attempt, ...]:
        """Every ring of *label* that is on record, of all intents, oldest first."""
        return await self._read(audit.attempts_of, room, label)

    async def prune(self, before: float, at_most: int) -> int:
        """Delete rows whose time was over *before* then; how many went.

        Fewer than *at_most* means that there are no more. Ages: ``pruning``.
        """
        return await self._write(retention.prune, before, at_most)

    async def runs(self, room: str | None, *, limit: int) -> tuple[Run, ...]:
        """The newest runs of one room or of all, oldest first."""
        return await self._read(events.newest_runs, room, limit)

    async def marks_since(self, last: int) -> tuple[Mark, ...]:
        """The marks after *last*, oldest first; none is ever missed."""
        return await self._read(marks.since, last)

    async def last_mark(self) -> int:
        return await self._read(marks.last)

    async def stand(
        self,
        room: str,
        standing: Standing,
        *,
        now: float,
        cause: str,
        until: float | None = None,
        reason: str = "",
    ) -> bool:
        """Pause, resume or release a room; False if it was so or is not known.

        A pause ends by itself at *until*; None leaves that to a person.
        """
        decision = Decision(room, now, cause, reason)
        return await self._write(decisions.stand, decision, standing, until)

    async def grant(
        self, room: str, approval: Approval, *, generation: int, now: float
    ) -> bool:
        """Let one plan through; False if the roster is not of *generation* now."""
        return await self._write(approval_grants.grant, room, approval, generation, now)

    async def forget(self, room: str, *, now: float, cause: str) -> bool:
        """Delete all rows of a released room; False if it is managed or a phone may ring."""
        return await self._write(forgetting.forget, Decision(room, now, cause))

    async def ringing(self, room: str, now: float) -> tuple[Attempt, ...]:
        """The attempts of a room whose phones may ring at *now* or later."""
        return await self._read(forgetting.ringing, room, now)

    async def resolve(
        self,
        room: str,
        label: str,
        *,
        rung: bool,
        now: float,
        cause: str,
        call_sid: str | None = None,
        reason: str = "",
    ) -> bool:
        """Say whether a lost ring reached the phone; False if none is lost.

        With *call_sid*, a call of which Twilio has no record is lost, too.
        """
        decision = Decision(room, now, cause, reason)
        return await self._write(
            decisions.resolve, decision, label, rung=rung, call_sid=call_sid
        )

    async def redial(
        self, room: str, label: str, *, now: float, cause: str, reason: str = ""
    ) -> bool:
        """Mean to ring a member again; False if it is not listed."""
        decision = Decision(room, now, cause, reason)
        return await self._write(decisions.redial, decision, label)


def _take_turns(connection: Connection, notes: Notes) -> None:
    """Let no load or other account's note go on beside one that leaves an account."""
    if notes.account_left:
        take_advisory_lock(connection)


def _with_spent(
    found: Mapping[str, tuple[Desired | None, Ledger]],
    spent: Mapping[str, Exhausted],
) -> dict[str, tuple[Desired | None, Ledger]]:
    return {
        room: (desired, replace(ledger, exhausted=spent))
        for room, (desired, ledger) in found.items()
    }
