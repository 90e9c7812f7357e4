"""Decision forms of the page, as a browser fills them in."""

import html
import re
from collections.abc import Mapping

import httpx

from reconciler.engine.desired_room import Desired
from reconciler.model.roster import Limits, Roster
from tests.page.page_desk import ROOM, SAME, PageDesk, person


async def plan_of(
    http: httpx.AsyncClient, verb: str, room: str = ROOM, **fields: str
) -> tuple[str, dict[str, str]]:
    """The page with the plan, and the fields that its button sends."""
    answer = await http.get(f"/rooms/{room}/do/{verb}", params={"plan": "1", **fields})
    assert answer.status_code == 200, answer.text
    return answer.text, sent(answer.text)


def sent(text: str) -> dict[str, str]:
    form = text.partition('<form method="post" class="stack">')[2]
    form = form.partition("</form>")[0]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return dict(found)


async def confirm(
    http: httpx.AsyncClient, verb: str, fields: Mapping[str, str], room: str = ROOM
) -> httpx.Response:
    path = f"/rooms/{room}/do/{verb}"
    return await http.post(path, data=dict(fields), headers=SAME)


async def desired(desk: PageDesk, room: str = ROOM) -> Desired:
    found = await desk.store.desired(room, desk.clock())
    assert found is not None
    return found


def undo_in(page: str) -> str:
    undo = re.search(r'href="([^"]+)">Undo', page)
    assert undo is not None
    return html.unescape(undo[1])


CROWD = Roster("crowd", (person("keep", "+15557770000"),), limits=Limits(removals=1))
FULL = Roster(
    "crowd",
    (
        *CROWD.members,
        *(person(f"p{n}", f"+1555777000{n}") for n in range(1, 4)),
    ),
    limits=Limits(removals=1),
)


async def crowded(desk: PageDesk) -> None:
    """Four people, of whom an edit takes away three: their removal is withheld."""
    await desk.declare(FULL)
    for member in FULL.members:
        desk.seat(member.label, member.to, "crowd")
    await desk.declare(CROWD)
    desk.pass_time(10)
