"""SQL implementation of the engine's Store."""

from collections.abc import Callable, Collection, Sequence
from math import inf
from types import TracebackType
from typing import Self

from msgspec.structs import replace
from sqlalchemy import Connection

from reconciler.engine.desired_room import Desired, Version
from reconciler.engine.limits.call_permits import PermitRequest
from reconciler.engine.limits.call_slots import Reservation
from reconciler.engine.ports import (
    NO_FIRST_NOTES,
    NO_NOTES,
    AttemptDraft,
    Clock,
    FirstNotes,
    Lease,
    Notes,
)
from reconciler.model.attempt import Attempt
from reconciler.model.declaration import Declaration
from reconciler.model.ledger import Elsewhere, Ledger
from reconciler.model.load_result import NO_REPORT, FileReport, Loaded
from reconciler.model.roster import Roster
from reconciler.store.database.database import (
    Database,
    Watching,
)
from reconciler.store.database.server_clock import server_clock
from reconciler.store.outbox import Outbox
from reconciler.store.queries import (
    admissions,
    approval_grants,
    audit,
    call_budgets,
    change_feed,
    claimed_phones,
    converged_rooms,
    decisions,
    effective_rosters,
    forgetting,
    generation,
    leases,
    loaded_folders,
    marks,
    observations,
    page_records,
    pinning,
    rebinding,
    refused_files,
    retention,
    revision_row,
    room_transactions,
)
from reconciler.store.queries import rosters as stored
from reconciler.store.queries.accounts import (
    ActingAccount,
    bind,
    bindings,
    bound,
)
from reconciler.store.queries.attempts import require_room
from reconciler.store.queries.budgets import (
    RingBudgets,
    placed_since,
)
from reconciler.store.queries.database_identity import database_identity
from reconciler.store.queries.events import newest_events, newest_runs
from reconciler.store.queries.overrides import lasting_at
from reconciler.store.queries.permit_claims import Claimant, claim_permits
from reconciler.store.queries.room_transactions import Acting
from reconciler.store.queries.room_version import version
from reconciler.store.queries.stored_room import LoadContext
from reconciler.store.query_method import Bound, reading, writing

PROMPT_SECONDS = 1.0
"""Seconds within which the server has to tell its time for it to be believed."""


class SqlStore:
    """``engine.ports.Store`` in SQLite or PostgreSQL; see there for contracts.

    Beyond it: what a person decides, and what ``status`` reads. To be closed,
    or used as an asynchronous context manager.
    """

    identity = reading(database_identity)
    account = reading(bound)
    accounts = reading(bindings)
    accounts_of = reading(stored.accounts_of)
    bind_account = writing(bind)
    rebind = writing(rebinding.rebind)

    homes = reading(stored.homes)
    loaded_folder = reading(loaded_folders.unchanged)
    elsewhere = reading(stored.elsewhere)
    desired = reading(stored.desired)
    read_desired = reading(stored.read_desired)
    declared = reading(effective_rosters.declared)
    next_boundary = reading(effective_rosters.next_boundary)
    revisions = reading(revision_row.revisions_of)
    revision_at = reading(revision_row.revision_at)
    rollback = writing(pinning.rollback)
    unpin = writing(pinning.unpin)
    left_by_themselves = reading(generation.left_by_themselves)
    refusals = reading(refused_files.refusals)

    overrides = reading(lasting_at)
    add_overrides = writing(effective_rosters.add_overrides)
    end_room = writing(effective_rosters.end_room)
    end_overrides = writing(effective_rosters.end_overrides)
    grant = writing(approval_grants.grant)

    stand = writing(decisions.stand)
    redial = writing(decisions.redial)
    resolve = writing(decisions.resolve)
    forget = writing(forgetting.forget)

    changes = reading(change_feed.since)
    marks_since = reading(marks.since)
    last_mark = reading(marks.last)

    admit = writing(admissions.admit)
    attempts = reading(audit.attempts_of)
    ringing = reading(forgetting.ringing)

    observed = reading(observations.observed)
    checks = reading(observations.checks)
    recorded_since = reading(observations.recorded_since)
    record_checks = writing(observations.record_checks)
    converged = reading(converged_rooms.read)
    record_converged = writing(converged_rooms.record)
    confirm_converged = writing(converged_rooms.confirm)
    intervals = reading(observations.intervals)

    events = reading(newest_events)
    newest = reading(audit.newest)
    events_after = reading(audit.after)
    runs = reading(newest_runs)
    prune = writing(retention.prune)

    listed_rooms = reading(page_records.listed_rooms)
    room_record = reading(page_records.room_record)
    timeline = reading(page_records.timeline)

    def __init__(
        self, database: Database, account: ActingAccount | None = None
    ) -> None:
        self.database = database
        self._account = account
        self.ring_budgets: Callable[[], RingBudgets] = RingBudgets

    def of_account(self, name: str, account_sid: str) -> "SqlStore":
        """The same database on behalf of one account: it has the rooms in which it acts.

        Closed with this one.
        """
        store = SqlStore(self.database, ActingAccount(name, account_sid))
        store.ring_budgets = lambda: self.ring_budgets()  # noqa: PLW0108 - set later
        return store

    def _acting(self, now: float) -> Acting:
        server_now = now + self.database.server_ahead
        return Acting(self._account, now, server_now)

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
        await self.database.close()

    async def compare_clocks(self, clock: Clock) -> float:
        """Seconds by which the server's clock is ahead of *clock*, Unix time of here.

        From then on leases are taken and judged by the server's clock, so that machines
        that disagree on the time agree on who holds a room. 0.0 for SQLite, which is on
        this machine. An answer that takes long changes nothing.
        """
        if self.database.embedded:
            return 0.0
        began = clock()
        server = await self.database.read(server_clock)
        ended = clock()
        if 0.0 <= ended - began <= PROMPT_SECONDS:
            self.database.server_ahead = server - (began + ended) / 2.0
        return self.database.server_ahead

    async def sign_of_life(self, clock: Clock, fresh_seconds: float) -> float:
        """Ask the database something, by one statement; as ``compare_clocks``.

        What SQLite answered somebody else in the last *fresh_seconds* is enough.
        """
        embedded = self.database.embedded
        if embedded and not self.database.answered_within(fresh_seconds):
            await self.last_mark()
        return await self.compare_clocks(clock)

    @property
    def clock_ahead(self) -> float:
        """By how many seconds the clock of here is ahead of the server's."""
        return -self.database.server_ahead

    def watch(self, watching: Watching) -> None:
        """Have *watching* open while somebody waits for a transaction."""
        self.database.watching = watching

    def outbox(self, owner: str, origin: str) -> Outbox:
        """The notifications, for the process *owner*; see ``Outbox``."""
        return Outbox(self.database, owner, origin)

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
        return await self.database.write(Bound(stored.load, rosters, context))

    async def advance(self, now: float) -> tuple[str, ...]:
        """Let what counts at *now* count where it is due; the rooms that changed."""
        if not await self.database.read(Bound(effective_rosters.due, now)):
            return ()
        return await self.database.write(Bound(effective_rosters.advance, now))

    async def restate(self, now: float) -> tuple[str, ...]:
        """Compute again what counts at *now*, and until when; the rooms that changed.

        For a process that starts: its data of time zones may be newer than those
        that the boundaries on record were computed with.
        """
        if not await self.database.read(Bound(effective_rosters.due, inf)):
            return ()
        return await self.database.write(Bound(effective_rosters.advance, now, inf))

    async def rooms(self) -> tuple[str, ...]:
        name = self._account.name if self._account else None
        return await self.database.read(Bound(stored.rooms, name))

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
        return await self.database.read(Bound(stored.preview, rosters, load))

    async def ledger(self, room: str, now: float) -> Ledger:
        """All that is remembered of the room; empty if it was never loaded."""
        return (await self.read((room,), now))[room][1]

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> dict[str, tuple[Desired | None, Ledger]]:
        """What ``desired`` and ``ledger`` give for each of *rooms*, of one moment."""
        work = Bound(
            room_transactions.read, self._acting(now), rooms, self.ring_budgets()
        )
        return await self.database.read(work)

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        if not notes.empty:
            work = Bound(room_transactions.note, self._acting(now), lease, notes)
            await self.database.write(work, brief=True)

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        """Commit a pending attempt a draft; None where the label or the phone has one."""
        require_room(lease, drafts)
        if not drafts:
            return ()
        work = Bound(
            room_transactions.open_attempts,
            self._acting(now),
            lease,
            drafts,
            self.ring_budgets(),
        )
        return await self.database.write(work, brief=True)

    async def reserve_calls(self, calls: int, gap: float, now: float) -> Reservation:
        """Reserve times for *calls* of the account, *gap* seconds apart.

        *now* is this machine's Unix time, for a database without a clock.
        """
        acting = self._acting(now)

        def work(connection: Connection) -> Reservation:
            account_sid = acting.sid(connection) or ""
            return call_budgets.reserve(connection, account_sid, calls, gap, now)

        return await self.database.write(work, brief=True)

    async def claim_permits(
        self, owner: str, request: PermitRequest, permits: int, now: float
    ) -> int:
        """How many of the account's *permits* calls *owner* may have under way.

        *now* is this machine's Unix time, for a database without a clock.
        """
        acting = self._acting(now)

        def work(connection: Connection) -> int:
            claimant = Claimant(acting.sid(connection) or "", owner)
            return claim_permits(connection, claimant, request, permits, now)

        return await self.database.write(work, brief=True)

    async def version(self, lease: Lease, now: float) -> Version | None:
        at = self._acting(now).server_now
        return await self.database.read(Bound(version, lease, now, at))

    async def acquire(
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,
        first: FirstNotes = NO_FIRST_NOTES,
    ) -> Lease:
        acting = self._acting(now)

        def work(connection: Connection) -> Lease:
            room_transactions.wait_for_other_leavers(connection, first.notes)
            at = acting.server_now
            lease = leases.acquire(connection, room, owner, at, ttl, at=now)
            room_transactions.note_first(connection, acting, lease, first)
            return replace(lease, expires_at=now + ttl)

        return await self.database.write(work, brief=True)

    async def renew(self, lease: Lease, now: float, ttl: float) -> Lease:
        at = self._acting(now).server_now
        await self.database.write(Bound(leases.renew, lease, at, ttl), brief=True)
        return replace(lease, expires_at=now + ttl)

    async def release(
        self, lease: Lease, notes: Notes = NO_NOTES, now: float = 0.0
    ) -> None:
        work = Bound(room_transactions.release, self._acting(now), lease, notes)
        await self.database.write(work, brief=True)

    async def held(self, room: str, now: float) -> bool:
        """Whether a process holds the room: a pass may be under way."""
        at = self._acting(now).server_now
        return await self.database.read(Bound(leases.held, room, at))

    async def under_way(self, addresses: Collection[str]) -> tuple[Elsewhere, ...]:
        """The open attempts of all rooms to *addresses*, each in its normal form."""
        acting = self._acting(0.0)
        return await self.database.read(
            lambda it: claimed_phones.under_way(it, addresses, acting.sid(it))
        )

    async def calls_placed(self, since: float) -> int:
        """How many calls of all rooms count as placed after *since*."""
        account_sid = self._account.account_sid if self._account else None
        return await self.database.read(Bound(placed_since, since, account_sid))
