"""Rooms and calls by account: who acts where, and whose phone is whose."""

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import AttemptDraft, Notes
from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.policy import RingBudget
from reconciler.store.queries.budgets import RingBudgets
from reconciler.store.store import SqlStore
from tests.store.samples import NOW, draft, move, roster, take

HOME, EUROPE = "AC" + "a" * 32, "AC" + "b" * 32


def of(store: SqlStore, name: str) -> SqlStore:
    return store.of_account(name, EUROPE if name == "europe" else HOME)


async def load(store: SqlStore, room: str, account: str, *, at: float = NOW) -> None:
    declared = replace(roster(room=room), account=account)
    await store.load([declared], folder=None, now=at, cause="test")


async def opened(store: SqlStore, asked: AttemptDraft) -> Attempt | None:
    lease = await take(store, asked.room)
    (attempt,) = await store.open_attempts(lease, (asked,), NOW)
    return attempt


async def acting(store: SqlStore, room: str) -> str:
    return (await store.accounts_of([room]))[room]


async def test_each_name_is_bound_to_one_account_and_each_account_to_one_name(
    store: SqlStore,
) -> None:
    assert await store.bind_account(HOME, NOW) == HOME
    assert await store.bind_account(EUROPE, NOW, "europe") == EUROPE
    assert await store.bind_account(HOME, NOW, "europe") == EUROPE
    assert await store.bind_account(EUROPE, NOW, "asia") is None
    assert await store.bind_account(HOME, NOW, "asia") is None
    assert await store.accounts() == {"default": HOME, "europe": EUROPE}


async def test_an_account_has_the_rooms_in_which_it_acts(store: SqlStore) -> None:
    await load(store, "alpha", "default")
    await load(store, "beta", "europe")
    assert await of(store, "default").rooms() == ("alpha",)
    assert await of(store, "europe").rooms() == ("beta",)
    assert await store.rooms() == ("alpha", "beta")


async def test_a_room_that_called_nobody_is_the_new_accounts_at_once(
    store: SqlStore,
) -> None:
    await load(store, "alpha", "europe")
    await load(store, "alpha", "default", at=NOW + 1)
    assert await acting(store, "alpha") == "default"


@pytest.mark.parametrize("called", [True, False])
async def test_a_room_with_a_call_or_a_conference_stays_until_it_is_left(
    store: SqlStore, called: bool
) -> None:
    await load(store, "alpha", "europe")
    europe = of(store, "europe")
    if called:
        assert await opened(europe, draft("ann", room="alpha")) is not None
    lease = await take(europe, "alpha")
    if not called:
        await europe.note(lease, Notes(conference_sid="CF1"), NOW)
    await load(store, "alpha", "default", at=NOW + 1)
    desired = await europe.desired("alpha", NOW)
    assert desired is not None
    assert (desired.account, desired.roster.account) == ("europe", "default")
    await europe.note(lease, Notes(account_left=True), NOW)
    assert await acting(store, "alpha") == "default"
    assert [x.room for x in await store.marks_since(0)][-1] == "alpha"
    assert "room.account-changed" in {x.kind for x in await store.events(None, limit=9)}


async def test_an_account_that_is_put_back_goes_on(store: SqlStore) -> None:
    await load(store, "alpha", "europe")
    assert await opened(of(store, "europe"), draft("ann", room="alpha")) is not None
    await load(store, "alpha", "default", at=NOW + 1)
    await load(store, "alpha", "asia", at=NOW + 2)
    assert await acting(store, "alpha") == "europe"
    await load(store, "alpha", "europe", at=NOW + 3)
    desired = await store.desired("alpha", NOW)
    assert desired is not None
    assert not desired.changes_account


@pytest.mark.parametrize(
    ("to", "free"), [("+15551230001", False), ("client:ann", True)]
)
async def test_a_phone_that_another_account_may_be_ringing_is_not_rung_but_its_client_is(
    store: SqlStore, to: str, free: bool
) -> None:
    europe, home = of(store, "europe"), of(store, "default")
    await store.bind_account(EUROPE, NOW, "europe")
    first = await opened(europe, draft("ann", room="beta", to=to))
    assert first is not None
    second = await opened(home, draft("ann", room="alpha", to=to))
    assert (second is not None) == free


async def test_another_accounts_call_is_shown_as_one_that_cannot_be_asked_for(
    store: SqlStore,
) -> None:
    await load(store, "alpha", "default")
    phone = "+15551230001"
    first = await opened(of(store, "europe"), draft("ann", room="beta", to=phone))
    assert first is not None
    for account, foreign in (("default", True), ("europe", False)):
        (other,) = await of(store, account).under_way([phone])
        assert other.foreign is foreign


async def test_calls_are_counted_for_the_account_that_made_them(
    store: SqlStore,
) -> None:
    home, europe = of(store, "default"), of(store, "europe")
    store.ring_budgets = lambda: RingBudgets(per_account=RingBudget(hour=1))
    lease = await take(europe, "beta")
    first = await opened(europe, draft("ann", room="beta", to="+15551230011"))
    assert first is not None
    busy = CallOutcome.BUSY
    await move(europe, lease, first, AttemptState.ENDED, outcome=busy)
    assert await opened(europe, draft("bob", room="beta", to="+15551230012")) is None
    assert await opened(home, draft("cat", room="alpha", to="+15551230013")) is not None
