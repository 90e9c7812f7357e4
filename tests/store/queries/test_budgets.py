"""Rings of a phone and of the account, counted over rooms and processes."""

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import AttemptDraft, Notes
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.policy import RingBudget
from reconciler.model.roster import Member
from reconciler.planning.finding import Progress
from reconciler.store.queries.budgets import RingBudgets
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, BOB, NOW, draft, load, roster, take

HOUR, DAY = 3600.0, 86400.0


async def ring(store: SqlStore, room: str, member: Member, at: float) -> bool:
    """Ring and end the call; whether an attempt was opened."""
    await load(store, roster(member, room=room), now=at)
    lease = await take(store, room, at)
    one = _to(draft(member.label, room=room), member.to, at)
    (opened,) = await store.open_attempts(lease, [one], at)
    if opened is not None:
        ended = Progress(
            opened.id,
            member.label,
            AttemptState.REFUSED,
            "refused",
            ended_at=at,
            outcome=CallOutcome.REFUSED,
        )
        await store.note(lease, Notes(findings=(ended,)), at)
    await store.release(lease)
    return opened is not None


def _to(one: AttemptDraft, to: str, at: float) -> AttemptDraft:
    return replace(one, ring=replace(one.ring, to=to), created_at=at, send_by=at + 3)


def budgets(
    store: SqlStore, number: RingBudget, account: RingBudget | None = None
) -> None:
    found = RingBudgets(number, account or RingBudget())
    store.ring_budgets = lambda: found


@pytest.mark.parametrize(
    ("span", "budget"), [(HOUR, RingBudget(hour=2)), (DAY, RingBudget(day=2))]
)
async def test_a_phone_is_rung_so_often_and_then_not_in_any_room(
    store: SqlStore, span: float, budget: RingBudget
) -> None:
    budgets(store, budget)
    rung = [await ring(store, f"room-{n}", ANN, NOW + 60 * n) for n in range(3)]

    assert rung == [True, True, False]
    spent = (await store.ledger("room-2", NOW + 130)).exhausted[ANN.to]
    assert spent.until == NOW + span
    assert "2 rings within" in spent.reason
    assert (await store.ledger("room-2", NOW + span + 61)).exhausted == {}
    assert await ring(store, "room-9", ANN, NOW + span + 61)


async def test_another_phone_is_not_concerned(store: SqlStore) -> None:
    budgets(store, RingBudget(hour=1))

    assert await ring(store, "a", ANN, NOW)
    assert await ring(store, "b", BOB, NOW + 60)


async def test_the_account_s_budget_holds_for_all_phones(store: SqlStore) -> None:
    budgets(store, RingBudget(), RingBudget(hour=1))

    assert await ring(store, "a", ANN, NOW)
    assert not await ring(store, "b", BOB, NOW + 60)
    assert set((await store.ledger("b", NOW + 61)).exhausted) == {BOB.to}


async def test_a_group_of_rings_takes_no_more_than_the_account_has_left(
    store: SqlStore,
) -> None:
    budgets(store, RingBudget(), RingBudget(day=1))
    await load(store, roster(ANN, BOB))
    lease = await take(store)
    drafts = [_to(draft("ann"), ANN.to, NOW), _to(draft("bob"), BOB.to, NOW)]

    opened = await store.open_attempts(lease, drafts, NOW)

    assert [each is not None for each in opened] == [True, False]


async def test_nothing_is_counted_without_a_budget(store: SqlStore) -> None:
    assert await ring(store, "a", ANN, NOW)
    assert (await store.ledger("a", NOW + 1)).exhausted == {}


async def test_the_calls_that_count_are_counted_from_a_moment_on(
    store: SqlStore,
) -> None:
    assert await store.calls_placed(0.0) == 0
    await ring(store, "a", ANN, NOW)
    await ring(store, "b", BOB, NOW + 60)
    assert await store.calls_placed(NOW - 1) == 2
    assert await store.calls_placed(NOW + 30) == 1
