"""Checks of rooms are written in batches, and seldom where nothing changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.loop.check_recorder import (
    REFRESH_SECONDS,
    CheckRecorder,
    check_of,
)
from reconciler.engine.loop.shared_observer import SharedObserver
from reconciler.engine.room.evaluation import Inputs, compared
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.errors import StoreError
from reconciler.model.observation import Observation, Unknown
from reconciler.model.recorded_observation import RoomCheck
from tests.planning.restored import RESTORED
from tests.planning.samples import CONFERENCE, NOW, ROOM, leg, member, roster, standing

PERIOD = 90.0


@dataclass
class Rows:
    """A table of checks that may be away."""

    away: bool = False
    writes: list[list[RoomCheck]] = field(default_factory=list)

    async def record_checks(self, made: Sequence[RoomCheck]) -> None:
        if self.away:
            raise StoreError("The database is away.")
        self.writes.append(list(made))


def result(room: str = ROOM, *, known: bool = True) -> ReconcileResult:
    desired = Desired(replace(roster(member("ann")), room=room), 3)
    seen = Observation(room, CONFERENCE, (leg(),)) if known else Unknown(room, "503")
    return ReconcileResult(compared(Inputs(desired, standing(leg()), seen, NOW)))


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def recorder(rows: Rows) -> CheckRecorder:
    return CheckRecorder(rows, PERIOD)


def test_a_check_says_what_a_look_came_to() -> None:
    assert check_of(result().evaluation, NOW) == RoomCheck(
        ROOM, NOW, None, 3, "converged", "", 1, 1
    )
    assert check_of(result(known=False).evaluation, NOW) is None


async def test_rooms_are_written_together_with_a_promise(
    rows: Rows, recorder: CheckRecorder
) -> None:
    recorder.on_evaluated(result(), (), NOW)
    recorder.on_evaluated(result("other"), (), NOW + 1)
    recorder.on_evaluated(result("dark", known=False), (), NOW + 1)
    await recorder.flush()
    await recorder.flush()
    (written,) = rows.writes
    assert {x.room: x.next_at for x in written} == {
        ROOM: NOW + PERIOD,
        "other": NOW + 1 + PERIOD,
    }


async def test_a_restored_room_is_written_as_one_that_was_evaluated() -> None:
    evaluated, restored = Rows(), Rows()
    first, second = CheckRecorder(evaluated, PERIOD), CheckRecorder(restored, PERIOD)
    first.on_evaluated(result(), (), NOW)
    second.on_restored(RESTORED, NOW)
    for recorder in (first, second):
        recorder.on_unchanged(ROOM, NOW + 1)
        await recorder.flush()
    assert restored.writes == evaluated.writes != []


async def test_an_unchanged_room_is_written_now_and_then(
    rows: Rows, recorder: CheckRecorder
) -> None:
    recorder.on_evaluated(result(), (), NOW)
    await recorder.flush()
    recorder.on_unchanged(ROOM, NOW + REFRESH_SECONDS - 1)
    await recorder.flush()
    assert len(rows.writes) == 1
    recorder.on_unchanged(ROOM, NOW + REFRESH_SECONDS)
    await recorder.flush()
    assert [x.checked_at for x in rows.writes[-1]] == [NOW + REFRESH_SECONDS]
    recorder.on_unchanged("never seen", NOW)


async def test_a_database_that_is_away_gets_it_the_next_time(
    rows: Rows, recorder: CheckRecorder
) -> None:
    rows.away = True
    recorder.on_evaluated(result(), (), NOW)
    await recorder.flush()
    rows.away = False
    await recorder.flush()
    assert [x.room for x in rows.writes[0]] == [ROOM]


async def test_a_room_that_is_another_processs_now_is_left_to_it(
    rows: Rows, recorder: CheckRecorder
) -> None:
    for room in (ROOM, "other"):
        recorder.on_evaluated(result(room), (), NOW)
    await recorder.flush()
    recorder.on_unchanged(ROOM, NOW + REFRESH_SECONDS)
    recorder.on_room_left(ROOM)
    recorder.on_unchanged(ROOM, NOW + REFRESH_SECONDS)
    await recorder.flush()
    await recorder.end()
    assert [[x.room for x in each] for each in rows.writes[1:]] == [["other"]]


async def test_a_room_that_is_left_while_the_database_is_away_is_not_written(
    rows: Rows, recorder: CheckRecorder
) -> None:
    rows.away = True
    recorder.on_evaluated(result(), (), NOW)
    await recorder.flush()
    recorder.on_room_left(ROOM)
    rows.away = False
    await recorder.flush()
    assert rows.writes == []


async def test_what_is_reported_of_a_room_that_was_left_is_not_recorded(
    rows: Rows, recorder: CheckRecorder
) -> None:
    """What became of creates that were under way shows only later."""
    recorder.on_evaluated(result(), (), NOW)
    await recorder.flush()
    recorder.on_room_left(ROOM)
    recorder.on_evaluated(result(), (), NOW + REFRESH_SECONDS)
    await recorder.flush()
    await recorder.end()
    assert len(rows.writes) == 1


async def test_a_room_that_was_left_and_comes_back_is_recorded_again(
    rows: Rows, recorder: CheckRecorder
) -> None:
    recorder.on_evaluated(result(), (), NOW)
    recorder.on_room_left(ROOM)
    recorder.on_new_room(ROOM, NOW + 1)
    recorder.on_evaluated(result(), (), NOW + 2)
    await recorder.flush()
    assert [x.checked_at for x in rows.writes[0]] == [NOW + 2]


@pytest.mark.parametrize("informed", ["before", "after"])
async def test_a_room_that_another_account_took_over_here_is_still_recorded(
    rows: Rows, recorder: CheckRecorder, informed: str
) -> None:
    """The account before may learn of it only later, such as after a pause."""
    shared = SharedObserver(recorder, ["before", "after"])
    old, new = shared.of("before"), shared.of("after")
    old.on_new_room(ROOM, NOW)
    old.on_evaluated(result(), (), NOW)
    if informed == "before":
        old.on_room_left(ROOM)
    new.on_new_room(ROOM, NOW + 1)
    new.on_evaluated(result(), (), NOW + 1)
    await recorder.flush()
    if informed == "after":
        old.on_room_left(ROOM)
    new.on_unchanged(ROOM, NOW + 1 + REFRESH_SECONDS)
    await recorder.flush()
    new.on_room_left(ROOM)
    new.on_unchanged(ROOM, NOW + 1 + 2 * REFRESH_SECONDS)
    await recorder.flush()
    written = [x.checked_at for each in rows.writes for x in each]
    assert written == [NOW + 1, NOW + 1 + REFRESH_SECONDS]


async def test_at_the_end_nobody_promises_anything(
    rows: Rows, recorder: CheckRecorder
) -> None:
    recorder.on_evaluated(result(), (), NOW)
    recorder.on_evaluated(result("other"), (), NOW)
    await recorder.end({"other"})
    assert [(x.room, x.next_at) for x in rows.writes[0]] == [(ROOM, None)]
