"""The provider: what the loop is told, and what its actions send."""

import time
from collections.abc import Mapping
from urllib.parse import unquote

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import Provider
from reconciler.model.action import Change, ChangeKind, FieldChange, Harm, Remove, Ring
from reconciler.model.errors import (
    CredentialsRefused,
    Gone,
    LabelInUse,
    TerminalError,
    TransientError,
    UnknownOutcome,
)
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    Observation,
    Questions,
    Unknown,
)
from reconciler.model.roster import Fields
from reconciler.twilio.api.client import TwilioClient
from reconciler.twilio.provider import TwilioProvider
from tests.twilio.samples import (
    ANN,
    BASE,
    BOB,
    COACH,
    CONFERENCE,
    call,
    conference,
    page,
    participant,
)
from tests.twilio.wire_server import Reply, Request, Script, error, reply, serving

OTHER = "CF00000000000000000000000000000001"
ROOM = Conference(CONFERENCE, "standup", ConferenceStatus.IN_PROGRESS)
NOW = 1776158803.0


class World:
    """Answers by method and path; what is not there is 404."""

    def __init__(self, answers: Mapping[str, Reply | list[Reply]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Reply:
        target = unquote(request.target.removeprefix(BASE)).replace(".json", "")
        target = target.removesuffix("PageSize=1000").rstrip("?&")
        name = f"{request.method} {target}"
        self.asked.append(name)
        found = self.answers.get(name, error(404, 20404))
        return found.pop(0) if isinstance(found, list) else found


def at_any_time() -> bool:
    return True


def never() -> bool:
    return False


def provider(twilio: TwilioClient, callbacks: Fields = (), **secrets: str) -> Provider:
    return TwilioProvider(
        twilio,
        secrets=secrets.__getitem__,
        clock=time.time,
        callbacks=lambda _: callbacks,
    )


def listed(key: str, *items: dict[str, object]) -> Reply:
    return reply(200, page(key, *items))


async def look(
    script: Script, active: Conference | None, questions: Questions
) -> Observation | Unknown:
    async with serving(script) as server, server.client() as twilio:
        return await provider(twilio).observe("standup", active, questions)


async def seen(
    script: Script, active: Conference | None, questions: Questions
) -> Observation:
    found = await look(script, active, questions)
    assert isinstance(found, Observation), found
    return found


async def unknown(
    script: Script, active: Conference | None, questions: Questions
) -> Unknown:
    found = await look(script, active, questions)
    assert isinstance(found, Unknown), found
    return found


def by_status(init: Reply, started: Reply, prefix: str = "") -> World:
    return World(
        {
            f"GET /Conferences?{prefix}Status=init": init,
            f"GET /Conferences?{prefix}Status=in-progress": started,
        }
    )


async def survey(
    world: World, *rooms: str
) -> tuple[Mapping[str, Conference | Unknown] | str, Provider]:
    """What the rooms show, or why nothing is known of them."""
    async with serving(world) as server, server.client() as twilio:
        looking = provider(twilio)
        found = await looking.survey(rooms)
        return found.unknown or found.conferences, looking


async def test_one_room_is_looked_for_by_name_where_it_may_not_have_started() -> None:
    world = by_status(
        listed("conferences", conference(status="init")),
        listed("conferences"),
        "FriendlyName=standup&",
    )
    found, _ = await survey(world, "standup")
    assert found == {
        "standup": Conference(CONFERENCE, "standup", ConferenceStatus.INIT)
    }
    assert len(world.asked) == 2
    assert world.asked[0].endswith("Status=init")


async def test_many_rooms_cost_as_many_requests_as_one() -> None:
    world = by_status(
        listed("conferences", conference(OTHER, friendly_name="b", status="init")),
        listed(
            "conferences", conference(), conference("CFx", friendly_name="not ours")
        ),
    )
    found, _ = await survey(world, "standup", "b", "c")
    assert not isinstance(found, str)
    assert {name: getattr(each, "sid", each) for name, each in found.items()} == {
        "standup": CONFERENCE,
        "b": OTHER,
    }
    assert len(world.asked) == 2


async def test_no_rooms_cost_nothing() -> None:
    world = World({})
    found, _ = await survey(world)
    assert found == {}
    assert world.asked == []


async def test_a_conference_that_starts_between_the_listings_is_one_conference() -> (
    None
):
    world = by_status(
        listed("conferences", conference(status="init")),
        listed("conferences", conference()),
        "FriendlyName=standup&",
    )
    found, looking = await survey(world, "standup")
    assert found == {"standup": ROOM}
    assert isinstance(await looking.observe("standup", None, Questions()), Observation)


async def test_two_active_conferences_of_a_name_make_that_name_a_doubt() -> None:
    world = by_status(
        listed("conferences", conference(OTHER, status="init")),
        listed("conferences", conference(), conference("CFb", friendly_name="b")),
    )
    found, _ = await survey(world, "standup", "b")
    assert not isinstance(found, str)
    assert isinstance(found["standup"], Unknown)
    assert OTHER in found["standup"].reason
    assert isinstance(found["b"], Conference)


async def test_a_failed_survey_is_a_reason_and_not_an_empty_one() -> None:
    world = by_status(listed("conferences"), reply(200, b"<html>"))
    found, _ = await survey(world, "a", "b")
    assert isinstance(found, str)
    assert "JSON" in found


@pytest.mark.parametrize("status", [401, 404])
async def test_refused_credentials_and_unknown_accounts_end_the_survey(
    status: int,
) -> None:
    with pytest.raises(CredentialsRefused):
        await survey(by_status(error(status, 20003), error(status, 20003)), "a", "b")


LISTING = f"GET /Conferences/{CONFERENCE}/Participants"


async def test_a_quiet_room_costs_one_request() -> None:
    world = World({LISTING: listed("participants", participant())})
    found = await seen(
        world, ROOM, Questions(calls=frozenset({ANN}), known=frozenset({ANN}))
    )
    assert [each.call_sid for each in found.participants] == [ANN]
    assert world.asked == [LISTING]


async def test_a_room_without_a_conference_costs_nothing() -> None:
    world = World({})
    assert await seen(world, None, Questions()) == Observation("standup", None)
    assert world.asked == []


async def test_calls_are_fetched_of_the_unconnected_and_of_strangers_only() -> None:
    world = World(
        {
            LISTING: listed(
                "participants",
                participant(),
                participant(BOB, label="bob", status="ringing"),
                participant(COACH, label=None),
            ),
            f"GET /Calls/{BOB}": reply(200, call(BOB, status="ringing")),
            f"GET /Calls/{COACH}": reply(200, call(COACH, direction="inbound")),
        }
    )
    asked = Questions(
        calls=frozenset({ANN, BOB, "CAgone"}), known=frozenset({ANN, BOB})
    )
    found = await seen(world, ROOM, asked)
    assert set(found.calls) == {BOB, COACH}
    assert found.calls[COACH].party == "+15017122661"
    assert sorted(world.asked[1:]) == sorted(
        [f"GET /Calls/{BOB}", f"GET /Calls/{COACH}", "GET /Calls/CAgone"]
    )


async def test_the_call_of_somebody_connected_is_fetched_for_who_answered() -> None:
    world = World(
        {
            LISTING: listed("participants", participant()),
            f"GET /Calls/{ANN}": reply(200, call(ANN, answered_by="machine_start")),
        }
    )
    asked = Questions(known=frozenset({ANN}), answered=frozenset({ANN}))
    found = await seen(world, ROOM, asked)
    assert found.calls[ANN].answered_by == "machine_start"
    assert found.calls[ANN].machine
    assert not found.alone


@pytest.mark.parametrize(
    ("listing", "reason"),
    [
        (listed("participants", participant(), participant(label="b")), ANN),
        (listed("participants", participant(), participant(BOB)), "ann"),
        (listed("participants", participant(conference_sid=OTHER)), OTHER),
        (listed("participants", participant(status="dancing")), "status"),
        (reply(200, page("participants") | {"end": 4}), "claims"),
        (reply(500, b""), "500"),
        (error(404, 20404), "does not exist"),
        (error(405, 20004), "SID"),
        (reply(200, b'{"participants": ['), "JSON"),
    ],
)
async def test_a_listing_that_is_lost_or_cannot_be_true_is_unknown(
    listing: Reply, reason: str
) -> None:
    found = await unknown(
        World({LISTING: listing}), ROOM, Questions(known=frozenset({ANN}))
    )
    assert found.room == "standup"
    assert reason in found.reason


async def test_a_call_record_that_cannot_be_read_makes_the_room_unknown() -> None:
    world = World(
        {LISTING: listed("participants"), f"GET /Calls/{ANN}": reply(503, b"")}
    )
    await unknown(world, ROOM, Questions(calls=frozenset({ANN})))
    world = World({f"GET /Calls/{ANN}": reply(200, call(BOB))})
    await unknown(world, None, Questions(calls=frozenset({ANN})))


async def test_refused_credentials_are_not_an_unknown_room() -> None:
    with pytest.raises(CredentialsRefused):
        await look(World({LISTING: error(401, 20003)}), ROOM, Questions())


TO = "+15558675310"
SEARCH = f"GET /Calls?To={TO}&"


async def test_calls_to_a_number_are_searched_from_shortly_before() -> None:
    early = call("CAearly", date_created="Tue, 14 Apr 2026 09:20:00 +0000")
    world = World(
        {
            f"{SEARCH}Status=queued": listed(
                "calls",
                call("CAqueued", status="queued", start_time=None),
                call("CAundated", start_time=None, date_created=None),
            ),
            f"{SEARCH}StartTime>=2026-04-13": listed(
                "calls",
                call(),
                early,
                call("CAin", direction="inbound"),
                call("CAqueued"),
            ),
        }
    )
    found = await seen(world, None, Questions(numbers=((TO, NOW),)))
    assert {each.sid for each in found.searched[TO]} == {ANN, "CAqueued", "CAundated"}


async def test_a_search_that_fails_in_part_is_unknown() -> None:
    world = World({f"{SEARCH}Status=queued": listed("calls")})
    await unknown(world, None, Questions(numbers=((TO, NOW),)))


async def test_an_address_with_parameters_is_searched_with_and_without_them() -> None:
    address = "client:bob?team=a"
    world = World(
        {
            f"GET /Calls?To={to}&{rest}": listed("calls", *found)
            for to, found in ((address, ()), ("client:bob", (call(to="client:bob"),)))
            for rest in ("Status=queued", "StartTime>=2026-04-13")
        }
    )
    found = await seen(world, None, Questions(numbers=((address, NOW),)))
    assert [each.sid for each in found.searched[address]] == [ANN]


async def test_the_end_of_the_last_conference_is_told() -> None:
    over = conference(OTHER, status="completed", reason_conference_ended="x")
    world = World({f"GET /Conferences/{OTHER}": reply(200, over)})
    found = await seen(world, None, Questions(conference_sid=OTHER))
    assert found.last == Conference(OTHER, "standup", ConferenceStatus.COMPLETED, "x")
    gone = await seen(World({}), None, Questions(conference_sid=OTHER))
    assert gone.last is None


async def test_a_conference_that_only_its_own_record_shows_active_is_unknown() -> None:
    world = World({f"GET /Conferences/{OTHER}": reply(200, conference(OTHER))})
    await unknown(world, None, Questions(conference_sid=OTHER))


WAITING = conference(OTHER, status="init")


async def test_a_conference_that_has_not_started_is_the_rooms_where_no_list_shows_it() -> (
    None
):
    world = World(
        {
            f"GET /Conferences/{OTHER}": reply(200, WAITING),
            f"GET /Conferences/{OTHER}/Participants": listed(
                "participants", participant(ANN, label=None, conference_sid=OTHER)
            ),
            f"GET /Calls/{ANN}": reply(200, call()),
        }
    )
    found = await seen(world, None, Questions(conference_sid=OTHER))
    assert found.conference == Conference(OTHER, "standup", ConferenceStatus.INIT)
    assert [each.call_sid for each in found.participants] == [ANN]
    assert (found.last, list(found.calls)) == (None, [ANN])


async def test_a_conference_that_has_not_started_beside_another_is_unknown() -> None:
    people = listed("participants")
    answers = {LISTING: people, f"GET /Conferences/{OTHER}": reply(200, WAITING)}
    assert (await seen(World(answers), ROOM, Questions())).conference == ROOM
    await unknown(World(answers), ROOM, Questions(conference_sid=OTHER))


CREATED = Questions(created=OTHER)
OWN = f"GET /Conferences/{OTHER}"
OWN_PEOPLE = f"GET /Conferences/{OTHER}/Participants"


def active(sid: str, /, **fields: str) -> Reply:
    return reply(200, conference(sid, **fields))


@pytest.mark.parametrize("status", ["init", "in-progress"])
async def test_the_conference_of_our_create_is_believed_before_the_list_by_name(
    status: str,
) -> None:
    people = listed("participants", participant(ANN, conference_sid=OTHER))
    world = World({OWN: active(OTHER, status=status), OWN_PEOPLE: people})
    found = await seen(world, None, replace(CREATED, known=frozenset({ANN})))
    assert found.conference == Conference(OTHER, "standup", ConferenceStatus(status))
    assert [each.call_sid for each in found.participants] == [ANN]
    assert world.asked == [OWN, OWN_PEOPLE]


async def test_a_conference_of_our_create_that_the_list_shows_is_not_asked_for() -> (
    None
):
    world = World({LISTING: listed("participants")})
    await seen(world, ROOM, Questions(created=CONFERENCE))
    assert world.asked == [LISTING]


@pytest.mark.parametrize(
    "own",
    [active(OTHER, status="completed"), active(OTHER, friendly_name="other"), None],
)
async def test_a_conference_of_our_create_that_is_over_or_another_leaves_it_to_the_list(
    own: Reply | None,
) -> None:
    answers = {LISTING: listed("participants")} | ({OWN: own} if own else {})
    assert (await seen(World(answers), None, CREATED)).conference is None
    assert (await seen(World(answers), ROOM, CREATED)).conference == ROOM


async def test_an_old_conference_that_the_list_still_shows_gives_way_to_our_create() -> (
    None
):
    world = World(
        {
            OWN: active(OTHER),
            OWN_PEOPLE: listed("participants"),
            f"GET /Conferences/{CONFERENCE}": active(CONFERENCE, status="completed"),
        }
    )
    found = await seen(world, ROOM, CREATED)
    assert found.conference is not None
    assert found.conference.sid == OTHER


async def test_our_create_beside_another_active_conference_is_unknown() -> None:
    both = {OWN: active(OTHER), f"GET /Conferences/{CONFERENCE}": active(CONFERENCE)}
    told = (await unknown(World(both), ROOM, CREATED)).reason
    assert f"{OTHER} and {CONFERENCE}. End the one that is not to stay" in told
    assert f"conferences:update --sid {CONFERENCE} --status completed" in told
    lost = World({OWN: error(500, 20500)})
    await unknown(lost, None, CREATED)


def ring(*fields: tuple[str, str | bool]) -> Ring:
    own = (("from", "+15005550006"), ("label", "ann"), ("to", TO), *fields)
    return Ring(
        label="ann",
        to=TO,
        conference="standup",
        fields=tuple(sorted(own)),
        memory=(),
        intent=1,
        number=1,
        reason="absent",
    )


async def rung(action: Ring, callbacks: Fields = (), **secrets: str) -> dict[str, str]:
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        placed = await provider(twilio, callbacks, **secrets).ring(action, at_any_time)
    assert placed.call_sid == ANN
    (request,) = server.requests
    assert request.path == f"{BASE}/Conferences/standup/Participants.json"
    return dict(request.form)


async def test_a_ring_sends_its_fields_and_the_secret_itself() -> None:
    form = await rung(ring(("sip_auth_password", "${PASS}")), PASS="hush")
    assert form == {
        "From": "+15005550006",
        "Label": "ann",
        "To": TO,
        "SipAuthPassword": "hush",
    }


@pytest.mark.parametrize("to", ["+1911", "sip:9-1-1;phone-context=+1@gw.example"])
async def test_an_emergency_number_is_never_sent(to: str) -> None:
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        with pytest.raises(TerminalError, match="emergency"):
            await provider(twilio).ring(replace(ring(), to=to), at_any_time)
        assert server.connections == 0


async def test_a_secret_that_is_not_set_is_named_and_nothing_is_sent() -> None:
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        with pytest.raises(TerminalError, match="PASS"):
            await provider(twilio).ring(
                ring(("sip_auth_password", "${PASS}")), at_any_time
            )
        assert server.connections == 0


CALLBACKS: Fields = (
    ("conference_status_callback", "https://us.example/c"),
    ("conference_status_callback_event", ("start", "join")),
    ("status_callback", "https://us.example/s"),
)


async def test_a_ring_gets_our_callbacks() -> None:
    form = await rung(ring(), CALLBACKS)
    assert form["ConferenceStatusCallback"] == "https://us.example/c"
    assert form["StatusCallback"] == "https://us.example/s"


async def test_a_ring_gets_the_callbacks_of_its_own_conference() -> None:
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        asking = TwilioProvider(
            twilio,
            secrets=str,
            clock=time.time,
            callbacks=lambda room: (("status_callback", f"https://us.example/{room}"),),
        )
        await asking.ring(ring(), at_any_time)
    sent = dict(server.requests[0].form)
    assert sent["StatusCallback"] == f"https://us.example/{ring().conference}"


async def test_a_members_own_callback_keeps_all_of_ours_of_its_kind_away() -> None:
    form = await rung(
        ring(("conference_status_callback", "https://own.example")), CALLBACKS
    )
    assert form["ConferenceStatusCallback"] == "https://own.example"
    assert "ConferenceStatusCallbackEvent" not in form
    assert form["StatusCallback"] == "https://us.example/s"


async def test_a_ring_that_is_late_is_not_sent() -> None:
    async with serving(reply(201, participant())) as server, server.client() as twilio:
        with pytest.raises(TransientError, match="not sent"):
            await provider(twilio).ring(ring(), never)
        assert server.requests == []


async def test_a_ring_without_a_call_in_its_answer_is_of_unknown_outcome() -> None:
    answer = reply(201, participant(call_sid=None))
    async with serving(answer) as server, server.client() as twilio:
        with pytest.raises(UnknownOutcome):
            await provider(twilio).ring(ring(), at_any_time)
        assert len(server.requests) == 1


async def test_a_ring_into_a_conference_that_is_gone_may_be_tried_again() -> None:
    async with serving(error(404, 20404)) as server, server.client() as twilio:
        with pytest.raises(TransientError, match="nobody was called"):
            await provider(twilio).ring(ring(), at_any_time)
        assert len(server.requests) == 1


async def test_a_label_in_use_is_said_so() -> None:
    async with serving(error(400, 16026)) as server, server.client() as twilio:
        with pytest.raises(LabelInUse):
            await provider(twilio).ring(ring(), at_any_time)


CHANGE = Change(
    "ann",
    ANN,
    CONFERENCE,
    ChangeKind.COACHING,
    (FieldChange("call_sid_to_coach", None, BOB), FieldChange("coaching", False, True)),
    Harm.NONE,
    "drift",
)


async def test_a_change_sends_what_shall_be_and_returns_what_is() -> None:
    answer = reply(200, participant(muted=True), [("Twilio-Request-Id", "RQ1")])
    async with serving(answer) as server, server.client() as twilio:
        changed = await provider(twilio).change(CHANGE, at_any_time)
    assert (changed.participant.muted, changed.request_id) == (True, "RQ1")
    (request,) = server.requests
    assert request.path.endswith(f"/Participants/{ANN}.json")
    assert request.form == [("CallSidToCoach", BOB), ("Coaching", "true")]


async def test_a_change_that_is_answered_about_somebody_else_is_unknown() -> None:
    async with (
        serving(reply(200, participant(BOB))) as server,
        server.client() as twilio,
    ):
        with pytest.raises(UnknownOutcome, match=BOB):
            await provider(twilio).change(CHANGE, at_any_time)


async def test_what_may_not_be_sent_any_more_is_not() -> None:
    world = World({})
    async with serving(world) as server, server.client() as twilio:
        with pytest.raises(TransientError, match="not sent"):
            await provider(twilio).change(CHANGE, never)
        for sid, conference in ((ANN, CONFERENCE), (ANN, None), (None, CONFERENCE)):
            remove = Remove("ann", sid, conference, connected=True, reason="dismissed")
            with pytest.raises(TransientError, match="not sent"):
                await provider(twilio).remove(remove, never)
    assert not [each for each in world.asked if not each.startswith("GET")]


async def test_a_change_to_somebody_gone_says_so() -> None:
    async with serving(error(404, 20404)) as server, server.client() as twilio:
        with pytest.raises(Gone):
            await provider(twilio).change(CHANGE, at_any_time)


async def removed(
    world: World,
    call_sid: str | None,
    *,
    connected: bool,
    conference_sid: str | None = CONFERENCE,
    only_unanswered: bool = False,
) -> str | None:
    action = Remove(
        "ann",
        call_sid,
        conference_sid,
        connected,
        "dismissed",
        only_unanswered=only_unanswered,
    )
    async with serving(world) as server, server.client() as twilio:
        return await provider(twilio).remove(action, at_any_time)


KICK = f"DELETE /Conferences/{CONFERENCE}/Participants/{ANN}"
END = f"POST /Calls/{ANN}"
CLOSE = f"POST /Conferences/{CONFERENCE}"


async def test_somebody_connected_is_deleted() -> None:
    world = World({KICK: reply(204, None, [("Twilio-Request-Id", "RQ1")])})
    assert await removed(world, ANN, connected=True) == "RQ1"
    assert world.asked == [KICK]


async def test_somebody_gone_is_removed_already() -> None:
    await removed(World({}), ANN, connected=True)
    await removed(World({}), ANN, connected=False)
    await removed(World({}), None, connected=False)
    assert await removed(World({}), None, connected=False, conference_sid=None) is None


async def test_a_phone_that_rings_is_stopped_as_a_call() -> None:
    world = World({END: reply(200, call(status="canceled"))})
    await removed(world, ANN, connected=False)
    assert world.asked == [END]


@pytest.mark.parametrize(
    "cancelled", [error(400, 21220), reply(200, call(status="in-progress"))]
)
async def test_a_call_that_was_answered_meanwhile_is_hung_up(cancelled: Reply) -> None:
    world = World({END: [cancelled, reply(200, call(status="completed"))]})
    await removed(world, ANN, connected=False)
    assert world.asked == [END, END]


@pytest.mark.parametrize("refused", [True, False])
async def test_who_answers_while_the_phone_is_let_off_stays(*, refused: bool) -> None:
    answered = call(status="in-progress")
    world = World(
        {
            END: error(400, 21220) if refused else reply(200, answered),
            f"GET /Calls/{ANN}": reply(200, answered),
        }
    )
    with pytest.raises(TransientError, match="answered in the meantime"):
        await removed(world, ANN, connected=False, only_unanswered=True)
    assert world.asked.count(END) == 1


async def test_a_phone_that_stopped_ringing_is_let_off_already() -> None:
    over = {
        END: error(400, 21220),
        f"GET /Calls/{ANN}": reply(200, call(status="busy")),
    }
    await removed(World(over), ANN, connected=False, only_unanswered=True)
    await removed(World({}), ANN, connected=False, only_unanswered=True)


async def test_a_call_that_ended_meanwhile_is_removed() -> None:
    states = [error(400, 21220), error(400, 21220)]
    world = World({END: states, f"GET /Calls/{ANN}": reply(200, call(status="busy"))})
    await removed(world, ANN, connected=False)


async def test_a_call_that_cannot_be_ended_is_not_removed() -> None:
    states = [error(400, 21220), error(400, 21220)]
    world = World(
        {END: states, f"GET /Calls/{ANN}": reply(200, call(status="ringing"))}
    )
    with pytest.raises(TransientError):
        await removed(world, ANN, connected=False)
    with pytest.raises(UnknownOutcome):
        await removed(World({END: reply(500, b"")}), ANN, connected=False)


@pytest.mark.parametrize("refusal", [error(400, 20001), error(404, 20404)])
async def test_a_conference_that_is_over_is_closed_already(refusal: Reply) -> None:
    over = reply(200, conference(status="completed"))
    world = World({CLOSE: refusal, f"GET /Conferences/{CONFERENCE}": over})
    await removed(world, None, connected=False)
    assert len(world.asked) == 2


async def test_a_conference_that_would_not_close_is_an_error() -> None:
    active = reply(200, conference())
    world = World({CLOSE: error(400, 20001), f"GET /Conferences/{CONFERENCE}": active})
    with pytest.raises(TerminalError):
        await removed(world, None, connected=False)


async def test_the_holder_of_a_label_comes_with_the_call() -> None:
    place = f"GET /Conferences/{CONFERENCE}/Participants/ann"
    world = World(
        {place: reply(200, participant()), f"GET /Calls/{ANN}": reply(200, call())}
    )
    async with serving(world) as server, server.client() as twilio:
        found = await provider(twilio).holder(CONFERENCE, "ann")
        assert found is not None
        assert (found[0].call_sid, found[1].sid) == (ANN, ANN)
        assert await provider(twilio).holder(CONFERENCE, "bob") is None


async def test_a_holder_whose_call_has_no_record_is_not_nobody() -> None:
    place = f"GET /Conferences/{CONFERENCE}/Participants/ann"
    async with (
        serving(World({place: reply(200, participant())})) as server,
        server.client() as twilio,
    ):
        with pytest.raises(TransientError):
            await provider(twilio).holder(CONFERENCE, "ann")
