"""How often a view goes to the database, and when a room was last observed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconciler.model.recorded_observation import RoomCheck
from tests.page.decision_forms import crowded
from tests.page.page_desk import ROOM, START, VIEWER, PageDesk


class Transactions:
    """Counts the transactions that somebody waited for."""

    def __init__(self, desk: PageDesk) -> None:
        self.waited_for = 0
        desk.store.watch(self._open)

    @contextmanager
    def _open(self, _work: Callable[..., object]) -> Iterator[None]:
        self.waited_for += 1
        yield


@pytest.mark.parametrize("looked", [True, False])
@pytest.mark.parametrize(
    "path",
    ["/rooms", "/rooms?fragment=1", f"/rooms/{ROOM}", f"/rooms/{ROOM}?fragment=1"],
)
async def test_a_view_waits_for_the_database_once(
    desk: PageDesk, path: str, looked: bool
) -> None:
    if looked or ROOM in path:
        await desk.look()
    async with desk.client(token=VIEWER) as http:
        waits = Transactions(desk)
        assert (await http.get(path)).status_code == 200
    assert waits.waited_for == 1


async def test_when_a_room_was_observed_is_answered_without_a_view(
    desk: PageDesk,
) -> None:
    path = f"/seen?fragment=1&room={ROOM}"
    async with desk.client(token=VIEWER) as http:
        assert (await http.get(path)).json() == {"seen_at": None}
        check = RoomCheck(ROOM, START + 3, None, 1, "converged")
        await desk.store.record_checks([check])
        assert (await http.get(path)).json() == {"seen_at": START + 3}
        await desk.look()
        desk.state.latest.on_unchanged(ROOM, START + 30)
        waits = Transactions(desk)
        assert (await http.get(path)).json() == {"seen_at": START + 30}
    assert waits.waited_for == 0


async def test_an_approval_reads_the_room_once(desk: PageDesk) -> None:
    await crowded(desk)
    await desk.look()
    async with desk.browser() as http:
        waits = Transactions(desk)
        await http.get("/rooms/crowd/do/pause?plan=1")
        pause = waits.waited_for
        await http.get("/rooms/crowd/do/approve?plan=1")
    names_room_overrides = 3
    assert waits.waited_for - 2 * pause == names_room_overrides


async def test_a_decision_about_no_room_names_no_other_rooms(desk: PageDesk) -> None:
    async with desk.browser() as http:
        answer = await http.get("/rooms/none/do/pause")
    assert answer.status_code == 404
    assert "not on record" in answer.text
    assert ROOM not in answer.text
