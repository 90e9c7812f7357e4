"""Decisions on the page: a plan first, bound to what is done, by the commands' code."""

import asyncio
from pathlib import Path

import pytest

from reconciler.engine.desired_room import Standing
from reconciler.model.policy import Policy
from reconciler.page.page_access import NEEDED, PageRole, PageVerb
from reconciler.page.sessions import LONGEST_SECONDS, Sessions
from reconciler.store.queries.operator_decision import Decision
from tests.page.decision_forms import confirm, crowded, desired, plan_of, sent
from tests.page.page_desk import (
    LINE,
    OPERATOR,
    PHONE,
    ROOM,
    SAME,
    VIEWER,
    PageDesk,
    page_desk,
)


async def test_a_pause_is_planned_confirmed_recorded_and_can_be_undone(
    desk: PageDesk,
) -> None:
    async with desk.browser() as http:
        text, fields = await plan_of(http, "pause", **{"for": "10m"})
        assert "no changes are made for 600 s" in text
        assert (await desired(desk)).standing is Standing.MANAGED
        answer = await confirm(http, "pause", {**fields, "reason": "fire drill"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/rooms/line")
        after = await desired(desk)
        assert after.standing is Standing.PAUSED
        assert after.paused_until == desk.clock() + 600
        room = (await http.get(f"/rooms/{ROOM}")).text
        assert "Paused line" in room
        assert 'href="/rooms/line/do/resume">Undo' in room
        again = (await http.get(f"/rooms/{ROOM}")).text
        assert "Undo" not in again
        text, fields = await plan_of(http, "resume", reason="two\x07lines")
        assert "the reason holds" in text
        text, fields = await plan_of(http, "resume")
        over = {**fields, "reason": "the fire is out"}
        assert (await confirm(http, "resume", over)).status_code == 303
    assert (await desired(desk)).standing is Standing.MANAGED
    told = {kind: message for kind, message, _ in await desk.messages()}
    assert told["room.paused"].endswith("for 600 s. Reason: fire drill")
    assert told["room.resumed"].endswith("Reason: the fire is out")
    causes = [cause for kind, _, cause in await desk.messages() if "pause" in kind]
    assert causes == ["ann (page)"]
    assert desk.marks == [(ROOM, "ann (page)")] * 2


async def test_a_plan_that_has_changed_is_shown_again_and_nothing_is_done(
    desk: PageDesk,
) -> None:
    desk.seat("ann", PHONE)
    async with desk.browser() as http:
        _, fields = await plan_of(http, "end")
        desk.seat("bob", LINE.members[1].to)
        answer = await confirm(http, "end", fields)
        assert answer.status_code == 409
        assert "has changed since the plan was shown" in answer.text
        assert "<strong>bob</strong>: is cut off" in answer.text
        assert await desk.store.overrides([ROOM], desk.clock()) == {}
        assert desk.marks == []
        answer = await confirm(http, "end", sent(answer.text))
        assert answer.status_code == 303
    (made,) = (await desk.store.overrides([ROOM], desk.clock()))[ROOM]
    assert str(made.verb) == "end"


async def test_nothing_is_done_without_the_digest_of_a_plan(desk: PageDesk) -> None:
    async with desk.browser() as http:
        _, fields = await plan_of(http, "pause")
        del fields["digest"]
        assert (await confirm(http, "pause", fields)).status_code == 409
    assert (await desired(desk)).standing is Standing.MANAGED


async def test_a_plan_for_one_thing_confirms_no_other(desk: PageDesk) -> None:
    desk.seat("ann", PHONE)
    async with desk.browser() as http:
        _, fields = await plan_of(http, "pause", **{"for": "1m"})
        other = await confirm(http, "pause", {**fields, "for": "10h"})
        assert other.status_code == 409
        assert (await confirm(http, "end", fields)).status_code == 409
    assert (await desired(desk)).standing is Standing.MANAGED


async def test_two_operators_who_approve_at_once_do_it_once(desk: PageDesk) -> None:
    await crowded(desk)
    async with desk.browser() as one, desk.browser() as other:
        text, fields = await plan_of(one, "approve", "crowd")
        assert text.count("remove") >= 3
        _, same = await plan_of(other, "approve", "crowd")
        assert same["digest"] == fields["digest"]
        answers = await asyncio.gather(
            confirm(one, "approve", fields, "crowd"),
            confirm(other, "approve", same, "crowd"),
        )
    assert sorted(x.status_code for x in answers) == [303, 409]
    kinds = [kind for kind, _, _ in await desk.messages("crowd")]
    assert kinds.count("room.approved") == 1


async def test_the_policy_says_who_may_approve_on_the_page_too(tmp_path: Path) -> None:
    policy = Policy(variables=("*",), approvers=(("removals", ("zoe",)),))
    async with page_desk(tmp_path, policy) as desk:
        await crowded(desk)
        async with desk.browser() as http:
            text, fields = await plan_of(http, "approve", "crowd")
    assert "the policy allows only zoe to approve removals; this is user ann" in text
    assert fields == {}


async def test_nothing_withheld_is_nothing_to_approve(desk: PageDesk) -> None:
    async with desk.browser() as http:
        text, fields = await plan_of(http, "approve")
    assert "Nothing is withheld in line." in text
    assert fields == {}


async def test_a_redial_says_whom_it_calls_and_whom_not(desk: PageDesk) -> None:
    desk.seat("ann", PHONE)
    async with desk.browser() as http:
        answer = await http.get(f"/rooms/{ROOM}/do/redial?plan=1&label=ann&label=bob")
        assert "<strong>bob</strong>: call again" in answer.text
        assert "ann is connected; nothing to do." in answer.text
        form = sent(answer.text)
        labels = {"label": ["ann", "bob"], "digest": form["digest"]}
        done = await http.post(f"/rooms/{ROOM}/do/redial", data=labels, headers=SAME)
        assert done.status_code == 303
    messages = await desk.messages()
    assert [kind for kind, _, _ in messages if "redial" in kind]


async def test_a_call_that_is_not_lost_cannot_be_resolved(desk: PageDesk) -> None:
    async with desk.browser() as http:
        text, fields = await plan_of(http, "resolve", label="bob", rung="yes")
    assert "No such call waits for a decision" in text
    assert fields == {}


@pytest.mark.parametrize(
    ("verb", "fields", "text"),
    [
        ("set", {"label": "nobody", "muted": "true"}, "does not list"),
        ("set", {"label": "ann"}, "what to set"),
        ("set", {"label": "ann", "muted": "maybe"}, "true or false"),
        ("only", {}, "who stays off hold"),
        ("only", {"label": "nobody"}, "does not list"),
        ("mode", {"mode": "party"}, "no mode"),
        ("pause", {"for": "soon"}, "not a duration"),
        ("pause", {"for": "0"}, "more than 0"),
        ("pause", {"for": "99999999h"}, "at most 10 years"),
        ("end", {"reason": "a\u202eb"}, "one line of plain text"),
        ("start", {"reason": "x" * 501}, "more than 500"),
        ("redial", {}, "whom to call"),
        ("resolve", {"label": "ann"}, "whether the call reached"),
        ("unset", {"ids": "99"}, "does not count any longer"),
    ],
)
async def test_what_cannot_be_done_is_said_and_has_no_button(
    desk: PageDesk, verb: str, fields: dict[str, str], text: str
) -> None:
    async with desk.browser() as http:
        page, form = await plan_of(http, verb, **fields)
    assert text in page
    assert form == {}


@pytest.mark.parametrize("verb", list(PageVerb))
async def test_a_viewer_may_decide_nothing(desk: PageDesk, verb: PageVerb) -> None:
    assert NEEDED[verb] is PageRole.OPERATOR
    async with desk.browser(VIEWER) as http:
        form = await http.get(f"/rooms/{ROOM}/do/{verb}")
        answer = await confirm(http, verb, {"digest": "x", "label": "ann"})
        room = (await http.get(f"/rooms/{ROOM}")).text
    assert form.status_code == answer.status_code == 403
    assert f"do/{verb}" not in room
    assert desk.marks == []


async def test_a_script_decides_with_its_bearer_token(desk: PageDesk) -> None:
    async with desk.client(token=OPERATOR) as http:
        _, fields = await plan_of(http, "pause")
        answer = await http.post(f"/rooms/{ROOM}/do/pause", data=fields)
    assert answer.status_code == 303
    assert (await desired(desk)).standing is Standing.PAUSED


@pytest.mark.parametrize("ended", ["signed out", "expired", "daemon restarted"])
async def test_a_confirmation_after_the_session_ended_does_nothing_and_says_so(
    desk: PageDesk, ended: str
) -> None:
    async with desk.browser() as http:
        _, fields = await plan_of(http, "pause")
        cookie = http.cookies["reconciler"]
        if ended == "signed out":
            await http.post("/sign-out", headers=SAME)
        elif ended == "expired":
            desk.clock.now += LONGEST_SECONDS
        else:
            desk.state.sessions = Sessions(desk.clock)
        http.cookies.set("reconciler", cookie)
        answer = await confirm(http, "pause", fields)
    assert answer.status_code == 401
    assert "Nothing was done." in answer.text
    assert 'href="/sign-in"' in answer.text
    assert (await desired(desk)).standing is Standing.MANAGED


async def test_a_form_that_is_too_large_is_refused(desk: PageDesk) -> None:
    async with desk.browser() as http:
        big = await confirm(http, "pause", {"reason": "x" * 20_000})
        many = await http.post(
            f"/rooms/{ROOM}/do/pause", content="a&" * 600, headers=SAME
        )
    assert (big.status_code, many.status_code) == (413, 413)


async def test_a_query_or_a_sign_in_that_is_too_large_is_refused_as_well(
    desk: PageDesk,
) -> None:
    async with desk.browser() as http:
        query = await http.get(f"/rooms/{ROOM}/do/set?{'a&' * 600}")
    async with desk.client() as http:
        token = {"token": "x" * 20_000}
        sign_in = await http.post("/sign-in", data=token, headers=SAME)
    assert (query.status_code, sign_in.status_code) == (413, 413)


async def test_who_decides_after_another_or_unseen_is_told_that_nothing_was_done(
    desk: PageDesk,
) -> None:
    await desk.store.stand(Decision(ROOM, desk.clock(), "x"), Standing.PAUSED)
    async with desk.browser() as http:
        unseen = await confirm(http, "resume", {})
        _, fields = await plan_of(http, "resume")
        assert (await confirm(http, "resume", fields)).status_code == 303
        late = await confirm(http, "resume", fields)
    assert (unseen.status_code, late.status_code) == (409, 409)
    assert "Nothing was done: a plan is carried out once it was shown." in unseen.text
    assert "since the plan was shown. Nothing was done." in late.text
    assert f"{ROOM} is not paused." in late.text


async def test_an_unknown_decision_is_not_found(desk: PageDesk) -> None:
    async with desk.browser() as http:
        assert (await http.get(f"/rooms/{ROOM}/do/explode")).status_code == 404
        assert (await confirm(http, "explode", {})).status_code == 404


async def test_a_room_that_vanishes_before_the_confirmation_is_said_to_be_gone(
    desk: PageDesk,
) -> None:
    async with desk.browser() as http:
        _, fields = await plan_of(http, "end")
        await desk.store.stand(Decision(ROOM, desk.clock(), "x"), Standing.RELEASED)
        answer = await confirm(http, "end", fields)
        assert answer.status_code == 409
        assert "was released" in answer.text or "is released" in answer.text
        await desk.store.forget(Decision(ROOM, desk.clock(), "x"))
        answer = await confirm(http, "end", fields)
    assert answer.status_code == 404
    assert desk.marks == []
