from collections.abc import Mapping

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import Notes
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.errors import StoreError
from reconciler.model.event import Event
from reconciler.model.ledger import (
    Correction,
    CorrectionResult,
    GuardKind,
    Ledger,
    Record,
    WithheldKind,
)
from reconciler.model.observation import Call, CallStatus
from reconciler.model.roster import Value
from reconciler.planning.finding import Forgotten, Progress
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
    ring,
    roster,
    take,
)

Memory = Mapping[str, Mapping[str, Value | None]]


async def test_a_room_that_was_never_loaded_has_an_empty_ledger(
    store: SqlStore,
) -> None:
    assert await store.ledger(ROOM, NOW) == Ledger()


async def test_a_ledger_holds_a_record_of_every_member(store: SqlStore) -> None:
    await load(store, roster(ANN, BOB))
    assert await store.ledger(ROOM, NOW) == Ledger(
        records={
            "ann": Record("ann", ANN.to, 1, NOW, edited_at=NOW),
            "bob": Record("bob", BOB.to, 2, NOW, edited_at=NOW),
        }
    )


async def test_a_record_holds_the_present_intent_and_whatever_is_open(
    store: SqlStore,
) -> None:
    lease = await take(store)
    await load(store, roster(ANN, BOB))
    closed = await ring(store, lease)
    await move(store, lease, closed, AttemptState.ENDED, outcome=CallOutcome.BUSY)
    opened = await ring(store, lease, number=2)
    await store.redial(Decision(ROOM, NOW, "person"), "ann")
    record = (await store.ledger(ROOM, NOW)).records["ann"]
    assert (record.intent, record.attempts) == (3, (opened,))
    assert record.latest is None
    assert record.open == opened


async def test_an_open_attempt_without_a_member_still_has_a_record(
    store: SqlStore,
) -> None:
    await load(store, roster(BOB))
    attempt = await ring(store, await take(store), "ann")
    record = (await store.ledger(ROOM, NOW)).records["ann"]
    assert record == Record("ann", ANN.to, 1, 0.0, 0.0, (attempt,))


async def test_a_dismissed_label_is_forgotten_and_a_listed_one_never(
    store: SqlStore,
) -> None:
    lease = await take(store)
    await load(store, roster(ANN, BOB))
    await load(store, roster(BOB))
    forgotten = Notes(findings=(Forgotten("ann"), Forgotten("bob")))
    await store.note(lease, forgotten, NOW)
    assert set((await store.ledger(ROOM, NOW)).records) == {"bob"}
    await load(store, roster(ANN, BOB))
    assert (await store.ledger(ROOM, NOW)).records["ann"].intent == 3


async def test_what_was_sent_is_remembered_by_call_until_forgotten(
    store: SqlStore,
) -> None:
    lease = await take(store)
    sent: Memory = {
        "CA1": {"hold_url": "http://a", "muted": True},
        "CA2": {"x": ("a", "b")},
    }
    await store.note(lease, Notes(memory=sent), NOW)
    assert (await store.ledger(ROOM, NOW)).memory == sent
    assert (await store.ledger("other", NOW)).memory == {}
    changed: Memory = {"CA1": {"hold_url": "http://b", "muted": None}}
    await store.note(lease, Notes(memory=changed), NOW)
    memory = (await store.ledger(ROOM, NOW)).memory
    assert memory == {"CA1": {"hold_url": "http://b"}, "CA2": {"x": ("a", "b")}}


async def test_what_was_sent_is_remembered_for_as_long_as_a_call_can_last(
    store: SqlStore,
) -> None:
    lease = await take(store)
    await load(store, roster(ANN))
    attempt = await ring(store, lease)
    await move(store, lease, attempt, AttemptState.PLACED, call_sid="CA1")
    sent = {"CA1": {"wait_url": ""}, "CA2": {"wait_url": ""}}
    await store.note(lease, Notes(memory=sent, identities=(CALL,)), NOW)
    later = await store.ledger(ROOM, NOW + 3 * 86_400)
    assert later.memory == {"CA1": {"wait_url": ""}}
    assert later.identities == {}


async def test_a_call_told_apart_is_kept_and_brought_up_to_date(
    store: SqlStore,
) -> None:
    lease = await take(store)
    await store.note(lease, Notes(identities=(CALL,)), NOW)
    assert (await store.ledger(ROOM, NOW)).identities == {"CA1": CALL}
    ended = Call(
        **{**to_builtins(CALL), "status": CallStatus.COMPLETED, "ended_at": NOW}
    )
    await store.note(lease, Notes(identities=(CALL, ended)), NOW)
    assert (await store.ledger(ROOM, NOW)).identities == {"CA1": ended}


async def test_corrections_count_for_ten_minutes_oldest_first(
    store: SqlStore,
) -> None:
    lease = await take(store)
    made = tuple(Correction("CA1", "muted=True", NOW + at) for at in (600, 0, 300))
    await store.note(lease, Notes(corrections=made), NOW + 600)
    seen = (await store.ledger(ROOM, NOW + 600)).corrections
    assert [each.at for each in seen] == [NOW + 300, NOW + 600]
    await store.note(lease, Notes(corrections=made[:1]), NOW + 901)
    assert len((await store.ledger(ROOM, NOW)).corrections) == 2


async def test_a_correction_keeps_its_result_and_when_it_was_first_listed(
    store: SqlStore,
) -> None:
    lease = await take(store)
    made = (
        Correction("CA1", "muted=True", NOW, CorrectionResult.UNTAKEN),
        Correction("CA1", "hold=True", NOW),
        Correction("CA2", "muted=True", NOW),
    )
    await store.note(lease, Notes(corrections=made), NOW)
    assert (await store.ledger(ROOM, NOW)).corrections == made
    for later in (1, 2):
        shown = Notes(confirmed=(("CA1", "muted=True"), ("CA9", "muted=True")))
        await store.note(lease, shown, NOW + later)
    first = Correction("CA1", "muted=True", NOW, CorrectionResult.UNTAKEN, NOW + 1)
    assert (await store.ledger(ROOM, NOW)).corrections == (first, *made[1:])


async def test_a_listing_confirms_corrections_of_its_own_room_alone(
    store: SqlStore,
) -> None:
    made = Correction("CA1", "muted=True", NOW)
    await store.note(await take(store), Notes(corrections=(made,)), NOW)
    elsewhere = await take(store, "other")
    await store.note(elsewhere, Notes(confirmed=(("CA1", "muted=True"),)), NOW)
    assert (await store.ledger(ROOM, NOW)).corrections == (made,)


async def test_removals_count_for_ten_minutes_each_call_once(store: SqlStore) -> None:
    lease = await take(store)
    await store.note(lease, Notes(removals=("CA1", "CA2")), NOW)
    await store.note(lease, Notes(removals=("CA2", "CA3")), NOW + 300)
    seen = (await store.ledger(ROOM, NOW + 599)).removals
    assert list(seen.items()) == [
        ("CA1", NOW),
        ("CA2", NOW + 300),
        ("CA3", NOW + 300),
    ]
    assert list((await store.ledger(ROOM, NOW + 600)).removals) == ["CA2", "CA3"]
    assert (await store.ledger("other", NOW)).removals == {}


async def test_removals_by_a_clock_that_was_put_back_count_as_long_as_others(
    store: SqlStore,
) -> None:
    lease = await take(store)
    await store.note(lease, Notes(removals=("CA1",)), NOW)
    await store.note(lease, Notes(removals=("CA2",)), NOW - 3600)
    seen = (await store.ledger(ROOM, NOW + 599)).removals
    assert dict(seen) == {"CA1": NOW, "CA2": NOW}


LIMITED = WithheldKind(GuardKind.REMOVALS, "limits.removals", "7 are too many", NOW)
SILENT = WithheldKind(GuardKind.EXPOSURES, "limits.exposures", "11 are too many", NOW)


async def test_a_withheld_kind_stays_until_it_is_lifted(store: SqlStore) -> None:
    lease = await take(store)
    await load(store, roster(ANN))
    await store.note(lease, Notes(withheld=(LIMITED, SILENT)), NOW)
    both = {GuardKind.REMOVALS: LIMITED, GuardKind.EXPOSURES: SILENT}
    assert (await store.ledger(ROOM, NOW + 1e6)).withheld == both
    await store.note(lease, Notes(lifted=(GuardKind.REMOVALS,)), NOW)
    assert (await store.ledger(ROOM, NOW)).withheld == {GuardKind.EXPOSURES: SILENT}


async def test_only_another_roster_lifts_what_is_withheld(store: SqlStore) -> None:
    lease = await take(store)
    await load(store, roster(ANN, BOB), roster(ANN, room="other"), folder="/rosters")
    await store.note(lease, Notes(withheld=(LIMITED,)), NOW)
    await load(store, roster(ANN, BOB, source="moved.yaml"))
    await load(store, roster(ANN, room="other"), folder="/rosters")
    await load(store, roster(ANN, BOB), folder="/rosters")
    assert (await store.ledger(ROOM, NOW)).withheld == {GuardKind.REMOVALS: LIMITED}
    await load(store, roster(BOB), folder="/rosters")
    assert (await store.ledger(ROOM, NOW)).withheld == {}


async def test_an_edit_lifts_the_kinds_that_it_is_about_and_no_other(
    store: SqlStore,
) -> None:
    lease = await take(store)
    await load(store, roster(ANN, BOB))
    await store.note(lease, Notes(withheld=(LIMITED, SILENT)), NOW)
    both = {GuardKind.REMOVALS: LIMITED, GuardKind.EXPOSURES: SILENT}
    muted = replace(ANN, muted=True)
    await load(store, replace(roster(muted, BOB), notify=("left",)))
    assert (await store.ledger(ROOM, NOW)).withheld == both
    await load(store, roster(muted))
    assert (await store.ledger(ROOM, NOW)).withheld == {GuardKind.EXPOSURES: SILENT}
    await load(store, roster(replace(ANN, muted=False)))
    assert (await store.ledger(ROOM, NOW)).withheld == {}


async def test_the_conference_seen_last_is_kept(store: SqlStore) -> None:
    lease = await take(store)
    await load(store, roster(ANN))
    await store.note(lease, Notes(conference_sid="CF1"), NOW)
    await store.note(lease, Notes(memory={"CA1": {"muted": True}}), NOW)
    await load(store, roster(BOB))
    assert (await store.ledger(ROOM, NOW)).conference_sid == "CF1"


async def test_notes_that_fail_leave_nothing(store: SqlStore) -> None:
    lease = await take(store)
    lost = Progress(attempt_id=77, label="x", state=AttemptState.ENDED, reason="")
    notes = Notes(findings=(lost,), memory={"CA1": {"muted": True}})
    with pytest.raises(StoreError):
        await store.note(lease, notes, NOW)
    assert await store.ledger(ROOM, NOW) == Ledger()


async def test_events_are_read_back_whole_newest_last(store: SqlStore) -> None:
    lease = await take(store)
    first = Event(
        room=ROOM,
        at=NOW,
        kind="ring.placed",
        message="Rang ann.",
        label="ann",
        call_sid="CA1",
        cause="sync",
        request_id="RQ1",
        generation=4,
        run="run-1",
    )
    second = Event(room=ROOM, at=NOW + 1, kind="room.seen", message="", run="run-1")
    third = Event(room=ROOM, at=NOW + 2, kind="room.seen", message="")
    await store.note(lease, Notes(events=(first, second)), NOW)
    await store.note(lease, Notes(events=(third,)), NOW)
    assert await store.events(ROOM, limit=9) == (first, second, third)
    assert await store.events(None, limit=2) == (second, third)
    assert await store.events("other", limit=2) == ()


async def test_a_run_is_on_record_with_its_first_event_and_ends_once(
    store: SqlStore,
) -> None:
    lease = await take(store)
    told = Event(ROOM, NOW, "room.seen", "", cause="sync", generation=2, run="run-1")
    await store.note(lease, Notes(events=(told, told)), NOW)
    await store.note(lease, Notes(events=(told,)), NOW + 5)
    await store.note(lease, Notes(ended=("run-1", "converged")), NOW + 9)
    await store.note(lease, Notes(ended=("run-2", "converged")), NOW + 9)
    (run,) = await store.runs(ROOM, limit=9)
    assert (run.id, run.started_at, run.ended_at) == ("run-1", NOW, NOW + 9)
    assert (run.cause, run.generation, run.result) == ("sync", 2, "converged")


async def test_a_person_pauses_and_resumes_a_room_once_each(store: SqlStore) -> None:
    await load(store, roster(ANN))
    asked = (Standing.PAUSED, Standing.PAUSED, Standing.MANAGED)
    done = [await store.stand(Decision(ROOM, NOW, "person"), each) for each in asked]
    assert done == [True, False, True]
    kinds = [each.kind for each in await store.events(ROOM, limit=2)]
    assert kinds == ["room.paused", "room.resumed"]


async def test_decisions_about_what_is_not_known_do_nothing(store: SqlStore) -> None:
    assert not await store.stand(Decision(ROOM, NOW, "person"), Standing.PAUSED)
    assert not await store.redial(Decision(ROOM, NOW, "person"), "ann")
    await load(store, roster(BOB))
    assert not await store.redial(Decision(ROOM, NOW, "person"), "ann")
    assert len(await store.events(None, limit=9)) == 1


@pytest.mark.parametrize(
    ("rung", "state", "outcome"),
    [
        (True, AttemptState.ENDED, CallOutcome.RUNG),
        (False, AttemptState.REFUSED, CallOutcome.NOT_RUNG),
    ],
    ids=["rung", "not rung"],
)
async def test_a_person_resolves_a_ring_that_was_lost(
    store: SqlStore, rung: bool, state: AttemptState, outcome: CallOutcome
) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    assert not await store.resolve(Decision(ROOM, LATER, "person"), "ann", rung=rung)
    await ring(store, lease)

    assert await store.resolve(Decision(ROOM, LATER, "person"), "ann", rung=rung)

    latest = (await store.ledger(ROOM, NOW)).records["ann"].latest
    assert latest is not None
    assert (latest.state, latest.outcome) == (state, outcome)
    assert (await store.events(ROOM, limit=1))[0].kind == "member.resolved"
    assert not await store.resolve(Decision(ROOM, LATER, "person"), "ann", rung=rung)
