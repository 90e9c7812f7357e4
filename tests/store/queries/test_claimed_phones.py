"""A phone is rung for one label of one room at a time."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import Notes
from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Elsewhere
from reconciler.planning.finding import Progress, Reassigned
from reconciler.planning.plan import Waiting
from reconciler.planning.redial import may_ring
from reconciler.store.opening import open_store
from reconciler.store.queries.accounts import bound
from reconciler.store.queries.attempts import SETTLED_AFTER_SECONDS, open_attempts
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, BOB, CALL, NOW, draft, move, roster, take

PHONE = "+15551230001"


async def opened(
    store: SqlStore, label: str, room: str, to: str = PHONE, later: float = 0.0
) -> Attempt | None:
    lease = await take(store, room)
    asked = draft(label, room=room, to=to)
    asked = replace(asked, created_at=asked.created_at + later)
    (attempt,) = await store.open_attempts(lease, (asked,), NOW)
    return attempt


@pytest.mark.parametrize("state", [AttemptState.PENDING, AttemptState.UNKNOWN])
@pytest.mark.parametrize(("label", "room"), [("ann", "beta"), ("anna", "alpha")])
async def test_a_phone_that_may_be_ringing_is_rung_for_no_other_label_or_room(
    store: SqlStore, state: AttemptState, label: str, room: str
) -> None:
    lease = await take(store, "alpha")
    first = await opened(store, "ann", "alpha")
    assert first is not None
    await move(store, lease, first, state)
    assert await opened(store, label, room, later=1e6) is None
    await move(store, lease, first, AttemptState.ENDED, outcome=CallOutcome.BUSY)
    assert await opened(store, label, room, later=1e6) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("client:bob?team=a", "client:bob"),
        ("sip:bob@PBX:5060", "sip:bob@pbx;transport=tcp"),
    ],
)
async def test_an_address_that_is_written_otherwise_is_the_same_phone(
    store: SqlStore, one: str, other: str
) -> None:
    assert await opened(store, "bob", "alpha", to=one) is not None
    assert await opened(store, "bob", "beta", to=other) is None


async def test_a_call_that_was_placed_a_moment_ago_keeps_the_phone(
    store: SqlStore,
) -> None:
    lease = await take(store, "alpha")
    first = await opened(store, "ann", "alpha")
    assert first is not None
    await move(store, lease, first, AttemptState.PLACED, call_sid="CA1")
    assert await opened(store, "ann", "beta", later=SETTLED_AFTER_SECONDS - 1) is None
    assert (
        await opened(store, "ann", "beta", later=SETTLED_AFTER_SECONDS + 1) is not None
    )


async def test_a_plan_that_has_not_seen_the_last_attempt_rings_nobody(
    store: SqlStore,
) -> None:
    lease = await take(store, "alpha")
    first = await opened(store, "ann", "alpha")
    assert first is not None
    await move(store, lease, first, AttemptState.ENDED, outcome=CallOutcome.REFUSED)
    assert await opened(store, "ann", "alpha", later=1e6) is None
    seen = draft("ann", room="alpha", to=PHONE)
    seen = replace(seen, ring=replace(seen.ring, number=first.number + 1))
    assert (await store.open_attempts(lease, (seen,), NOW))[0] is not None


async def test_of_two_labels_rung_together_that_share_a_phone_the_first_is_rung(
    store: SqlStore,
) -> None:
    lease = await take(store, "alpha")
    asked = [draft(x, room="alpha", to=PHONE) for x in ("desk-1", "desk-2")]
    one, other = await store.open_attempts(lease, asked, NOW)
    assert one is not None
    assert one.label == "desk-1"
    assert other is None


async def test_of_many_connections_that_ring_a_phone_for_many_rooms_one_may(
    url: str,
) -> None:
    stores = [await open_store(url) for _ in range(4)]
    assert await stores[0].bind_account("AC1", NOW) == "AC1"

    async def ring_without_lease(number: int) -> Attempt | None:
        asked = draft(room=f"room-{number}", to=PHONE)
        (attempt,) = await stores[number % 4].database.write(
            lambda it: open_attempts(it, (asked,), bound(it))
        )
        return attempt

    answers = await asyncio.gather(*map(ring_without_lease, range(16)))
    for store in stores:
        await store.close()
    assert sum(isinstance(each, Attempt) for each in answers) == 1


async def test_a_database_belongs_to_the_account_that_first_used_it(
    store: SqlStore,
) -> None:
    assert await store.account() is None
    assert await store.bind_account("AC1", NOW) == "AC1"
    assert await store.bind_account("AC2", NOW + 1) == "AC1"
    assert await store.account() == "AC1"


async def both_rooms(store: SqlStore, *, folder: str | None = None) -> None:
    await store.load(
        [roster(ANN, room=room) for room in ("alpha", "beta")],
        folder=folder,
        now=NOW,
        cause="test",
    )


async def test_a_room_knows_of_the_open_attempts_of_others_to_its_phones(
    store: SqlStore,
) -> None:
    await both_rooms(store)
    attempt = await opened(store, "ann", "alpha")
    other = await opened(store, "bob", "alpha", to="client:bob")
    assert attempt is not None
    assert other is not None
    ledger = await store.ledger("beta", NOW)
    assert ledger.elsewhere == (Elsewhere(attempt, released=False, listed=True),)
    assert (await store.ledger("alpha", NOW)).elsewhere == ()
    both = await store.read(("alpha", "beta"), NOW)
    assert both["beta"][1].elsewhere == ledger.elsewhere

    lease = await take(store, "alpha")
    await move(store, lease, attempt, AttemptState.ENDED, outcome=CallOutcome.LEFT)
    assert (await store.ledger("beta", NOW)).elsewhere == ()


async def test_a_room_knows_whether_another_still_declares_and_manages_its_phone(
    store: SqlStore,
) -> None:
    await both_rooms(store, folder="/desired")
    assert await opened(store, "ann", "alpha") is not None
    beta = roster(ANN, room="beta")
    await store.load(
        [roster(BOB, room="alpha"), beta], folder="/desired", now=NOW, cause="test"
    )
    (other,) = (await store.ledger("beta", NOW)).elsewhere
    assert (other.released, other.listed) == (False, False)
    await store.load([beta], folder="/desired", now=NOW, cause="test")
    (other,) = (await store.ledger("beta", NOW)).elsewhere
    assert other.released


async def test_a_room_that_lost_a_call_knows_which_calls_to_the_phone_are_others(
    store: SqlStore,
) -> None:
    await both_rooms(store)
    lease, beta = await take(store, "alpha"), await take(store, "beta")
    first = await opened(store, "ann", "alpha")
    assert first is not None
    ended, sid = AttemptState.ENDED, "CA1"
    await move(store, lease, first, ended, call_sid=sid, outcome=CallOutcome.LEFT)
    told = Notes(identities=(replace(CALL, sid="CA2", to=PHONE),))
    await store.note(lease, told, NOW)
    assert (await store.ledger("beta", NOW)).claimed == frozenset()
    assert await opened(store, "ann", "beta") is not None
    assert (await store.ledger("beta", NOW)).claimed == {"CA1", "CA2"}
    own = Notes(identities=(replace(CALL, sid="CA3", to=PHONE),))
    await store.note(beta, own, NOW)
    assert (await store.ledger("beta", NOW)).claimed == {"CA1", "CA2"}


async def test_an_attempt_is_handed_over_with_its_new_label_and_intent(
    store: SqlStore,
) -> None:
    await both_rooms(store)
    attempt = await opened(store, "ann", "alpha")
    assert attempt is not None
    lease = await take(store, "alpha")
    renamed = [roster(replace(ANN, label="anna"), room="alpha")]
    await store.load(renamed, folder=None, now=NOW, cause="test")
    handed = Reassigned(attempt.id, "alpha", "anna", "ann", 4)
    lost = Progress(attempt.id, "anna", AttemptState.UNKNOWN, "lost")
    await store.note(lease, Notes(findings=(handed, lost)), NOW)
    records = (await store.ledger("alpha", NOW)).records
    assert records["ann"].open is None
    taken = replace(
        attempt, label="anna", intent=4, state=AttemptState.UNKNOWN, reason="lost"
    )
    assert records["anna"].open == taken


async def test_an_attempt_stays_where_it_is_if_its_heir_has_left_the_roster(
    store: SqlStore,
) -> None:
    await both_rooms(store, folder="/desired")
    attempt = await opened(store, "ann", "alpha")
    assert attempt is not None
    lease = await take(store, "alpha")
    both = [roster(ANN, room="alpha"), roster(ANN, room="beta")]
    await store.load(both, folder="/desired", now=NOW, cause="test")
    handed = Reassigned(attempt.id, "alpha", "anna", "ann", 4)
    await store.note(lease, Notes(findings=(handed,)), NOW)
    assert (await store.ledger("alpha", NOW)).records["ann"].open == attempt


async def test_only_a_released_room_hands_its_attempts_over_to_another(
    store: SqlStore,
) -> None:
    await both_rooms(store, folder="/desired")
    attempt = await opened(store, "ann", "alpha")
    assert attempt is not None
    beta = await take(store, "beta")
    notes = Notes(findings=(Reassigned(attempt.id, "alpha", "ann", "ann", 1),))
    await store.note(beta, notes, NOW)
    assert (await store.ledger("beta", NOW)).records["ann"].open is None
    await store.load(
        [roster(ANN, room="beta")], folder="/desired", now=NOW, cause="test"
    )
    await store.note(beta, notes, NOW)
    assert (await store.ledger("beta", NOW)).records["ann"].open == replace(
        attempt, room="beta"
    )


async def test_where_an_attempt_was_made_it_stays_on_record_as_handed_on(
    store: SqlStore,
) -> None:
    await both_rooms(store, folder="/desired")
    attempt = await opened(store, "ann", "alpha")
    assert attempt is not None
    only = [roster(ANN, room="beta")]
    await store.load(only, folder="/desired", now=NOW, cause="test")
    beta = await take(store, "beta")
    handed = Reassigned(attempt.id, "alpha", "ann", "ann", 1)
    for _ in range(2):
        await store.note(beta, Notes(findings=(handed,)), NOW)
    (kept,) = (await store.ledger("alpha", NOW)).records["ann"].attempts
    assert (kept.outcome, kept.number, kept.to) == (CallOutcome.MOVED, 0, attempt.to)
    ann = (await store.ledger("alpha", NOW)).records["ann"]
    waiting = may_ring(ann, ANN.redial, NOW)
    assert isinstance(waiting, Waiting)
    assert "handed on to ann in beta" in waiting.reason
    assert "reconciler redial alpha ann" in waiting.reason
