"""Legs of a look that are read again one by one."""

from reconciler.model.observation import CallStatus, Observation, Questions, Unknown
from tests.twilio.samples import ANN, BOB, CONFERENCE, call, participant
from tests.twilio.test_provider import LISTING, ROOM, World, listed, provider
from tests.twilio.wire_server import error, reply, serving

PEOPLE = listed("participants", participant(), participant(BOB, label="bob"))


async def confirmed(
    world: World, *call_sids: str
) -> tuple[Observation, Observation | Unknown]:
    """A look, and the same with the legs *call_sids* by their own records."""
    async with serving(world) as server, server.client() as twilio:
        looking = provider(twilio)
        seen = await looking.observe("standup", ROOM, Questions(frozenset({ANN, BOB})))
        assert isinstance(seen, Observation)
        world.asked.clear()
        return seen, await looking.confirm(seen, call_sids)


def own(call_sid: str) -> str:
    return f"GET /Conferences/{CONFERENCE}/Participants/{call_sid}"


async def test_a_leg_is_as_its_own_record_shows_it_and_the_others_as_listed() -> None:
    muted = reply(200, participant(muted=True))
    world = World({LISTING: PEOPLE, own(ANN): muted})
    seen, found = await confirmed(world, ANN)
    assert isinstance(found, Observation)
    assert [x.muted for x in seen.participants] == [False, False]
    assert [(x.call_sid, x.muted) for x in found.participants] == [
        (ANN, True),
        (BOB, False),
    ]
    assert world.asked == [own(ANN)]
    assert (found.alone, found.listing) == (False, None)


async def test_a_leg_that_is_gone_is_left_out_and_its_call_read() -> None:
    over = reply(200, call(status="completed"))
    world = World({LISTING: PEOPLE, f"GET /Calls/{ANN}": over})
    _, found = await confirmed(world, ANN)
    assert isinstance(found, Observation)
    assert [x.call_sid for x in found.participants] == [BOB]
    assert found.calls[ANN].status is CallStatus.COMPLETED


async def test_a_record_that_cannot_be_read_makes_the_whole_unknown() -> None:
    world = World({LISTING: PEOPLE, own(ANN): error(400, 20001)})
    _, found = await confirmed(world, ANN)
    assert isinstance(found, Unknown)


async def test_a_record_that_contradicts_the_listing_makes_the_whole_unknown() -> None:
    other = reply(200, participant(conference_sid="CF" + "9" * 32))
    world = World({LISTING: PEOPLE, own(ANN): other})
    _, found = await confirmed(world, ANN)
    assert isinstance(found, Unknown)
    assert "contains a participant of" in found.reason
