"""Calls per phone and per account within an hour and a day."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct, field
from sqlalchemy import Connection, func, or_, select

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import AttemptDraft
from reconciler.model.ledger import Exhausted
from reconciler.model.phone import normal_address
from reconciler.model.policy import RingBudget
from reconciler.store.tables import attempts

_AT_ONCE = 400


class RingBudgets(Struct, frozen=True):
    """The policy's, for one phone and for all of them."""

    per_number: RingBudget = field(default_factory=RingBudget)
    per_account: RingBudget = field(default_factory=RingBudget)

    @property
    def limited(self) -> bool:
        """Whether anything is to be counted."""
        return bool(self.per_number.limits or self.per_account.limits)


def exhausted(
    connection: Connection,
    addresses: Iterable[str],
    budgets: RingBudgets,
    now: float,
    account_sid: str | None = None,
) -> dict[str, Exhausted]:
    """Of *addresses*, in normal form, those that *account_sid* may not call now.

    What counts is an attempt that may have reached Twilio: one that Twilio
    never processed, and a call that was only found, rang no phone.
    """
    wanted = sorted(set(addresses))
    if not budgets.limited or not wanted:
        return {}
    spent = _spent(connection, budgets.per_account, now, "the account", account_sid)
    if spent is not None:
        return dict.fromkeys(wanted, spent)
    return _numbers(connection, wanted, budgets.per_number, now)


def _numbers(
    connection: Connection, wanted: Sequence[str], budget: RingBudget, now: float
) -> dict[str, Exhausted]:
    found: dict[str, Exhausted] = {}
    for span, most, said in budget.limits:
        for start in range(0, len(wanted), _AT_ONCE):
            some = attempts.c.address.in_(wanted[start : start + _AT_ONCE])
            rows = connection.execute(
                select(
                    attempts.c.address, func.count(), func.min(attempts.c.created_at)
                )
                .where(some, *_rang(now - span))
                .group_by(attempts.c.address)
            )
            for address, count, first in rows:
                if count >= most:
                    found[address] = _told(
                        "this number", count, most, said, first + span
                    )
    return found


def _spent(
    connection: Connection,
    budget: RingBudget,
    now: float,
    whose: str,
    account_sid: str | None,
) -> Exhausted | None:
    for span, most, said in budget.limits:
        count, first = connection.execute(
            select(func.count(), func.min(attempts.c.created_at)).where(
                *_rang(now - span), *_of_account(account_sid)
            )
        ).one()
        if count >= most:
            return _told(whose, count, most, said, (first or now) + span)
    return None


def _rang(since: float) -> tuple[Any, ...]:
    refused = attempts.c.state == "refused"
    unprocessed = refused & (attempts.c.outcome == "delayed")
    return attempts.c.created_at > since, attempts.c.number > 0, ~unprocessed


def _of_account(account_sid: str | None) -> tuple[Any, ...]:
    """The account's calls, and those of before calls had one; all for None."""
    of = attempts.c.account_sid
    return () if account_sid is None else (or_(of.is_(None), of == account_sid),)


def _told(whose: str, count: int, most: int, said: str, until: float) -> Exhausted:
    rings = "ring" if count == 1 else "rings"
    reason = f"{whose} has had {count} {rings} within {said}; the policy allows {most}"
    return Exhausted(until, reason)


def addresses_of(desired: Iterable[Desired | None]) -> set[str]:
    """The phones of all members, in normal form."""
    return {
        normal_address(member.to)
        for each in desired
        if each is not None
        for member in each.roster.members
    }


def allowed(
    connection: Connection,
    drafts: Sequence[AttemptDraft],
    budgets: RingBudgets,
    now: float,
    account_sid: str | None = None,
) -> list[AttemptDraft]:
    """Those of *drafts*, in order, that may ring. The caller holds its turn."""
    if not budgets.limited:
        return list(drafts)
    phones = [normal_address(draft.ring.to) for draft in drafts]
    spent = exhausted(connection, phones, budgets, now, account_sid)
    free = [x for x, phone in zip(drafts, phones, strict=True) if phone not in spent]
    left = _left(connection, budgets.per_account, now, len(free), account_sid)
    return free[:left]


def placed_since(
    connection: Connection, since: float, account_sid: str | None = None
) -> int:
    """How many calls count as placed after *since*, of all rooms of the account."""
    mine = *_rang(since), *_of_account(account_sid)
    count = select(func.count()).select_from(attempts).where(*mine)
    return connection.scalar(count) or 0


def _left(
    connection: Connection,
    budget: RingBudget,
    now: float,
    wanted: int,
    account_sid: str | None,
) -> int:
    """How many of *wanted* rings the account has left."""
    for span, most, _ in budget.limits:
        count = placed_since(connection, now - span, account_sid)
        wanted = min(wanted, max(0, most - count))
    return wanted
