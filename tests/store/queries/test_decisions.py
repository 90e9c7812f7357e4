"""What a person decided about a room outlives its files, until a person ends it."""

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.ports import Notes
from reconciler.model.attempt import OPEN, AttemptState, CallOutcome
from reconciler.model.ledger import Correction, Ledger
from reconciler.model.load_result import Loaded
from reconciler.model.roster import RoomState
from reconciler.planning.finding import Progress
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore
from tests.store.samples import (
    ANN,
    BOB,
    CALL,
    LATER,
    NOW,
    ROOM,
    load,
    move,
    only_attempt,
    ring,
    roster,
    take,
)

ENDED = replace(roster(ANN, BOB), state=RoomState.ENDED)
ELSEWHERE = replace(ANN, to="+15551239999")


async def desired(store: SqlStore, now: float = NOW) -> Desired:
    found = await store.desired(ROOM, now)
    assert found is not None
    return found


async def intent(store: SqlStore, label: str = "ann") -> int:
    return (await store.ledger(ROOM, NOW)).records[label].intent


async def pause(store: SqlStore, until: float | None = None) -> bool:
    return await store.stand(Decision(ROOM, NOW, "sue"), Standing.PAUSED, until=until)


async def resume(store: SqlStore) -> bool:
    return await store.stand(Decision(ROOM, NOW, "sue"), Standing.MANAGED)


async def release(store: SqlStore) -> bool:
    return await store.stand(Decision(ROOM, NOW, "sue"), Standing.RELEASED)


async def test_a_pause_outlives_the_release_and_the_return_of_the_file(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), folder="/desired")
    await pause(store, NOW + 60)
    await load(store, folder="/desired")
    gone = await desired(store)
    assert (gone.standing, gone.paused_by) == (Standing.RELEASED, "sue")
    for returned in (roster(ANN), roster(ANN), roster(ANN, BOB)):
        await load(store, returned, folder="/desired")
        back = await desired(store)
        assert (back.standing, back.paused_until) == (Standing.PAUSED, NOW + 60)
    assert (await desired(store, NOW + 60)).standing is Standing.MANAGED


async def test_a_pause_that_ended_while_the_file_was_away_is_over(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), folder="/desired")
    await pause(store)
    await load(store, folder="/desired")
    assert await resume(store)
    assert (await desired(store)).standing is Standing.RELEASED
    await load(store, roster(ANN), folder="/desired")
    assert (await desired(store)).standing is Standing.MANAGED


async def test_each_decision_counts_and_one_that_changes_nothing_does_not(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, BOB))
    lease = await take(store)
    await ring(store, lease)
    counts = [(await desired(store)).decisions]
    for decide in (
        lambda: pause(store),
        lambda: pause(store),
        lambda: resume(store),
        lambda: resume(store),
        lambda: release(store),
        lambda: resume(store),
        lambda: store.redial(Decision(ROOM, NOW, "sue"), "bob"),
        lambda: store.resolve(Decision(ROOM, LATER, "sue"), "ann", rung=True),
        lambda: load(store, roster(BOB)),
    ):
        await decide()
        counts.append((await desired(store)).decisions)
    assert counts == [0, 1, 1, 2, 2, 3, 4, 5, 6, 6]


async def test_a_room_that_a_person_released_stays_released_while_its_file_is_the_same(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), folder="/desired")
    assert await release(store)
    assert not await release(store)
    told = await store.load([roster(ANN)], folder="/other", now=NOW, cause="sync")
    assert told == Loaded(unchanged=(ROOM,))
    kept = await desired(store)
    assert (kept.standing, kept.released_by) == (Standing.RELEASED, "sue")
    await load(store, roster(ANN, BOB), folder="/desired")
    assert await desired(store) == Desired(roster(ANN, BOB), 2)


async def test_a_room_that_a_person_released_comes_back_when_resumed(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    await release(store)
    assert await resume(store)
    assert await desired(store) == Desired(roster(ANN), 1)


async def test_a_room_whose_file_left_is_not_managed_by_resuming_it(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), folder="/desired")
    await load(store, folder="/desired")
    assert not await resume(store)
    assert (await desired(store)).standing is Standing.RELEASED


async def test_an_address_that_was_edited_and_put_back_is_no_new_intent(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    attempt = await ring(store, lease)
    await move(store, lease, attempt, AttemptState.PLACED, call_sid="CA1")
    first = await intent(store)
    await load(store, roster(ELSEWHERE))
    assert await intent(store) > first
    await load(store, roster(ANN))
    assert await intent(store) == first


async def test_to_open_an_ended_room_means_every_member_anew(store: SqlStore) -> None:
    await load(store, roster(ANN, BOB))
    await load(store, ENDED)
    before = {label: await intent(store, label) for label in ("ann", "bob")}
    await load(store, replace(ENDED, limits=replace(ENDED.limits, rings=9)))
    assert before == {label: await intent(store, label) for label in ("ann", "bob")}
    await load(store, roster(ANN, BOB))
    for label, intended in before.items():
        assert await intent(store, label) > intended
    assert (await desired(store)).roster == roster(ANN, BOB)


@pytest.mark.parametrize("rung", [True, False])
async def test_a_placed_call_is_resolved_by_naming_it_and_not_otherwise(
    store: SqlStore, *, rung: bool
) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    attempt = await ring(store, lease)
    await move(store, lease, attempt, AttemptState.PLACED, call_sid="CA1")

    async def resolve(call_sid: str | None) -> bool:
        return await store.resolve(
            Decision(ROOM, NOW, "sue"), "ann", rung=rung, call_sid=call_sid
        )

    assert not await resolve(None)
    assert not await resolve("CA2")
    assert await resolve("CA1")
    assert not await resolve("CA1")
    told = await only_attempt(store)
    expected = CallOutcome.RUNG if rung else CallOutcome.NOT_RUNG
    assert (told.outcome, told.call_sid) == (expected, "CA1")
    assert told.reason == "resolved by sue"


@pytest.mark.parametrize("rung", [True, False])
@pytest.mark.parametrize("state", [AttemptState.PENDING, AttemptState.UNKNOWN])
@pytest.mark.parametrize(
    ("age", "resolved"),
    [(0.0, False), (29.9, False), (30.0, True), (-29.9, False), (-30.0, True)],
)
async def test_a_create_that_is_still_looked_for_is_not_resolved(
    store: SqlStore, *, rung: bool, state: AttemptState, age: float, resolved: bool
) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    attempt = await ring(store, lease)
    if state is AttemptState.UNKNOWN:
        await move(store, lease, attempt, state)
    now = attempt.created_at + age
    done = await store.resolve(Decision(ROOM, now, "sue"), "ann", rung=rung)
    assert done is resolved
    assert (await only_attempt(store)).open is not resolved


@pytest.mark.parametrize(
    ("state", "age", "forgotten"),
    [
        (AttemptState.PENDING, 9_999.0, False),
        (AttemptState.UNKNOWN, 9_999.0, False),
        (AttemptState.PLACED, 0.0, False),
        (AttemptState.PLACED, 49.9, False),
        (AttemptState.PLACED, 50.0, True),
        (AttemptState.REFUSED, 0.0, True),
        (AttemptState.ENDED, 0.0, True),
    ],
)
async def test_a_room_of_which_a_phone_may_ring_is_not_forgotten(
    store: SqlStore, *, state: AttemptState, age: float, forgotten: bool
) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    attempt = await ring(store, lease)
    over = state not in OPEN
    if state is not AttemptState.PENDING:
        await move(
            store,
            lease,
            attempt,
            state,
            call_sid="CA1" if state is AttemptState.PLACED else None,
            outcome=CallOutcome.NO_ANSWER if over else None,
            ended_at=NOW if over else None,
        )
    await release(store)
    now = attempt.created_at + age
    assert bool(await store.ringing(ROOM, now)) is not forgotten
    assert await store.forget(Decision(ROOM, now, "sue")) is forgotten
    assert await store.rooms() == (() if forgotten else (ROOM,))


async def test_a_room_whose_people_have_answered_is_forgotten_at_once(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    attempt = await ring(store, lease)
    answered = Progress(
        attempt.id, "ann", AttemptState.PLACED, "", call_sid="CA1", connected_at=NOW
    )
    await store.note(lease, Notes(findings=(answered,)), NOW)
    await release(store)
    assert await store.forget(Decision(ROOM, NOW, "sue"))


async def test_only_a_released_room_is_forgotten(store: SqlStore) -> None:
    assert not await store.forget(Decision(ROOM, NOW, "sue"))
    await load(store, roster(ANN))
    assert not await store.forget(Decision(ROOM, NOW, "sue"))
    await pause(store)
    assert not await store.forget(Decision(ROOM, NOW, "sue"))
    assert await store.rooms() == (ROOM,)


async def test_nothing_of_a_forgotten_room_is_left_and_no_other_room_is_touched(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), roster(BOB, room="other"))
    for room in (ROOM, "other"):
        lease = await take(store, room)
        notes = Notes(
            memory={f"CA {room}": {"muted": True}},
            corrections=(Correction(f"CA {room}", "muted=True", NOW),),
            identities=(replace(CALL, sid=f"CA {room}"),),
            conference_sid="CF1",
        )
        await store.note(lease, notes, NOW)
    lease = await take(store)
    refused = CallOutcome.REFUSED
    attempt = await ring(store, lease)
    await move(
        store, lease, attempt, AttemptState.REFUSED, outcome=refused, ended_at=NOW
    )
    other = await store.ledger("other", NOW)
    await release(store)

    assert await store.forget(Decision(ROOM, NOW, "sue"))

    assert await store.rooms() == ("other",)
    assert await store.desired(ROOM, NOW) is None
    assert await store.revisions(ROOM) == ()
    assert await store.ledger(ROOM, NOW) == Ledger()
    assert await store.ledger("other", NOW) == other
    (told,) = await store.events(ROOM, limit=9)
    who = told.cause.partition(",")[0]
    assert (told.kind, who) == ("room.forgotten", "sue")
    assert not await store.forget(Decision(ROOM, NOW, "sue"))
    await load(store, roster(ANN))
    assert await desired(store) == Desired(roster(ANN), 1)
