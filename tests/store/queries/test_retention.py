"""What is old goes in small batches; what anybody needs stays."""

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import Notes
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.event import Event
from reconciler.model.ledger import Approval, Correction, GuardKind, WithheldKind
from reconciler.model.roster import Redial
from reconciler.planning.call_facts import EXPOSED
from reconciler.planning.plan import Waiting
from reconciler.planning.redial import may_ring
from reconciler.store import tables
from reconciler.store.queries.audit import EventFilter
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback
from reconciler.store.queries.retention import DAY_SECONDS, RINGS_KEPT
from reconciler.store.store import SqlStore
from tests.store.samples import (
    ANN,
    BOB,
    CALL,
    NOW,
    ROOM,
    load,
    move,
    ring,
    roster,
    take,
)

LATER = NOW + 100 * DAY_SECONDS
MUTED = (("muted", True),)


async def sizes(store: SqlStore) -> dict[str, int]:
    chosen = {name: getattr(tables, name) for name in tables.__all__}
    return await store.database.read(
        lambda it: {
            name: it.scalar(select(func.count()).select_from(table)) or 0
            for name, table in chosen.items()
        }
    )


async def lived(store: SqlStore) -> None:
    """A room in which a little of everything happened."""
    await load(store, roster(ANN, BOB))
    await load(store, roster(ANN))
    lease = await take(store)
    told = Event(room=ROOM, at=NOW, kind="told", message="told", run="run-1")
    await store.note(
        lease,
        Notes(
            events=(told,),
            memory={"CA1": {"hold_url": "x"}},
            corrections=(Correction("CA1", "muted=True", NOW),),
            removals=("CA1",),
            withheld=(WithheldKind(GuardKind.RINGS, "limits.rings", "too many", NOW),),
            identities=(CALL,),
            ended=("run-1", "converged"),
        ),
        NOW,
    )
    approval = Approval("f" * 64, "why", "ops", NOW + 60)
    assert await store.grant(ROOM, approval, generation=2, now=NOW)


async def test_a_young_record_loses_nothing(store: SqlStore) -> None:
    await lived(store)
    before = await sizes(store)
    assert await store.prune(NOW + 3600, 1000) == 0
    assert await sizes(store) == before


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (1.5, {"marks", "approvals"}),
        (
            3,
            {
                "marks",
                "approvals",
                "calls",
                "call_fields",
                "corrections",
                "removals",
            },
        ),
        (
            91,
            {
                "marks",
                "approvals",
                "calls",
                "call_fields",
                "corrections",
                "removals",
                "events",
                "runs",
            },
        ),
    ],
)
async def test_each_table_has_an_age_of_its_own(
    store: SqlStore, days: float, gone: set[str]
) -> None:
    await lived(store)
    before = {name for name, size in (await sizes(store)).items() if size}
    assert await store.prune(NOW + days * DAY_SECONDS, 1000) > 0
    after = {name for name, size in (await sizes(store)).items() if size}
    assert before - after == gone


async def test_the_newest_revision_of_each_room_stays_for_ever(store: SqlStore) -> None:
    await lived(store)
    await store.prune(LATER, 1000)
    (kept,) = await store.revisions(ROOM)
    assert (kept.generation, kept.roster) == (2, roster(ANN))


async def test_what_a_pin_names_is_kept_for_as_long_as_it_stands(
    store: SqlStore,
) -> None:
    for declared in (roster(ANN, BOB), roster(ANN), roster(BOB)):
        await load(store, declared)
    assert await store.rollback(Rollback(ROOM, 1, "ops"), NOW) == 4
    await load(store, roster(BOB))
    await store.prune(LATER, 1000)
    kept = [each.generation for each in await store.revisions(ROOM)]
    assert kept == [1, 3, 4]
    assert await store.unpin(Decision(ROOM, NOW, "ops")) == 5
    found = await store.desired(ROOM, NOW)
    assert found is not None
    assert found.roster == roster(BOB)
    await store.prune(LATER, 1000)
    assert [each.generation for each in await store.revisions(ROOM)] == [5]


async def test_rows_go_in_batches_until_there_are_no_more(store: SqlStore) -> None:
    await lived(store)
    told = [Event(room=ROOM, at=NOW, kind="told", message=str(n)) for n in range(20)]
    await store.note(await take(store), Notes(events=tuple(told)), NOW)
    gone = [await store.prune(LATER, 7)]
    while gone[-1] == 7:
        gone.append(await store.prune(LATER, 7))
    assert gone[-1] < 7
    assert await store.prune(LATER, 7) == 0
    assert await store.newest(EventFilter(), limit=99) == ()


async def test_a_run_stays_while_an_event_names_it(store: SqlStore) -> None:
    lease = await take(store)
    for at in (NOW, LATER):
        told = Event(room=ROOM, at=at, kind="told", message="told", run="long")
        await store.note(lease, Notes(events=(told,)), NOW)
    await store.prune(NOW + 91 * DAY_SECONDS, 1000)
    assert [each.id for each in await store.runs(ROOM, limit=9)] == ["long"]


async def test_ids_of_marks_and_events_never_come_back(store: SqlStore) -> None:
    await lived(store)
    marked = await store.last_mark()
    told = (await store.newest(EventFilter(), limit=1))[0].id
    await store.prune(LATER, 1000)
    assert await store.last_mark() == 0
    await store.stand(Decision(ROOM, LATER, "ops"), Standing.PAUSED)
    assert [each.id > marked for each in await store.marks_since(marked)] == [True]
    assert (await store.newest(EventFilter(), limit=1))[0].id > told


async def test_an_open_attempt_stays_with_all_that_was_sent_on_its_call(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    attempt = await ring(store, lease)
    await move(store, lease, attempt, AttemptState.PLACED, call_sid="CA1")
    await store.note(lease, Notes(memory={"CA1": {"removed": 1}}), NOW)
    before = await store.ledger(ROOM, LATER)
    await store.prune(LATER, 1000)
    after = await store.ledger(ROOM, LATER)
    assert (after.records, after.memory) == (before.records, before.memory)
    assert after.memory["CA1"] == {"removed": 1}


@pytest.mark.parametrize(
    ("hours", "kept"), [(23, {"exposed", "muted"}), (25, {"muted"})]
)
async def test_when_an_edit_exposed_a_call_goes_after_a_day_though_the_call_lives(
    store: SqlStore, hours: int, kept: set[str]
) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    attempt = await ring(store, lease)
    await move(store, lease, attempt, AttemptState.PLACED, call_sid="CA1")
    noted = {"CA1": {EXPOSED: int(NOW), "muted": False}}
    await store.note(lease, Notes(memory=noted), NOW)
    await store.prune(NOW + hours * 3600, 1000)
    assert (await store.ledger(ROOM, NOW)).memory["CA1"].keys() == kept


async def rung(
    store: SqlStore, count: int, outcome: CallOutcome = CallOutcome.BUSY
) -> None:
    lease = await take(store)
    refused = outcome in {CallOutcome.DELAYED, CallOutcome.NOT_RUNG}
    state = AttemptState.REFUSED if refused else AttemptState.ENDED
    before = len(await store.attempts(ROOM, "ann"))
    for number in range(before + 1, before + count + 1):
        attempt = await ring(store, lease, number=number)
        await move(store, lease, attempt, state, outcome=outcome, ended_at=NOW)


async def test_whoever_was_rung_in_vain_is_not_rung_anew_because_it_was_forgotten(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    await rung(store, 3)
    for _ in range(2):
        record = (await store.ledger(ROOM, LATER)).records["ann"]
        assert isinstance(may_ring(record, Redial(attempts=3), LATER), Waiting)
        await store.prune(LATER, 1000)


async def test_rings_of_earlier_intents_and_of_nobody_go(store: SqlStore) -> None:
    await load(store, roster(ANN))
    await rung(store, 2)
    await store.redial(Decision(ROOM, NOW, "ops"), "ann")
    await store.prune(LATER, 1000)
    assert await store.attempts(ROOM, "ann") == ()


async def test_of_a_present_intent_the_newest_hundred_stay(store: SqlStore) -> None:
    await load(store, roster(ANN))
    await rung(store, 2, CallOutcome.DELAYED)
    await rung(store, RINGS_KEPT + 1)
    await store.prune(LATER, 1000)
    kept = await store.attempts(ROOM, "ann")
    assert len(kept) == RINGS_KEPT
    assert {each.outcome for each in kept} == {CallOutcome.BUSY}


async def test_a_young_ring_stays_whatever_its_intent(store: SqlStore) -> None:
    await load(store, roster(ANN))
    await rung(store, 1)
    await load(store, roster(replace(ANN, to="+15551239999")))
    await store.prune(NOW + 80 * DAY_SECONDS, 1000)
    assert len(await store.attempts(ROOM, "ann")) == 1


async def test_an_override_that_stands_stays_and_an_ended_one_goes_with_the_record(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, BOB))
    words = [
        Override(0, ROOM, OverrideVerb.SET, NOW, None, "ops", "", (label,), MUTED)
        for label in ("ann", "bob")
    ]
    _, bob = await store.add_overrides(words, NOW)
    await store.end_overrides(Decision(ROOM, NOW, "ops"), [bob.id])
    await store.prune(NOW + 89 * DAY_SECONDS, 1000)
    assert (await sizes(store))["overrides"] == 2
    await store.prune(LATER, 1000)
    assert (await sizes(store))["overrides"] == 1
    assert len((await store.declared([ROOM], LATER))[ROOM].overrides) == 1
