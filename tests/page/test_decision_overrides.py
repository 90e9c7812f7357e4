"""Overrides made and removed on the page."""

import pytest

from reconciler.planning.override import words_of
from tests.page.decision_forms import confirm, plan_of, sent, undo_in
from tests.page.page_desk import LINE, PHONE, ROOM, SAME, PageDesk


async def test_an_override_is_planned_with_what_it_does_in_the_room(
    desk: PageDesk,
) -> None:
    desk.seat("ann", PHONE)
    desk.seat("bob", LINE.members[1].to, Muted="true")
    async with desk.browser() as http:
        text, fields = await plan_of(
            http, "set", label="ann", muted="true", **{"for": "5m"}
        )
        assert "<strong>ann</strong>: muted false → true" in text
        assert "<strong>ann</strong>: mute" in text
        assert "after this, ann is heard by nobody" in text
        desk.clock.now += 30
        fields["reason"] = "background noise"
        assert (await confirm(http, "set", fields)).status_code == 303
        (made,) = (await desk.store.overrides([ROOM], desk.clock()))[ROOM]
        assert made.until == desk.clock() + 300
        assert (made.who, made.reason) == ("ann (page)", "background noise")
        room = (await http.get(f"/rooms/{ROOM}")).text
        page = (await http.get(undo_in(room))).text
        assert "muted true → false" in page
        assert (await confirm(http, "unset", sent(page))).status_code == 303
    assert await desk.store.overrides([ROOM], desk.clock()) == {}


@pytest.mark.parametrize(
    ("verb", "labels", "plan", "words"),
    [
        (
            "mute-all",
            ["bob"],
            "ann</strong>: muted false → true",
            "mute-all except bob",
        ),
        ("mute-all", [], "sup</strong>: muted - → true", "mute-all"),
        ("only", ["ann", "bob"], "sup</strong>: hold - → true", "only ann, bob"),
    ],
)
async def test_a_whole_room_is_silenced_but_for_the_members_chosen(
    desk: PageDesk, verb: str, labels: list[str], plan: str, words: str
) -> None:
    path = f"/rooms/{ROOM}/do/{verb}"
    async with desk.browser() as http:
        asked = {"plan": "1", "label": labels, "for": "5m"}
        page = (await http.get(path, params=asked)).text
        assert plan in page
        data = {"label": labels, "for": "5m", "digest": sent(page)["digest"]}
        assert (await http.post(path, data=data, headers=SAME)).status_code == 303
    (made,) = (await desk.store.overrides([ROOM], desk.clock()))[ROOM]
    assert words_of(made) == words
    assert made.until == desk.clock() + 300


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ({"verb": "set", "label": "ann", "muted": "true"}, "set ann muted=true"),
        ({"verb": "set", "label": "sup", "coaching": "bob"}, "set sup coaching=bob"),
        ({"verb": "mute-all", "label": "bob"}, "mute-all except bob"),
        ({"verb": "only", "label": "ann"}, "only ann"),
        ({"verb": "mode", "mode": "normal"}, "mode normal"),
        ({"verb": "start"}, "start"),
    ],
)
async def test_an_override_that_was_removed_can_be_made_again(
    desk: PageDesk, override: dict[str, str], words: str
) -> None:
    verb, fields = override["verb"], {**override, "for": "10m"}
    del fields["verb"]
    async with desk.browser() as http:
        _, form = await plan_of(http, verb, **fields)
        assert (await confirm(http, verb, form)).status_code == 303
        page = (await http.get(f"/rooms/{ROOM}")).text
        page = (await http.get(undo_in(page))).text
        desk.clock.now += 60
        assert (await confirm(http, "unset", sent(page))).status_code == 303
        assert await desk.store.overrides([ROOM], desk.clock()) == {}
        page = (await http.get(f"/rooms/{ROOM}")).text
        page = (await http.get(undo_in(page))).text
        assert (await confirm(http, verb, sent(page))).status_code == 303
    (made,) = (await desk.store.overrides([ROOM], desk.clock()))[ROOM]
    assert words_of(made) == words
    assert made.until == desk.clock() + 540


async def test_all_overrides_are_removed_at_once(desk: PageDesk) -> None:
    async with desk.browser() as http:
        for label in ("ann", "bob"):
            _, form = await plan_of(http, "set", label=label, hold="true")
            await confirm(http, "set", form)
        assert "Unset all" in (await http.get(f"/rooms/{ROOM}")).text
        _, form = await plan_of(http, "unset", all="1")
        assert (await confirm(http, "unset", form)).status_code == 303
        assert "Undo" not in (await http.get(f"/rooms/{ROOM}")).text
    assert await desk.store.overrides([ROOM], desk.clock()) == {}
