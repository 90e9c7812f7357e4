"""The tables of the store in memory."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.ports import Lease
from reconciler.model.attempt import UNCERTAIN, Attempt, AttemptState
from reconciler.model.converged_room import ConvergedRoom
from reconciler.model.declaration import Declaration, Override
from reconciler.model.errors import RoomBusy, StoreError
from reconciler.model.event import Event
from reconciler.model.ledger import (
    Approval,
    Correction,
    GuardKind,
    WithheldKind,
)
from reconciler.model.observation import Call
from reconciler.model.recorded_observation import LegInterval, ObservedRoom, RoomCheck
from reconciler.model.roster import Roster, Value
from reconciler.store.queries.attempts import CLIENT, SETTLED_AFTER_SECONDS
from reconciler.store.queries.events import Run
from reconciler.store.queries.permit_claims import PermitClaim
from reconciler.store.queries.revision_row import Revision


class HeapRow(SimpleNamespace):
    """A row as SQLAlchemy would give it."""

    def _asdict(self) -> dict[str, Any]:
        return dict(self.__dict__)


class Tables(Struct):
    """All rows. A copy shares the rows, which are never changed in place."""

    rosters: dict[str, HeapRow] = field(default_factory=dict)
    declared: dict[str, Roster] = field(default_factory=dict)
    declarations: dict[str, Declaration] = field(default_factory=dict)
    overrides: dict[int, Override] = field(default_factory=dict)
    last_override: int = 0
    members: dict[tuple[str, str], HeapRow] = field(default_factory=dict)
    revisions: list[tuple[str, Revision]] = field(default_factory=list)
    attempts: dict[int, Attempt] = field(default_factory=dict)
    serial: int = 0
    fields: dict[tuple[str, str], tuple[str, Value, float]] = field(
        default_factory=dict
    )
    calls: dict[str, tuple[str, Call, float]] = field(default_factory=dict)
    corrections: list[tuple[str, Correction]] = field(default_factory=list)
    removals: dict[tuple[str, str], float] = field(default_factory=dict)
    withheld: dict[tuple[str, GuardKind], WithheldKind] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    turn: int = 0
    server_ahead: float = 0.0
    changes: dict[str, int] = field(default_factory=dict)
    account_sid: str | None = None
    approvals: dict[str, Approval] = field(default_factory=dict)
    observed: dict[str, ObservedRoom] = field(default_factory=dict)
    intervals: list[LegInterval] = field(default_factory=list)
    checks: dict[str, RoomCheck] = field(default_factory=dict)
    converged: dict[str, ConvergedRoom] = field(default_factory=dict)
    named_accounts: dict[str, str] = field(default_factory=dict)
    callers: dict[int, str | None] = field(default_factory=dict)
    call_budgets: dict[str, float] = field(default_factory=dict)
    permit_claims: dict[str, dict[str, PermitClaim]] = field(default_factory=dict)

    def copy(self) -> "Tables":
        """The same rows in tables of their own."""
        return Tables(
            self.rosters.copy(),
            self.declared.copy(),
            self.declarations.copy(),
            self.overrides.copy(),
            self.last_override,
            self.members.copy(),
            self.revisions.copy(),
            self.attempts.copy(),
            self.serial,
            self.fields.copy(),
            self.calls.copy(),
            self.corrections.copy(),
            self.removals.copy(),
            self.withheld.copy(),
            self.leases.copy(),
            self.events.copy(),
            self.runs.copy(),
            self.turn,
            self.server_ahead,
            self.changes.copy(),
            self.account_sid,
            self.approvals.copy(),
            self.observed.copy(),
            self.intervals.copy(),
            self.checks.copy(),
            self.converged.copy(),
            self.named_accounts.copy(),
            self.callers.copy(),
            self.call_budgets,
            self.permit_claims,
        )

    def changed(self, *rooms: str) -> None:
        """Put on record that this transaction wrote about *rooms*."""
        self.turn += 1
        self.changes |= dict.fromkeys(rooms, self.turn)

    def hold(self, lease: Lease, now: float) -> None:
        """Make sure of the lease; else RoomBusy."""
        held = self.leases.get(lease.room)
        if (
            held is None
            or not same(held, lease)
            or held.expires_at <= now + self.server_ahead
        ):
            raise RoomBusy(f"{lease.owner} no longer holds room '{lease.room}'.")

    def open_of(self, room: str, label: str) -> Attempt | None:
        """The open attempt of a label."""
        for attempt in self.attempts.values():
            if attempt.open and (attempt.room, attempt.label) == (room, label):
                return attempt
        return None

    def rings(self, draft: Attempt, account_sid: str | None) -> bool:
        """Whether the label, or the phone, has an attempt that stops *draft*."""
        young = draft.created_at - SETTLED_AFTER_SECONDS
        mine = draft.room, draft.label, draft.intent
        unseen = any(
            (attempt.room, attempt.label, attempt.intent) == mine
            and attempt.number >= draft.number
            for attempt in self.attempts.values()
        )
        if unseen or self.open_of(draft.room, draft.label) is not None:
            return True
        return any(
            attempt.state in UNCERTAIN
            or (
                attempt.state is AttemptState.PLACED
                and attempt.number > 0
                and attempt.connected_at is None
                and attempt.created_at > young
            )
            for attempt in self.attempts.values()
            if attempt.address == draft.address and self.concerns(attempt, account_sid)
        )

    def concerns(self, attempt: Attempt, account_sid: str | None) -> bool:
        """Whether *attempt* may be of a phone that *account_sid* calls."""
        caller = self.callers.get(attempt.id)
        shared = not attempt.address.startswith(CLIENT)
        return shared or caller in {None, account_sid}

    def put(self, attempt: Attempt) -> Attempt:
        """Write an attempt as the schema allows; StoreError if it does not."""
        closed = attempt.outcome is not None
        placed = attempt.state is not AttemptState.PLACED or attempt.call_sid
        if closed is attempt.open or not placed or not attempt.label:
            raise StoreError(f"The attempt of '{attempt.label}' contradicts itself.")
        self.attempts[attempt.id] = attempt
        return attempt

    def insert(self, attempt: Attempt, account_sid: str | None) -> Attempt:
        """Write a new attempt of an account under the next id."""
        self.serial += 1
        self.callers[self.serial] = account_sid
        return self.put(replace(attempt, id=self.serial))

    def tell(self, told: Iterable[Event]) -> None:
        """Put events on record, and each run with the first event that names it."""
        for event in told:
            self.events.append(event)
            if event.run is not None and event.run not in self.runs:
                self.runs[event.run] = Run(
                    id=event.run,
                    room=event.room,
                    started_at=event.at,
                    cause=event.cause,
                    generation=event.generation,
                    ended_at=None,
                    result=None,
                )

    def forget(self, room: str) -> None:
        """Delete all rows of a room but its lease's."""
        self.rosters.pop(room, None)
        self.declared.pop(room, None)
        self.declarations.pop(room, None)
        self.overrides = {k: v for k, v in self.overrides.items() if v.room != room}
        self.members = {k: v for k, v in self.members.items() if k[0] != room}
        self.revisions = [each for each in self.revisions if each[0] != room]
        self.attempts = {k: v for k, v in self.attempts.items() if v.room != room}
        self.fields = {k: v for k, v in self.fields.items() if v[0] != room}
        self.calls = {k: v for k, v in self.calls.items() if v[0] != room}
        self.corrections = [each for each in self.corrections if each[0] != room]
        self.events = [event for event in self.events if event.room != room]
        self.runs = {k: v for k, v in self.runs.items() if v.room != room}
        self.approvals.pop(room, None)
        self.observed.pop(room, None)
        self.checks.pop(room, None)
        self.intervals = [
            interval for interval in self.intervals if interval.room != room
        ]

    def withhold_nothing(self, room: str) -> None:
        """Withhold nothing in a room: its roster changed."""
        for kind in GuardKind:
            self.withheld.pop((room, kind), None)

    def revision(self, room: str, generation: int) -> Revision | None:
        """A generation of a room, None if it is not on record."""
        found = (x for name, x in self.revisions if name == room)
        return next((x for x in found if x.generation == generation), None)

    def standing(self, room: str) -> tuple[Override, ...]:
        """The overrides of a room that are not on record as ended, oldest first."""
        return tuple(
            override for override in self.overrides.values() if override.room == room
        )

    def decide(self, room: str, **columns: object) -> HeapRow | None:
        """Change a room's row; the new row, None if the room is not known."""
        row = self.rosters.get(room)
        if row is None:
            return None
        self.rosters[room] = HeapRow(**{**row._asdict(), **columns})
        return self.rosters[room]


def same(held: Lease, lease: Lease) -> bool:
    """Whether *lease* is the one that is on record, as it was or renewed."""
    return (held.owner, held.fencing_token) == (lease.owner, lease.fencing_token)
