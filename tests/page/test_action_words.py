"""How actions are written: reasons once, names of people for their calls."""

from msgspec.structs import replace

from tests.page.decision_forms import crowded, plan_of
from tests.page.page_desk import LINE, PHONE, ROOM, VIEWER, PageDesk

REASON = "3 removals within 10 minutes, more than limits.removals: 1"


async def test_what_is_withheld_is_listed_below_its_reason(desk: PageDesk) -> None:
    await crowded(desk)
    await desk.look("crowd")
    async with desk.client(token=VIEWER) as http:
        text = (await http.get("/rooms/crowd")).text
    withheld = text.partition('id="withheld-h"')[2].partition("</section>")[0]
    assert withheld.count(REASON) == 1
    for label in ("p1", "p2", "p3"):
        assert f"<strong>{label}</strong>: remove" in withheld


async def test_who_is_no_longer_declared_and_still_in_is_shown(desk: PageDesk) -> None:
    await crowded(desk)
    await desk.look("crowd")
    async with desk.client(token=VIEWER) as http:
        text = (await http.get("/rooms/crowd")).text
    others = text.partition("Not in the roster")[2].partition("</ul>")[0]
    assert "<strong>p1</strong>: not muted (no longer declared)" in others


async def test_what_an_approval_covers_is_not_said_to_be_withheld(
    desk: PageDesk,
) -> None:
    await crowded(desk)
    async with desk.browser() as http:
        text, fields = await plan_of(http, "approve", "crowd")
        assert "<strong>p1</strong>: remove" in text
        assert "withheld by" not in text
        assert "digest" in fields
        other, _ = await plan_of(http, "set", "crowd", label="keep", muted="true")
    assert "withheld by limits.removals: remove p1, remove p2, remove p3" in other
    assert other.count(REASON) == 1


async def test_a_plan_names_people_and_not_their_calls(desk: PageDesk) -> None:
    desk.seat("ann", PHONE)
    desk.seat("sup", LINE.members[2].to)
    async with desk.browser() as http:
        text, _ = await plan_of(http, "set", label="ann", muted="true")
    assert "coach ann" in text
    assert "coach CA" not in text


async def test_of_events_of_one_moment_the_last_comes_first(desk: PageDesk) -> None:
    changed = replace(LINE, members=LINE.members[:2])
    await desk.declare(changed)
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
    timeline = text.partition('<ol class="timeline"')[2]
    assert 0 < timeline.index("roster.changed") < timeline.index("roster.loaded")
