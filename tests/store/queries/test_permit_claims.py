"""Permits that processes claim: never more than the account has, each its turn."""

import asyncio

from reconciler.engine.limits.call_permits import (
    CLAIM_SECONDS,
    WAITING_SECONDS,
    PermitRequest,
)
from reconciler.store.opening import open_store
from reconciler.store.queries.permit_claims import PermitClaim, allot
from reconciler.store.store import SqlStore
from tests.store.samples import NOW

SID, OTHER = "AC" + "a" * 32, "AC" + "b" * 32
ALL = PermitRequest(0, 100)


def claim(owner: str, held: int, *, needed: int = 9, asked: float = 0.0) -> PermitClaim:
    return PermitClaim(owner, held, needed, NOW + asked, NOW + CLAIM_SECONDS)


def share(*claims: PermitClaim, permits: int, needs: int = 9, used: int = 0) -> int:
    """What "me" is granted, who asks after the others."""
    request = PermitRequest(used, needs - used)
    return allot(claims, "me", request, permits, NOW + 10.0)[0]


def test_permits_are_dealt_out_evenly_to_those_that_asked_first() -> None:
    assert share(permits=4) == 4
    assert share(permits=4, needs=3) == 3
    assert share(claim("a", 2), permits=4) == 2
    assert share(claim("a", 3), permits=4) == 1
    assert share(claim("a", 2), permits=5) == 2
    assert share(claim("a", 2, asked=20.0), permits=5) == 3
    assert share(claim("a", 1, needed=1), permits=5) == 4
    assert share(claim("a", 0), claim("b", 1), permits=2) == 0
    assert share(claim("a", 0, asked=20.0), claim("b", 1), permits=2) == 1


def test_what_is_under_way_is_held_and_nothing_more_may_begin() -> None:
    claims = (claim("a", 1), claim("b", 1))
    request = PermitRequest(used=3, wanted=2)
    may_begin, kept = allot(claims, "me", request, 2, NOW)
    assert may_begin == 0
    assert kept is not None
    assert kept.held == 3


def test_a_claim_that_expired_counts_no_more() -> None:
    dead = PermitClaim("a", 2, 2, NOW, NOW + CLAIM_SECONDS)
    late = allot((dead,), "me", ALL, 2, NOW + CLAIM_SECONDS - 0.1)
    assert late[0] == 0
    assert allot((dead,), "me", ALL, 2, NOW + CLAIM_SECONDS)[0] == 2


def test_whoever_only_waits_is_soon_forgotten() -> None:
    waits = allot((claim("a", 1),), "me", ALL, 1, NOW + 1.0)[1]
    assert waits is not None
    assert waits.expires_at == NOW + 1.0 + WAITING_SECONDS


async def test_what_one_process_holds_no_other_is_granted(store: SqlStore) -> None:
    mine, theirs = store.of_account("default", SID), store.of_account("europe", OTHER)
    assert await mine.claim_permits("a", ALL, 2, NOW) == 2
    assert await mine.claim_permits("b", ALL, 2, NOW) == 0
    assert await theirs.claim_permits("b", ALL, 2, NOW) == 2
    assert await mine.claim_permits("a", PermitRequest(0, 0), 2, NOW) == 0
    assert await mine.claim_permits("b", ALL, 2, NOW) == 2


async def test_two_processes_of_one_permit_take_turns(store: SqlStore) -> None:
    mine = store.of_account("default", SID)
    assert await mine.claim_permits("a", ALL, 1, NOW) == 1
    assert await mine.claim_permits("b", ALL, 1, NOW + 0.1) == 0
    turns = []
    for second in range(1, 6):
        for owner in "ab":
            granted = await mine.claim_permits(owner, ALL, 1, NOW + second)
            turns += [owner] * granted
    assert {*turns} == {"a", "b"}


async def test_processes_that_claim_at_once_are_granted_no_more_than_there_are(
    url: str,
) -> None:
    async def ask(store: SqlStore, owner: str) -> int:
        mine = store.of_account("default", SID)
        return await mine.claim_permits(owner, PermitRequest(0, 2), 5, NOW)

    stores = [await open_store(url) for _ in range(4)]
    try:
        asked = [ask(each, f"p{n}") for n, each in enumerate(stores * 3)]
        shares = await asyncio.gather(*asked)
    finally:
        for each in stores:
            await each.close()
    assert sum(shares) == 5
