"""The schema itself refuses what the code above it should never write."""

from typing import Any

import pytest
from sqlalchemy import Table, insert

from reconciler.model.errors import StoreError
from reconciler.store import tables
from reconciler.store.store import SqlStore

ROSTER = {
    "room": "r",
    "generation": 1,
    "content": "",
    "state": "open",
    "unlisted": "keep",
    "limit_removals": 3,
    "limit_rings": 50,
    "source": "",
    "standing": "managed",
    "intents": 0,
    "emptied": False,
    "loaded_at": 0.0,
}
MEMBER = {
    "room": "r",
    "label": "ann",
    "position": 0,
    "to_address": "+1",
    "from_address": "+2",
    "create_only": {},
    "write_only": {},
    "announcements": [],
    "redial_on": [],
    "redial_attempts": 3,
    "redial_backoff": 30.0,
    "on_change": "keep",
    "intent": 1,
    "changed_at": 0.0,
}
ATTEMPT = {
    "room": "r",
    "label": "ann",
    "to_address": "+1",
    "address": "+1",
    "intent": 1,
    "number": 1,
    "state": "pending",
    "generation": 1,
    "created_at": 0.0,
    "send_by": 0.0,
    "sent": {},
    "reason": "",
}
REVISION = {"room": "r", "generation": 1, "roster": {}, "loaded_at": 0.0, "cause": ""}
LEASE = {"room": "r", "owner": "me", "epoch": 1, "expires_at": 0.0}
CALL = {
    "call_sid": "CA1",
    "room": "r",
    "to_address": "+1",
    "from_address": "+2",
    "direction": "inbound",
    "status": "ringing",
    "seen_at": 0.0,
}
ACCOUNT = {"id": 1, "account_sid": "AC1", "bound_at": 0.0}
EVENT = {
    "room": "r",
    "at": 0.0,
    "kind": "k",
    "message": "",
    "label": "",
    "call_sid": "",
    "cause": "",
}
GOOD: dict[Table[Any], dict[str, Any]] = {
    tables.rosters: ROSTER,
    tables.members: MEMBER,
    tables.revisions: REVISION,
    tables.attempts: ATTEMPT,
    tables.calls: CALL,
    tables.events: EVENT,
    tables.leases: LEASE,
    tables.accounts: ACCOUNT,
}


async def put(store: SqlStore, table: Table[Any], row: dict[str, Any]) -> None:
    await store.database.write(lambda it: it.execute(insert(table), row))


async def test_good_rows_are_taken(store: SqlStore) -> None:
    for table, row in GOOD.items():
        await put(store, table, row)


@pytest.mark.parametrize(
    ("table", "bad"),
    [
        (tables.rosters, {"room": ""}),
        (tables.rosters, {"room": "x" * 129}),
        (tables.rosters, {"generation": 0}),
        (tables.rosters, {"state": "closed"}),
        (tables.rosters, {"unlisted": "kick"}),
        (tables.rosters, {"standing": "lost"}),
        (tables.rosters, {"limit_removals": -1}),
        (tables.rosters, {"limit_rings": -1}),
        (tables.rosters, {"limit_exposures": -1}),
        (tables.rosters, {"intents": -1}),
        (tables.members, {"room": "never loaded"}),
        (tables.members, {"label": ""}),
        (tables.members, {"label": "x" * 129}),
        (tables.members, {"position": -1}),
        (tables.members, {"coaching_target": "bob"}),
        (tables.members, {"coaching": False, "coaching_target": "bob"}),
        (tables.members, {"redial_attempts": -1}),
        (tables.members, {"redial_backoff": -0.5}),
        (tables.members, {"on_change": "ring"}),
        (tables.members, {"intent": -1}),
        (tables.revisions, {"room": "never loaded"}),
        (tables.revisions, {"generation": 0}),
        (tables.attempts, {"room": ""}),
        (tables.attempts, {"label": ""}),
        (tables.attempts, {"number": -1}),
        (tables.attempts, {"intent": -1}),
        (tables.attempts, {"generation": -1}),
        (tables.attempts, {"state": "ringing"}),
        (tables.attempts, {"state": "placed"}),
        (tables.attempts, {"state": "ended"}),
        (tables.attempts, {"state": "ended", "outcome": "gone"}),
        (tables.attempts, {"outcome": "busy"}),
        (tables.attempts, {"ended_at": 1.0}),
        (tables.calls, {"status": "answered"}),
        (tables.events, {"kind": ""}),
        (tables.events, {"generation": -1}),
        (tables.events, {"run": "never begun"}),
        (tables.leases, {"owner": ""}),
        (tables.leases, {"epoch": 0}),
        (tables.accounts, {"id": 2}),
        (tables.accounts, {"account_sid": ""}),
    ],
    ids=str,
)
async def test_bad_rows_are_refused(
    store: SqlStore, table: Table[Any], bad: dict[str, Any]
) -> None:
    await put(store, tables.rosters, {**ROSTER, "room": "other"})
    if table is not tables.rosters:
        await put(store, tables.rosters, ROSTER)
    with pytest.raises(StoreError, match=r"cannot be used|no such"):
        await put(store, table, {**GOOD[table], **bad})


@pytest.mark.parametrize("first", ["pending", "unknown", "placed"])
@pytest.mark.parametrize("second", ["pending", "unknown", "placed"])
async def test_two_open_attempts_of_a_label_are_refused(
    store: SqlStore, first: str, second: str
) -> None:
    called = {**ATTEMPT, "call_sid": "CA1"}
    await put(store, tables.attempts, {**called, "state": first})
    await put(store, tables.attempts, {**called, "state": second, "label": "bob"})
    await put(store, tables.attempts, {**called, "state": second, "room": "other"})
    closed = {**called, "state": "ended", "outcome": "left", "ended_at": 1.0}
    await put(store, tables.attempts, closed)
    await put(store, tables.attempts, closed)
    with pytest.raises(StoreError):
        await put(store, tables.attempts, {**called, "state": second})


@pytest.mark.parametrize("first", ["pending", "unknown"])
@pytest.mark.parametrize("second", ["pending", "unknown"])
async def test_two_uncertain_attempts_of_a_phone_are_refused(
    store: SqlStore, first: str, second: str
) -> None:
    mine = {**ATTEMPT, "account_sid": "AC1"}
    await put(store, tables.attempts, {**mine, "state": first})
    other = {**mine, "room": "other", "state": second}
    await put(store, tables.attempts, {**other, "account_sid": "AC2", "label": "bob"})
    await put(store, tables.attempts, {**other, "address": "+2", "label": "cara"})
    with pytest.raises(StoreError):
        await put(store, tables.attempts, other)
