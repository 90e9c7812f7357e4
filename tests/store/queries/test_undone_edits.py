"""An edit that is undone calls nobody who left; a window of a schedule does."""

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import Lease, Notes
from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.declaration import Declaration, Presence
from reconciler.model.schedule import Once, Period
from reconciler.planning.finding import Forgotten
from reconciler.store.queries.left_calls import UNDONE_SECONDS
from reconciler.store.store import SqlStore
from tests.store.samples import (
    ANN,
    BOB,
    NOW,
    ROOM,
    draft,
    load,
    move,
    ring,
    roster,
    take,
)

ELSEWHERE = replace(ANN, to="+15551239999")


async def intent(store: SqlStore) -> int:
    return (await store.ledger(ROOM, NOW)).records["ann"].intent


async def ended(
    store: SqlStore, outcome: CallOutcome = CallOutcome.LEFT, ended_at: float = NOW
) -> int:
    """Ann was called, and the call is over; the intent that it was of."""
    await load(store, roster(ANN, BOB))
    lease = await take(store)
    attempt = await ring(store, lease)
    mine = await intent(store)
    await end(store, lease, attempt, outcome, ended_at)
    return mine


async def end(
    store: SqlStore,
    lease: Lease,
    attempt: Attempt,
    outcome: CallOutcome = CallOutcome.LEFT,
    ended_at: float = NOW,
) -> None:
    state = AttemptState.ENDED
    await move(store, lease, attempt, state, outcome=outcome, ended_at=ended_at)


async def test_an_address_put_back_after_the_person_left_is_no_new_intent(
    store: SqlStore,
) -> None:
    first = await ended(store)
    await load(store, roster(ELSEWHERE, BOB))
    await load(store, roster(ANN, BOB), now=NOW + 60)
    assert await intent(store) == first


async def test_a_line_that_comes_back_after_the_person_left_is_no_new_intent(
    store: SqlStore,
) -> None:
    first = await ended(store)
    await load(store, roster(BOB), now=NOW + 60)
    await store.note(await take(store), Notes(findings=(Forgotten("ann"),)), NOW + 61)
    await load(store, roster(ANN, BOB), now=NOW + 70)
    assert await intent(store) == first


async def seen_gone(store: SqlStore, now: float) -> None:
    await store.note(await take(store), Notes(findings=(Forgotten("ann"),)), now)


async def test_whom_a_window_of_a_schedule_declares_again_is_meant_anew(
    store: SqlStore,
) -> None:
    first = await ended(store)
    hours = tuple(Period(Once(NOW + x, NOW + x + 60)) for x in (60, 240))
    windows = Declaration(roster(ANN, BOB), presences=(Presence(("ann",), hours),))
    await load(store, windows, now=NOW + 70)
    assert await intent(store) == first
    await store.advance(NOW + 120)
    await seen_gone(store, NOW + 130)
    await store.advance(NOW + 240)
    assert await intent(store) > first


async def test_an_edit_that_takes_a_window_away_and_puts_it_back_is_no_new_intent(
    store: SqlStore,
) -> None:
    first = await ended(store)
    hours, never = (
        Presence(("ann",), (Period(Once(NOW + x, NOW + x + 600)),)) for x in (0, 9e6)
    )
    for at, presence in enumerate((hours, never, hours), 1):
        declared = Declaration(roster(ANN, BOB), presences=(presence,))
        await load(store, declared, now=NOW + at * 10)
        if presence is never:
            await seen_gone(store, NOW + at * 10 + 1)
    assert await intent(store) == first


async def test_the_calls_that_an_edit_restores_are_those_of_the_last_hour(
    store: SqlStore,
) -> None:
    first = await ended(store)
    await load(store, roster(BOB), now=NOW + 1)
    await seen_gone(store, NOW + 2)
    (calls,) = (await store.left_by_themselves([ROOM], NOW + 3))[ROOM].values()
    assert [(x.label, x.intent) for x in calls] == [("ann", first)]
    late = NOW + UNDONE_SECONDS + 1
    assert await store.left_by_themselves([ROOM], late) == {ROOM: {}}


@pytest.mark.parametrize(
    ("outcome", "back"),
    [(CallOutcome.LEFT, UNDONE_SECONDS + 1), (CallOutcome.BUSY, 60.0)],
)
async def test_a_line_that_comes_back_later_or_after_no_conversation_is_meant_anew(
    store: SqlStore, outcome: CallOutcome, back: float
) -> None:
    first = await ended(store, outcome)
    await load(store, roster(BOB), now=NOW + 1)
    await store.note(await take(store), Notes(findings=(Forgotten("ann"),)), NOW + 2)
    await load(store, roster(ANN, BOB), now=NOW + back)
    assert await intent(store) > first


async def test_another_address_that_was_rung_since_is_meant_anew(
    store: SqlStore,
) -> None:
    first = await ended(store)
    await load(store, roster(ELSEWHERE, BOB), now=NOW + 1)
    lease = await take(store)
    wrong = draft("ann", number=2, to=ELSEWHERE.to)
    (attempt,) = await store.open_attempts(lease, (wrong,), NOW)
    assert attempt is not None
    await end(store, lease, attempt)
    await load(store, roster(ANN, BOB), now=NOW + 9)
    assert await intent(store) > first
