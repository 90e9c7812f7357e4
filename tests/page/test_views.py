"""The pages that are read."""

import re

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.errors import Problem, RefusedFile
from reconciler.model.ledger import Ledger
from reconciler.model.load_result import FileReport
from reconciler.model.roster import Roster
from reconciler.planning.plan import Person, Phase, Plan
from reconciler.store.queries.operator_decision import Decision
from tests.page.page_desk import (
    LINE,
    OPERATOR,
    PHONE,
    ROOM,
    START,
    VIEWER,
    PageDesk,
    person,
)


async def test_the_list_shows_states_people_and_what_differs(desk: PageDesk) -> None:
    desk.seat("ann", PHONE)
    await desk.look()
    await desk.declare(Roster("later", (person("eve"),)))
    async with desk.client(token=VIEWER) as http:
        text = (await http.get("/rooms")).text
    assert "1 converging" in text
    assert "1 of 3" in text
    assert "not read yet" in text


@pytest.mark.parametrize(
    ("query", "rooms"),
    [
        ("q=LIN", {"line"}),
        ("q=eve", {"other"}),
        ("q=nobody", set()),
        ("state=unknown", {"other"}),
        ("state=nonsense", {"line", "other"}),
        ("", {"line", "other"}),
    ],
)
async def test_the_list_is_searched_by_room_person_and_state(
    desk: PageDesk, query: str, rooms: set[str]
) -> None:
    await desk.declare(Roster("other", (person("eve"),)))
    await desk.look()
    latest = desk.state.latest
    entry = latest.entry("other")
    assert entry is not None
    if "state" in query:
        latest.forget(["other"])
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms?{query}")).text
    assert {x for x in ("line", "other") if f'href="/rooms/{x}"' in text} == rooms


async def test_a_room_shows_desired_beside_observed_and_what_differs(
    desk: PageDesk,
) -> None:
    desk.seat("ann", PHONE, Muted="true")
    await desk.look()
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
    row = text.partition('<tr class="differs" ')[2].partition("</tr>")[0]
    assert "ann" in row
    assert "not muted</td>" in row
    assert ">muted</td>" in row
    assert "unmute" in text
    assert "coaches ann" in text


async def test_numbers_are_whole_for_operators_alone(desk: PageDesk) -> None:
    desk.exchange.dial_in("+15559990001", ROOM)
    desk.pass_time(2)
    await desk.look()
    async with desk.client(token=VIEWER) as http:
        seen = (await http.get(f"/rooms/{ROOM}")).text
    async with desk.client(token=OPERATOR) as http:
        whole = (await http.get(f"/rooms/{ROOM}")).text
    assert PHONE in whole
    assert PHONE not in seen
    assert "+15559990001" not in seen
    assert "+1555•••0001" in seen


@pytest.mark.parametrize(
    ("label", "to", "numbers", "masked"),
    [
        (
            "+15551112222",
            "+15559990002",
            ("+15551112222", "+15559990002"),
            "+1555•••2222",
        ),
        ("eve", "client:+15551234324", ("client:+15551234324",), "client:+1555•••4324"),
        (
            "eve",
            "sip:+15551234323@example.com",
            ("sip:+15551234323@example.com",),
            "sip:+1555•••4323@example.com",
        ),
        ("call 555-765-4324", "client:eve", ("555-765-4324",), "call 555•••4324"),
    ],
)
async def test_numbers_of_strangers_are_whole_in_every_form_for_operators_alone(
    desk: PageDesk, label: str, to: str, numbers: tuple[str, ...], masked: str
) -> None:
    desk.seat(label, to)
    await desk.look()
    texts = []
    for token in (VIEWER, OPERATOR):
        async with desk.client(token=token) as http:
            text = (await http.get(f"/rooms/{ROOM}")).text
        texts.append(text.partition("Not in the roster")[2].partition("</ul>")[0])
    assert masked in texts[0]
    assert all(each not in texts[0] for each in numbers)
    assert all(each in texts[1] for each in numbers)


async def test_labels_that_are_numbers_are_whole_everywhere_for_operators_alone(
    desk: PageDesk,
) -> None:
    label = "+15551112222"
    muted = person(label, "client:eve", muted=True)
    await desk.declare(replace(LINE, members=(*LINE.members, muted)))
    desk.seat("ann", PHONE)
    desk.seat(label, "client:eve", Muted="true")
    await desk.look()
    await desk.store.redial(Decision(ROOM, START, "ann"), label)
    drafts = [Override(0, ROOM, OverrideVerb.ONLY, START, None, "ann", labels=(label,))]
    await desk.store.add_overrides(drafts, START)
    timeline = await _shown(desk, "")
    assert ["redial" in x for x in timeline] == [True, True]
    for texts in (timeline, await _shown(desk, f"?at={START + 1}")):
        assert [label in x for x in texts] == [False, True]
        assert "+1555•••2222" in texts[0]
    _, form = await _shown(desk, "/do/set?label=%2B15551112222&muted=false&plan=1")
    assert label in form


async def test_a_viewer_finds_numbers_by_no_search_and_in_no_source(
    desk: PageDesk,
) -> None:
    label = "+15551112222"
    await desk.declare(Roster("other", (person(label, "client:eve"), person("eve"))))
    await desk.look()
    found: dict[str, list[str]] = {}
    for token in (VIEWER, OPERATOR):
        async with desk.client(token=token) as http:
            for word in ("555111", "2222", "eve"):
                text = (await http.get(f"/rooms?q={word}")).text
                found.setdefault(word, []).append(
                    "found" if 'href="/rooms/other"' in text else "not"
                )
            source = (await http.get("/rooms/other")).text
        assert ("5551112222" in source) is (token == OPERATOR)
    assert found == {
        "555111": ["not", "found"],
        "2222": ["found", "found"],
        "eve": ["found", "found"],
    }


async def _shown(desk: PageDesk, page: str) -> list[str]:
    """The texts of a page below the room's, as a viewer and an operator see it."""
    texts = []
    for token in (VIEWER, OPERATOR):
        async with desk.client(token=token) as http:
            text = (await http.get(f"/rooms/{ROOM}{page}")).text
        texts.append(re.sub(r'(href|value|id|name)="[^"]*"', "", text))
    return texts


HOSTILE = '<img src=x onerror=alert(1)>"\u202e\x07'


async def test_texts_of_strangers_are_escaped_and_control_characters_shown(
    desk: PageDesk,
) -> None:
    desk.seat(HOSTILE.replace("\x07", ""), "+15551239999")
    await desk.declare(Roster("<b>room", (person("a'\"><script>x"),)))
    await desk.look()
    async with desk.client(token=OPERATOR) as http:
        pages = [
            (await http.get(path)).text
            for path in (
                f"/rooms/{ROOM}",
                "/rooms",
                "/rooms/%3Cb%3Eroom",
                "/rooms/%3Cb%3Eroom/do/set?label=a'%22%3E%3Cscript%3Ex&plan=1",
            )
        ]
    text = "".join(pages)
    assert "<img" not in text
    assert "<script>x" not in text
    assert "<b>room" not in text
    assert "\u202e" not in text
    assert "\\u202e" in text
    assert "&lt;img" in text


async def test_who_hears_whom_is_drawn_and_written(desk: PageDesk) -> None:
    desk.seat("ann", PHONE)
    desk.seat("bob", LINE.members[1].to, Muted="true")
    await desk.look()
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
    assert "Heard by the room: ann." in text
    assert 'role="img"' in text
    assert "<td>the room (1)</td>" in text
    assert "<td>nobody</td>" in text


async def test_overrides_are_shown_with_who_why_and_the_time_left(
    desk: PageDesk,
) -> None:
    override = Override(
        0,
        ROOM,
        OverrideVerb.MUTE_ALL,
        START,
        START + 90,
        "eve (page)",
        "a fire drill",
    )
    await desk.store.add_overrides([override], START)
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
    assert "mute-all" in text
    assert "eve (page)" in text
    assert "a fire drill" in text
    assert "90 s</time> left" in text
    assert "Unset" not in text


async def test_a_pause_is_shown_at_once_and_the_people_stay(desk: PageDesk) -> None:
    desk.seat("ann", PHONE)
    await desk.look()
    await desk.store.stand(
        Decision(ROOM, desk.clock(), "eve"), Standing.PAUSED, until=START + 600
    )
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
        listing = (await http.get("/rooms")).text
    assert "Paused by eve" in text
    assert "1 of 3 in the room" in text
    assert "1 paused" in listing


async def test_a_phase_says_how_long_it_has_lasted_and_when_it_ends(
    desk: PageDesk,
) -> None:
    slow = (("timeout", 20),)
    await desk.declare(
        Roster("slow", (person("ann", PHONE), person("bob", create_only=slow)))
    )
    plan = Plan(
        "slow",
        1,
        people=(
            Person(person("ann", PHONE), None, Phase.RINGING, since=START),
            Person(person("bob", create_only=slow), None, Phase.DIALING, since=START),
        ),
    )
    look = Evaluation("slow", RoomPhase.CONVERGING, plan, Ledger())
    desk.clock.now = START + 5
    desk.state.latest.on_planned(look, START + 5)
    async with desk.client(token=VIEWER) as http:
        text = re.sub("<[^>]+>", "", (await http.get("/rooms/slow")).text)
    assert "ringing for 5 s, gives up in 55 s" in text
    assert "dialing for 5 s, gives up in 15 s" in text


async def test_drift_says_what_makes_a_member_as_declared(desk: PageDesk) -> None:
    desk.seat("ann", PHONE, Muted="true")
    ann = desk.exchange.list_calls({})[0].sid
    desk.seat("sup", LINE.members[2].to, Coaching="true", CallSidToCoach=ann)
    await desk.look()
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
    assert ">unmute</td>" in text
    assert "coaches ann</td>" in text


async def test_drift_names_people_and_not_their_calls(desk: PageDesk) -> None:
    desk.seat("ann", PHONE)
    desk.seat("sup", LINE.members[2].to)
    await desk.look()
    async with desk.client(token=VIEWER) as http:
        text = (await http.get(f"/rooms/{ROOM}")).text
    assert "coach ann</td>" in text
    assert "coach CA" not in text


async def test_a_room_that_vanished_is_said_to_be_gone(desk: PageDesk) -> None:
    await desk.look()
    await desk.store.stand(Decision(ROOM, desk.clock(), "eve"), Standing.RELEASED)
    assert await desk.store.forget(Decision(ROOM, desk.clock(), "eve"))
    async with desk.client(token=OPERATOR) as http:
        page = await http.get(f"/rooms/{ROOM}")
        part = await http.get(f"/rooms/{ROOM}?fragment=1")
        decision = await http.get(f"/rooms/{ROOM}/do/pause")
        listing = await http.get("/rooms")
    assert page.status_code == part.status_code == decision.status_code == 404
    assert "not on record" in part.text
    assert "<html" not in part.text
    assert ROOM not in [each.evaluation.room for each in desk.state.latest]
    assert "No rooms" in listing.text


async def test_refused_files_are_shown_with_their_errors(desk: PageDesk) -> None:
    message = "unknown key beside 15550100101"
    problem = Problem("desired/bad.yaml", 7, 9, message, hint="did you mean to")
    refused = RefusedFile("desired/bad.yaml", "/x/bad.yaml", (ROOM,), (problem,))
    await desk.store.load(
        [],
        folder=None,
        now=START,
        cause="test",
        report=FileReport(files=("/x/bad.yaml",), refused=(refused,)),
    )
    async with desk.client(token=VIEWER) as http:
        text = (await http.get("/files")).text
        listing = (await http.get("/rooms")).text
    assert "desired/bad.yaml:7:9" in text
    assert "unknown key beside 1555•••0101" in text
    assert "did you mean to" in text
    assert "1 refused file" in listing


async def test_the_account_shows_limits_pauses_and_credentials(desk: PageDesk) -> None:
    (status,) = desk.state.accounts()
    now = replace(status, paused_seconds=30.0, credentials_refused_seconds=70.0)
    desk.state.accounts = lambda: (now,)
    async with desk.client(token=VIEWER) as http:
        text = (await http.get("/account")).text
    assert "Twilio asked to wait: 30 s left" in text
    assert "refused by Twilio for 70 s" in text
    assert "5 an hour" in text
    assert "Queue</dt><dd>none" in text
    assert "0 in the last hour, 0 in the last day" in text


async def test_each_account_is_shown_by_its_name_and_with_what_holds_its_rooms_back(
    desk: PageDesk,
) -> None:
    (status,) = desk.state.accounts()
    refused = replace(status, name="europe", credentials_refused_seconds=70.0)
    broken = replace(status, name="asia", problem="auth_token_file is empty")
    desk.state.accounts = lambda: (status, refused, broken)
    async with desk.client(token=VIEWER) as http:
        text = (await http.get("/account")).text
    assert "<h2>default</h2>" in text
    assert "refused by Twilio for 70 s; nothing is sent to its rooms" in text
    assert "blocked, nothing is sent to its rooms: auth_token_file is empty" in text


async def test_the_account_shows_how_many_calls_are_queued_and_were_placed(
    desk: PageDesk,
) -> None:
    await desk.look()
    async with desk.client(token=VIEWER) as http:
        text = (await http.get("/account")).text
    assert "2 calls queued, the last in about 2 s" in text


async def test_a_page_without_the_rows_is_small_and_compressed(desk: PageDesk) -> None:
    async with desk.client(token=VIEWER) as http:
        page = await http.get("/rooms")
        scripts = [
            await http.get(f"/static/{name}")
            for name in ("htmx-4.0.1.min.js", "page.js", "page.css", "stream.js")
        ]
    sizes = [int(each.headers["content-length"]) for each in (page, *scripts)]
    assert all(x.headers["content-encoding"] == "gzip" for x in scripts)
    assert sum(sizes) <= 60_000
