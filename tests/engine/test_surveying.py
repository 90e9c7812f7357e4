"""One survey for many rooms, and never an old one."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import pytest

from reconciler.engine.surveying import Surveyor
from reconciler.model.errors import CredentialsRefused
from reconciler.model.observation import Conference, ConferenceStatus
from tests.engine.world import run

if TYPE_CHECKING:
    from reconciler.engine.ports import Provider

ROOMS = tuple(f"room-{number}" for number in range(5))


class Teller:
    """Shows each room as it is when the survey begins, and takes a second."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.refused = False

    async def survey(self, rooms: Sequence[str]) -> dict[str, Conference]:
        self.asked.append(list(rooms))
        sid = f"CF{len(self.asked)}"
        await asyncio.sleep(1)
        if self.refused:
            raise CredentialsRefused("no")
        return {
            room: Conference(sid, room, ConferenceStatus.IN_PROGRESS) for room in rooms
        }


def surveyor(teller: Teller) -> Surveyor:
    return Surveyor(cast("Provider", teller), asyncio.get_running_loop().time)


def test_rooms_that_are_asked_for_together_share_a_survey() -> None:
    async def story() -> None:
        teller = Teller()
        shared = surveyor(teller)
        shown = await asyncio.gather(*map(shared.of, ROOMS))
        assert [each.name for each in shown if isinstance(each, Conference)] == [*ROOMS]
        assert teller.asked == [list(ROOMS)]

    run(story)


def test_whoever_asks_during_a_survey_gets_the_next() -> None:
    async def story() -> None:
        teller = Teller()
        shared = surveyor(teller)
        first = asyncio.create_task(shared.of("atlas"))
        await asyncio.sleep(0.5)
        late = await asyncio.gather(shared.of("borea"), shared.of("atlas"))
        early = await first
        assert isinstance(early, Conference)
        assert early.sid == "CF1"
        assert {each.sid for each in late if isinstance(each, Conference)} == {"CF2"}
        assert teller.asked == [["atlas"], ["atlas", "borea"]]

    run(story)


def test_whoever_shares_a_survey_shares_its_error_and_the_next_is_made() -> None:
    async def story() -> None:
        teller = Teller()
        teller.refused = True
        shared = surveyor(teller)
        shown = await asyncio.gather(*map(shared.of, ROOMS), return_exceptions=True)
        assert {type(each) for each in shown} == {CredentialsRefused}
        teller.refused = False
        assert isinstance(await shared.of("atlas"), Conference)

    run(story)


def test_one_who_gives_up_does_not_end_the_survey_of_the_others() -> None:
    async def story() -> None:
        teller = Teller()
        shared = surveyor(teller)
        gone = asyncio.create_task(shared.of("atlas"))
        stays = asyncio.create_task(shared.of("borea"))
        await asyncio.sleep(0.5)
        gone.cancel()
        assert isinstance(await stays, Conference)
        with pytest.raises(asyncio.CancelledError):
            await gone

    run(story)
