"""One survey for many rooms, and never an old one."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import pytest

from reconciler.engine.reads.conference_cache import (
    CachedConference,
    ConferenceCache,
    sid_of,
)
from reconciler.model.errors import CredentialsRefused
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    ConferenceSurvey,
    Unknown,
)
from tests.engine.world import run

if TYPE_CHECKING:
    from reconciler.engine.ports import Provider

ROOMS = tuple(f"room-{number}" for number in range(5))


class Teller:
    """Shows each room as it is when the survey begins, and takes ``seconds``."""

    seconds = 1.0

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.refused = False

    async def survey(self, rooms: Sequence[str]) -> ConferenceSurvey:
        self.asked.append(list(rooms))
        sid = f"CF{len(self.asked)}"
        await asyncio.sleep(self.seconds)
        if self.refused:
            raise CredentialsRefused("no")
        return ConferenceSurvey({room: called(sid, room) for room in rooms})


def conference_cache(teller: Teller) -> ConferenceCache:
    return ConferenceCache(cast("Provider", teller), asyncio.get_running_loop().time)


def test_rooms_that_are_asked_for_together_share_a_survey() -> None:
    async def story() -> None:
        teller = Teller()
        shared = conference_cache(teller)
        shown = await asyncio.gather(*map(shared.of, ROOMS))
        assert [each.name for each in shown if isinstance(each, Conference)] == [*ROOMS]
        assert teller.asked == [list(ROOMS)]

    run(story)


def test_whoever_asks_during_a_survey_gets_the_next() -> None:
    async def story() -> None:
        teller = Teller()
        shared = conference_cache(teller)
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
        shared = conference_cache(teller)
        shown = await asyncio.gather(*map(shared.of, ROOMS), return_exceptions=True)
        assert {type(each) for each in shown} == {CredentialsRefused}
        teller.refused = False
        assert isinstance(await shared.of("atlas"), Conference)

    run(story)


def test_one_who_gives_up_does_not_end_the_survey_of_the_others() -> None:
    async def story() -> None:
        teller = Teller()
        shared = conference_cache(teller)
        gone = asyncio.create_task(shared.of("atlas"))
        stays = asyncio.create_task(shared.of("borea"))
        await asyncio.sleep(0.5)
        gone.cancel()
        assert isinstance(await stays, Conference)
        with pytest.raises(asyncio.CancelledError):
            await gone

    run(story)


class Telling(Teller):
    """Shows what it is told to, and refuses, fails or answers at once."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: dict[str, Conference | Unknown] = {}
        self.reason = ""

    async def survey(self, rooms: Sequence[str]) -> ConferenceSurvey:
        self.asked.append(list(rooms))
        shown = {room: self.shown[room] for room in rooms if room in self.shown}
        await asyncio.sleep(0.1)
        return ConferenceSurvey(shown, self.reason or None)


def called(sid: str, room: str) -> Conference:
    return Conference(sid, room, ConferenceStatus.IN_PROGRESS)


class Minder:
    """A surveyor that minds all rooms, and what it contradicted."""

    def __init__(self) -> None:
        self.teller = Telling()
        self.told: list[list[str]] = []
        self.conference_cache = ConferenceCache(
            cast("Provider", self.teller),
            asyncio.get_running_loop().time,
            lambda: 30.0,
            lambda: ROOMS,
            lambda rooms: self.told.append(sorted(rooms)),
        )

    @property
    def contradicted(self) -> list[str]:
        return sorted(room for some in self.told for room in some)


def test_one_survey_of_all_rooms_serves_every_hint_of_its_life() -> None:
    async def story() -> None:
        minder = Minder()
        minder.teller.shown = {room: called("CF1", room) for room in ROOMS[:3]}
        first = await asyncio.gather(*map(minder.conference_cache.hint, ROOMS))
        assert all(each.fresh for each in first)
        assert minder.teller.asked == [[*ROOMS]]
        for _ in range(29):
            await asyncio.sleep(1)
            again = await asyncio.gather(*map(minder.conference_cache.hint, ROOMS))
            assert [each.shown for each in again] == [each.shown for each in first]
            assert not any(each.fresh for each in again)
        assert minder.teller.asked == [[*ROOMS]]
        await asyncio.sleep(1)
        renewed = await asyncio.gather(*map(minder.conference_cache.hint, ROOMS))
        assert all(each.fresh for each in renewed)
        assert minder.teller.asked == [[*ROOMS]] * 2

    run(story)


def test_a_room_that_was_never_shown_is_asked_for_alone() -> None:
    async def story() -> None:
        minder = Minder()
        await minder.conference_cache.hint(ROOMS[0])
        minder.teller.shown = {"new": called("CF1", "new")}
        hint = await minder.conference_cache.hint("new")
        assert hint.fresh
        assert hint.shown == called("CF1", "new")
        assert minder.teller.asked[1:] == [["new"]]
        assert not minder.contradicted

    run(story)


def test_what_another_process_knew_counts_until_the_next_survey() -> None:
    async def story() -> None:
        minder = Minder()
        minder.teller.shown = {room: called("CF1", room) for room in ROOMS}
        await minder.conference_cache.hint(ROOMS[0])
        for room, sid in ((ROOMS[0], "CF0"), ("gained", "CF9")):
            minder.conference_cache.remember(room, called(sid, room))
        hint = await minder.conference_cache.hint("gained")
        assert hint.shown == called("CF9", "gained")
        assert not hint.fresh
        own = await minder.conference_cache.hint(ROOMS[0])
        assert own.shown == called("CF1", ROOMS[0])
        minder.conference_cache.rooms = lambda: (*ROOMS, "gained")
        await asyncio.sleep(31)
        await minder.conference_cache.hint(ROOMS[0])
        assert minder.contradicted == ["gained"]

    run(story)


BEFORE_AND_AFTER: dict[
    str, tuple[Conference | Unknown | None, Conference | Unknown | None]
] = {
    "begun": (None, called("CF1", ROOMS[1])),
    "over": (called("CF1", ROOMS[1]), None),
    "reborn": (called("CF1", ROOMS[1]), called("CF2", ROOMS[1])),
    "in doubt": (called("CF1", ROOMS[1]), Unknown(ROOMS[1], "two of them")),
    "in doubt no more": (Unknown(ROOMS[1], "two of them"), called("CF1", ROOMS[1])),
}


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("found", BEFORE_AND_AFTER.values(), ids=BEFORE_AND_AFTER)
def test_a_room_that_shows_another_conference_is_told_and_no_other(
    found: tuple[Conference | Unknown | None, Conference | Unknown | None], alone: bool
) -> None:
    async def story() -> None:
        minder = Minder()
        shown: dict[str, Conference | Unknown] = {
            room: called("CF0", room) for room in ROOMS
        }
        del shown[ROOMS[1]]
        for each in found:
            minder.teller.shown = shown if each is None else shown | {ROOMS[1]: each}
            assert not minder.contradicted
            if alone and minder.teller.asked:
                await minder.conference_cache.of(ROOMS[1])
            else:
                await minder.conference_cache.hint(ROOMS[3])
            await asyncio.sleep(31)
        assert minder.contradicted == [ROOMS[1]]
        assert minder.conference_cache.sid(ROOMS[1]) == sid_of(found[1])

    run(story)


def test_a_conference_that_only_started_contradicts_nothing() -> None:
    async def story() -> None:
        minder = Minder()
        waits = Conference("CF1", ROOMS[0], ConferenceStatus.INIT)
        minder.teller.shown = {ROOMS[0]: waits}
        await minder.conference_cache.hint(ROOMS[0])
        minder.teller.shown = {ROOMS[0]: called("CF1", ROOMS[0])}
        await minder.conference_cache.of(ROOMS[0])
        assert not minder.contradicted

    run(story)


def test_a_survey_that_fails_tells_why_changes_no_memory_and_stays_due() -> None:
    async def story() -> None:
        minder = Minder()
        known = called("CF1", ROOMS[0])
        minder.teller.shown = {ROOMS[0]: known}
        await minder.conference_cache.hint(ROOMS[0])
        await asyncio.sleep(31)
        minder.teller.reason = "lost"
        for _ in range(3):
            hint = await minder.conference_cache.hint(ROOMS[0])
            assert (hint.shown, hint.fresh) == (Unknown(ROOMS[0], "lost"), False)
        assert len(minder.teller.asked) == 4
        assert minder.conference_cache.sid(ROOMS[0]) == known.sid
        assert not minder.contradicted
        minder.teller.reason = ""
        assert (await minder.conference_cache.hint(ROOMS[0])).shown == known

    run(story)


def test_closing_ends_a_survey_and_whoever_waits_for_it() -> None:
    async def story() -> None:
        minder = Minder()
        asked = [
            asyncio.create_task(minder.conference_cache.hint(ROOMS[0])),
            asyncio.create_task(minder.conference_cache.of(ROOMS[1])),
        ]
        await asyncio.sleep(0.05)
        await minder.conference_cache.close()
        ends = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(each) for each in ends} == {asyncio.CancelledError}

    run(story)


def early_cache(teller: Teller, ttl_seconds: float) -> ConferenceCache:
    clock = asyncio.get_running_loop().time
    provider = cast("Provider", teller)
    return ConferenceCache(provider, clock, lambda: ttl_seconds, early=True)


async def check(cache: ConferenceCache) -> CachedConference:
    """What a check of a room at rest asks."""
    shown = await cache.hint("atlas")
    if cache.clock() >= cache.renew_at:
        cache.renew()
    return shown


def test_a_survey_begins_so_early_that_nobody_waits_for_it() -> None:
    async def story() -> None:
        teller, now = Teller(), asyncio.get_running_loop().time
        cache = early_cache(teller, 10.0)
        await check(cache)
        began, waits = now(), []
        while now() < began + 60:
            asked_at = now()
            await check(cache)
            waits.append(now() - asked_at)
            await asyncio.sleep(0.25)
        assert set(waits) == {0.0}
        assert 6 <= len(teller.asked) <= 8

    run(story)


def test_what_an_early_survey_shows_is_never_older_than_is_remembered() -> None:
    async def story() -> None:
        teller, now = Teller(), asyncio.get_running_loop().time
        cache = early_cache(teller, 10.0)
        await check(cache)
        for _ in range(200):
            await asyncio.sleep(0.25)
            await check(cache)
            assert now() - cache._swept_at <= 10.0

    run(story)


def test_an_early_survey_that_fails_is_made_again_when_it_is_due() -> None:
    async def story() -> None:
        teller = Teller()
        cache = early_cache(teller, 10.0)
        await check(cache)
        teller.refused = True
        await asyncio.sleep(8.0)
        assert isinstance((await check(cache)).shown, Conference)
        await asyncio.sleep(1.5)
        assert len(teller.asked) == 2
        with pytest.raises(CredentialsRefused):
            await check(cache)
        teller.refused = False
        assert (await check(cache)).fresh

    run(story)


def test_a_survey_that_takes_no_time_is_made_when_it_is_due() -> None:
    async def story() -> None:
        teller = Teller()
        teller.seconds = 0.0
        cache = early_cache(teller, 10.0)
        await check(cache)
        for _ in range(39):
            await asyncio.sleep(0.25)
            await check(cache)
        assert len(teller.asked) == 1
        await asyncio.sleep(0.25)
        await check(cache)
        assert len(teller.asked) == 2

    run(story)


def test_a_survey_of_many_seconds_is_not_begun_early_by_a_daemon() -> None:
    async def story() -> None:
        teller, now = Teller(), asyncio.get_running_loop().time
        teller.seconds = 14.0
        cache = ConferenceCache(cast("Provider", teller), now, lambda: 30.0)
        began = now()
        while now() < began + 600:
            await check(cache)
            await asyncio.sleep(0.5)
        assert len(teller.asked) <= 21

    run(story)


def test_a_survey_that_was_just_taken_is_not_made_again() -> None:
    async def story() -> None:
        teller = Teller()
        cache = early_cache(teller, 10.0)
        await check(cache)
        await asyncio.sleep(8.9)
        cache.take(("atlas",), ConferenceSurvey({}))
        await asyncio.sleep(5.0)
        await check(cache)
        await asyncio.sleep(0.5)
        assert len(teller.asked) == 1

    run(story)
