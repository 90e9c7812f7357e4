"""The last observation of a room, the intervals of its legs, and checks of rooms."""

from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import Notes
from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    Participant,
    ParticipantStatus,
)
from reconciler.model.recorded_observation import (
    Audience,
    LegInterval,
    ObservedLeg,
    ObservedRoom,
    OverheardCause,
    RoomCheck,
)
from reconciler.planning.observed_room import fingerprint
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.retention import DAY_SECONDS
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, NOW, ROOM, load, roster, take

CONFERENCE = Conference("CF1", ROOM, ConferenceStatus.IN_PROGRESS)
LEG = Participant(
    call_sid="CA1",
    conference_sid="CF1",
    label="ann",
    status=ParticipantStatus.CONNECTED,
    muted=True,
    hold=False,
    coaching=False,
    call_sid_to_coach=None,
    end_conference_on_exit=False,
    created_at=NOW - 60,
)
SILENT = ObservedLeg(LEG, "ann", Audience.NOBODY, None, Audience.NOBODY, NOW)
AUDIBLE = replace(SILENT, participant=replace(LEG, muted=False), audience=Audience.ROOM)


def observed(*legs: ObservedLeg, seen_at: float = NOW) -> ObservedRoom:
    call = Call("CA9", CallStatus.BUSY, "+15551230009", "+15550005550", "outbound-api")
    return ObservedRoom(
        ROOM,
        seen_at,
        1,
        CONFERENCE,
        legs,
        calls={"CA9": call},
        searched={"+15551230009": (call,)},
        last=replace(CONFERENCE, status=ConferenceStatus.COMPLETED),
    )


async def note(store: SqlStore, *rooms: ObservedRoom) -> None:
    lease = await take(store)
    for room in rooms:
        await store.note(lease, Notes(observed=room), NOW)


async def test_a_room_that_was_never_observed_has_no_observation(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    assert await store.observed() == {}
    assert await store.observed([ROOM]) == {}
    assert await store.intervals(ROOM, 0.0) == ()
    assert (await store.ledger(ROOM, NOW)).observed == ""


async def test_the_last_observation_is_read_as_it_was_recorded(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    room = observed(SILENT)
    await note(store, room)
    assert await store.observed([ROOM, "other"]) == {ROOM: room}
    assert await store.observed() == {ROOM: room}
    assert (await store.ledger(ROOM, NOW)).observed == fingerprint(room)
    found = (await store.observed())[ROOM].observation
    assert (found.conference, found.participants) == (CONFERENCE, (LEG,))
    assert (found.calls, found.last) == (room.calls, room.last)


async def test_an_observation_replaces_the_one_before_and_ends_its_intervals(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    loud = observed(AUDIBLE, seen_at=NOW + 10)
    await note(store, observed(SILENT), replace(loud, previous_at=NOW + 7))
    told = [
        (x.begins_at - NOW, x.ends_at and x.ends_at - NOW, x.audience, x.cause)
        for x in await store.intervals(ROOM, NOW)
    ]
    room, nobody = Audience.ROOM, Audience.NOBODY
    assert told == [
        (0, 7, nobody, None),
        (7, 10, room, OverheardCause.UNTIL_SEEN),
        (10, None, room, OverheardCause.UNTIL_CORRECTED),
    ]
    assert [x.begins_at - NOW for x in await store.intervals(ROOM, NOW + 8)] == [7, 10]


async def test_an_interval_is_read_as_it_was_recorded(store: SqlStore) -> None:
    leg = replace(SILENT, participant=replace(LEG, hold=True, coaching=True))
    await load(store, roster(ANN))
    await note(store, observed(leg), observed(seen_at=NOW + 5))
    assert await store.intervals(ROOM, 0.0) == (
        LegInterval(
            room=ROOM,
            conference_sid="CF1",
            call_sid="CA1",
            label="ann",
            begins_at=NOW,
            ends_at=NOW + 5,
            audience=Audience.NOBODY,
            target=None,
            permitted=Audience.NOBODY,
            muted=True,
            hold=True,
            coaching=True,
        ),
    )


async def test_an_observation_wakes_nobody(store: SqlStore) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    before = (await store.changes(None)).watermark
    await store.note(lease, Notes(observed=observed(SILENT)), NOW)
    await store.note(lease, Notes(observed=observed(AUDIBLE, seen_at=NOW + 1)), NOW)
    await store.record_checks([RoomCheck(ROOM, NOW, None, 1, "converged")])
    assert (await store.changes(before)).rooms == {}


async def test_the_last_check_of_a_room_is_the_one_on_record(store: SqlStore) -> None:
    first = RoomCheck(ROOM, NOW, NOW + 60, 1, "converging", "ann is late", 1, 2)
    last = RoomCheck(ROOM, NOW + 30, None, 2, "converged", "", 2, 2)
    other = replace(first, room="other")
    await store.record_checks([first, other])
    await store.record_checks([last])
    await store.record_checks([])
    assert await store.checks() == {ROOM: last, "other": other}
    assert await store.checks([ROOM]) == {ROOM: last}


def test_an_observation_is_fresh_while_a_daemon_promises_to_look_again() -> None:
    check = RoomCheck(ROOM, NOW, NOW + 60, 1, "converged")
    assert check.fresh(NOW + 60)
    assert not check.fresh(NOW + 61)
    assert not replace(check, next_at=None).fresh(NOW)


async def recorded(store: SqlStore, url: str) -> None:
    """A room with an observation, an interval that ended and a check."""
    del url
    await load(store, roster(ANN))
    await note(store, observed(SILENT), observed(seen_at=NOW + 5))
    await store.record_checks([RoomCheck(ROOM, NOW + 5, None, 1, "converged")])


async def test_what_was_observed_is_kept_for_ninety_days(
    store: SqlStore, url: str
) -> None:
    await recorded(store, url)
    await store.prune(NOW + 89 * DAY_SECONDS, 1000)
    assert len(await store.intervals(ROOM, 0.0)) == 1
    assert len(await store.observed()) == len(await store.checks()) == 1
    await store.prune(NOW + 91 * DAY_SECONDS, 1000)
    assert await store.intervals(ROOM, 0.0) == ()
    assert not await store.observed()
    assert not await store.checks()


async def test_the_observation_of_a_room_that_is_checked_stays(
    store: SqlStore, url: str
) -> None:
    await recorded(store, url)
    check = RoomCheck(ROOM, NOW + 80 * DAY_SECONDS, None, 1, "converged")
    await store.record_checks([check])
    await store.prune(NOW + 91 * DAY_SECONDS, 1000)
    assert len(await store.observed()) == len(await store.checks()) == 1


async def test_a_forgotten_room_leaves_nothing_that_was_observed(
    store: SqlStore,
) -> None:
    await recorded(store, "")
    await store.stand(Decision(ROOM, NOW, "ops"), Standing.RELEASED)
    assert await store.forget(Decision(ROOM, NOW, "ops"))
    assert await store.intervals(ROOM, 0.0) == ()
    assert not await store.observed()
    assert not await store.checks()


async def test_another_account_has_observed_nothing(store: SqlStore, url: str) -> None:
    await recorded(store, url)
    await store.rebind("AC" + "1" * 32, now=NOW, cause="ops")
    assert not await store.observed()
    assert not await store.checks()
    assert len(await store.intervals(ROOM, 0.0)) == 1


async def test_the_last_check_bounds_how_long_somebody_was_overheard(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    await note(store, observed(SILENT))
    await store.record_checks([RoomCheck(ROOM, NOW + 30, None, 1, "converged")])
    await note(store, observed(AUDIBLE, seen_at=NOW + 40))
    begins = [x.begins_at - NOW for x in await store.intervals(ROOM, 0.0)]
    assert begins == [0, 30, 40]


async def test_intervals_are_those_that_began_by_a_moment(store: SqlStore) -> None:
    await load(store, roster(ANN))
    heard = replace(AUDIBLE, permitted=Audience.ROOM, since=NOW + 10)
    await note(
        store,
        observed(SILENT),
        observed(heard, seen_at=NOW + 10),
        observed(seen_at=NOW + 20),
    )
    whole = await store.intervals(ROOM, NOW)
    assert [x.muted for x in whole] == [True, False]
    assert await store.intervals(ROOM, NOW, NOW + 5) == whole[:1]
    assert await store.intervals(ROOM, NOW + 15, NOW + 15) == whole[1:]
    lasting = observed(replace(SILENT, since=NOW + 30), seen_at=NOW + 30)
    await note(store, lasting)
    assert await store.intervals(ROOM, NOW, NOW + 25) == whole
    assert len(await store.intervals(ROOM, NOW, NOW + 30)) == 3
