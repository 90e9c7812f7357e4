"""Which conferences are active: the fewest requests, and every doubt a reason."""

from collections.abc import Iterable, Mapping
from math import ceil

import pytest

from reconciler.model.errors import TransientError, TwilioError
from reconciler.model.observation import Conference, ConferenceStatus, Unknown
from reconciler.twilio.api.client import MOST_A_PAGE
from reconciler.twilio.provider import once
from reconciler.twilio.survey import Survey
from tests.twilio.samples import BASE, conference, page
from tests.twilio.wire_server import Reply, Request, error, reply, serving

Shown = Mapping[str, Conference | Unknown]


def sid(number: int) -> str:
    return f"CF{number:032x}"


class Account:
    """Lists its conferences as Twilio does, a page at a time."""

    def __init__(self, *names: str, started: Iterable[str] = ()) -> None:
        self.conferences = [
            conference(sid(number), friendly_name=name, status=status)
            for number, (name, status) in enumerate(
                [(name, "init") for name in names]
                + [(name, "in-progress") for name in started]
            )
        ]
        self.asked: list[dict[str, str]] = []
        self.broken: dict[str, str] = {}
        self.refused: Reply | None = None

    def __call__(self, request: Request) -> Reply:
        query = dict(request.query)
        self.asked.append(query)
        if self.broken and self.broken.items() <= query.items():
            return error(500, 20500)
        if self.refused is not None and query["Status"] == "init":
            return self.refused
        found = [
            each
            for each in self.conferences
            if each["status"] == query["Status"]
            and each["friendly_name"]
            == query.get("FriendlyName", each["friendly_name"])
        ]
        start = int(query.get("PageToken", "0"))
        size = int(query["PageSize"])
        some = found[start : start + size]
        more = start + size < len(found)
        following = f"{BASE}/Conferences.json?Status={query['Status']}"
        following += f"&PageSize={size}&PageToken={start + size}"
        listed = page("conferences", *some, following=following if more else None)
        return reply(200, listed | {"start": start, "end": start + len(some) - 1})

    @property
    def statuses(self) -> list[str]:
        return [each["Status"] for each in self.asked]

    @property
    def names(self) -> list[str | None]:
        return [each.get("FriendlyName") for each in self.asked]


async def surveys(account: Account, *asked: Iterable[str]) -> list[Shown]:
    """What one survey after the other shows, by the same process."""
    async with serving(account) as server, server.client() as twilio:
        survey = Survey(twilio)
        return [await survey.survey(tuple(rooms)) for rooms in asked]


async def test_many_names_cost_one_listing_of_each_status() -> None:
    names = [f"room-{number}" for number in range(300)]
    account = Account(*names[:150], started=[*names[150:290], "not ours"])
    (found,) = await surveys(account, names)
    assert list(found) == names[:290]
    assert account.names == [None, None]


async def test_what_has_not_started_is_asked_for_first() -> None:
    account = Account("a", started=["b"])
    await surveys(account, ["a", "b", "c"], ["a"], ["b"])
    assert account.statuses == ["init", "in-progress"] * 3


async def test_a_conference_that_starts_in_between_is_seen_once() -> None:
    account = Account("a", "b")
    shown = account.conferences[0]

    def starts(request: Request) -> Reply:
        answer = account(request)
        shown["status"] = "in-progress"
        return answer

    async with serving(starts) as server, server.client() as twilio:
        found = await Survey(twilio).survey(["a", "b"])
    assert found["a"] == Conference(sid(0), "a", ConferenceStatus.IN_PROGRESS)
    assert found["b"] == Conference(sid(1), "b", ConferenceStatus.INIT)


async def test_one_name_is_asked_for_by_name() -> None:
    account = Account("a", "b")
    (found,) = await surveys(account, ["b"])
    assert list(found) == ["b"]
    assert account.names == ["b", "b"]


async def test_few_names_are_asked_for_by_name_where_the_listing_has_many_pages() -> (
    None
):
    others = [f"other-{number}" for number in range(3 * MOST_A_PAGE + 1)]
    account = Account("a", "b", started=others)
    shown = await surveys(account, ["a", "b"], ["a", "b"], ["a", "b", "c"])
    assert [list(each) for each in shown] == [["a", "b"]] * 3
    pages = ceil(len(account.conferences) / MOST_A_PAGE)
    assert pages == 4
    assert account.names[: 1 + pages] == [None] * (1 + pages)
    assert account.names[1 + pages : 5 + pages].count("a") == 2
    assert account.names[1 + pages : 5 + pages].count("b") == 2
    assert account.names[5 + pages :] == [None] * (1 + pages)


async def test_the_listing_is_used_again_once_it_is_known_to_be_short() -> None:
    others = [f"other-{number}" for number in range(3 * MOST_A_PAGE + 1)]
    account = Account("a", started=others)
    async with serving(account) as server, server.client() as twilio:
        survey = Survey(twilio)
        await survey.survey(["a", "b", "c"])
        del account.conferences[1:]
        account.asked.clear()
        await survey.survey(["a", "b"])
        assert account.names.count(None) == 0
        await survey.survey(["a", "b", "c"])
        account.asked.clear()
        await survey.survey(["a", "b"])
        assert account.names == [None, None]


@pytest.mark.parametrize("names", [("twin", "calm"), ("twin",), ("twin", "calm", "x")])
async def test_a_doubt_is_a_reason_of_its_own_name_and_of_no_other(
    names: tuple[str, ...],
) -> None:
    account = Account("twin", "calm", started=["twin", "twin"])
    (found,) = await surveys(account, names)
    assert isinstance(found["twin"], Unknown)
    reason = found["twin"].reason
    assert sid(0) in reason
    assert "two" in reason
    assert "x" not in found
    assert all(isinstance(found[x], Conference) for x in names if x == "calm")


async def test_a_doubt_is_over_when_one_of_the_two_is() -> None:
    account = Account("twin", started=["twin"])
    async with serving(account) as server, server.client() as twilio:
        survey = Survey(twilio)
        assert isinstance((await survey.survey(["twin"]))["twin"], Unknown)
        del account.conferences[0]
        assert isinstance((await survey.survey(["twin"]))["twin"], Conference)


async def test_a_conference_that_is_over_is_not_active_whatever_listing_shows_it() -> (
    None
):
    over = conference(sid(1), friendly_name="a", status="completed")
    listed = reply(200, page("conferences", over))
    async with serving(listed) as server, server.client() as twilio:
        assert await Survey(twilio).survey(["a"]) == {}
        assert await Survey(twilio).survey(["a", "b"]) == {}


@pytest.mark.parametrize("status", ["init", "in-progress"])
@pytest.mark.parametrize("names", [("a",), ("a", "b", "c")])
async def test_a_listing_that_fails_is_no_survey(
    status: str, names: tuple[str, ...]
) -> None:
    account = Account("a", started=["b"])
    account.broken = {"Status": status}
    with pytest.raises(TransientError):
        await surveys(account, names)


async def test_one_name_that_fails_is_no_survey_of_the_others() -> None:
    others = [f"other-{number}" for number in range(3 * MOST_A_PAGE + 1)]
    account = Account("a", started=others)
    async with serving(account) as server, server.client() as twilio:
        survey = Survey(twilio)
        await survey.survey(["a", "b", "c"])
        account.broken = {"FriendlyName": "b"}
        with pytest.raises(TransientError):
            await survey.survey(["a", "b"])


@pytest.mark.parametrize("answer", [error(400, 20001), error(405, 20004)])
async def test_a_question_for_the_unstarted_that_is_refused_is_warned_of(
    answer: Reply,
) -> None:
    account = Account(started=["room"])
    account.refused = answer
    told: list[str] = []
    async with serving(account) as server, server.client() as client:
        survey = Survey(client, told.append)
        shown = await survey.survey(["room"])
        assert shown == {
            "room": Conference(sid(0), "room", ConferenceStatus.IN_PROGRESS)
        }
    assert len(told) == 1
    assert "have not started" in told[0]


@pytest.mark.parametrize(
    "answer", [error(500, 20500), error(404, 20404), reply(400, b"<html>")]
)
async def test_a_question_for_the_unstarted_that_is_not_answered_is_no_answer(
    answer: Reply,
) -> None:
    account = Account(started=["room"])
    account.refused = answer
    async with serving(account) as server, server.client() as client:
        with pytest.raises(TwilioError):
            await Survey(client).survey(["room"])


def test_a_warning_is_given_once() -> None:
    told: list[str] = []
    tell = once(told.append)
    for text in ("a", "b", "a"):
        tell(text)
    assert told == ["a", "b"]
