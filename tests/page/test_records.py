"""What the page shows from the database: rooms of other nodes, exposures."""

from msgspec.structs import replace

from reconciler.model.recorded_observation import (
    Audience,
    ObservedLeg,
    ObservedRoom,
    OverheardCause,
    RoomCheck,
)
from tests.page.page_desk import ROOM, START, VIEWER, PageDesk
from tests.page.recorded import CONFERENCE, leg, record

LOUD = replace(
    leg("bob"), permitted=Audience.NOBODY, cause=OverheardCause.UNTIL_CORRECTED
)
SILENT = replace(leg("bob", muted=True), permitted=Audience.NOBODY, since=START + 4)


async def observe(desk: PageDesk, *legs: ObservedLeg) -> None:
    """What another node's pass has put on record, a leg after the other."""
    for each in legs:
        await record(desk, ObservedRoom(ROOM, each.since, 1, CONFERENCE, (each,)))
    check = RoomCheck(ROOM, START + 4, START + 60, 1, "stalled", "a doubt", 1, 3)
    await desk.store.record_checks([check])
    desk.clock.now = START + 10


async def test_a_room_that_another_node_reads_is_shown_from_the_database(
    desk: PageDesk,
) -> None:
    await observe(desk, SILENT)
    async with desk.client(token=VIEWER) as http:
        listing = (await http.get("/rooms")).text
        room = (await http.get(f"/rooms/{ROOM}")).text
    assert "1 stalled" in listing
    assert "a doubt" in listing
    assert "1 of 3</td>" in listing
    assert ">muted</td>" in room
    assert "6 s</time> ago" in room


async def test_exposures_are_part_of_the_timeline(desk: PageDesk) -> None:
    await observe(desk, LOUD, SILENT)
    async with desk.client(token=VIEWER) as http:
        room = (await http.get(f"/rooms/{ROOM}")).text
    assert "exposure</strong> bob: audible to room for 4.0 s" in room
    assert "(until-corrected)" in room
