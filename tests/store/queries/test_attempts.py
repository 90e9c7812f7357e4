import asyncio
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.engine.ports import AttemptDraft, Notes
from reconciler.model.attempt import OPEN, Attempt, AttemptState, CallOutcome
from reconciler.model.errors import StoreError
from reconciler.planning.finding import Adopted, Progress
from reconciler.store.opening import open_store
from reconciler.store.queries.accounts import bound
from reconciler.store.queries.attempts import advance, open_attempts
from reconciler.store.store import SqlStore
from tests.sample_size import sample_size
from tests.store.samples import (
    ANN,
    DRAFTS,
    NOW,
    PROGRESS,
    ROOM,
    draft,
    load,
    move,
    only_attempt,
    ring,
    ring_if_allowed,
    roster,
    take,
)

FOUND = Adopted(
    label="ann",
    to="+15551230001",
    intent=1,
    call_sid="CA9",
    conference_sid="CF1",
    connected_at=NOW - 5,
    reason="dialed in",
)


@settings(
    max_examples=sample_size(10, 30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=DRAFTS)
async def test_an_attempt_is_on_record_as_it_was_drafted(
    store: SqlStore, asked: AttemptDraft
) -> None:
    lease = await take(store, asked.room)
    (attempt,) = await store.open_attempts(lease, (asked,), NOW)
    assert attempt is not None
    ledger = await store.ledger(asked.room, NOW)
    assert ledger.records[asked.ring.label].attempts == (attempt,)
    assert attempt == Attempt(
        id=attempt.id,
        room=asked.room,
        label=asked.ring.label,
        to=asked.ring.to,
        intent=asked.ring.intent,
        number=asked.ring.number,
        state=AttemptState.PENDING,
        generation=asked.generation,
        created_at=asked.created_at,
        send_by=asked.send_by,
        sent=asked.ring.fields,
        reason=asked.ring.reason,
        memory=asked.ring.memory,
    )
    closed = Progress(
        attempt_id=attempt.id,
        label=attempt.label,
        state=AttemptState.ENDED,
        reason="over",
        outcome=CallOutcome.LEFT,
    )
    await store.note(lease, Notes(findings=(closed,)), NOW)


async def test_a_label_has_one_open_attempt_at_a_time(store: SqlStore) -> None:
    lease = await take(store)
    attempt = await ring(store, lease)
    for state in (AttemptState.PENDING, AttemptState.UNKNOWN, AttemptState.PLACED):
        await move(store, lease, attempt, state, call_sid="CA1")
        assert await ring_if_allowed(store, lease) is None
    assert (await only_attempt(store)).state is AttemptState.PLACED


async def test_a_label_may_be_rung_again_once_its_attempt_is_closed(
    store: SqlStore,
) -> None:
    lease = await take(store)
    await load(store, roster(ANN))
    first = await ring(store, lease)
    await move(store, lease, first, AttemptState.REFUSED, outcome=CallOutcome.DELAYED)
    second = await ring(store, lease, number=2)
    assert second.id > first.id
    attempts = (await store.ledger(ROOM, NOW)).records["ann"].attempts
    assert [each.id for each in attempts] == [first.id, second.id]


async def test_rings_opened_together_are_on_record_each_in_its_turn(
    store: SqlStore,
) -> None:
    lease = await take(store)
    already = await ring(store, lease, "bob")
    labels = ("cara", "bob", "ann", "cara", "dan")
    opened = await store.open_attempts(lease, [draft(x) for x in labels], NOW)
    assert [each and each.label for each in opened] == [
        "cara",
        None,
        "ann",
        None,
        "dan",
    ]
    records = (await store.ledger(ROOM, NOW)).records
    rung = {label: record.open for label, record in records.items()}
    assert rung == {"bob": already} | {x.label: x for x in opened if x}


async def test_nothing_is_opened_where_nobody_is_to_be_rung(store: SqlStore) -> None:
    assert await store.open_attempts(await take(store), (), NOW) == ()


async def test_of_rings_opened_together_none_stays_where_one_is_refused(
    store: SqlStore,
) -> None:
    lease = await take(store)
    with pytest.raises(StoreError):
        await store.open_attempts(lease, (draft("ann"), draft("")), NOW)
    assert (await store.ledger(ROOM, NOW)).records == {}


async def test_a_draft_for_another_room_than_the_leased_is_refused(
    store: SqlStore,
) -> None:
    with pytest.raises(StoreError, match="of 'other', not of 'support-line'"):
        await store.open_attempts(await take(store, "other"), (draft(),), NOW)


async def test_of_many_connections_that_ring_at_once_one_may(url: str) -> None:
    stores = [await open_store(url) for _ in range(4)]
    lease = await take(stores[0])
    answers = await asyncio.gather(
        *(ring_if_allowed(store, lease) for store in stores * 4)
    )
    for store in stores:
        await store.close()
    assert sum(isinstance(each, Attempt) for each in answers) == 1
    assert answers.count(None) == 15


async def test_the_unique_index_stops_a_second_ring_that_no_lease_stopped(
    url: str,
) -> None:
    stores = [await open_store(url) for _ in range(4)]

    async def ring_without_lease(store: SqlStore) -> Attempt | None:
        (attempt,) = await store.database.write(
            lambda it: open_attempts(it, (draft(),), bound(it))
        )
        return attempt

    answers = await asyncio.gather(*(ring_without_lease(store) for store in stores * 4))
    for store in stores:
        await store.close()
    assert sum(isinstance(each, Attempt) for each in answers) == 1
    assert answers.count(None) == 15


RINGER = """
import asyncio, sys
from reconciler.engine.ports import Lease
from reconciler.store.opening import open_store
from tests.store.samples import NOW, ring_if_allowed, ROOM

async def main():
    async with await open_store(sys.argv[1]) as store:
        lease = Lease(ROOM, "me", 1, 0.0)
        print("ready", flush=True)
        sys.stdin.readline()
        rung = await ring_if_allowed(store, lease)
        print("rung" if rung else "open")

asyncio.run(main())
"""


@pytest.mark.process
async def test_of_two_processes_that_ring_at_once_one_may(
    store: SqlStore, url: str
) -> None:
    await take(store)
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", RINGER, url, stdin=pipe, stdout=pipe
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    told = await asyncio.gather(*(each.communicate(b"go\n") for each in processes))
    assert sorted(out for out, _ in told) == [b"open\n", b"rung\n"]
    assert (await only_attempt(store)).state is AttemptState.PENDING


async def test_progress_fills_every_column(store: SqlStore) -> None:
    lease = await take(store)
    await load(store, roster(ANN))
    attempt = await ring(store, lease)
    placed = Progress(
        attempt_id=attempt.id,
        label="ann",
        state=AttemptState.PLACED,
        reason="taken",
        call_sid="CA1",
        conference_sid="CF1",
        connected_at=NOW + 4.5,
        request_id="RQ1",
    )
    await store.note(lease, Notes(findings=(placed,)), NOW)
    ended = Progress(
        attempt_id=attempt.id,
        label="ann",
        state=AttemptState.ENDED,
        reason="no answer",
        ended_at=NOW + 9.75,
        outcome=CallOutcome.NO_ANSWER,
        code=13227,
    )
    await store.note(lease, Notes(findings=(ended,)), NOW)
    assert await only_attempt(store) == replace(
        attempt,
        state=AttemptState.ENDED,
        reason="no answer",
        call_sid="CA1",
        conference_sid="CF1",
        connected_at=NOW + 4.5,
        ended_at=NOW + 9.75,
        outcome=CallOutcome.NO_ANSWER,
        code=13227,
        request_id="RQ1",
    )


async def test_progress_of_an_attempt_that_is_not_on_record_is_an_error(
    store: SqlStore,
) -> None:
    lease = await take(store)
    attempt = await ring(store, lease)
    other = await take(store, "other")
    with pytest.raises(StoreError, match="has no attempt"):
        await move(store, other, attempt, AttemptState.UNKNOWN)


async def test_an_adopted_call_is_an_attempt_of_its_own(store: SqlStore) -> None:
    await load(store, roster(ANN))
    await store.note(await take(store), Notes(findings=(FOUND,)), NOW)
    attempt = await only_attempt(store)
    assert attempt == Attempt(
        id=attempt.id,
        room=ROOM,
        label="ann",
        to="+15551230001",
        intent=1,
        number=0,
        state=AttemptState.PLACED,
        generation=1,
        created_at=NOW,
        send_by=NOW,
        call_sid="CA9",
        conference_sid="CF1",
        connected_at=NOW - 5,
        reason="dialed in",
    )


@pytest.mark.parametrize("state", [AttemptState.PENDING, AttemptState.UNKNOWN])
async def test_an_adopted_call_becomes_that_of_the_attempt_without_one(
    store: SqlStore, state: AttemptState
) -> None:
    lease = await take(store)
    attempt = await ring(store, lease)
    await move(store, lease, attempt, state)
    await store.note(lease, Notes(findings=(FOUND,)), NOW)
    adopted = await only_attempt(store)
    assert (adopted.id, adopted.number) == (attempt.id, 1)
    assert (adopted.state, adopted.call_sid) == (AttemptState.PLACED, "CA9")


async def test_a_placed_attempt_keeps_its_call_when_another_is_found(
    store: SqlStore,
) -> None:
    lease = await take(store)
    attempt = await ring(store, lease)
    await move(store, lease, attempt, AttemptState.PLACED, call_sid="CA1")
    before = await only_attempt(store)
    await store.note(lease, Notes(findings=(FOUND,)), NOW)
    assert await only_attempt(store) == before


PENDING = Attempt(
    id=1,
    room=ROOM,
    label="ann",
    to="+1",
    intent=1,
    number=1,
    state=AttemptState.PENDING,
    generation=1,
    created_at=NOW,
    send_by=NOW,
)


@given(st.lists(PROGRESS, max_size=6))
def test_nothing_ever_goes_back(told: list[Progress]) -> None:
    ranks = {AttemptState.PENDING: 0, AttemptState.UNKNOWN: 1, AttemptState.PLACED: 2}
    attempt = PENDING
    for progress in told:
        after = advance(attempt, progress)
        assert ranks.get(after.state, 3) >= ranks.get(attempt.state, 3)
        assert attempt.open or after.state is attempt.state
        assert attempt.open or after.outcome is attempt.outcome
        assert attempt.call_sid in (None, after.call_sid)
        assert (after.outcome is None) == (after.state in OPEN)
        assert after.ended_at is None or not after.open
        attempt = after


def test_what_comes_late_is_still_learnt() -> None:
    closed = replace(PENDING, state=AttemptState.ENDED, outcome=CallOutcome.RUNG)
    late = Progress(
        attempt_id=1,
        label="ann",
        state=AttemptState.PLACED,
        reason="201 at last",
        call_sid="CA1",
        request_id="RQ1",
    )
    assert advance(closed, late) == replace(closed, call_sid="CA1", request_id="RQ1")
