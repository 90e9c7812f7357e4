"""Rooms that are paused or released, and people to be found in a large room."""

import httpx
import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.model.ledger import Ledger
from reconciler.model.roster import Roster
from reconciler.planning.plan import Person, Phase, Plan
from reconciler.store.queries.operator_decision import Decision
from tests.page.crowds import crowd, fill
from tests.page.decision_forms import confirm, desired, plan_of
from tests.page.page_desk import LINE, OPERATOR, ROOM, PageDesk, person


async def offered(http: httpx.AsyncClient) -> set[str]:
    """Which of pause and resume the open page offers after a refresh."""
    text = (await http.get(f"/rooms/{ROOM}?fragment=1")).text
    return {verb for verb in ("pause", "resume") if f"/do/{verb}" in text}


async def stand(desk: PageDesk, standing: Standing) -> None:
    await desk.store.stand(Decision(ROOM, desk.clock(), "eve"), standing)


async def test_an_open_page_offers_what_fits_how_the_room_stands(
    desk: PageDesk,
) -> None:
    async with desk.client(token=OPERATOR) as http:
        assert await offered(http) == {"pause"}
        await stand(desk, Standing.PAUSED)
        assert await offered(http) == {"resume"}
        await stand(desk, Standing.MANAGED)
        assert await offered(http) == {"pause"}


async def test_a_room_that_a_person_released_is_resumed_on_the_page(
    desk: PageDesk,
) -> None:
    await stand(desk, Standing.RELEASED)
    async with desk.browser() as http:
        assert await offered(http) == {"resume"}
        _, fields = await plan_of(http, "resume")
        assert (await confirm(http, "resume", fields)).status_code == 303
    assert (await desired(desk)).standing is Standing.MANAGED


@pytest.mark.parametrize(
    ("standing", "linked"),
    [(Standing.MANAGED, False), (Standing.PAUSED, True), (Standing.RELEASED, True)],
)
@pytest.mark.parametrize(
    "decision",
    [
        "mode?plan=1&mode=normal",
        "end?plan=1",
        "approve?plan=1",
        "redial?label=ann&plan=1",
    ],
)
async def test_a_decision_about_a_room_that_is_not_managed_links_to_resume(
    desk: PageDesk, standing: Standing, decision: str, *, linked: bool
) -> None:
    await desk.look()
    if standing is not Standing.MANAGED:
        await stand(desk, standing)
    async with desk.client(token=OPERATOR) as http:
        text = (await http.get(f"/rooms/{ROOM}/do/{decision}")).text
    assert (f'href="/rooms/{ROOM}/do/resume"' in text) == linked


async def test_a_room_whose_file_left_is_brought_back_by_its_file_alone(
    desk: PageDesk,
) -> None:
    filed = Roster(ROOM, LINE.members, source="line.yaml:1")
    for rosters in ((filed,), ()):
        await desk.store.load(rosters, folder="/x", now=desk.clock(), cause="test")
    async with desk.browser() as http:
        assert await offered(http) == set()
        shown = (await http.get(f"/rooms/{ROOM}")).text
        refused = (await http.get(f"/rooms/{ROOM}/do/mode?plan=1")).text
        text, fields = await plan_of(http, "resume")
    assert "/do/" not in shown
    assert "/do/resume" not in refused
    assert "declare it in a file, and then: reconciler sync" in text
    assert fields == {}


async def test_a_room_that_is_not_paused_cannot_be_resumed(desk: PageDesk) -> None:
    async with desk.browser() as http:
        text, fields = await plan_of(http, "resume")
    assert f"{ROOM} is not paused." in text
    assert fields == {}


@pytest.mark.parametrize(("size", "linked"), [(250, 20), (10, 0)])
async def test_in_a_large_room_links_lead_to_those_who_differ(
    desk: PageDesk, size: int, linked: int
) -> None:
    big = crowd("big", size)
    odd = replace(big.members[1], label="a b/c")
    await fill(desk, replace(big, members=(big.members[0], odd, *big.members[2:])))
    async with desk.client(token=OPERATOR) as http:
        text = (await http.get("/rooms/big")).text
    assert text.count('href="#person-') == linked
    assert 'id="person-a%20b%2Fc"' in text
    assert (" more.</p>" in text) is (linked > 0)
    assert ('href="#person-a%20b%2Fc"' in text) is (linked > 0)


async def test_in_a_large_room_links_lead_to_those_who_have_left(
    desk: PageDesk,
) -> None:
    people = tuple(
        Person(person(f"p{at:02}"), None, phase)
        for at, phase in enumerate([Phase.CONNECTED] * 24 + [Phase.LEFT])
    )
    await desk.declare(Roster("many", tuple(each.member for each in people)))
    plan = Plan("many", 1, people=people)
    look = Evaluation("many", RoomPhase.CONVERGED, plan, Ledger())
    desk.state.latest.on_planned(look, desk.clock())
    async with desk.client(token=OPERATOR) as http:
        text = (await http.get("/rooms/many")).text
    assert text.count('href="#person-') == 1
    assert 'href="#person-p24"' in text
