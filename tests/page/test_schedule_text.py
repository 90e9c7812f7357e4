"""What the page and the commands say about when a room changes."""

import pytest

from reconciler.engine.desired_room import Desired
from reconciler.model.declaration import Declaration, ScheduleEntry
from reconciler.model.roster import RoomState
from reconciler.model.schedule import Period, Weekly
from reconciler.operations.evaluated_room import see, see_recorded
from reconciler.page.rendering import iso
from tests.page.page_desk import LINE, ROOM, VIEWER, PageDesk

NO_CHANGE = "No change within 7 days."


def _window(state: RoomState) -> Declaration:
    """Every day from 00:00 to 23:59 in *state*; else open."""
    window = Weekly(tuple(range(7)), 0, 1439, "Europe/Berlin")
    return Declaration(LINE, schedule=(ScheduleEntry(Period(window), state=state),))


@pytest.mark.parametrize(
    ("state", "changes"), [(RoomState.OPEN, False), (RoomState.ENDED, True)]
)
async def test_page_and_status_agree_on_whether_the_room_changes(
    desk: PageDesk, state: RoomState, changes: bool
) -> None:
    await desk.declare(_window(state))
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
    assert (NO_CHANGE not in text) is changes
    for desired in await _seen(desk):
        assert (desired.boundary is not None) is changes


async def test_the_next_change_is_that_of_the_page(desk: PageDesk) -> None:
    await desk.declare(_window(RoomState.ENDED))
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
    schedule = text.partition('id="schedule-h"')[2].partition("</section>")[0]
    for desired in await _seen(desk):
        assert desired.boundary is not None
        assert iso(desired.boundary) in schedule


async def _seen(desk: PageDesk) -> list[Desired]:
    looks = [*await see(desk.session, ROOM), *await see_recorded(desk.session, ROOM)]
    assert len(looks) == 2
    return [each.desired for each in looks]
