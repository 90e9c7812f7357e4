"""A store in memory, for tests and simulations: the same contracts as in SQL.

Each write works on a copy of the tables, without waiting for anything, and
ends by putting the copy in their place: that assignment is the commit.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from math import inf
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar, cast

from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Version
from reconciler.engine.limits.call_permits import PermitRequest
from reconciler.engine.limits.call_slots import Reservation
from reconciler.engine.ports import (
    NO_FIRST_NOTES,
    NO_NOTES,
    AttemptDraft,
    Changes,
    FirstNotes,
    Lease,
    Notes,
)
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.attempt import Attempt
from reconciler.model.converged_room import ConvergedRoom, RestoredRoom
from reconciler.model.declaration import Declaration, Override
from reconciler.model.errors import RoomBusy
from reconciler.model.event import Event
from reconciler.model.ledger import Approval, Ledger
from reconciler.model.load_result import NO_REPORT, FileReport, Loaded
from reconciler.model.recorded_observation import LegInterval, ObservedRoom, RoomCheck
from reconciler.model.roster import Roster
from reconciler.model.watermark import Watermark
from reconciler.planning.leg_intervals import open_intervals
from reconciler.planning.observed_room import fingerprint
from reconciler.play.in_memory import (
    memory_decisions,
    memory_effective_rosters,
    memory_ledger,
    memory_loading,
    memory_notes,
    memory_pinning,
    memory_tables,
)
from reconciler.play.in_memory.memory_tables import Tables
from reconciler.play.in_memory.table_method import reading, writing
from reconciler.store.queries.accounts import ActingAccount
from reconciler.store.queries.attempts import drafted, require_room
from reconciler.store.queries.call_budgets import reserved
from reconciler.store.queries.events import Run
from reconciler.store.queries.left_calls import left_calls
from reconciler.store.queries.permit_claims import allot
from reconciler.store.queries.revision_row import Revision
from reconciler.store.queries.room_version import changed, version_of
from reconciler.store.queries.rosters import desired_from
from reconciler.store.queries.stored_room import LoadContext

if TYPE_CHECKING:
    from reconciler.store.database.answers import AnyRow


P = ParamSpec("P")
T = TypeVar("T")


class InMemoryStore:
    """``engine.ports.Store`` and what ``SqlStore`` adds; see there for contracts."""

    declared = reading(memory_effective_rosters.declared)
    next_boundary = reading(memory_effective_rosters.next_boundary)
    rollback = writing(memory_pinning.rollback)
    unpin = writing(memory_pinning.unpin)

    add_overrides = writing(memory_effective_rosters.add_overrides)
    end_overrides = writing(memory_effective_rosters.end_overrides)
    grant = writing(memory_decisions.grant)

    stand = writing(memory_decisions.stand)
    redial = writing(memory_decisions.redial)
    resolve = writing(memory_decisions.resolve)
    forget = writing(memory_decisions.forget)

    admit = writing(memory_notes.admit)
    ringing = reading(memory_decisions.ringing)

    def __init__(self) -> None:
        self._tables = Tables()
        self._whole: InMemoryStore | None = None
        self._acting: ActingAccount | None = None

    @property
    def tables(self) -> Tables:
        """The rows of all accounts."""
        return self._tables if self._whole is None else self._whole.tables

    @tables.setter
    def tables(self, tables: Tables) -> None:
        if self._whole is None:
            self._tables = tables
        else:
            self._whole.tables = tables

    def of_account(self, name: str, account_sid: str) -> Self:
        """The same rows on behalf of one account."""
        view = copy(self)
        view._whole = self._whole or self  # noqa: SLF001 - a copy of itself
        view._acting = ActingAccount(name, account_sid)  # noqa: SLF001
        return view

    def _commit(
        self,
        operation: Callable[Concatenate[Tables, P], T],
        *args: P.args,
        **options: P.kwargs,
    ) -> T:
        """What *operation* gives for a copy of the tables, which takes their place."""
        tables = self.tables.copy()
        result = operation(tables, *args, **options)
        self.tables = tables
        return result

    @property
    def _sid(self) -> str | None:
        return self._acting.account_sid if self._acting else self.tables.account_sid

    async def bind_account(
        self,
        account_sid: str,
        now: float,  # noqa: ARG002 - SQL keeps it
        name: str = DEFAULT_ACCOUNT,
    ) -> str | None:
        bound = await self.accounts()
        if name not in bound and account_sid not in bound.values():
            if name == DEFAULT_ACCOUNT:
                self.tables.account_sid = account_sid
            else:
                self.tables.named_accounts[name] = account_sid
        return (await self.accounts()).get(name)

    async def accounts(self) -> dict[str, str]:
        default = self.tables.account_sid
        first = {} if default is None else {DEFAULT_ACCOUNT: default}
        return first | self.tables.named_accounts

    async def accounts_of(self, rooms: Collection[str] | None = None) -> dict[str, str]:
        return {
            room: row.account_from or row.account
            for room, row in self.tables.rosters.items()
            if rooms is None or room in rooms
        }

    async def account(self) -> str | None:
        return self.tables.account_sid

    async def load(
        self,
        rosters: Sequence[Roster | Declaration],
        *,
        folder: str | None,
        now: float,
        cause: str,
        report: FileReport = NO_REPORT,
    ) -> Loaded:
        context = LoadContext(folder, now, cause, report)
        return self._commit(memory_loading.load, rosters, context)

    async def advance(self, now: float) -> tuple[str, ...]:
        return self._commit(memory_effective_rosters.advance, now)

    async def restate(self, now: float) -> tuple[str, ...]:
        return self._commit(memory_effective_rosters.advance, now, inf)

    async def end_room(
        self, draft: Override, approval: Approval | None, *, generation: int, now: float
    ) -> tuple[Override | None, bool]:
        made = await self.add_overrides([draft], now)
        if not made:
            return None, False
        granted = approval is None or await self.grant(
            draft.room, approval, generation=generation, now=now
        )
        return made[0], granted

    async def left_by_themselves(
        self, rooms: Sequence[str], now: float
    ) -> dict[str, dict[str, tuple[Attempt, ...]]]:
        return {
            room: left_calls(
                sorted(
                    (x for x in self.tables.attempts.values() if x.room == room),
                    key=lambda each: each.id,
                ),
                now,
            )
            for room in rooms
        }

    async def rooms(self) -> tuple[str, ...]:
        every = await self.accounts_of()
        name = self._acting.name if self._acting else None
        return tuple(sorted(x for x in every if name in {None, every[x]}))

    async def revisions(self, room: str) -> tuple[Revision, ...]:
        return tuple(each for name, each in self.tables.revisions if name == room)

    async def desired(self, room: str, now: float) -> Desired | None:
        row = self.tables.rosters.get(room)
        if row is None:
            return None
        return desired_from(cast("AnyRow", row), self.tables.declared[room], now)

    async def ledger(self, room: str, now: float) -> Ledger:
        return memory_ledger.ledger(self.tables, room, now, self._sid)

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> dict[str, tuple[Desired | None, Ledger]]:
        return {
            room: (await self.desired(room, now), await self.ledger(room, now))
            for room in rooms
        }

    async def read_desired(
        self, rooms: Sequence[str], now: float
    ) -> dict[str, Desired]:
        found = {room: await self.desired(room, now) for room in rooms}
        return {room: desired for room, desired in found.items() if desired}

    async def changes(self, since: Watermark | None) -> Changes:
        told, now = self.tables.changes, Watermark(self.tables.turn + 1)
        if since is None:
            return Changes({}, now)
        if not now.includes(since):
            return Changes(dict.fromkeys(told, frozenset((since.next,))), now)
        unseen = {x: at for x, at in told.items() if not since.covers(at)}
        return Changes({x: frozenset((at,)) for x, at in unseen.items()}, now)

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        if notes.empty:
            return
        tables = self.tables.copy()
        tables.hold(lease, now)
        memory_notes.note(tables, lease.room, notes, now, self._sid)
        self.tables = tables

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        require_room(lease, drafts)
        tables = self.tables.copy()
        tables.hold(lease, now)
        self._require_version(drafts)
        attempts = tuple(
            None
            if tables.rings(drafted(each), self._sid)
            else tables.insert(drafted(each), self._sid)
            for each in drafts
        )
        if any(attempts):
            tables.changed(lease.room)
        pairs = zip(drafts, attempts, strict=True)
        tables.tell([each.event for each, made in pairs if made and each.event])
        self.tables = tables
        return attempts

    async def reserve_calls(self, calls: int, gap: float, now: float) -> Reservation:
        sid, budgets = self._sid or "", self.tables.call_budgets
        found, budgets[sid] = reserved(budgets.get(sid, 0.0), now, calls, gap)
        return found

    async def claim_permits(
        self, owner: str, request: PermitRequest, permits: int, now: float
    ) -> int:
        claims = self.tables.permit_claims.setdefault(self._sid or "", {})
        share, claim = allot(tuple(claims.values()), owner, request, permits, now)
        claims.pop(owner, None)
        if claim is not None:
            claims[owner] = claim
        return share

    async def version(self, lease: Lease, now: float) -> Version | None:
        self.tables.hold(lease, now)
        return self._version(lease.room, now)

    def _version(self, room: str, now: float) -> Version | None:
        row = self.tables.rosters.get(room)
        return None if row is None else version_of(cast("AnyRow", row), now)

    def _require_version(self, drafts: Sequence[AttemptDraft]) -> None:
        for each in drafts:
            if each.version not in {None, self._version(each.room, each.created_at)}:
                raise changed(each.room)

    async def acquire(
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,
        first: FirstNotes = NO_FIRST_NOTES,
    ) -> Lease:
        held = self.tables.leases.get(room, Lease(room, "", 0, 0.0))
        at = now + self.tables.server_ahead
        over = held.expires_at <= at
        if not over and held.owner != owner:
            left = held.expires_at - at
            raise RoomBusy(
                f"Room '{room}' is locked by another process ({held.owner}); the lock expires in {left:.0f} s."
            )
        lease = Lease(room, owner, held.fencing_token + over, now + ttl)
        tables = self.tables.copy()
        tables.leases[room] = replace(lease, expires_at=at + ttl)
        if not first.notes.empty and lease.fencing_token == first.fencing_token:
            memory_notes.note(tables, room, first.notes, now, self._sid)
        self.tables = tables
        return replace(lease, version=self._version(room, now))

    async def renew(self, lease: Lease, now: float, ttl: float) -> Lease:
        self.tables.hold(lease, now)
        renewed = replace(lease, expires_at=now + ttl)
        at = now + self.tables.server_ahead
        self.tables.leases[lease.room] = replace(lease, expires_at=at + ttl)
        return renewed

    async def release(
        self, lease: Lease, notes: Notes = NO_NOTES, now: float = 0.0
    ) -> None:
        if not notes.empty:
            await self.note(lease, notes, now)
        held = self.tables.leases.get(lease.room)
        if held is not None and memory_tables.same(held, lease):
            self.tables.leases[lease.room] = replace(held, expires_at=0.0)

    async def observed(
        self, rooms: Collection[str] | None = None
    ) -> dict[str, ObservedRoom]:
        known = self.tables.observed
        return {x: known[x] for x in known if rooms is None or x in rooms}

    async def checks(
        self, rooms: Collection[str] | None = None
    ) -> dict[str, RoomCheck]:
        known = self.tables.checks
        return {x: known[x] for x in known if rooms is None or x in rooms}

    async def record_checks(self, made: Sequence[RoomCheck]) -> None:
        self.tables.checks |= {each.room: each for each in made}

    async def record_converged(self, rooms: Sequence[ConvergedRoom]) -> None:
        self.tables.converged |= {each.room: each for each in rooms}

    async def confirm_converged(
        self, known: Mapping[str, float], watermark: Watermark
    ) -> None:
        rooms = self.tables.converged
        for room, at in known.items():
            if room in rooms and rooms[room].evaluated_at == at:
                rooms[room] = replace(rooms[room], watermark=watermark)

    async def converged(
        self, rooms: Collection[str], rules: str
    ) -> tuple[RestoredRoom, ...]:
        known, seen = self.tables.converged, self.tables.observed
        return tuple(
            RestoredRoom(known[room], seen[room])
            for room in sorted(rooms)
            if room in known
            and known[room].rules == rules
            and known[room].fingerprint == fingerprint(seen.get(room))
        )

    async def intervals(
        self, room: str, since: float, until: float | None = None
    ) -> tuple[LegInterval, ...]:
        last = self.tables.observed.get(room)
        lasting = open_intervals(last) if last else ()
        mine = [x for x in self.tables.intervals if x.room == room]
        ended = [x for x in mine if (x.ends_at or since) > since]
        found = sorted([*ended, *lasting], key=lambda each: each.begins_at)
        return tuple(x for x in found if until is None or x.begins_at <= until)

    async def revision_at(self, room: str, at: float) -> Revision | None:
        mine = [each for name, each in self.tables.revisions if name == room]
        return next((each for each in reversed(mine) if each.loaded_at <= at), None)

    async def events(self, room: str | None, *, limit: int) -> tuple[Event, ...]:
        chosen = [each for each in self.tables.events if room in {None, each.room}]
        return tuple(chosen[-limit:])

    async def runs(self, room: str | None, *, limit: int) -> tuple[Run, ...]:
        chosen = [
            each for each in self.tables.runs.values() if room in {None, each.room}
        ]
        return tuple(sorted(chosen, key=lambda each: each.started_at)[-limit:])
