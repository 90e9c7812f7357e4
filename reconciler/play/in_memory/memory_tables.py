"""The tables of the store in memory, and what each operation makes of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import Lease, Notes
from reconciler.model.attempt import UNCERTAIN, Attempt, AttemptState
from reconciler.model.declaration import Declaration, Override
from reconciler.model.errors import RoomBusy, StoreError
from reconciler.model.event import Event
from reconciler.model.ledger import (
    Approval,
    Correction,
    Elsewhere,
    GuardKind,
    Ledger,
    Record,
    WithheldKind,
)
from reconciler.model.load_result import Loaded
from reconciler.model.observation import Call
from reconciler.model.observed import LegInterval, ObservedRoom, RoomCheck
from reconciler.model.phone import normal_address
from reconciler.model.roster import Fields, Roster, Value
from reconciler.model.watermark import Watermark
from reconciler.planning.leg_intervals import advance, fingerprint
from reconciler.planning.plan import Finding, Forgotten, Reassigned
from reconciler.store.queries.account_moves import moved
from reconciler.store.queries.approval_grants import kept, voided
from reconciler.store.queries.attempts import CLIENT, SETTLED_AFTER_SECONDS
from reconciler.store.queries.call_memory import (
    CALL_TTL_SECONDS,
    CORRECTION_TTL_SECONDS,
)
from reconciler.store.queries.calls_left import last_calls
from reconciler.store.queries.declaration_document import pin_of
from reconciler.store.queries.effective_state import (
    Stated,
    as_declaration,
    read_at,
    state,
)
from reconciler.store.queries.events import Run
from reconciler.store.queries.findings import AttemptTransitions, handed_on
from reconciler.store.queries.partition import partition, placed
from reconciler.store.queries.permit_claims import PermitClaim
from reconciler.store.queries.pinning import lifted
from reconciler.store.queries.revision_row import Revision
from reconciler.store.queries.roster_changes import RowBatch, differs, is_edit, revise
from reconciler.store.queries.row import AnyRow
from reconciler.store.queries.stored_room import LoadContext, StoredRoom


class HeapRow(SimpleNamespace):
    """A row as SQLAlchemy would give it."""

    def _asdict(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass(slots=True)
class Tables:
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
        for each in self.attempts.values():
            if each.open and (each.room, each.label) == (room, label):
                return each
        return None

    def rings(self, draft: Attempt, account_sid: str | None) -> bool:
        """Whether the label, or the phone, has an attempt that stops *draft*."""
        young = draft.created_at - SETTLED_AFTER_SECONDS
        return self.open_of(draft.room, draft.label) is not None or any(
            each.state in UNCERTAIN
            or (
                each.state is AttemptState.PLACED
                and each.number > 0
                and each.connected_at is None
                and each.created_at > young
            )
            for each in self.attempts.values()
            if each.address == draft.address and self.concerns(each, account_sid)
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
        self.events = [each for each in self.events if each.room != room]
        self.runs = {k: v for k, v in self.runs.items() if v.room != room}
        self.approvals.pop(room, None)
        self.observed.pop(room, None)
        self.checks.pop(room, None)
        self.intervals = [each for each in self.intervals if each.room != room]

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
        return tuple(each for each in self.overrides.values() if each.room == room)

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


def load(
    tables: Tables, desired: Sequence[Roster | Declaration], told: LoadContext
) -> Loaded:
    """Make *desired* the desired state; see ``engine.ports.Store.load``."""
    stored = tables.rosters.copy()
    declared = [as_declaration(each) for each in desired]
    parts = partition(cast("Mapping[str, AnyRow]", stored), declared, told)
    changed = [d for d in parts.declarations if differs(d, _row(stored.get(d.room)))]
    written = {each.room for each in changed}
    for each in changed:
        row = _row(stored.get(each.room))
        declaration, pin = each, pin_of(row.pin) if row else None
        if is_edit(each, row):
            pin = None
            known = cast("Mapping[str, AnyRow]", stored)
            tables.tell(lifted([each.room], known, told))
        elif pin is not None:
            declaration = read_at(tables.declarations[each.room], each.roster.source)
        words = tables.standing(each.room)
        stated = state(declaration, words, told.now, edited=True, pin=pin)
        before = revise_room(tables, stated, told)
        if is_edit(each, row):
            for kind in before.touched_by(stated.roster):
                tables.withheld.pop((each.room, kind), None)
    for each in parts.declarations:
        if each.room not in written:
            _move(tables, each, told)
    for row in parts.gone:
        _release(tables, row.room, told)
    tables.changed(*written, *(row.room for row in parts.gone))
    return parts.loaded(written, stored)


def _move(tables: Tables, declaration: Declaration, told: LoadContext) -> None:
    room = declaration.room
    row, roster = tables.rosters[room], declaration.roster
    columns = placed(roster, cast("AnyRow", row), told)
    if columns:
        here = replace(tables.declared[room], source=roster.source)
        tables.declared[room] = here
        tables.declarations[room] = read_at(tables.declarations[room], roster.source)
        tables.decide(room, **columns)
        tables.changed(room)


def _row(row: HeapRow | None) -> AnyRow | None:
    return cast("AnyRow | None", row)


def revise_room(tables: Tables, stated: Stated, told: LoadContext) -> StoredRoom:
    """Write the next generation of a room; the room as it was."""
    roster, stored = stated.roster, tables.rosters.get(stated.room)
    entries = {
        label: cast("AnyRow", row)
        for (room, label), row in tables.members.items()
        if room == roster.room
    }
    rung = [x for x in tables.attempts.values() if x.room == roster.room]
    rung.sort(key=lambda each: each.id)
    calls = last_calls(rung, told.now, edited=stated.edited)
    guarded = (roster.room, GuardKind.EXPOSURES) in tables.withheld
    rows = RowBatch()
    calling = any(each.open for each in rung)
    before = StoredRoom(_row(stored), entries, calls, guarded, calling)
    revise(rows, stated, before, told)
    for columns in rows.rosters:
        tables.rosters[roster.room] = HeapRow(**columns)
    for columns in rows.members:
        if not columns["label"]:
            raise StoreError("A member has no label.")
        tables.members[roster.room, columns["label"]] = HeapRow(**columns)
    for columns in rows.revisions:
        bare = replace(roster, source="")
        base = replace(stated.declaration.roster, source="")
        said = replace(stated.declaration, roster=base)
        generation = columns["generation"]
        revision = Revision(
            bare,
            generation,
            told.now,
            told.cause,
            said,
            told.kind,
            told.reason,
            told.restored,
        )
        tables.revisions.append((roster.room, revision))
    tables.declared[roster.room] = roster
    tables.declarations[roster.room] = stated.declaration
    tables.tell(Event(**columns) for columns in rows.events)
    _keep_approval(tables, before, roster, told)
    return before


def _keep_approval(
    tables: Tables, before: StoredRoom, after: Roster, told: LoadContext
) -> None:
    """Keep of a room's approval what its next roster leaves approved."""
    given = tables.approvals.get(after.room)
    left = None if given is None else kept(given, before.declared, after)
    if left is not None and left != given:
        tables.approvals[after.room] = left
        generation = tables.rosters[after.room].generation
        tables.tell(voided(after.room, left, told, generation))


def _release(tables: Tables, room: str, told: LoadContext) -> None:
    row = tables.decide(room, standing=str(Standing.RELEASED), released_by=None)
    message = "Its file left the folder: nobody is hung up."
    generation = row.generation if row else None
    tables.tell(
        [
            Event(
                room,
                told.now,
                "room.released",
                message,
                cause=told.cause,
                generation=generation,
            )
        ]
    )


def _last_free_token(tables: Tables, room: str, now: float) -> int | None:
    held = tables.leases.get(room)
    if held is None:
        return 0
    at = now + tables.server_ahead
    return held.fencing_token if held.expires_at <= at else None


def ledger(
    tables: Tables, room: str, now: float, account_sid: str | None = None
) -> Ledger:
    """All that is remembered of the room; empty if it was never loaded."""
    row = tables.rosters.get(room)
    rung = _rung(tables, room)
    sids = {each.call_sid for mine in rung.values() for each in mine}
    return Ledger(
        records=_records(tables, room, rung),
        memory=_memory(tables, room, sids, now),
        identities={
            sid: call
            for sid, (where, call, seen_at) in tables.calls.items()
            if where == room and seen_at > now - CALL_TTL_SECONDS
        },
        corrections=tuple(
            sorted(
                (
                    each
                    for where, each in tables.corrections
                    if where == room and each.at > now - CORRECTION_TTL_SECONDS
                ),
                key=lambda each: each.at,
            )
        ),
        removals={
            sid: at
            for (where, sid), at in sorted(tables.removals.items(), key=_age)
            if where == room and at > now - CORRECTION_TTL_SECONDS
        },
        withheld={
            kind: held
            for (where, kind), held in tables.withheld.items()
            if where == room
        },
        emptied=row is not None and row.emptied,
        past_protection=(row.past_protection if row else None) or {},
        quiet_at=row.quiet_at if row else None,
        conference_sid=row.conference_sid if row else None,
        elsewhere=_elsewhere(tables, room, rung, account_sid),
        claimed=_claimed(tables, room, rung),
        approval=tables.approvals.get(room),
        last_free_token=_last_free_token(tables, room, now),
        watermark=Watermark(tables.turn + 1),
        observed=fingerprint(tables.observed.get(room)),
    )


def _elsewhere(
    tables: Tables,
    room: str,
    rung: Mapping[str, tuple[Attempt, ...]],
    account_sid: str | None,
) -> tuple[Elsewhere, ...]:
    """The open attempts of other rooms to this room's phones."""
    phones = {
        normal_address(row.to_address)
        for (where, _), row in tables.members.items()
        if where == room and row.dismissed_at is None
    }
    phones |= {x.address for mine in rung.values() for x in mine if x.open}
    return tuple(
        _other(tables, each, account_sid)
        for each in tables.attempts.values()
        if each.open and each.room != room and each.address in phones
        if tables.concerns(each, account_sid)
    )


def _other(tables: Tables, attempt: Attempt, account_sid: str | None) -> Elsewhere:
    row = tables.rosters.get(attempt.room)
    entry = tables.members.get((attempt.room, attempt.label))
    return Elsewhere(
        attempt,
        released=row is None or row.standing == Standing.RELEASED,
        listed=entry is not None and entry.dismissed_at is None,
        dismissed_at=None if entry is None else entry.dismissed_at,
        foreign=tables.callers.get(attempt.id) not in {None, account_sid},
    )


def _claimed(
    tables: Tables, room: str, rung: Mapping[str, tuple[Attempt, ...]]
) -> frozenset[str]:
    """Calls to the phones of lost attempts that are not theirs."""
    lost = {
        each.address
        for mine in rung.values()
        for each in mine
        if each.state in UNCERTAIN
    }
    attempted = {
        each.call_sid
        for each in tables.attempts.values()
        if each.call_sid and each.address in lost
    }
    told = {
        sid
        for sid, (where, call, _) in tables.calls.items()
        if where != room and normal_address(call.to) in lost
    }
    return frozenset(attempted | told)


def _age(removal: tuple[tuple[str, str], float]) -> tuple[float, str]:
    (_, call_sid), at = removal
    return at, call_sid


def _rung(tables: Tables, room: str) -> dict[str, tuple[Attempt, ...]]:
    """Attempts that are open or of the member's present intent, by label."""
    rung: dict[str, tuple[Attempt, ...]] = {}
    for each in tables.attempts.values():
        if each.room != room:
            continue
        entry = tables.members.get((room, each.label))
        if each.open or (entry is not None and entry.intent == each.intent):
            rung[each.label] = (*rung.get(each.label, ()), each)
    return rung


def _records(
    tables: Tables, room: str, rung: Mapping[str, tuple[Attempt, ...]]
) -> dict[str, Record]:
    entries = [row for (where, _), row in tables.members.items() if where == room]
    records = {
        row.label: Record(
            label=row.label,
            to=row.to_address,
            intent=row.intent,
            changed_at=row.changed_at,
            edited_at=row.edited_at,
            dismissed_at=row.dismissed_at,
            attempts=rung.get(row.label, ()),
        )
        for row in sorted(entries, key=lambda row: row.position)
    }
    strays = {
        label: Record(label, mine[-1].to, mine[-1].intent, 0.0, 0.0, mine)
        for label, mine in rung.items()
    }
    return strays | records


def _memory(
    tables: Tables, room: str, sids: set[str | None], now: float
) -> dict[str, dict[str, Value]]:
    memory: dict[str, dict[str, Value]] = {}
    for (sid, name), (where, value, sent_at) in tables.fields.items():
        if where == room and (sent_at > now - CALL_TTL_SECONDS or sid in sids):
            memory.setdefault(sid, {})[name] = value
    return memory


def note(
    tables: Tables, room: str, notes: Notes, now: float, account_sid: str | None
) -> None:
    """Put *notes* on record; see ``engine.ports.Notes``."""
    _find(tables, room, notes.findings, now, account_sid)
    _remember(tables, room, notes, now)
    for call in notes.identities:
        tables.calls[call.sid] = (room, call, now)
    if notes.corrections:
        _correct(tables, room, notes.corrections, now)
    _confirm(tables, room, notes.confirmed, now)
    before = (at for (where, _), at in tables.removals.items() if where == room)
    at = max((now, *before))
    tables.removals |= {(room, sid): at for sid in notes.removals}
    for kind in notes.lifted:
        tables.withheld.pop((room, kind), None)
    tables.withheld |= {(room, each.kind): each for each in notes.withheld}
    if notes.approved is not None:
        _use(tables, room, notes.approved)
    if notes.conference_sid is not None:
        tables.decide(room, conference_sid=notes.conference_sid)
    if notes.observed is not None:
        observe(tables, notes.observed)
    if notes.account_left:
        _leave(tables, room, now)
    if not replace(notes, events=(), ended=None, observed=None).empty:
        tables.changed(room)
    tables.tell(notes.events)
    if notes.ended is not None and notes.ended[0] in tables.runs:
        run = tables.runs[notes.ended[0]]
        tables.runs[run.id] = replace(run, ended_at=now, result=notes.ended[1])


def _remember(tables: Tables, room: str, notes: Notes, now: float) -> None:
    for sid, fields in (notes.memory or {}).items():
        for name, value in fields.items():
            if value is None:
                tables.fields.pop((sid, name), None)
            else:
                tables.fields[sid, name] = (room, value, now)


def _leave(tables: Tables, room: str, now: float) -> None:
    row = tables.rosters.get(room)
    if row is not None and row.account_from is not None:
        tables.decide(room, account_from=None, conference_sid=None)
        tables.tell([moved(room, now, row.account_from, row.account, row.generation)])


def observe(tables: Tables, after: ObservedRoom) -> None:
    """Record the last observation of a room, and the intervals that it ends."""
    check = tables.checks.get(after.room)
    now, ended = advance(tables.observed.get(after.room), after, check)
    tables.observed[after.room] = now
    tables.intervals += ended


def admit(
    tables: Tables, call_sid: str, memory: Fields, event: Event, now: float
) -> None:
    """Put on record what a caller is answered."""
    row = tables.rosters.get(event.room)
    if memory and row is not None:
        sent = {(call_sid, name): (event.room, value, now) for name, value in memory}
        tables.fields |= sent
        tables.decide(event.room, decisions=row.decisions + 1)
        tables.changed(event.room)
    tables.tell([event])


def _use(tables: Tables, room: str, remaining: tuple[str, ...]) -> None:
    """What is still to be done of the approved plan; () ends the approval."""
    given = tables.approvals.pop(room, None)
    if given is not None and remaining:
        tables.approvals[room] = replace(given, remaining=remaining)


def _correct(tables: Tables, room: str, made: Sequence[Correction], now: float) -> None:
    tables.corrections = [
        (where, each)
        for where, each in tables.corrections
        if where != room or each.at > now - CORRECTION_TTL_SECONDS
    ]
    tables.corrections += [(room, each) for each in made]


def _confirm(
    tables: Tables, room: str, shown: Collection[tuple[str, str]], now: float
) -> None:
    if shown:
        tables.corrections = [
            (where, replace(each, seen_at=now))
            if where == room
            and each.seen_at is None
            and (each.call_sid, each.field) in shown
            else (where, each)
            for where, each in tables.corrections
        ]


def _find(
    tables: Tables,
    room: str,
    findings: Sequence[Finding],
    now: float,
    account_sid: str | None,
) -> None:
    for each in findings:
        if isinstance(each, Reassigned):
            _reassign(tables, room, each, now)
    mine = {each.id: each for each in tables.attempts.values() if each.room == room}
    rings = AttemptTransitions(room, dict(mine))
    for each in findings:
        rings.find(each, now)
    for ring in rings.known.values():
        if ring != mine[ring.id]:
            tables.put(ring)
    row = tables.rosters.get(room)
    for ring in rings.adopted:
        generation = row.generation if row else 0
        tables.insert(replace(ring, generation=generation), account_sid)
    for each in findings:
        if isinstance(each, Forgotten):
            _forget(tables, room, each.label)


def _reassign(tables: Tables, room: str, finding: Reassigned, now: float) -> None:
    """Let an open attempt be another label's; another room's only once released."""
    attempt, row = (
        tables.attempts.get(finding.attempt_id),
        tables.rosters.get(finding.room),
    )
    released = row is not None and row.standing == Standing.RELEASED
    if attempt is None or not attempt.open or attempt.room != finding.room:
        return
    if attempt.room == room or released:
        heir, intent = finding.label, finding.intent
        tables.put(replace(attempt, room=room, label=heir, intent=intent))
        if attempt.room != room:
            caller = tables.callers.get(attempt.id)
            tables.insert(handed_on(attempt, finding, room, now), caller)
        tables.changed(room, finding.room)


def _forget(tables: Tables, room: str, label: str) -> None:
    entry = tables.members.get((room, label))
    if entry is not None and entry.dismissed_at is not None:
        del tables.members[room, label]
