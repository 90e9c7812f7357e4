"""Permits for calls under way, as the processes of a database claim them.

They are dealt out one by one, to those that asked first, until nobody needs another or
none is left. Whoever was granted some asks as the last from then on. What is under way
is never taken back, and nothing is granted that another's claim still covers.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct, to_builtins
from sqlalchemy import Connection, delete, func, insert, select

from reconciler.engine.limits.call_permits import (
    CLAIM_SECONDS,
    WAITING_SECONDS,
    PermitRequest,
)
from reconciler.store.database.server_clock import server_clock
from reconciler.store.tables import permit_claims

_LOCK = 0x7065726D
"""The first key of the advisory lock of an account's claims."""


class PermitClaim(Struct, frozen=True):
    """A process's claim; ``held`` permits are nobody else's until ``expires_at``."""

    owner: str
    held: int
    needed: int
    asked_at: float
    expires_at: float


def allot(
    claims: Sequence[PermitClaim],
    owner: str,
    request: PermitRequest,
    permits: int,
    now: float,
) -> tuple[int, PermitClaim | None]:
    """How many calls may be under way, and the claim from now on, None for none."""
    if not request.needed:
        return 0, None
    others = [x for x in claims if x.owner != owner and x.expires_at > now]
    before = next((x.asked_at for x in claims if x.owner == owner), now)
    permit_claim = PermitClaim(owner, 0, request.needed, before, now)
    free = max(0, permits - sum(each.held for each in others))
    share = min(free, _dealt((*others, permit_claim), permits)[owner])
    held = max(request.used, share)
    lasts = CLAIM_SECONDS if held else WAITING_SECONDS
    asked_at = now if held else before
    return share, PermitClaim(owner, held, request.needed, asked_at, now + lasts)


def _dealt(claims: Sequence[PermitClaim], permits: int) -> Mapping[str, int]:
    """The share of each claim's owner."""
    shares = dict.fromkeys((permit_claim.owner for permit_claim in claims), 0)
    waiting = sorted(
        claims, key=lambda permit_claim: (permit_claim.asked_at, permit_claim.owner)
    )
    while waiting and permits > 0:
        for permit_claim in waiting[:permits]:
            shares[permit_claim.owner] += 1
        permits -= len(waiting[:permits])
        waiting = [x for x in waiting if shares[x.owner] < x.needed]
    return shares


class Claimant(Struct, frozen=True):
    """A process, and the account that it acts for."""

    account_sid: str
    owner: str


def claim_permits(
    connection: Connection,
    claimant: Claimant,
    request: PermitRequest,
    permits: int,
    now: float,
) -> int:
    """How many of the account's *permits* calls the claimant may have under way.

    By the clock of the server; SQLite has none but *now*, this machine's.
    """
    account_sid, owner = claimant.account_sid, claimant.owner
    if connection.dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock(_LOCK, func.hashtext(account_sid))
        connection.execute(select(lock))
        now = server_clock(connection)
    table = permit_claims.c
    of_account = table.account_sid == account_sid
    columns = (table.owner, table.held, table.needed, table.asked_at, table.expires_at)
    rows = connection.execute(select(*columns).where(of_account))
    claims = [PermitClaim(*row) for row in rows]
    share, claim = allot(claims, owner, request, permits, now)
    gone = (table.owner == owner) | (table.expires_at <= now)
    connection.execute(delete(permit_claims).where(of_account, gone))
    if claim is not None:
        row = {"account_sid": account_sid, **to_builtins(claim)}
        connection.execute(insert(permit_claims).values(row))
    return share
