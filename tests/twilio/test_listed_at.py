"""When an observation's listing was so."""

from collections.abc import Iterator

import pytest

from reconciler.model.observation import Conference, Observation, Questions
from reconciler.twilio.observe import PROMPT_SECONDS
from reconciler.twilio.provider import TwilioProvider
from tests.twilio.samples import ANN, BOB, conference, participant
from tests.twilio.test_provider import LISTING, NOW, ROOM, World, by_status, listed
from tests.twilio.wire_server import Script, serving

ANN_IN = listed("participants", participant())
BOTH_IN = listed("participants", participant(), participant(BOB, label="bob"))
KNOWN = Questions(frozenset({ANN, BOB}))


async def observed(
    script: Script, times: Iterator[float], active: Conference | None = ROOM
) -> tuple[Observation, Observation]:
    """An observation, and the same listed again, at *times*."""
    async with serving(script) as server, server.client() as twilio:
        provider = TwilioProvider(twilio, secrets=str, clock=lambda: next(times))
        first = await provider.observe("standup", active, KNOWN)
        assert isinstance(first, Observation)
        again = await provider.listed_again(first)
        assert isinstance(again, Observation)
        return first, again


@pytest.mark.parametrize(
    ("took", "listed_at"), [(PROMPT_SECONDS, PROMPT_SECONDS), (60.0, 0.0), (-3.0, 0.0)]
)
async def test_a_listing_is_as_old_as_its_request_if_the_process_stood_still(
    took: float, listed_at: float
) -> None:
    times = iter((NOW, NOW, NOW + took, *(NOW + 61.0,) * 3))
    first, _ = await observed(World({LISTING: ANN_IN}), times)
    assert first.listed_at == NOW + listed_at


async def test_a_listing_that_shows_the_same_again_is_of_then() -> None:
    times = iter((NOW, NOW, NOW + 0.1, NOW + 3.0, NOW + 3.0, NOW + 3.1))
    first, again = await observed(World({LISTING: [ANN_IN, ANN_IN]}), times)
    assert (first.listed_at, again.listed_at) == (NOW + 0.1, NOW + 3.1)
    assert again == first


async def test_a_listing_that_shows_somebody_else_leaves_the_observation_as_it_is() -> (
    None
):
    times = iter((NOW, NOW, NOW + 0.1, NOW + 3.0, NOW + 3.0, NOW + 3.1))
    first, again = await observed(World({LISTING: [ANN_IN, BOTH_IN]}), times)
    assert again is first


@pytest.mark.parametrize("there", [False, True])
async def test_a_room_without_a_conference_is_surveyed_again(there: bool) -> None:
    none = listed("conferences")
    found = listed("conferences", conference()) if there else none
    world = by_status(none, found, "FriendlyName=standup&")
    times = iter((NOW, NOW + 3.0))
    first, again = await observed(world, times, None)
    assert first.listed_at == NOW
    assert again.listed_at == (NOW if there else NOW + 3.0)
